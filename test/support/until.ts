/** Turns of the event loop until something holds. @throws {Error} after 30 seconds, so that no run goes on for ever */
export async function until(holds: () => boolean): Promise<void> {
  const start = performance.now()
  while (!holds()) {
    if (performance.now() - start > 30_000) throw new Error(`never: ${holds}`)
    await new Promise(setImmediate)
  }
}
