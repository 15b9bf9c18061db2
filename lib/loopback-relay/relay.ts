import type { NextFunction, Request, Response } from 'express'
import { receiveDelivery } from './delivery.js'
import { type ExpectedSignIn, ExpectedSignIns } from './expected-sign-in.js'
import { type LoopbackRelayOptions, parseRelayOptions, type RelaySettings } from './option.js'
import { buildEndedPage, buildWaitingPage } from './page.js'
import { isForPage, isFromForeignPage, isFromLoopback, isFromSameOrigin } from './request-source.js'
import { type Answer, buildAnswer, buildEmptyAnswer, buildRefusal, sendAnswer } from './response.js'
import { interceptSignIn } from './sign-in-redirect.js'
import { stylesheet } from './stylesheet.js'
import { waitingScript } from './waiting-script.js'

/** The relay of one route. */
export class LoopbackRelay {
  private readonly expected = new ExpectedSignIns()
  private readonly settings: RelaySettings

  constructor(options: LoopbackRelayOptions) {
    this.settings = parseRelayOptions(options)
  }

  async handle(req: Request, res: Response, next: NextFunction): Promise<void> {
    const query = new URLSearchParams(req.url.split('?').slice(1).join('?'))
    const command = query.get('relay')
    if (isFromForeignPage(req)) sendAnswer(res, receiveDelivery(req, this.settings, this.expected))
    else if (command === null) next()
    else if (command === 'begin' && req.method === 'GET' && isForPage(req)) this.begin(req, res, next)
    else sendAnswer(res, await this.answer(req, command, query.get('state') ?? ''))
  }

  private begin(req: Request, res: Response, next: NextFunction): void {
    if (isFromLoopback(req)) {
      interceptSignIn(res, ({ state, authorizationURL }) => {
        this.expected.add(state, authorizationURL)
        // A URL of its own, so that reloading the page waits on and begins nothing.
        return `?${new URLSearchParams({ relay: 'wait', state })}`
      })
    }
    next()
  }

  private async answer(req: Request, command: string, state: string): Promise<Answer> {
    if (req.method !== 'GET') return buildRefusal(405, 'The relay is asked by GET.')
    if (!isFromLoopback(req)) return buildRefusal(403, 'The relay works on loopback only.')
    if (command === 'script') return buildAnswer(200, 'text/javascript', waitingScript)
    if (command === 'style') return buildAnswer(200, 'text/css', stylesheet)
    if (command === 'wait' && isForPage(req)) return this.answerPage(state, await this.find(req, state))
    if (command === 'poll' && isFromSameOrigin(req)) return this.answerPoll(await this.find(req, state))
    return buildRefusal(403, 'The relay does not answer this.')
  }

  /** The sign-in of a state, if the browser that asks has begun it. */
  private async find(req: Request, state: string): Promise<ExpectedSignIn | undefined> {
    return (await this.settings.store.holds(req, state)) ? this.expected.find(state) : undefined
  }

  private answerPage(state: string, signIn: ExpectedSignIn | undefined): Answer {
    const { homeURL } = this.settings
    if (!signIn) return buildEndedPage(homeURL)
    return signIn.parameters
      ? buildEmptyAnswer(303, { location: buildCallback(signIn.parameters) })
      : buildWaitingPage({ state, authorizationURL: signIn.authorizationURL, homeURL })
  }

  private answerPoll(signIn: ExpectedSignIn | undefined): Answer {
    if (!signIn) return buildRefusal(404, 'This sign-in has ended, or began in another browser.')
    if (!signIn.parameters) return buildEmptyAnswer(204)
    return buildAnswer(
      200,
      'application/json',
      JSON.stringify({ location: buildCallback(signIn.parameters) }),
    )
  }
}

/** Only a query: whatever path a request was made up with, the code never goes to another host. */
const buildCallback = (parameters: object): string =>
  `?${new URLSearchParams(parameters as Record<string, string>)}`
