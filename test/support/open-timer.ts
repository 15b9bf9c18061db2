/** Counts, from the moment it is made, the timers that were set and neither fired nor were cleared. */
export class OpenTimers {
  private readonly open = new Set<unknown>()
  private readonly original = { setTimeout: globalThis.setTimeout, clearTimeout: globalThis.clearTimeout }
  private total = 0

  constructor() {
    const { setTimeout: set, clearTimeout: clear } = this.original
    const watched = (run: () => void, milliseconds?: number): NodeJS.Timeout => {
      const timer = set(() => {
        this.open.delete(timer)
        run()
      }, milliseconds)
      this.open.add(timer)
      this.total += 1
      return timer
    }
    globalThis.setTimeout = Object.assign(watched, set) as typeof setTimeout
    globalThis.clearTimeout = (timer) => {
      this.open.delete(timer)
      clear(timer)
    }
  }

  /** Ends the watch, and tells how many timers were set and how many of them are open. */
  stop(): { total: number; open: number } {
    Object.assign(globalThis, this.original)
    return { total: this.total, open: this.open.size }
  }
}
