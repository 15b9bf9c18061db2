import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Answer, buildErrorAnswer } from './answer.js'
import {
  buildMisbehaviour,
  checkMisbehaviour,
  type Misbehaviour,
  sendEndlessly,
  sendHalf,
  waitFor,
} from './misbehaviour.js'
import { type ReceivedRequest, readRequest } from './received-request.js'
import { RequestLog } from './request-log.js'

const host = '127.0.0.1'

function send(response: ServerResponse, { status, headers, body }: Answer): void {
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) }).end(body)
}

/** The connections of an emulator: it records every request, and misbehaves when it is told to. */
export class HTTPFront {
  readonly log = new RequestLog()
  private readonly misbehaviours: Misbehaviour[] = []
  private readonly server = createServer((message, response) => {
    // A client that goes away is no error: whoever waits for it stops waiting.
    this.handle(message, response).catch(() => response.destroy())
  })

  constructor(private readonly answerRequest: (request: ReceivedRequest) => Promise<Answer>) {}

  /** Opens the port on 127.0.0.1, 0 for any free one, and returns the origin. */
  listen(port: number): Promise<string> {
    return new Promise((resolve, reject) => {
      this.server.once('error', (cause) =>
        reject(new Error(`The emulator cannot listen on ${host}:${port}: ${cause.message}`, { cause })),
      )
      this.server.listen(port, host, () => {
        const address = this.server.address() as AddressInfo
        resolve(`http://${host}:${address.port}`)
      })
    })
  }

  /** Destroys every connection and closes the port; may be called again. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.server.close(() => resolve())
      this.server.closeAllConnections()
    })
  }

  misbehaveOnce(misbehaviour: Misbehaviour): void {
    checkMisbehaviour(misbehaviour)
    this.misbehaviours.push(misbehaviour)
  }

  private takeMisbehaviour(path: string): Misbehaviour {
    const index = this.misbehaviours.findIndex((misbehaviour) => misbehaviour.path === path)
    const [misbehaviour = { path }] = index < 0 ? [] : this.misbehaviours.splice(index, 1)
    return misbehaviour
  }

  private async handle(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const closed = new AbortController()
    response.on('close', () => closed.abort())
    const request = await readRequest(message)
    this.log.add(request)
    const misbehaviour = this.takeMisbehaviour(request.path)
    const answer = await buildMisbehaviour(misbehaviour, () =>
      this.answerRequest(request).catch((error: unknown) =>
        buildErrorAnswer(500, 'server_error', `${error}`),
      ),
    )
    await waitFor(misbehaviour, closed.signal)
    if (misbehaviour.cut === 'before-headers') return void response.destroy()
    request.status = answer.status
    if (misbehaviour.endless) sendEndlessly(response, answer)
    else if (misbehaviour.cut === 'in-body') sendHalf(response, answer)
    else send(response, answer)
  }
}
