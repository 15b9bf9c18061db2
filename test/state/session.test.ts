import { expect } from 'chai'
import type { Request } from 'express'
import { readSavedSession, type Session, saveSession } from '../../lib/state/session.js'

type Done = (error?: unknown) => void
const failure = new Error('the session store is down')

const outcome = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    (value) => ({ value }),
    (error: unknown) => error,
  )

/** As express-session: a method of the prototype, behind a function that declares no parameter. */
const buildExpressSession = (save: (done: Done) => void): Session => {
  const prototype = { save }
  const session = Object.create(prototype) as Session
  Object.defineProperty(session, 'save', {
    value: (...args: [Done]) => Reflect.apply(prototype.save, session, args),
  })
  return session
}

describe('saveSession', () => {
  const ways: ReadonlyArray<readonly [how: string, build: (failure?: Error) => Session]> = [
    [
      'by callback, as express-session does',
      (error) => buildExpressSession((done) => setImmediate(done, error)),
    ],
    [
      'by callback, as passport asks of any session',
      (error) => ({ save: (done: Done) => setImmediate(done, error) }),
    ],
    ['by promise', (error) => ({ save: () => (error ? Promise.reject(error) : Promise.resolve()) })],
    [
      'by promise and callback',
      (error) => ({
        save: async (done: Done) => {
          done(error)
          if (error) throw error
        },
      }),
    ],
  ]
  for (const [how, build] of ways) {
    it(`waits until a session is saved ${how}`, async () => {
      expect(await outcome(saveSession(build()))).to.deep.equal({ value: undefined })
    })
    it(`rejects with what a session fails with ${how}`, async () => {
      expect(await outcome(saveSession(build(failure)))).to.equal(failure)
    })
  }

  it('does not go on before an express-session has called back', async () => {
    let done: Done = () => {}
    const session = buildExpressSession((saved) => {
      done = saved
    })
    let isOver = false
    const saving = saveSession(session).then(() => {
      isOver = true
    })
    await new Promise(setImmediate)
    expect(isOver).to.equal(false)
    done()
    await saving
  })

  it('calls save as the session’s own method', async () => {
    const session: Session = {
      save(done: Done) {
        done(this === session ? undefined : failure)
      },
    }
    await saveSession(session)
  })

  const others: ReadonlyArray<readonly [what: string, session: Session]> = [
    ['has no save', {}],
    ['has a value of that name', { save: 'text' } as unknown as Session],
    ['saves by returning', { save: () => undefined }],
    ['saves by returning, by a method of its prototype', Object.create({ save: () => undefined }) as Session],
    ['has no prototype', Object.assign(Object.create(null), { save: () => undefined })],
  ]
  for (const [what, session] of others)
    it(`does not wait for a session that ${what}`, async () => {
      expect(await outcome(saveSession(session))).to.deep.equal({ value: undefined })
    })

  it('rejects with what save throws', async () => {
    const session = {
      save() {
        throw failure
      },
    }
    expect(await outcome(saveSession(session))).to.equal(failure)
  })
})

describe('readSavedSession', () => {
  const read = (get: unknown, sessionID: unknown = 'id') =>
    outcome(readSavedSession({ sessionID, sessionStore: { get } } as unknown as Request))

  it('gives what the store of the session middleware has now', async () => {
    const saved = { a: 1 }
    const given: unknown[] = []
    const get = (id: string, done: (e: null, s: object) => void) => {
      given.push(id)
      done(null, saved)
    }
    expect(await read(get)).to.deep.equal({ value: saved })
    expect(given).to.deep.equal(['id'])
  })

  const enoent = Object.assign(new Error('no such file'), { code: 'ENOENT' })
  for (const [what, error] of [
    ['gives nothing', null],
    ['says ENOENT', enoent],
  ] as const)
    it(`says null where the store ${what}`, async () => {
      expect(await read((_id: string, done: Done) => done(error))).to.deep.equal({ value: null })
    })

  it('rejects with the error of the store', async () => {
    expect(await read((_id: string, done: Done) => done(failure))).to.equal(failure)
  })

  it('says undefined where no store is shown', async () => {
    expect(await read(undefined)).to.deep.equal({ value: undefined })
    expect(await read(() => {}, 7)).to.deep.equal({ value: undefined })
    const bare = { sessionID: 'id' } as unknown as Request
    expect(await outcome(readSavedSession(bare))).to.deep.equal({ value: undefined })
  })
})
