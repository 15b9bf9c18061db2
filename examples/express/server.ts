import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type ApplicationSettings, createApplication } from './application.js'

export interface ServerSettings extends Omit<ApplicationSettings, 'callbackURL' | 'ended'> {
  /** On 127.0.0.1; 0 takes any free one. */
  port: number
  /** Default: `http://127.0.0.1:<port>/callback`. */
  callbackURL?: string | undefined
}

export interface Example {
  /** Where a person begins: the origin of the callback URL. */
  url: string
  callbackURL: string
  /** Ends every connection, and closes the port. */
  close(): Promise<void>
}

/** Starts the example. Rejects with what Node says when the port cannot be opened. */
export async function startExample({ port, ...settings }: ServerSettings): Promise<Example> {
  const server = createServer()
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  const { port: actual } = server.address() as AddressInfo
  const ended = new AbortController()
  const { callbackURL = `http://127.0.0.1:${actual}/callback` } = settings
  try {
    server.on('request', createApplication({ ...settings, callbackURL, ended: ended.signal }))
  } catch (error) {
    server.close()
    throw error
  }
  return {
    url: new URL(callbackURL).origin,
    callbackURL,
    close: () =>
      new Promise((resolve) => {
        ended.abort()
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
