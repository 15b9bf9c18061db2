import type { Answer } from './answer.js'
import { buildErrorAnswer, buildJSONAnswer } from './answer.js'
import { buildPicture, scriptAnswer, stylesheetAnswer } from './asset.js'
import { answerAuthorization } from './authorization-endpoint.js'
import { scriptPath } from './delivery-page.js'
import type { EmulatorState } from './emulator-state.js'
import { buildMetadata, paths } from './metadata.js'
import { signInPath } from './oidc-configuration.js'
import { buildErrorPage, iconPath, stylesheetPath } from './page.js'
import type { ReceivedRequest } from './received-request.js'
import { answerRevocation } from './revocation-endpoint.js'
import { answerSignIn } from './sign-in-endpoint.js'
import { picturePath } from './sign-in-page.js'
import { answerToken } from './token-endpoint.js'
import { answerUserinfo } from './userinfo-endpoint.js'

type Handler = (emulator: EmulatorState, request: ReceivedRequest) => Answer | Promise<Answer>
type Methods = Readonly<Record<string, Handler>>

const routes: Readonly<Record<string, Methods>> = {
  [paths.discovery]: { GET: ({ issuer }) => buildJSONAnswer(200, buildMetadata(issuer)) },
  [paths.jwks]: { GET: ({ keys }) => buildJSONAnswer(200, keys.jwks) },
  [paths.authorization]: { GET: answerAuthorization },
  [paths.token]: { POST: answerToken },
  [paths.userinfo]: { GET: answerUserinfo },
  [paths.revocation]: { POST: answerRevocation },
  [stylesheetPath]: { GET: () => stylesheetAnswer },
  [iconPath]: { GET: () => buildPicture({ id: 'emulator' }) },
  [scriptPath]: { GET: () => scriptAnswer },
}

/** Below these paths there is one for each sign-in. */
const patterns: ReadonlyArray<readonly [pattern: RegExp, methods: Methods]> = [
  [new RegExp(`^${paths.authorization}/[^/]+$`), { GET: answerAuthorization }],
  [new RegExp(`^${signInPath}/[^/]+(/consent)?$`), { GET: answerSignIn, POST: answerSignIn }],
]

function methodsOf({ settings }: EmulatorState, path: string): Methods | undefined {
  const pictured = settings.accounts.find((account) => picturePath(account) === path)
  if (pictured) return { GET: () => buildPicture(pictured) }
  return routes[path] ?? patterns.find(([pattern]) => pattern.test(path))?.[1]
}

/** The ordinary answer to a request. */
export async function answerRequest(emulator: EmulatorState, request: ReceivedRequest): Promise<Answer> {
  const { path, method, tooLarge } = request
  if (tooLarge) return buildErrorAnswer(413, 'invalid_request', 'The body is larger than 64 KiB')
  const methods = methodsOf(emulator, path)
  // As xAI's server, whose unknown paths answer with a page whoever asks.
  if (methods === undefined) return buildErrorPage(404, 'not_found', `There is nothing at ${path}.`)
  const handler = methods[method]
  if (handler) return handler(emulator, request)
  const refused = buildErrorAnswer(405, 'invalid_request', `${method} is not allowed here`)
  return { ...refused, headers: { ...refused.headers, allow: Object.keys(methods).join(', ') } }
}
