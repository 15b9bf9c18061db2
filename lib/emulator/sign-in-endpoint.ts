import { type Answer, buildRedirect } from './answer.js'
import { buildConsentPage } from './consent-page.js'
import { buildConsent, buildSignIn, refusal, requestedScopes } from './decision.js'
import { accountOf, accountOfSubject, clientOf, type EmulatorState } from './emulator-state.js'
import type { Interaction } from './oidc-provider-module.js'
import { buildErrorPage } from './page.js'
import type { ReceivedRequest } from './received-request.js'
import { buildSignInPage } from './sign-in-page.js'

const consentSuffix = '/consent'

const nameOf = (emulator: EmulatorState, { params }: Interaction): string =>
  clientOf(emulator, params.client_id)?.name ?? params.client_id

async function answerAccounts(
  emulator: EmulatorState,
  request: ReceivedRequest,
  interaction: Interaction,
): Promise<Answer> {
  const { path, headers, method, parameters } = request
  const account = accountOf(emulator, parameters?.account)
  if (method === 'GET' || account === undefined)
    return buildSignInPage(path, nameOf(emulator, interaction), emulator.settings.accounts)
  const result = buildSignIn(interaction, account)
  const next = await emulator.server.decide(
    { method, target: path, headers: { cookie: headers.cookie } },
    result,
  )
  return buildRedirect('error' in result ? next : `${path}${consentSuffix}`)
}

async function answerConsent(
  emulator: EmulatorState,
  request: ReceivedRequest,
  interaction: Interaction,
): Promise<Answer> {
  const { path, headers, method, parameters } = request
  const signInURL = path.slice(0, -consentSuffix.length)
  const account = accountOfSubject(emulator, interaction.result?.login?.accountId)
  if (account === undefined) return buildRedirect(signInURL)
  if (method === 'GET')
    return buildConsentPage({
      action: path,
      clientName: nameOf(emulator, interaction),
      account,
      scopes: requestedScopes(interaction),
      redirectURI: interaction.params.redirect_uri,
      signInURL,
    })
  const isAllowed = parameters?.decision === 'allow'
  const result = isAllowed ? await buildConsent(emulator.server, interaction, account) : refusal
  const next = await emulator.server.decide(
    { method, target: path, headers: { cookie: headers.cookie } },
    result,
  )
  return buildRedirect(next)
}

/** Answers the pages on which a person chooses an account and then decides: `/sign-in/<uid>` and what follows. */
export async function answerSignIn(emulator: EmulatorState, request: ReceivedRequest): Promise<Answer> {
  const { path: target, method, headers } = request
  const interaction = await emulator.server
    .interaction({ method, target, headers: { cookie: headers.cookie } })
    .catch(() => undefined)
  if (interaction === undefined)
    return buildErrorPage(400, 'invalid_request', 'It has ended already, or another browser began it.')
  return target.endsWith(consentSuffix)
    ? answerConsent(emulator, request, interaction)
    : answerAccounts(emulator, request, interaction)
}
