import { emitWarning } from 'node:process'
import { authorize, resume } from './authorization.js'
import { verifyDevice } from './device.js'
import { deviceAuthorization, discovery, refuse, revocation, token, userinfo } from './endpoint.js'
import { misbehave } from './fault.js'
import type { Context, Middleware } from './oidc-provider.js'
import { showErrorPage, showPicture } from './page.js'
import { deviceGrantPaths, paths, picturePath, shortDevicePath, signInPath } from './path.js'
import { describeRequest, readBody, replay } from './request-body.js'
import { signIn } from './sign-in.js'
import type { EmulatorState, Handler } from './state.js'

type Methods = Readonly<Record<string, Handler>>

/** Every path that there is; oidc-provider has more, and takes capitals and a slash at the end for the same. */
const routes: Readonly<Record<string, Methods>> = {
  [paths.discovery]: { GET: discovery },
  [paths.jwks]: { GET: (_emulator, _ctx, next) => next() },
  [paths.authorization]: { GET: authorize, POST: authorize },
  [`${paths.authorization}/*`]: { GET: resume },
  [`${signInPath}/*`]: { GET: signIn, POST: signIn },
  [paths.token]: { POST: token },
  [paths.userinfo]: { GET: userinfo, POST: userinfo },
  [paths.revocation]: { POST: revocation },
  [paths.device_authorization]: { POST: deviceAuthorization },
  [paths.code_verification]: { GET: verifyDevice, POST: verifyDevice },
  [shortDevicePath]: { GET: (_emulator, ctx) => ctx.redirect(`${paths.code_verification}${ctx.search}`) },
}

function findMethods({ settings }: EmulatorState, path: string): Methods | undefined {
  const account = settings.accounts.find((candidate) => picturePath(candidate) === path)
  if (account) return { GET: (_emulator, ctx) => showPicture(ctx, account) }
  if (settings.deviceFlow === undefined && deviceGrantPaths.includes(path)) return undefined
  const pattern = [path, path.replace(/[^/]+$/, '*')].find((known) => Object.hasOwn(routes, known))
  return pattern === undefined ? undefined : routes[pattern]
}

async function route(emulator: EmulatorState, ctx: Context, next: () => Promise<void>): Promise<void> {
  const { path, method } = ctx
  const methods = findMethods(emulator, path)
  // As xAI's server, whose unknown paths respond with a page whoever asks.
  if (methods === undefined) return showErrorPage(ctx, 'not_found', `There is nothing at ${path}.`, 404)
  const handle = methods[method]
  if (handle) return handle(emulator, ctx, next)
  refuse(ctx, 405, 'invalid_request', `${method} is not allowed here`)
  ctx.set('allow', Object.keys(methods).join(', '))
}

/** Drops headers of oidc-provider that xAI's server is not known to send. */
function dropHeaders({ res }: Context): void {
  for (const name of res.getHeaderNames())
    if (name === 'vary' || name.startsWith('access-control-')) res.removeHeader(name)
}

/** How many requests are remembered. */
const limit = 1000

/** What happens to every request before oidc-provider sees it: it is recorded, routed, and met with what misbehaveOnce ordered. */
export const receive =
  (emulator: EmulatorState): Middleware =>
  async (ctx, next) => {
    const { requests, misbehaviours, issuer } = emulator
    const { path } = ctx
    try {
      const body = await readBody(ctx.req)
      const request = describeRequest(ctx, `${body ?? ''}`)
      ctx.state.request = request
      requests.push(request)
      if (requests.length > limit) requests.shift()
      const respond = async (): Promise<void> => {
        if (body === undefined) return refuse(ctx, 413, 'invalid_request', 'The body is larger than 64 KiB')
        replay(ctx, body, new URL(issuer).host)
        await route(emulator, ctx, next).catch((error: Error) => {
          refuse(ctx, 500, 'server_error', `${error}`)
          emitWarning(error)
        })
        dropHeaders(ctx)
      }
      if (await misbehave(ctx, misbehaviours.take(path), respond)) request.status = ctx.status
    } catch {
      // The client went away, which is not an error: whoever waits for it stops waiting.
      ctx.respond = false
      ctx.res.destroy()
    }
  }
