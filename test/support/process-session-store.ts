import type { ChildProcess } from 'node:child_process'
import { type SessionData, Store } from 'express-session'

type Done = (error?: unknown, session?: SessionData | null) => void

/** What a process asks of the one that keeps the sessions: to read one, to write it, or to delete it. */
interface Question {
  readonly number: number
  readonly id: string
  /** JSON; `null` deletes, nothing reads. */
  readonly text?: string | null
}

interface Answer {
  readonly number: number
  readonly text: string | undefined
}

/** Sessions that several processes share, because their parent keeps them: see {@link keepSessionsOf}. */
export class ProcessSessionStore extends Store {
  private readonly waiting = new Map<number, (text: string | undefined) => void>()
  private questions = 0

  constructor() {
    super()
    process.on('message', ({ number, text }: Answer) => {
      this.waiting.get(number)?.(text)
      this.waiting.delete(number)
    })
  }

  override get(id: string, done: Done): void {
    this.ask({ id }, (text) => done(null, text === undefined ? null : JSON.parse(text)))
  }

  override set(id: string, session: SessionData, done: Done = () => {}): void {
    this.ask({ id, text: JSON.stringify(session) }, () => done(null))
  }

  override destroy(id: string, done: Done = () => {}): void {
    this.ask({ id, text: null }, () => done(null))
  }

  private ask(question: Omit<Question, 'number'>, done: (text: string | undefined) => void): void {
    const number = this.questions++
    this.waiting.set(number, done)
    process.send?.({ number, ...question } satisfies Question)
  }
}

/** Keeps the sessions of child processes, in the memory of this one. */
export function keepSessionsOf(children: readonly ChildProcess[]): void {
  const sessions = new Map<string, string>()
  for (const child of children)
    child.on('message', ({ number, id, text }: Partial<Question>) => {
      if (number === undefined || id === undefined) return
      if (text === null) sessions.delete(id)
      else if (text !== undefined) sessions.set(id, text)
      child.send({ number, text: sessions.get(id) } satisfies Answer)
    })
}
