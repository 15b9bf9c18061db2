import type { RequestOptions } from 'node:http'
import { mock } from 'node:test'
import { expect } from 'chai'
import {
  XaiDeviceStrategy,
  type XaiProfile,
  type XaiStrategyOptions,
  type XaiTokenResponse,
  type XaiVerify,
} from '../../lib/index.js'
import { Application, type ApplicationOptions, type Ending, load } from '../support/application.js'
import { CookieClient } from '../support/browserless-client.js'
import { type Client, type Conduct, MisbehavingServer } from './server.js'

/** One move of a server or an attacker, and what the library does. */
export interface Scenario {
  /** The module of the OpenID Foundation's suite, or the section of a specification. */
  readonly module: string
  /** What happens; a test title. */
  readonly what: string
  /** Why the library refuses what the module would accept. */
  readonly refusedByDesign?: string
  /** How the server deviates. */
  readonly server?: Conduct
  /** How the client is registered; default: a public one. */
  readonly client?: Client
  /** Options of the strategy beyond the least. */
  readonly options?: Partial<XaiStrategyOptions>
  /** Further options of the application. */
  readonly application?: Partial<ApplicationOptions>
  /** Acts, and asserts how it ends. */
  readonly run: (stage: Stage) => Promise<void>
}

/** Scenarios of one subject. */
export interface Chapter {
  readonly title: string
  readonly scenarios: readonly Scenario[]
}

/** What the route of the device sign-in responds: what is pending, or how it ended. */
export interface DeviceEnding extends Omit<Ending, 'status' | 'outcome'> {
  readonly httpStatus: number
  readonly outcome?: Ending['outcome']
  readonly status?: unknown
  readonly user_code?: string
  readonly interval?: number
  readonly verification_uri?: string
}

/** What the application of a {@link Stage} keeps of a person. */
export interface User {
  readonly id: string
  readonly profile: XaiProfile
  readonly tokens: XaiTokenResponse
}

const keepUser: XaiVerify = async ({ profile, tokens }) =>
  ({ id: profile.id, profile, tokens }) satisfies User

/** A server, an application that signs people in with it, and the browser of a person. */
export class Stage {
  readonly victim = new CookieClient()
  readonly attacker = new CookieClient()

  private constructor(
    readonly server: MisbehavingServer,
    readonly application: Application,
  ) {}

  static async build(
    scenario: Pick<Scenario, 'server' | 'client' | 'options' | 'application'>,
  ): Promise<Stage> {
    const client = scenario.client ?? { id: 'client-1' }
    const server = await MisbehavingServer.start(client, scenario.server)
    const application = await Application.start({
      issuer: server.issuer,
      clientID: client.id,
      verify: keepUser,
      extend: (app, application) => {
        app.all('/device', (req, res, next) => application.finish('xai-device')(req, res, next))
        app.get('/callback/:strategy', (req, res, next) => {
          application.finish(req.params.strategy)(req, res, next)
        })
      },
      ...scenario.application,
      strategy: { ...(client.secret !== undefined && { clientSecret: client.secret }), ...scenario.options },
    })
    const secret = client.secret !== undefined && { clientSecret: client.secret }
    const device = { issuer: server.issuer, clientID: client.id, ...secret }
    application.passport.use(new XaiDeviceStrategy(device, keepUser))
    return new Stage(server, application)
  }

  async close(): Promise<void> {
    await this.application.close()
    await this.server.close()
  }

  /** Begins a sign-in in a browser; resolves to the URL of the callback, which is not loaded yet. */
  arrive(browser = this.victim): Promise<string> {
    return this.application.arrive(browser)
  }

  /** Loads a callback that another strategy of the application takes. */
  async finishWith(strategy: string, callback: string): Promise<Ending> {
    const { status, body } = await this.victim.get(callback.replace('/callback?', `/callback/${strategy}?`))
    return { status, ...JSON.parse(body) }
  }

  /** A request to the route of the device sign-in, as a page's script sends it. */
  async ask(browser = this.victim, options: RequestOptions = {}): Promise<DeviceEnding> {
    const url = `${this.application.origin}/device`
    const headers = { accept: 'application/json', ...options.headers }
    const { status, body } = await browser.send(url, { method: 'GET', ...options, headers })
    return { httpStatus: status, ...(body.startsWith('{') ? JSON.parse(body) : {}) }
  }

  /** A whole sign-in in a browser. */
  async signIn(browser = this.victim): Promise<Ending> {
    return load(browser, await this.arrive(browser))
  }

  /** Who is signed in with a browser; `null` for nobody. */
  async whoIsIn(browser = this.victim): Promise<unknown> {
    return JSON.parse((await browser.get(`${this.application.origin}/me`)).body)
  }

  /** How many requests reached an endpoint. */
  count(endpoint: 'token' | 'userinfo'): number {
    return this.server.to(`/oauth2/${endpoint}`).length
  }

  /** Asserts that loading a callback signs in as the server's person. */
  async expectSuccess(callback: string, browser = this.victim): Promise<void> {
    const ending = await load(browser, callback)
    expect(ending, JSON.stringify(ending)).to.include({ status: 200, outcome: 'success' })
    expect(ending.user).to.include({ id: this.server.sub })
    expect(await this.whoIsIn(browser)).to.deep.equal(ending.user)
  }

  /** Asserts that a request ended in an error of this code, that nobody is signed in by it, and that no secret is told. */
  async expectError(ending: Ending, code: string, words: RegExp, { signedIn = false } = {}): Promise<void> {
    expect(ending, JSON.stringify(ending)).to.include({ outcome: 'error' })
    expect(ending.error).to.include({ code })
    expect(ending.error?.message).to.match(words)
    if (!signedIn) expect(await this.whoIsIn()).to.equal(null)
    for (const { form } of this.server.to('/oauth2/token')) {
      for (const name of ['code', 'code_verifier', 'client_secret', 'refresh_token']) {
        const secret = form.get(name)
        if (secret) expect(JSON.stringify(ending)).not.to.include(secret)
      }
    }
  }

  /** Asserts that a request ended in a failure of this code and status, and that no code was sent. */
  async expectFailure(ending: Ending, status: number, code: string): Promise<void> {
    expect(ending, JSON.stringify(ending)).to.include({ outcome: 'fail', status })
    expect(ending.info).to.include({ code })
    expect(await this.whoIsIn()).to.equal(null)
    expect(this.count('token')).to.equal(0)
  }
}

/** A sign-in that succeeds as the server's person. */
export const signsIn = async (stage: Stage): Promise<void> => {
  await stage.expectSuccess(await stage.arrive())
}

/** A sign-in that succeeds, and the user that the application then has. */
export async function userOf(stage: Stage): Promise<User> {
  const { user } = await stage.signIn()
  expect(user).to.include({ id: stage.server.sub })
  return user as unknown as User
}

/** A sign-in whose id_token is refused, after which nobody asks userinfo; `meanwhile` happens while the person is away. */
export const refusesIDToken =
  (words: RegExp, meanwhile = (): void => undefined): Scenario['run'] =>
  async (stage) => {
    const callback = await stage.arrive()
    meanwhile()
    await stage.expectError(await load(stage.victim, callback), 'xai_id_token_invalid', words)
    expect(stage.count('token')).to.equal(1)
    expect(stage.count('userinfo')).to.equal(0)
  }

/** A sign-in whose token response is refused, after which nothing is asked. */
export const refusesTokens =
  (code: string, words: RegExp): Scenario['run'] =>
  async (stage) => {
    await stage.expectError(await stage.signIn(), code, words)
    expect(stage.count('token')).to.equal(1)
    expect(stage.count('userinfo')).to.equal(0)
  }

/** A scenario on a clock that moves only when it is told to; timers run as ever. */
export const timed = ({ run, ...scenario }: Scenario): Scenario => ({
  ...scenario,
  async run(stage) {
    mock.timers.enable({ apis: ['Date'], now: Date.now() })
    try {
      await run(stage)
    } finally {
      mock.timers.reset()
    }
  },
})

/** Runs the scenarios of a chapter, each with a server, an application and a browser of its own. */
export function describeChapter({ title, scenarios }: Chapter): void {
  describe(title, () => {
    for (const scenario of scenarios) {
      it(`${scenario.module}: ${scenario.what}`, async () => {
        const stage = await Stage.build(scenario)
        try {
          await scenario.run(stage)
        } finally {
          await stage.close()
        }
      })
    }
  })
}
