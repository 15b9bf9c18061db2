import { inspect } from 'node:util'

/**
 * Makes an error that no sign-in can report any more a warning of the process (`process.on('warning')`), so that
 * it is not lost. Of an error only the stack is told: its fields may hold what no log should.
 */
export function emitErrorWarning(what: string, error: unknown): void {
  const words = error instanceof Error ? (error.stack ?? error.message) : inspect(error, { depth: 0 })
  process.emitWarning(`${what}: ${words}`, 'XaiStrategyWarning')
}
