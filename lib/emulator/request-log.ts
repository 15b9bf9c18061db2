import type { EmulatorRequest } from './received-request.js'

/** What the emulator was asked, oldest first; the oldest are forgotten beyond the limit. */
export class RequestLog {
  private readonly kept: EmulatorRequest[] = []

  constructor(private readonly limit = 1000) {}

  get requests(): readonly EmulatorRequest[] {
    return [...this.kept]
  }

  add(request: EmulatorRequest): void {
    this.kept.push(request)
    if (this.kept.length > this.limit) this.kept.shift()
  }

  clear(): void {
    this.kept.length = 0
  }
}
