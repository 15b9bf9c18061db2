import { randomBytes } from 'node:crypto'
import { Agent, request } from 'node:http'
import type { Request } from 'express'
import { Strategy } from 'passport'
import type { ContenderInstance, ContenderSettings } from '../contender.js'
import { clientID, endpointsOf, person } from '../setting.js'

const agent = new Agent({ keepAlive: true })

interface Claims {
  sub: string
  name: string
}

/** Posts one form and reads the id_token's claims, checking nothing at all. */
function exchange(url: string, form: Record<string, string>): Promise<Claims> {
  return new Promise((resolve, reject) => {
    const body = new URLSearchParams(form).toString()
    const headers = {
      'Content-Type': 'application/x-www-form-urlencoded',
      'Content-Length': Buffer.byteLength(body),
    }
    const sent = request(url, { method: 'POST', agent, headers }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        text += chunk
      })
      response.on('end', () => {
        const payload = JSON.parse(text).id_token.split('.')[1]
        resolve(JSON.parse(Buffer.from(payload, 'base64url').toString()))
      })
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

/** The least that a strategy can do: a state in the session, then one exchange, or none. */
class FloorStrategy extends Strategy {
  override name = 'floor'
  private readonly settings: ContenderSettings

  constructor(settings: ContenderSettings) {
    super()
    this.settings = settings
  }

  override authenticate(req: Request): void {
    const { issuer, callbackURL, variant } = this.settings
    const { authorizationURL, tokenURL } = endpointsOf(issuer)
    const { code } = req.query
    const session = req.session as unknown as Record<string, unknown>
    if (typeof code !== 'string') {
      const state = randomBytes(32).toString('base64url')
      session.floor = state
      const query = { response_type: 'code', client_id: clientID, redirect_uri: callbackURL, state }
      return this.redirect(`${authorizationURL}?${new URLSearchParams(query)}`)
    }
    if (session.floor !== req.query.state) return this.fail(403)
    const form = { grant_type: 'authorization_code', code, redirect_uri: callbackURL, client_id: clientID }
    const claims = variant === 'exchange' ? exchange(tokenURL, form) : Promise.resolve(person)
    claims.then(
      ({ sub, name }) => this.success({ id: sub, name }),
      (error) => this.error(error),
    )
  }
}

/** Sets up a floor. */
export const build = (settings: ContenderSettings): ContenderInstance => ({
  strategy: new FloorStrategy(settings),
})
