import { type AddressInfo, createServer, type Socket } from 'node:net'
import type { ResponseEdit } from './arbitrary.js'

/** What a server says to one kind of request. */
export interface Answer {
  readonly body: Buffer
  readonly edit: ResponseEdit
}

const plain: ResponseEdit = { status: 200, headers: [], damage: (body) => body, wire: 'whole' }

/** A sound response with this JSON. */
export const soundAnswer = (value: unknown): Answer => ({
  body: Buffer.from(JSON.stringify(value)),
  edit: plain,
})

function write(socket: Socket, { body, edit }: Answer): void {
  const { status, headers, wire } = edit
  const sent = edit.damage(body)
  const head = [`HTTP/1.1 ${status} Status`, ...headers]
  const length = `Content-Length: ${sent.length}`
  const whole = (...lines: string[]): Buffer =>
    Buffer.concat([Buffer.from([...head, ...lines, '', ''].join('\r\n'), 'latin1'), sent])
  switch (wire) {
    case 'whole':
      socket.write(whole(length))
      return
    case 'early-hints':
      socket.write('HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n')
      socket.write(whole(length))
      return
    case 'no-length':
      socket.end(whole('Connection: close'))
      return
    case 'chunked': {
      const chunk = Buffer.concat([Buffer.from(`${sent.length.toString(16)}\r\n`), sent, Buffer.from('\r\n')])
      const lines = Buffer.from([...head, 'Transfer-Encoding: chunked', '', ''].join('\r\n'), 'latin1')
      socket.end(Buffer.concat([lines, ...(sent.length > 0 ? [chunk] : []), Buffer.from('0\r\n\r\n')]))
      return
    }
    case 'cut':
      socket.end(whole(length).subarray(0, -1 - Math.floor(sent.length / 2)))
      return
    case 'junk':
      socket.end(Buffer.concat([sent, Buffer.from('\r\n\r\n')]))
  }
}

const isComplete = (request: string): boolean => {
  const end = request.indexOf('\r\n\r\n')
  const length = /\r\ncontent-length: (\d+)/i.exec(request)?.[1] ?? '0'
  return end >= 0 && Buffer.byteLength(request.slice(end + 4)) >= Number(length)
}

/** A server that says whatever it is told to, to the byte, by the path of the request. */
export class Server {
  readonly answers = new Map<string, Answer>()
  private requests: string[] = []
  private readonly sockets = new Set<Socket>()
  private readonly server = createServer((socket) => this.accept(socket))

  static async start(): Promise<Server> {
    const server = new Server()
    await new Promise<void>((resolve) => server.server.listen(0, '127.0.0.1', resolve))
    return server
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  /** The requests since the last call, oldest first: head and body as they came. */
  takeRequests(): string[] {
    const taken = this.requests
    this.requests = []
    return taken
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve))
    for (const socket of this.sockets) socket.destroy()
    await closed
  }

  private accept(socket: Socket): void {
    let received = ''
    this.sockets.add(socket)
    socket.on('close', () => this.sockets.delete(socket))
    // The client closes connections on which it has read enough.
    socket.on('error', () => undefined)
    socket.on('data', (chunk) => {
      received += chunk.toString()
      if (!isComplete(received)) return
      const request = received
      received = ''
      this.requests.push(request)
      const [, path = ''] = request.split(/[ ?]/, 2)
      const answer = this.answers.get(path)
      if (answer) write(socket, answer)
      else socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n')
    })
  }
}
