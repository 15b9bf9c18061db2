import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect } from 'chai'
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core'
import { buildDevicePage, type DevicePage } from '../../lib/page/device-page.js'
import { expectAccessible } from './accessibility.js'
import { launchChromium } from './chromium.js'
import { pressByKeyboard } from './keyboard.js'

type Respond = (res: ServerResponse) => void

const json =
  (status: number, value: unknown): Respond =>
  (res) =>
    res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
const pending = json(200, { status: 'pending', user_code: 'WDJB-MJHT', expires_in: 890, interval: 1 })
const redirect =
  (location: string): Respond =>
  (res) =>
    res.writeHead(302, { location }).end()
const refuse =
  (status: number): Respond =>
  (res) =>
    res.writeHead(status, { 'content-type': 'text/plain' }).end('Refused')
const disconnect: Respond = (res) => res.destroy()

/** The application: the device page at /connect, and what its route responds when it is asked. */
class Application {
  private readonly server: Server
  /** What the page has asked, as `GET /connect?shown=…` does. */
  readonly questions: IncomingMessage[] = []
  /** Requests for /connect by navigation. */
  readonly visits: string[] = []
  /** What the page is told from now on. */
  respond: Respond = pending
  parts: Partial<DevicePage> = {}

  constructor() {
    this.server = createServer((req, res) => this.handle(req, res)).listen(0, '127.0.0.1')
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  close(): void {
    this.server.close()
    this.server.closeAllConnections()
  }

  private handle(req: IncomingMessage, res: ServerResponse): void {
    const { pathname, searchParams } = new URL(`${req.url}`, this.origin)
    if (pathname !== '/connect') {
      res.writeHead(200, { 'content-type': 'text/html' }).end(`<title>${pathname}</title>`)
    } else if (searchParams.has('shown')) {
      this.questions.push(req)
      this.respond(res)
    } else {
      this.visits.push(`${req.method} ${req.url}`)
      if (this.respond !== pending && this.visits.length > 1) return this.respond(res)
      const { status, headers, body } = buildDevicePage({
        userCode: 'WDJB-MJHT',
        verificationURI: `${this.origin}/xai`,
        verificationURIComplete: `${this.origin}/xai/filled-in`,
        expiresIn: 900,
        interval: 1,
        title: 'Notes',
        homeURL: '/home',
        ...this.parts,
      })
      res.writeHead(status, headers).end(body)
    }
  }
}

describe('The device page, in Chromium', () => {
  let browser: Browser
  let application: Application
  let context: BrowserContext
  before(async () => {
    browser = await launchChromium('https://accounts.x.ai')
  })
  after(() => browser.close())
  beforeEach(() => {
    application = new Application()
  })
  afterEach(async () => {
    await context.close()
    application.close()
  })

  const open = async (options: BrowserContextOptions = {}, path = '/connect'): Promise<Page> => {
    context = await browser.newContext(options)
    const page = await context.newPage()
    await page.goto(`${application.origin}${path}`)
    return page
  }
  const heading = (page: Page, name: string): Promise<void> =>
    page.getByRole('heading', { level: 1, name }).waitFor()
  /** Asks nothing more: two intervals pass, and the page has been silent. */
  const expectSilence = async (page: Page): Promise<void> => {
    const asked = application.questions.length
    await page.waitForTimeout(2100)
    expect(application.questions).to.have.lengthOf(asked)
  }

  it('waits on, asks for JSON about the code that it shows, and goes where a redirect leads', async () => {
    const page = await open()
    await page.getByText('14:49 left').waitFor()
    application.respond = redirect('/profile?from=device')
    await page.waitForURL('**/profile?from=device')
    const [question] = application.questions
    expect(question?.url).to.equal('/connect?shown=WDJB-MJHT')
    expect(question?.headers).to.include({ accept: 'application/json', 'sec-fetch-site': 'same-origin' })
    expect(application.visits).to.deep.equal(['GET /connect'])
  })

  it('goes home after a sign-in without a redirect', async () => {
    const page = await open()
    application.respond = json(200, { user: 'Ada' })
    await page.waitForURL('**/home')
  })

  it('goes where a refusal is redirected to', async () => {
    const page = await open()
    application.respond = redirect('/login')
    await page.waitForURL('**/login')
  })

  it('waits on when a redirect only moves its question', async () => {
    const page = await open()
    application.respond = (res) => {
      application.respond = pending
      redirect('/connect?shown=WDJB-MJHT&moved')(res)
    }
    await page.getByText('14:49 left').waitFor()
    expect(new URL(page.url()).pathname).to.equal('/connect')
  })

  const denied = 'xAI did not get your permission, or the code has expired.'
  const hostile = '<img src=x onerror=alert(1)>'
  const endings: ReadonlyArray<
    readonly [what: string, respond: Respond, title: string, sentence: string, expiresIn?: number]
  > = [
    [
      'it ended elsewhere',
      json(200, { status: 'ended' }),
      'This sign-in has ended',
      'It was finished or begun',
    ],
    ['access was denied', refuse(403), 'You are not signed in', denied],
    ['the application lets nobody in', refuse(401), 'You are not signed in', denied],
    ['the code has expired', refuse(403), 'You are not signed in', 'The code was not confirmed in time.', 1],
    [
      'the application gives a reason',
      json(403, { message: 'No plan.' }),
      'You are not signed in',
      'No plan.',
    ],
    ['the reason holds markup', json(403, { message: hostile }), 'You are not signed in', hostile],
    ['the reason is not text', json(403, { message: {} }), 'You are not signed in', denied],
  ]
  for (const [what, respond, title, sentence, expiresIn = 900] of endings) {
    it(`says when ${what}, in one sentence with one button, and asks no more`, async () => {
      application.parts = { expiresIn }
      application.respond = respond
      const page = await open()
      await heading(page, title)
      await page.getByText(sentence).waitFor()
      expect(await page.title()).to.equal(`${title} · Notes`)
      expect(await page.evaluate('document.activeElement.tagName')).to.equal('H1')
      expect(await page.getByText('WDJB').isVisible()).to.equal(false)
      await expectAccessible(page)
      await expectSilence(page)
      application.respond = pending
      await page.getByRole('button', { name: 'Get a new code' }).click()
      await heading(page, 'Confirm this code at xAI')
      expect(application.visits.at(-1)).to.match(/^POST \/connect\?restart/)
    })
  }

  const troubles: ReadonlyArray<readonly [what: string, respond: Respond, words: string]> = [
    [
      'the application reports an error',
      refuse(503),
      'The application reports an error (HTTP 503). Trying again.',
    ],
    [
      'the application asks to slow down',
      refuse(429),
      'The application reports an error (HTTP 429). Trying again.',
    ],
    ['nothing responds', disconnect, 'The application does not respond. Trying again.'],
  ]
  for (const [what, respond, words] of troubles) {
    it(`says when ${what}, offers to begin anew, and waits on as soon as it can`, async () => {
      const page = await open()
      application.respond = respond
      await page.getByText(words).waitFor()
      expect(await page.getByRole('button', { name: 'Get a new code' }).isVisible()).to.equal(true)
      await expectAccessible(page)
      application.respond = pending
      await page.getByText('Waiting for xAI.').waitFor()
      expect(await page.getByRole('button', { name: 'Get a new code' }).isVisible()).to.equal(false)
    })
  }

  it('gives up a question after a minute without a response, and asks again', async () => {
    context = await browser.newContext()
    await context.addInitScript(`{
      const { timeout } = AbortSignal
      AbortSignal.timeout = (milliseconds) => timeout.call(AbortSignal, milliseconds === 60000 ? 500 : milliseconds)
    }`)
    const page = await context.newPage()
    application.respond = () => {}
    await page.goto(`${application.origin}/connect`)
    await page.getByText('The application does not respond. Trying again.').waitFor()
    application.respond = pending
    await page.getByText('Waiting for xAI.').waitFor()
  })

  it('shows the way home when a redirect leads to another origin, where its question must not go', async () => {
    const page = await open()
    application.respond = (res) => {
      application.respond = json(200, { status: 'ended' })
      redirect('http://localhost:1/elsewhere')(res)
    }
    await heading(page, 'You are not signed in')
    await page.getByRole('link', { name: 'Back to the application' }).click()
    await page.waitForURL('**/home')
  })

  it('explains the end of a sign-in by the error that came before', async () => {
    const page = await open()
    application.respond = (res) => {
      application.respond = json(200, { status: 'ended' })
      json(502, { message: 'xAI sent something that nobody can use.' })(res)
    }
    await page.getByText('xAI sent something that nobody can use. Trying again.').waitFor()
    await heading(page, 'You are not signed in')
    await page.getByText('xAI sent something that nobody can use.', { exact: true }).waitFor()
  })

  it('asks less often while nothing responds', async () => {
    const page = await open()
    application.respond = refuse(500)
    await page.waitForTimeout(6500)
    expect(application.questions).to.have.lengthOf(2)
  })

  it('demands one new code for one press, however often the page is loaded afterwards', async () => {
    application.respond = json(200, { status: 'ended' })
    const page = await open({}, '/connect?next=%2Fnotes')
    await page.getByRole('button', { name: 'Get a new code' }).click({ trial: true })
    application.respond = pending
    await page.getByRole('button', { name: 'Get a new code' }).click()
    await heading(page, 'Confirm this code at xAI')
    await page.reload()
    await heading(page, 'Confirm this code at xAI')
    expect(application.visits).to.deep.equal([
      'GET /connect?next=%2Fnotes',
      'POST /connect?next=%2Fnotes&restart=',
      'GET /connect?next=%2Fnotes',
    ])
    expect(application.questions[0]?.url).to.equal('/connect?next=%2Fnotes&shown=WDJB-MJHT')
  })

  it('asks at once when somebody comes back to the tab', async () => {
    application.parts = { interval: 60 }
    const page = await open()
    application.respond = redirect('/profile')
    await page.evaluate(`document.dispatchEvent(new Event('visibilitychange'))`)
    await page.waitForURL('**/profile')
  })

  it('counts the time down for the eye, and says the end of it to a screen reader', async () => {
    application.parts = { expiresIn: 62, interval: 60 }
    const page = await open()
    await page.getByText('1:01 left').waitFor()
    await page.locator('[role=status]', { hasText: 'One minute is left.' }).waitFor({ state: 'attached' })
    expect(await page.getByRole('timer').getAttribute('aria-live')).to.equal(null)
  })

  it('loads itself again without JavaScript, and goes on when it is told to', async () => {
    const page = await open({ javaScriptEnabled: false })
    await page.locator('noscript a').waitFor()
    expect(await page.getByRole('button', { name: 'Copy' }).isVisible()).to.equal(false)
    application.respond = redirect('/profile')
    await page.waitForURL('**/profile')
    const [reload, ...others] = application.questions
    expect(reload?.url).to.match(/[?&]shown=WDJB-MJHT$/)
    expect(reload?.headers.accept).to.match(/^text\/html/)
    expect(others).to.be.empty
  })

  it('opens the page of xAI in a tab that cannot reach back', async () => {
    const page = await open()
    const opened = context.waitForEvent('page')
    await pressByKeyboard(page, 'Continue at xAI')
    const xai = await opened
    await xai.waitForURL('**/xai/filled-in')
    expect(await xai.evaluate('opener')).to.equal(null)
    expect(await xai.evaluate('document.referrer')).to.equal('')
  })

  it('copies the code as it is typed, by keyboard, and says so', async () => {
    const page = await open()
    await context.grantPermissions(['clipboard-read', 'clipboard-write'])
    await pressByKeyboard(page, 'Copy')
    await page.getByRole('button', { name: 'Copied' }).waitFor()
    await page.locator('[role=status]', { hasText: 'The code is copied.' }).waitFor({ state: 'attached' })
    expect(await page.evaluate('navigator.clipboard.readText()')).to.equal('WDJB-MJHT')
  })

  it('selects the code where the browser does not let it copy', async () => {
    context = await browser.newContext()
    await context.addInitScript(`
      Object.defineProperty(navigator, 'clipboard', { value: undefined })
      document.execCommand = () => false
    `)
    const page = await context.newPage()
    await page.goto(`${application.origin}/connect`)
    await page.getByRole('button', { name: 'Copy' }).click()
    await page.getByRole('button', { name: 'Selected' }).waitFor()
    expect(await page.evaluate('getSelection().toString()')).to.equal('WDJB-MJHT')
  })

  for (const userCode of ['WDJB-MJHT', 'ABCDEFGHJKLMNPQRST', 'ABCD-EFGH-JKLM-NPQR']) {
    it(`fits on a screen 320 pixels wide with the code ${userCode}, and breaks no word`, async () => {
      application.parts = { userCode, title: 'Donaudampfschifffahrtsgesellschaft' }
      const page = await open({ viewport: { width: 320, height: 640 } })
      expect(await page.evaluate('document.documentElement.scrollWidth')).to.equal(320)
      await expectAccessible(page)
    })
  }

  it('moves nothing for people who asked for less motion', async () => {
    const page = await open({ reducedMotion: 'reduce' })
    expect(await page.evaluate('document.getAnimations().length')).to.equal(0)
  })
})
