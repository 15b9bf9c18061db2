import type { AddressInfo } from 'node:net'
import { createServer, type Server, type Socket } from 'node:net'
import { createServer as createTLSServer } from 'node:tls'

/** What a {@link FaultServer} does once a request has arrived completely; `request` is its text, head and body. */
export type Responder = (socket: Socket, request: string) => void

const isComplete = (request: string): boolean => {
  const end = request.indexOf('\r\n\r\n')
  const length = /\r\ncontent-length: (\d+)/i.exec(request)?.[1] ?? '0'
  return end >= 0 && Buffer.byteLength(request.slice(end + 4)) >= Number(length)
}

/** A server on loopback that reads HTTP and answers with whatever bytes a test wants, or with none. */
export class FaultServer {
  /** The requests that arrived completely, to the byte. */
  readonly requests: string[] = []
  readonly sockets: Socket[] = []
  private readonly server: Server
  private readonly scheme: 'http' | 'https'
  /** The sockets, and those below TLS. */
  private readonly connections: Socket[] = []

  private constructor(respond: Responder, certificate?: { key: string; cert: string }) {
    this.scheme = certificate ? 'https' : 'http'
    const serve = (socket: Socket): void => {
      this.sockets.push(socket)
      socket.setNoDelay(true)
      let received = ''
      // Resets are what the tests are about.
      socket.on('error', () => undefined)
      socket.on('data', (chunk) => {
        received += chunk.toString()
        if (!isComplete(received)) return
        this.requests.push(received)
        const request = received
        received = ''
        respond(socket, request)
      })
    }
    this.server = certificate ? createTLSServer(certificate, serve) : createServer(serve)
    this.server.on('connection', (connection: Socket) => {
      this.connections.push(connection)
      connection.on('error', () => undefined)
    })
  }

  static async start(respond: Responder, certificate?: { key: string; cert: string }): Promise<FaultServer> {
    const fault = new FaultServer(respond, certificate)
    await new Promise<void>((resolve) => fault.server.listen(0, '127.0.0.1', resolve))
    return fault
  }

  get origin(): string {
    return `${this.scheme}://127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  /** Resolves when the client has closed every connection. */
  async hungUp(): Promise<void> {
    const open = this.sockets.filter(({ closed }) => !closed)
    await Promise.all(open.map((socket) => new Promise((resolve) => socket.once('close', resolve))))
  }

  /** Resets every connection. */
  reset(): void {
    for (const connection of this.connections) connection.resetAndDestroy()
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve))
    for (const socket of this.sockets) socket.destroy()
    await closed
  }
}

/** The bytes of an answer with a length, and with further header lines if wanted. */
export function httpResponse(status: number, body: string | Buffer, ...headers: string[]): Buffer {
  const lines = [
    `HTTP/1.1 ${status} Status`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...headers,
    '',
    '',
  ]
  return Buffer.concat([Buffer.from(lines.join('\r\n')), Buffer.from(body as string)])
}
