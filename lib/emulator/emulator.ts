import type { Forgery } from './token.js'

/** An authorization server on loopback that behaves as xAI's does, as far as that is known. */
export interface Emulator {
  /** Its origin, `http://127.0.0.1:<port>`: the `issuer` option of the strategy. */
  readonly issuer: string
  /** The first client without a secret. */
  readonly publicClient: { readonly clientID: string }
  /** The first client with a secret. */
  readonly confidentialClient: { readonly clientID: string; readonly clientSecret: string }
  /** What it has been asked so far, oldest first; the last 1000. */
  readonly requests: readonly EmulatorRequest[]
  /** Forgets what it was asked. */
  clearRequests(): void
  /**
   * Does what a person would do on the pages.
   *
   * @param url an authorization URL of this emulator, or of a device sign-in the `verification_uri_complete` or the user code
   * @returns of an authorization URL, the callback URL that the browser would go to; of a device sign-in, nothing
   * @throws {TypeError} when `url` is none of these, or the decision names an unknown account
   * @throws {Error} when the emulator shows an error instead, or the code is unknown, used or expired
   */
  decide(url: string | { readonly href: string }, decision?: EmulatorDecision): Promise<string | undefined>
  /** Responds to the next request of a path in another way; several orders for one path wait for their turn. */
  misbehaveOnce(misbehaviour: Misbehaviour): void
  /** Forges the next token, or the next response of userinfo; several orders wait for their turn. */
  forgeNext(forgery: Forgery): void
  /** Signs with a new key from now on. The old keys leave the JWKS at once, unless `keepOld`. */
  rotateKeys(options?: { readonly keepOld?: boolean }): Promise<void>
  /** Ends every connection and closes the port; nothing of the emulator keeps the process alive. */
  close(): Promise<void>
}

/** What a person decides. */
export interface EmulatorDecision {
  /** The id of the account that signs in; default: `signInAs` of the emulator, else the first account. */
  readonly as?: string
  /**
   * Whether the person denies the request, with the error `access_denied`; `'authorization_denied'` is the other
   * error that a denied device sign-in is reported to end with. Default false.
   */
  readonly deny?: boolean | 'authorization_denied'
}

/** A request as the emulator received it; `status` is added when there is a response. */
export interface EmulatorRequest {
  readonly method: string
  /** Without the query. */
  readonly path: string
  /** Of a repeated parameter, the last value. */
  readonly query: Readonly<Record<string, string>>
  /** Names in lower case; a header that came several times is one string, but `set-cookie`. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** Verbatim, as UTF-8; at most 64 KiB, and empty when there was more. */
  readonly body: string
  /** The decoded form, when the body was one; of a repeated parameter, the last value. */
  readonly parameters?: Readonly<Record<string, string>>
  /** The HTTP status of the response; absent while there is none, and for ever when the connection was cut before it. */
  status?: number
}

/** What the response to the next request of a path shall be. */
export interface Misbehaviour {
  /** The path of the endpoint whose next request this is for, such as `/oauth2/token`. */
  readonly path: string
  /** The HTTP status of the response. With neither `status` nor `body`, the ordinary response is the base. */
  readonly status?: number
  /** Added to the headers of the response, or put in their place. */
  readonly headers?: Readonly<Record<string, string | string[] | number | undefined>>
  /** Sent as it is; the content type is JSON unless `headers` says another. */
  readonly body?: string | Uint8Array
  /** Milliseconds to wait before the response; `Infinity` never responds. */
  readonly delay?: number
  /** Destroys the connection before the first byte of the response, or halfway through its body. */
  readonly cut?: 'before-headers' | 'in-body'
  /** Repeats the body until the client or the emulator closes the connection. */
  readonly endless?: boolean
  /**
   * Whether the request is carried out although its response is another or gets lost: a code or a refresh token is
   * spent then. Default: only when the ordinary response is the base.
   */
  readonly carriedOut?: boolean
}
