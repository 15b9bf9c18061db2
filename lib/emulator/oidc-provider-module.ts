import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ModelAdapter } from './memory-store.js'

/** What a person has decided; oidc-provider continues the authorization request with it. */
export type InteractionResult =
  | { readonly login: { readonly accountId: string }; readonly consent?: { readonly grantId: string } }
  | { readonly error: string; readonly error_description: string }

export interface Interaction {
  readonly params: {
    readonly client_id: string
    readonly redirect_uri: string
    readonly scope?: string
  }
  readonly result?: { readonly login?: { readonly accountId: string } }
}

interface Grant {
  addOIDCScope(scope: string): void
  save(): Promise<string>
}

/** The part of an oidc-provider instance that the emulator uses. */
export interface OIDCProvider {
  callback(): (request: IncomingMessage, response: ServerResponse) => Promise<void>
  interactionDetails(request: IncomingMessage, response: ServerResponse): Promise<Interaction>
  interactionResult(
    request: IncomingMessage,
    response: ServerResponse,
    result: InteractionResult,
  ): Promise<string>
  readonly Grant: new (properties: { readonly accountId: string; readonly clientId: string }) => Grant
  readonly Client: { readonly prototype: { redirectUriAllowed(redirectURI: string): boolean } }
}

export interface OIDCConfiguration {
  readonly adapter: (kind: string) => ModelAdapter
  readonly [option: string]: unknown
}

export interface OIDCProviderModule {
  readonly Provider: new (issuer: string, configuration: OIDCConfiguration) => OIDCProvider
  readonly errors: {
    readonly OIDCProviderError: new (status: number, error: string) => Error
  }
}

/**
 * Runs a task while one notice of oidc-provider, and nothing else, is kept off the console: on Node 20, where it
 * works, it asks for a later version whenever it is imported.
 */
async function withoutRuntimeNotice<T>(task: () => Promise<T>): Promise<T> {
  const { warn } = console
  const filtered = (...message: unknown[]): void => {
    if (!`${message[0]}`.includes('oidc-provider WARNING: Unsupported runtime')) warn.apply(console, message)
  }
  console.warn = filtered
  try {
    return await task()
  } finally {
    console.warn = warn
  }
}

/** Loads oidc-provider, an optional peer dependency, and says how to install it when that fails. */
export async function importOIDCProvider(specifier = 'oidc-provider'): Promise<OIDCProviderModule> {
  try {
    return await withoutRuntimeNotice(() => import(specifier))
  } catch (cause) {
    throw new Error(
      'The emulator is built on oidc-provider, which cannot be loaded: npm install --save-dev oidc-provider',
      { cause },
    )
  }
}

let loading: Promise<OIDCProviderModule> | undefined

/** `importOIDCProvider`, once in a process: two at a time would both change `console`. */
export function loadOIDCProvider(): Promise<OIDCProviderModule> {
  loading ??= importOIDCProvider()
  return loading
}
