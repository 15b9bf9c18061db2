import { type ChildProcess, fork } from 'node:child_process'
import { endProcess } from './database-server.js'

/** A database that token processes can share. */
export type Database = 'redis' | 'postgresql'

/** What a token process is told when it starts. */
export interface TokenProcessSettings {
  database: Database
  databaseURL: string
  issuer: string
  clientID: string
  /** Milliseconds. */
  lease: number
  /** Milliseconds. */
  refreshTime: number
}

/** What a token process can be asked for. */
export type Command = 'signIn' | 'accessToken' | 'revoke'

/** A message to a token process, and back from it. */
export type Request = { id: number; command: Command; key: string }
export type Result = { id: number; result?: string; failure?: string }
export type Notice = { locking: string }

interface Waiting {
  resolve(result: string): void
  reject(error: Error): void
}

/** One process of an application that keeps tokens in a database. */
export class TokenProcess {
  /** The keys whose lock the process has asked for, oldest first. */
  readonly locking: string[] = []
  private readonly waiting = new Map<number, Waiting>()
  private asked = 0

  private constructor(private readonly child: ChildProcess) {
    child.on('message', (message: Result | Notice) => {
      if ('locking' in message) this.locking.push(message.locking)
      else this.end(message)
    })
    child.once('exit', () => {
      for (const id of this.waiting.keys()) this.end({ id, failure: 'the process is gone' })
    })
  }

  static async start(settings: TokenProcessSettings): Promise<TokenProcess> {
    const main = require.resolve('./token-process-main.js')
    const child = fork(main, [JSON.stringify(settings)], { execArgv: [] })
    process.once('exit', () => child.kill('SIGKILL'))
    await new Promise<void>((resolve, reject) => {
      child.once('message', () => resolve())
      child.once('exit', (code) => reject(new Error(`the token process ended with ${code}`)))
    })
    return new TokenProcess(child)
  }

  /** Asks the process for something. @throws {Error} whose message is the code of what it failed with, or the message */
  ask(command: Command, key: string): Promise<string> {
    this.asked += 1
    const request: Request = { id: this.asked, command, key }
    return new Promise((resolve, reject) => {
      this.waiting.set(request.id, { resolve, reject })
      this.child.send(request)
    })
  }

  /** What the process ends with, be it a result or a failure. */
  tell(command: Command, key: string): Promise<string> {
    return this.ask(command, key).catch((error: Error) => error.message)
  }

  /** Lets the process stand still, as a machine does that is suspended. */
  freeze(): void {
    this.child.kill('SIGSTOP')
  }

  kill(): Promise<void> {
    return endProcess(this.child, 'SIGKILL')
  }

  private end({ id, result, failure }: Result): void {
    const waiting = this.waiting.get(id)
    this.waiting.delete(id)
    if (failure === undefined) waiting?.resolve(result ?? '')
    else waiting?.reject(new Error(failure))
  }
}
