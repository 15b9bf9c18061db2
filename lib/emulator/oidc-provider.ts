/** oidc-provider as an ES module, which the CommonJS build of this package loads when an emulator starts. */
export type OIDCProviderModule = typeof import('oidc-provider', { with: { 'resolution-mode': 'import' }})
export type {
  AccountClaims,
  Adapter,
  AdapterPayload,
  default as Provider,
  Grant,
  KoaContextWithOIDC as Context,
} from 'oidc-provider' with { 'resolution-mode': 'import' }

import type { KoaContextWithOIDC } from 'oidc-provider' with { 'resolution-mode': 'import' }

/** A step on the way of a request, as Koa knows it. */
export type Middleware = (ctx: KoaContextWithOIDC, next: () => Promise<void>) => Promise<void> | void

const jestMessage =
  'The emulator cannot start inside a Jest test: Jest runs tests in a vm context, where import() of an ES module ' +
  'fails without a flag, and oidc-provider is an ES module. Start the emulator in globalSetup of jest.config.js, ' +
  'which runs outside, and stop it in globalTeardown. vitest and node:test need nothing of this.'

const explain = ({ code }: { code?: unknown }): string => {
  if (`${code}`.startsWith('ERR_VM_DYNAMIC_IMPORT_CALLBACK_MISSING')) return jestMessage
  if (code === 'ERR_MODULE_NOT_FOUND')
    return 'The emulator is built on oidc-provider, which is not installed: npm install --save-dev oidc-provider'
  return 'The emulator is built on oidc-provider, which cannot be loaded; the cause says why'
}

/**
 * Runs a task while one notice of oidc-provider is kept off the console: on Node 20, where it works, it calls the
 * runtime unsupported when it is loaded.
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

/** Loads oidc-provider, an optional peer dependency; an error names the cause and the cure. */
export async function importOIDCProvider(specifier = 'oidc-provider'): Promise<OIDCProviderModule> {
  try {
    return await withoutRuntimeNotice(() => import(specifier))
  } catch (cause) {
    throw new Error(explain(cause as object), { cause })
  }
}

let loading: Promise<OIDCProviderModule> | undefined

/** `importOIDCProvider`, once in a process: two at a time would both change `console`. */
export function loadOIDCProvider(): Promise<OIDCProviderModule> {
  loading ??= importOIDCProvider()
  return loading
}
