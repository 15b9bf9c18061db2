import type { EmulatorState } from './emulator-state.js'
import type { ReceivedRequest } from './received-request.js'

/** The form as oidc-provider knows it: with its own names of the tokens that this emulator issued. */
export function buildTokenForm(
  { tokens }: EmulatorState,
  { body }: ReceivedRequest,
  tokenParameter: string,
): string {
  const parameters = [...new URLSearchParams(body)].map(([name, value]): [string, string] =>
    name === tokenParameter ? [name, tokens.opaqueTokenOf(value)] : [name, value],
  )
  return `${new URLSearchParams(parameters)}`
}
