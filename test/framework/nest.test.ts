import { ConflictException, Controller, Get, Injectable, Req, type Type, UseGuards } from '@nestjs/common'
import { AuthGuard, PassportStrategy } from '@nestjs/passport'
import { expect } from 'chai'
import { type XaiProfile, XaiStrategy, type XaiStrategyOptions } from 'passport-xai'
import { CookieClient } from '../support/browserless-client.js'
import { type Application, startApplication } from './application.js'
import { buildNest } from './nest-application.js'

interface Validator {
  validate(...args: never[]): unknown
}

/** A provider whose `validate` is the given method, as an application would write it in the class. */
function buildProvider(validator: Validator, arity?: true | number): Type {
  class Xai extends PassportStrategy(XaiStrategy, 'xai', arity) {
    constructor(options: XaiStrategyOptions) {
      super(options)
    }

    validate(): unknown {
      throw new Error('replaced below')
    }
  }
  Object.defineProperty(Xai.prototype, 'validate', { value: validator.validate })
  Reflect.defineMetadata('self:paramtypes', [{ index: 0, param: 'xai options' }], Xai)
  Injectable()(Xai)
  return Xai
}

@Injectable()
class Guard extends AuthGuard('xai') {
  override getAuthenticateOptions(): object {
    return { state: { returnTo: '/inbox' } }
  }
}

@Controller('auth/xai')
class Controllers {
  @Get()
  @UseGuards(Guard)
  begin(): void {}

  @Get('callback')
  @UseGuards(Guard)
  finish(@Req() { user, authInfo }: { user: unknown; authInfo: unknown }): unknown {
    return { user, authInfo }
  }
}

describe('NestJS', () => {
  let app: Application

  async function signIn(validator: Validator, arity?: true | number) {
    app = await startApplication(
      buildNest({ controllers: [Controllers], providers: [buildProvider(validator, arity)] }),
    )
    const browser = new CookieClient()
    const { status, body } = await browser.get(await app.begin(browser))
    return { status, body: JSON.parse(body) }
  }

  afterEach(() => app.close())

  it('takes what validate returns as the user', async () => {
    const validate = async (_access: string, _refresh: undefined, { id }: XaiProfile) => ({ id })
    expect((await signIn({ validate })).body.user).to.deep.equal({
      id: '3f0c8a52-6f0e-4b53-9a55-6a1f4c1e7a01',
    })
  })

  it("hands back the state that the guard's options gave", async () => {
    const { body } = await signIn({ validate: () => ({ id: 1 }) })
    expect(body.authInfo).to.deep.equal({ state: { returnTo: '/inbox' } })
  })

  it('takes an array of validate as user and info', async () => {
    const { body } = await signIn({ validate: () => [{ id: 1 }, { scope: 'read' }] })
    expect(body).to.deep.equal({
      user: { id: 1 },
      authInfo: { scope: 'read', state: { returnTo: '/inbox' } },
    })
  })

  const refusals: ReadonlyArray<readonly [returned: string, value: unknown]> = [
    ['undefined', undefined],
    ['false', false],
    ['null', null],
    ['an array that begins with false', [false, { message: 'unknown here' }]],
  ]
  for (const [returned, value] of refusals) {
    it(`answers 401 when validate returns ${returned}`, async () => {
      expect(await signIn({ validate: () => value })).to.have.property('status', 401)
    })
  }

  it('answers with the status of an exception that validate throws', async () => {
    const validate = (): never => {
      throw new ConflictException('taken')
    }
    expect((await signIn({ validate })).status).to.equal(409)
  })

  it('answers 500 to any other exception of validate', async () => {
    const validate = (): never => {
      throw new Error('the database is down')
    }
    expect((await signIn({ validate })).status).to.equal(500)
  })

  for (const arity of [5, true] as const) {
    it(`gives validate the whole token answer with callbackArity ${arity}`, async () => {
      const validate = (_access: string, _refresh: undefined, params: object, { provider }: XaiProfile) => ({
        params: Object.keys(params),
        provider,
      })
      const { user } = (await signIn({ validate }, arity)).body
      expect(user.params).to.include.members(['access_token', 'id_token', 'expires_in'])
      expect(user.provider).to.equal('xai')
    })
  }

  it("answers with the strategy's status through a guard that changes nothing", async () => {
    app = await startApplication(
      buildNest({ controllers: [Controllers], providers: [buildProvider({ validate: () => ({ id: 1 }) })] }),
    )
    const browser = new CookieClient()
    const callback = await app.begin(browser)
    app.emulator.misbehaveOnce({ path: '/oauth2/token', status: 429, body: '{"error":"slow_down"}' })
    const { status, body } = await browser.get(callback)
    expect(status).to.equal(429)
    expect(body).to.not.contain('slow_down')
  })
})
