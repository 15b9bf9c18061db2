import { Agent } from 'node:http'
import { type ClientResponse, CookieClient } from '../support/browserless-client.js'
import { Child } from './child.js'

/** What went wrong, of which the first few say enough. */
export class Complaints {
  private readonly list: string[] = []

  check(holds: boolean, complaint: string): void {
    if (!holds) this.list.push(complaint)
  }

  /** @throws {Error} when there are any */
  end(): void {
    const { length } = this.list
    if (length > 0) throw new Error(`${length} things went wrong:\n${this.list.slice(0, 10).join('\n')}`)
  }
}

/** Where a part of the soak plays: xAI, and two applications of one process. */
export interface Stage {
  readonly xai: Child
  readonly complaints: Complaints
  /** A new browser of one of the applications. It gets a page as JSON. */
  openBrowser(index: number): (path: string) => Promise<ClientResponse>
  /** Bytes of the applications' heap after a garbage collection. */
  heap(): Promise<number>
}

/** Opens a stage for as long as the work takes, and then looks at what is left of it. */
export async function onStage<Result>(
  { grant, decideWithin = 0 }: { grant: 'code' | 'device'; decideWithin?: number },
  work: (stage: Stage) => Promise<Result>,
): Promise<Result> {
  const [xai, application] = [new Child('xai.js'), new Child('application.js')]
  const issuer = await xai.ask<string>('start', decideWithin)
  const origins = await application.ask<string[]>('start', { issuer, grant })
  const agent = new Agent({ keepAlive: true, maxSockets: 256 })
  const openBrowser: Stage['openBrowser'] = (index) => {
    const browser = new CookieClient()
    const headers = { accept: 'application/json' }
    return (path) => browser.get(`${origins[index % 2]}${path}`, { agent, headers })
  }
  const complaints = new Complaints()
  const result = await work({ xai, complaints, openBrowser, heap: () => application.ask('heap') })

  const connections = await xai.ask<number>('connections')
  complaints.check(connections <= 256, `${connections} connections to xAI are left`)
  const { wrong } = await xai.ask<{ wrong: string[] }>('report')
  complaints.check(wrong.length === 0, `xAI: ${wrong.join('\n')}`)
  await xai.ask('close')
  agent.destroy()
  const { left, warnings } = await application.ask<Record<'left' | 'warnings', string[]>>('end')
  complaints.check(left.length === 0, `${left.length} left in the application: ${[...new Set(left)]}`)
  complaints.check(warnings.length === 0, `warnings: ${warnings}`)
  await Promise.all([xai.end(), application.end()])
  complaints.end()
  return result
}

/** Demands a heap that does not grow. The tables of what happened lately hold more at one time than at another. */
export function checkHeap(complaints: Complaints, before: number, after: number): void {
  const growth = `the heap grew from ${mebibytes(before)} to ${mebibytes(after)} MiB`
  complaints.check(after < before + 4 * 1024 * 1024, growth)
}

export const mebibytes = (bytes: number): string => (bytes / 1024 / 1024).toFixed(1)

export const count = (value: number): string => value.toLocaleString('en')
