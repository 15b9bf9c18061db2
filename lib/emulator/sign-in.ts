import { buildBreakable, type HTML, html } from '../page/html.js'
import { hintOf, labelOf } from './account.js'
import { type Decision, declined } from './authorization.js'
import type { Context } from './oidc-provider.js'
import { picturePath, showErrorPage, showPage } from './page.js'
import type { EmulatorState, Handler } from './state.js'

/** The scopes that captures of xAI's discovery document show, and what the consent page says of them. */
export const scopes: Readonly<Record<string, string>> = {
  openid: 'Know who you are',
  profile: 'See your name and picture',
  email: 'See your e-mail address',
  offline_access: 'Stay signed in while you are away',
  'grok-cli:access': 'Use the command line tool as you',
  'team:read': 'See your team',
  'org:read': 'See your organization',
  'api:access': 'Use the API as you',
  'office-addins:access': 'Use office add-ins as you',
}

/** What a person is asked on two pages: who they are, and whether the application may have what it asks for. */
interface Question {
  readonly clientID: unknown
  /** Space separated. */
  readonly scope: unknown
  /** Where the decision is sent to, if anywhere. */
  readonly redirectURI?: unknown
  readonly userCode?: string
}

/** The address of these pages with an account chosen, or with none. */
function buildURL({ path, querystring }: Context, account: string): string {
  const query = new URLSearchParams(querystring)
  query.set('account', account)
  return `${path}?${query}`
}

const buildLine = (text: string | undefined): HTML | '' => (text ? html`<small>${text}</small>` : '')

/** Asks on pages, and returns what was decided; undefined while a page is shown. The account stands in the query. */
export function ask(emulator: EmulatorState, ctx: Context, question: Question): Decision | undefined {
  const { clientID, scope, redirectURI, userCode } = question
  const { account: chosen, decision } = ctx.state.request.parameters ?? {}
  const account = emulator.findAccount('id', ctx.query.account)
  if (ctx.method === 'POST' && account)
    return { account, denial: decision === 'allow' ? undefined : 'access_denied' }
  if (ctx.method === 'POST' && emulator.findAccount('id', chosen)) {
    ctx.status = 303
    return void ctx.redirect(buildURL(ctx, chosen))
  }
  const { clients, accounts } = emulator.settings
  const application = html`<strong>${clients.find((client) => client.clientID === clientID)?.name ?? clientID}</strong>`
  const warning =
    userCode !== undefined &&
    html`<p>Your device shows the code <strong class="whole">${userCode}</strong>. Go on only if it does, and if you began this yourself.</p>\n`
  if (!account)
    return void showPage(ctx, {
      title: 'Choose an account',
      content: html`<p class="lead">${application} asks you to sign in. Nobody real is behind these accounts, and none has a password.</p>
${warning}<form method="post" action="${ctx.url}">
<ul class="choices">
${accounts.map(
  (known) => html`<li><button name="account" value="${known.id}">
<img src="${picturePath(known)}" alt="" width="44" height="44">
<span><strong>${labelOf(known)}</strong>${buildLine(known.email)}${buildLine(hintOf(known))}</span>
</button></li>
`,
)}</ul>
</form>`,
    })
  const asked = `${scope ?? ''}`.split(' ').filter((name) => Object.hasOwn(scopes, name))
  return void showPage(ctx, {
    title: 'Allow access?',
    content: html`<p class="lead">${application} asks for access. You are <strong>${labelOf(account)}</strong>. <a href="${buildURL(ctx, '')}">Use another account</a></p>
${warning}<h2>It asks to</h2>
<dl class="facts">
${asked.map((name) => html`<dt>${name}</dt><dd>${scopes[name]}</dd>\n`)}</dl>
<form class="actions" method="post" action="${ctx.url}">
<button class="primary" name="decision" value="allow">Allow</button>
<button name="decision" value="deny">Deny</button>
</form>
${redirectURI !== undefined && html`<p class="quiet">Your decision goes to <code>${buildBreakable(`${redirectURI}`)}</code></p>`}`,
  })
}

/** The pages on which a person decides about one authorization request: `/sign-in/<uid>`. */
export const signIn: Handler = async (emulator, ctx) => {
  const { provider } = emulator
  const interaction = await provider.interactionDetails(ctx.req, ctx.res).catch(() => undefined)
  if (interaction === undefined)
    return showErrorPage(ctx, 'invalid_request', 'It has ended already, or another browser began it.', 400)
  const { client_id: clientID, scope, redirect_uri: redirectURI } = interaction.params
  const decision = ask(emulator, ctx, { clientID, scope, redirectURI })
  if (decision === undefined) return
  const { account, denial: error } = decision
  const granted = { login: { accountId: account.sub }, consent: {} }
  const result = error ? { error, error_description: declined } : granted
  ctx.status = 303
  ctx.redirect(await provider.interactionResult(ctx.req, ctx.res, result))
}
