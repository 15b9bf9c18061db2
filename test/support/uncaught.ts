/**
 * Runs something, and gives what was thrown meanwhile where nobody could catch it. Mocha does not learn of that.
 *
 * @param run may wait until as much was thrown as it expects
 */
export async function uncaughtDuring(run: (uncaught: readonly unknown[]) => unknown): Promise<unknown[]> {
  const uncaught: unknown[] = []
  const listeners = process.listeners('uncaughtException')
  process.removeAllListeners('uncaughtException')
  process.on('uncaughtException', (error) => uncaught.push(error))
  try {
    await run(uncaught)
  } finally {
    process.removeAllListeners('uncaughtException')
    for (const listener of listeners) process.on('uncaughtException', listener)
  }
  return uncaught
}
