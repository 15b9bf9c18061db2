import { emitWarning } from 'node:process'
import { authorize, resume } from './authorization.js'
import { verifyDevice } from './device.js'
import { deviceAuthorization, discovery, refuse, revocation, token, userinfo } from './endpoint.js'
import { misbehave } from './fault.js'
import type { Context, Middleware } from './oidc-provider.js'
import { showErrorPage, showPicture } from './page.js'
import { paths, picturePath, shortDevicePath, signInPath } from './path.js'
import { describeRequest, readBody, replaceBody } from './request-body.js'
import { signIn } from './sign-in.js'
import type { EmulatorState } from './state.js'

type Methods = Readonly<Record<string, Middleware>>

/** What `decide` sends with a request to tell which decision it is about. */
export const decisionHeader = 'x-emulator-decision'

const goOn: Middleware = (_ctx, next) => next()

/** Every path that there is; oidc-provider itself takes capitals and a slash at the end for the same, and has more. */
function buildRoutes(emulator: EmulatorState): (path: string) => Methods | undefined {
  const { accounts, deviceFlow } = emulator.settings
  const authorization = authorize(emulator)
  const decision = signIn(emulator)
  const device = verifyDevice(emulator)
  const info = userinfo(emulator)
  const parents = new Map<string, Methods>([
    [paths.authorization, { GET: resume }],
    [signInPath, { GET: decision, POST: decision }],
  ])
  const routes = new Map<string, Methods>(
    Object.entries({
      [paths.discovery]: { GET: discovery(emulator) },
      [paths.jwks]: { GET: goOn },
      [paths.authorization]: { GET: authorization, POST: authorization },
      [paths.token]: { POST: token(emulator) },
      [paths.userinfo]: { GET: info, POST: info },
      [paths.revocation]: { POST: revocation(emulator) },
      ...(deviceFlow && {
        [paths.deviceAuthorization]: { POST: deviceAuthorization(emulator) },
        [paths.device]: { GET: device, POST: device },
        [shortDevicePath]: { GET: (ctx) => ctx.redirect(`${paths.device}${ctx.search}`) },
      }),
    }),
  )
  for (const account of accounts)
    routes.set(picturePath(account), { GET: (ctx) => showPicture(ctx, account) })
  return (path) => {
    const [, parent = ''] = /^(.+)\/[^/]+$/.exec(path) ?? []
    return routes.get(path) ?? parents.get(parent)
  }
}

/** Lets through what xAI's server is known to have. */
function buildRouter(emulator: EmulatorState): Middleware {
  const find = buildRoutes(emulator)
  return async (ctx, next) => {
    const { path, method } = ctx
    const methods = find(path)
    // As xAI's server, whose unknown paths respond with a page whoever asks.
    if (methods === undefined) return showErrorPage(ctx, 'not_found', `There is nothing at ${path}.`, 404)
    const handle = methods[method]
    if (handle) return handle(ctx, next)
    refuse(ctx, 405, 'invalid_request', `${method} is not allowed here`)
    ctx.set('allow', Object.keys(methods).join(', '))
  }
}

/** Headers of oidc-provider that xAI's server is not known to send. */
function dropHeaders(ctx: Context): void {
  for (const name of ctx.res.getHeaderNames())
    if (name === 'vary' || name.startsWith('access-control-')) ctx.remove(name)
}

/** The first step on the way of every request: it is recorded, carried out by the others, and responded to as ordered. */
function buildRecorder({ log, misbehaviours, decisions, issuer }: EmulatorState): Middleware {
  const { host } = new URL(issuer)

  const respond = async (ctx: Context, isTooLarge: boolean, next: () => Promise<void>): Promise<void> => {
    try {
      if (isTooLarge) refuse(ctx, 413, 'invalid_request', 'The body is larger than 64 KiB')
      else await next()
    } catch (error) {
      refuse(ctx, 500, 'server_error', `${error}`)
      emitWarning(error as Error)
    }
    dropHeaders(ctx)
  }

  return async (ctx, next) => {
    const { path, headers } = ctx
    try {
      const { bytes, isTooLarge } = await readBody(ctx.req)
      ctx.state.decision = decisions.get(`${headers[decisionHeader]}`)
      delete headers[decisionHeader]
      const request = describeRequest(ctx, bytes)
      ctx.state.request = request
      log.add(request)
      replaceBody(ctx, bytes, host)
      const isAnswered = await misbehave(ctx, misbehaviours.take(path), () => respond(ctx, isTooLarge, next))
      if (isAnswered) request.status = ctx.status
    } catch {
      // The client went away, which is not an error: whoever waits for it stops waiting.
      ctx.respond = false
      ctx.res.destroy()
    }
  }
}

/** The steps on the way of every request; oidc-provider's own follow. */
export const buildMiddleware = (emulator: EmulatorState): readonly Middleware[] => [
  buildRecorder(emulator),
  buildRouter(emulator),
]
