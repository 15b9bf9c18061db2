import type { AddressInfo } from 'node:net'
import { createServer, type Server, type Socket } from 'node:net'

/** What a {@link FaultServer} does once a request has arrived completely; `request` is its text, head and body. */
export type Answering = (socket: Socket, request: string) => void

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

  private constructor(answering: Answering) {
    this.server = createServer((socket) => {
      this.sockets.push(socket)
      let received = ''
      // Resets are what the tests are about.
      socket.on('error', () => undefined)
      socket.on('data', (chunk) => {
        received += chunk.toString()
        if (!isComplete(received)) return
        this.requests.push(received)
        answering(socket, received)
        received = ''
      })
    })
  }

  static async start(answering: Answering): Promise<FaultServer> {
    const fault = new FaultServer(answering)
    await new Promise<void>((resolve) => fault.server.listen(0, '127.0.0.1', resolve))
    return fault
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  /** Resolves when the client has closed every connection. */
  async hungUp(): Promise<void> {
    const open = this.sockets.filter(({ closed }) => !closed)
    await Promise.all(open.map((socket) => new Promise((resolve) => socket.once('close', resolve))))
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve))
    for (const socket of this.sockets) socket.destroy()
    await closed
  }
}

/** The bytes of an answer with a length, and with further header lines if wanted. */
export function httpAnswer(status: number, body: string | Buffer, ...headers: string[]): Buffer {
  const lines = [
    `HTTP/1.1 ${status} Status`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...headers,
    '',
    '',
  ]
  return Buffer.concat([Buffer.from(lines.join('\r\n')), Buffer.from(body as string)])
}
