import { buildBreakable, type HTML, html } from '../page/html.js'
import { type EmulatorAccount, labelOf, subjectOf } from './account.js'
import { type Decision, refusalOf } from './decision.js'
import type { Context } from './oidc-provider.js'
import { showErrorPage, showPage } from './page.js'
import { picturePath, scopes } from './path.js'
import type { EmulatorState, Handler } from './state.js'

/** What a person is asked on two pages: who they are, and whether the application may have what it asks for. */
export interface Question {
  readonly clientID: unknown
  /** Space separated. */
  readonly scope: unknown
  /** Where the decision is sent to, if anywhere. */
  readonly redirectURI?: unknown
  readonly userCode?: string
  /** Carries out what the person decided, and responds. */
  decide(decision: Decision): Promise<void>
}

/** The address of these pages with an account chosen, or with none. */
function buildURL({ path, querystring }: Context, account: string): string {
  const query = new URLSearchParams(querystring)
  query.set('account', account)
  return `${path}?${query}`
}

/** What is special about an account, in a few words. */
export const hintOf = ({ tier, principal }: EmulatorAccount): string => {
  if (tier === 'denied') return 'Not entitled: the token endpoint responds with 403'
  return principal === undefined ? '' : 'Acts as a Team: no id_token'
}

const buildLine = (text: string | undefined): HTML | undefined =>
  text ? html`<small>${text}</small>` : undefined

const buildAccountButton = (account: EmulatorAccount): HTML =>
  html`<li><button name="account" value="${account.id}">
<img src="${picturePath(account)}" alt="" width="44" height="44">
<span><strong>${labelOf(account)}</strong>${buildLine(account.email)}${buildLine(hintOf(account))}</span>
</button></li>
`

const buildUserCode = ({ userCode }: Question): HTML | undefined =>
  userCode === undefined
    ? undefined
    : html`<p>Your device shows the code <strong class="whole">${userCode}</strong>. Go on only if it does, and if you began this yourself.</p>\n`

const showAccounts = (
  ctx: Context,
  question: Question,
  name: string,
  accounts: readonly EmulatorAccount[],
): void =>
  showPage(ctx, {
    title: 'Choose an account',
    content: html`<p class="lead"><strong>${name}</strong> asks you to sign in. Nobody real is behind these accounts, and none has a password.</p>
${buildUserCode(question)}<form method="post" action="${ctx.url}">
<ul class="choices">
${accounts.map(buildAccountButton)}</ul>
</form>`,
  })

const buildScope = (
  scope: string,
): HTML => html`<dt>${scope}</dt><dd>${scopes[scope as keyof typeof scopes]}</dd>
`

const showConsent = (ctx: Context, question: Question, name: string, account: EmulatorAccount): void => {
  const asked = `${question.scope ?? ''}`.split(' ').filter((scope) => Object.hasOwn(scopes, scope))
  showPage(ctx, {
    title: 'Allow access?',
    content: html`<p class="lead"><strong>${name}</strong> asks for access. You are <strong>${labelOf(account)}</strong>. <a href="${buildURL(ctx, '')}">Use another account</a></p>
${buildUserCode(question)}<h2>It asks to</h2>
<dl class="facts">
${asked.map(buildScope)}</dl>
<form class="actions" method="post" action="${ctx.url}">
<button class="primary" name="decision" value="allow">Allow</button>
<button name="decision" value="deny">Deny</button>
</form>
${question.redirectURI !== undefined && html`<p class="quiet">Your decision goes to <code>${buildBreakable(`${question.redirectURI}`)}</code></p>`}`,
  })
}

/** Asks on pages; the account that was chosen stands in the query. */
export async function ask(emulator: EmulatorState, ctx: Context, question: Question): Promise<void> {
  const { account: chosen, decision } = ctx.state.request.parameters ?? {}
  const account = emulator.findAccount(ctx.query.account)
  const name = emulator.findClient(question.clientID)?.name ?? `${question.clientID}`
  if (ctx.method === 'POST' && account)
    return question.decide({ account, denial: decision === 'allow' ? undefined : 'access_denied' })
  if (ctx.method === 'POST' && emulator.findAccount(chosen)) {
    ctx.status = 303
    return ctx.redirect(buildURL(ctx, chosen))
  }
  if (account) showConsent(ctx, question, name, account)
  else showAccounts(ctx, question, name, emulator.settings.accounts)
}

/** The pages on which a person decides about one authorization request: `/sign-in/<uid>`. */
export const signIn: Handler = async (emulator, ctx) => {
  const { provider } = emulator
  const interaction = await provider.interactionDetails(ctx.req, ctx.res).catch(() => undefined)
  if (interaction === undefined)
    return showErrorPage(ctx, 'invalid_request', 'It has ended already, or another browser began it.', 400)
  const { client_id: clientID, scope, redirect_uri: redirectURI } = interaction.params
  await ask(emulator, ctx, {
    clientID,
    scope,
    redirectURI,
    decide: async (decision) => {
      const granted = { login: { accountId: subjectOf(decision.account) }, consent: {} }
      ctx.status = 303
      ctx.redirect(await provider.interactionResult(ctx.req, ctx.res, refusalOf(decision, []) ?? granted))
    },
  })
}
