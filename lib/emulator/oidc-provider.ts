/** oidc-provider as an ES module, which the CommonJS build of this package loads when an emulator starts. */
export type OIDCProviderModule = typeof import('oidc-provider', { with: { 'resolution-mode': 'import' }})
export type {
  Adapter,
  AdapterPayload,
  Configuration,
  default as Provider,
  ErrorOut,
  Grant,
  KoaContextWithOIDC as Context,
} from 'oidc-provider' with { 'resolution-mode': 'import' }

const jestMessage =
  'The emulator cannot start inside a Jest test: Jest runs tests in a vm context, where import() of an ES module ' +
  'fails without a flag, and oidc-provider is an ES module. Start the emulator in globalSetup of jest.config.js, ' +
  'which runs outside, and stop it in globalTeardown. vitest and node:test need nothing of this.'

function explain({ code }: { code?: unknown }): string {
  if (`${code}`.startsWith('ERR_VM_DYNAMIC_IMPORT_CALLBACK_MISSING')) return jestMessage
  return code === 'ERR_MODULE_NOT_FOUND'
    ? 'The emulator is built on oidc-provider, which is not installed: npm install --save-dev oidc-provider'
    : 'The emulator is built on oidc-provider, which cannot be loaded; the cause says why'
}

/** Loads oidc-provider, an optional peer dependency; an error names the cause and the cure. */
export async function importOIDCProvider(specifier = 'oidc-provider'): Promise<OIDCProviderModule> {
  const { warn } = console
  // On Node 20, where it works, it calls the runtime unsupported.
  console.warn = (...message: unknown[]) => {
    if (!`${message[0]}`.includes('oidc-provider WARNING: Unsupported runtime')) warn.apply(console, message)
  }
  try {
    return await import(specifier)
  } catch (cause) {
    throw new Error(explain(cause as object), { cause })
  } finally {
    console.warn = warn
  }
}

let loading: Promise<OIDCProviderModule> | undefined

/** `importOIDCProvider`, once in a process: two at a time would both change `console`. */
export function loadOIDCProvider(): Promise<OIDCProviderModule> {
  loading ??= importOIDCProvider()
  return loading
}
