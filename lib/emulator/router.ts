import type { IncomingMessage } from 'node:http'
import { emitWarning } from 'node:process'
import { Readable } from 'node:stream'
import { authorize, cookieNames } from './authorization.js'
import { verifyDevice } from './device.js'
import type { EmulatorRequest } from './emulator.js'
import { deviceAuthorization, discovery, refuse, revocation, token, userinfo } from './endpoint.js'
import { misbehave } from './misbehaviour.js'
import type { Context } from './oidc-provider.js'
import { isDevicePath, paths, showErrorPage, showPicture } from './page.js'
import { signIn } from './sign-in.js'
import type { EmulatorState, Handler } from './state.js'

const provide: Handler = (_emulator, _ctx, next) => next()

/** Every path that there is; oidc-provider has more, and takes capitals and a slash at the end for the same. */
const routes = new Map<string, readonly [methods: string, handle: Handler]>([
  [paths.discovery, ['GET', discovery]],
  [paths.jwks, ['GET', provide]],
  [paths.authorization, ['GET, POST', authorize]],
  [`${paths.authorization}/*`, ['GET', provide]],
  ['/sign-in/*', ['GET, POST', signIn]],
  ['/pictures/*', ['GET', showPicture]],
  [paths.token, ['POST', token]],
  [paths.userinfo, ['GET, POST', userinfo]],
  [paths.revocation, ['POST', revocation]],
  [paths.device_authorization, ['POST', deviceAuthorization]],
  [paths.code_verification, ['GET, POST', verifyDevice]],
  ['/device', ['GET', (_emulator, ctx) => ctx.redirect(`${paths.code_verification}${ctx.search}`)]],
])

const route: Handler = async (emulator, ctx, next) => {
  const { path, method } = ctx
  const isOff = isDevicePath(path) && emulator.settings.deviceFlow === undefined
  const found = isOff ? undefined : (routes.get(path) ?? routes.get(path.replace(/[^/]+$/, '*')))
  // As xAI's server, whose unknown paths respond with a page whoever asks.
  if (!found) return showErrorPage(ctx, 'not_found', `There is nothing at ${path}.`, 404)
  const [methods, handle] = found
  if (methods.split(', ').includes(method)) return handle(emulator, ctx, next)
  refuse(ctx, 405, 'invalid_request', `${method} is not allowed here`)
  ctx.set('allow', methods)
}

/** Drops headers of oidc-provider that xAI's server is not known to send, and the cookie that remembers who signed in. */
function dropHeaders({ res }: Context): void {
  for (const name of res.getHeaderNames())
    if (name === 'vary' || name.startsWith('access-control-')) res.removeHeader(name)
  const cookies = [res.getHeader('set-cookie') ?? []].flat().map(String)
  const kept = cookies.filter((cookie) => !cookie.startsWith(cookieNames.session))
  res.setHeader('set-cookie', kept)
}

const parseForm = (text: string) => Object.fromEntries(new URLSearchParams(text))

/** Lets oidc-provider, which reads bodies itself, read a body again, as if the request had been sent to the issuer. */
function replay(ctx: Context, body: Buffer, issuer: string): void {
  const { method, url, socket, headers } = ctx.req
  delete headers['transfer-encoding']
  Object.assign(headers, { host: new URL(issuer).host, 'content-length': `${body.length}` })
  const stream = Readable.from(body.length > 0 ? [body] : [])
  ctx.req = Object.assign(stream, { method, url, socket, headers }) as unknown as IncomingMessage
}

const bodyLimit = 64 * 1024
const requestLimit = 1000

/** What happens to every request before oidc-provider sees it: it is recorded, routed, and met with what misbehaveOnce ordered. */
export const receive =
  (emulator: EmulatorState) =>
  async (ctx: Context, next: () => Promise<void>): Promise<void> => {
    const { requests, misbehaviours, issuer } = emulator
    try {
      const bytes = Buffer.concat(await ctx.req.toArray())
      const isTooLarge = bytes.length > bodyLimit
      const body = isTooLarge ? '' : `${bytes}`
      const request: EmulatorRequest = {
        method: ctx.method,
        path: ctx.path,
        query: parseForm(ctx.querystring),
        headers: { ...ctx.headers },
        body,
        ...(ctx.is('urlencoded') && { parameters: parseForm(body) }),
      }
      ctx.state.request = request
      if (requests.push(request) > requestLimit) requests.shift()
      const respond = async (): Promise<void> => {
        if (isTooLarge) return refuse(ctx, 413, 'invalid_request', 'The body is larger than 64 KiB')
        replay(ctx, bytes, issuer)
        try {
          await route(emulator, ctx, next)
        } catch (error) {
          refuse(ctx, 500, 'server_error', `${error}`)
          emitWarning(error as Error)
        }
        dropHeaders(ctx)
      }
      const index = misbehaviours.findIndex(({ path }) => path === request.path)
      const [order] = index < 0 ? [] : misbehaviours.splice(index, 1)
      await (order ? misbehave(ctx, order, respond) : respond())
      request.status = ctx.status
    } catch {
      // The client went away, which is not an error, or its connection is cut, as it was ordered.
      ctx.respond = false
      ctx.res.destroy()
    }
  }
