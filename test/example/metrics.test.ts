import { expect } from 'chai'
import { type Emulator, startEmulator } from 'passport-xai/emulator'
import { type Example, startExample } from '../../examples/express/server.js'
import { CookieClient } from '../support/browserless-client.js'
import { Visitor } from './visitor.js'

describe('The metrics of the Express example', () => {
  let emulator: Emulator
  const examples: Example[] = []
  before(async () => {
    emulator = await startEmulator()
  })
  after(() => emulator.close())
  afterEach(() => Promise.all(examples.splice(0).map((example) => example.close())))

  const start = async (metrics?: boolean): Promise<Example> => {
    const { issuer, publicClient } = emulator
    const settings = { port: 0, issuer, clientID: publicClient.clientID, log: () => undefined, metrics }
    const example = await startExample(settings)
    examples.push(example)
    return example
  }

  it('are not shown unless they are asked for', async () => {
    const { url } = await start()
    expect((await new CookieClient().get(`${url}/metrics`)).status).to.equal(404)
  })

  it('count sign-ins, requests and their time, as Prometheus reads them', async () => {
    const { url } = await start(true)
    const visitor = new Visitor(url)
    await visitor.signInAs('personal')
    await new Visitor(url).signInAs('free')
    const { status, headers, body } = await visitor.get(`${url}/metrics`)
    expect(status).to.equal(200)
    expect(headers['content-type']).to.match(/^text\/plain; version=0\.0\.4/)
    for (const line of [
      'xai_sign_ins_total{outcome="redirect"} 2',
      'xai_sign_ins_total{outcome="success"} 1',
      'xai_sign_ins_total{outcome="error",code="xai_oauth_tier_denied"} 1',
      'xai_requests_total{what="xAI token exchange",outcome="response",status="200"} 1',
      'xai_requests_total{what="xAI token exchange",outcome="response",status="403"} 1',
    ])
      expect(body.split('\n')).to.include(line)
    expect(body).to.match(/^xai_request_seconds_total\{what="xAI token exchange"\} 0\.\d+$/m)
    expect(body).to.match(/^([a-z_]+\{([a-z]+="[\w ()-]+",?)*\} [\d.e-]+\n)+$/)
  })
})
