import { type ClientResponse, CookieClient, type SignInChoice } from '../support/browserless-client.js'

/** Somebody at the example, in a browser of their own without scripts. */
export class Visitor extends CookieClient {
  constructor(private readonly url: string) {
    super()
  }

  /** Clicks "Sign in with xAI", goes through the emulator's pages, and returns what is finally seen. */
  async signInAs(accountID: string, choice?: SignInChoice): Promise<ClientResponse> {
    return this.signIn(await this.signInLink(), accountID, choice)
  }

  /** The same up to the callback's URL, which is not opened. */
  async callbackFor(accountID: string): Promise<string> {
    const isCallback = (location: string): boolean => location.startsWith(`${this.url}/callback`)
    const { headers } = await this.signIn(await this.signInLink(), accountID, {}, isCallback)
    return `${headers.location}`
  }

  /** Where the button of the start page leads. */
  async signInLink(): Promise<string> {
    const { body } = await this.open(`${this.url}/`)
    const [, link = ''] = /<a class="button primary" href="([^"]*)">Sign in with xAI<\/a>/.exec(body) ?? []
    return new URL(link, this.url).href
  }

  profile(): Promise<ClientResponse> {
    return this.open(`${this.url}/profile`)
  }

  /** Submits the form whose button has this label, and follows what comes. */
  async press(
    page: ClientResponse,
    label: string,
    changes: Record<string, string> = {},
  ): Promise<ClientResponse> {
    const { action, fields } = formOf(page, label)
    return this.follow(await this.post(new URL(action, page.url).href, { ...fields, ...changes }))
  }
}

/** Where a form with a button of this label goes, and what it carries. */
export function formOf(
  { body }: ClientResponse,
  label: string,
): { action: string; fields: Record<string, string> } {
  for (const [, action = '', content = ''] of body.matchAll(
    /<form method="post" action="([^"]*)">(.*?)<\/form>/gs,
  )) {
    if (!content.includes(`>${label}</button>`)) continue
    const inputs = content.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g)
    return { action, fields: Object.fromEntries([...inputs].map(([, name, value]) => [name, value])) }
  }
  throw new Error(`no form has the button "${label}":\n${body}`)
}
