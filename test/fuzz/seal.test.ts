import { expect } from 'chai'
import fc from 'fast-check'
import { MemoryTokenStore, sealTokens, TokenManager } from '../../lib/index.js'
import { damage, json, text } from './arbitrary.js'
import { tryProperty } from './campaign.js'
import { act, expectCleanPrototype } from './passport.js'
import {
  buildRequest,
  clientSecret,
  closeSubjects,
  cookieOf,
  cookieSecret,
  randomSecret,
  Subject,
  subjects,
} from './subject.js'

const store = { secret: cookieSecret }

describe('fuzzing: what is sealed', () => {
  afterEach(closeSubjects)

  it('a cookie of a sign-in opens as it was sealed, and not at all when anything of it changed', async function () {
    this.timeout(0)
    const subject = await (subjects.find(([name]) => name === 'the cookie store') ?? subjects[0])?.[1]()
    if (!subject) throw new Error('there is no subject with a cookie store')
    // A larger state does not go into a cookie.
    const small = json.filter((value) => Buffer.byteLength(JSON.stringify(value)) < 2000)
    const inputs = fc.record({
      state: small,
      change: fc.oneof(
        damage,
        text.map((words) => () => Buffer.from(words)),
      ),
    })
    const tally = await tryProperty('sign-in cookies', 0.03, inputs, async ({ state, change }, tally) => {
      const begun = await subject.begin(subject.strategy, state)
      const [name = '', value = ''] = begun.cookie.split(/=(.*)/s)
      const changed = change(Buffer.from(value)).toString('latin1')
      const request = subject.callback({ ...begun, cookie: `${name}=${changed}` }, randomSecret())
      subject.server.takeRequests()
      const ending = await act(subject.strategy, request)
      const sent = subject.server.takeRequests().filter((each) => each.startsWith('POST'))
      // What follows a semicolon is another cookie, and what base64url skips is not part of the value.
      const isSame = Buffer.from(changed.split(';', 1)[0] ?? '', 'base64url').equals(
        Buffer.from(value, 'base64url'),
      )
      tally.count(isSame ? 'whole' : 'changed')
      if (value !== changed && !isSame) {
        expect(sent).to.deep.equal([])
        expect(ending).to.deep.include({ kind: 'fail', detail: 403 })
      }
      if (value === changed) expect(sent).to.have.length(1)
      expectCleanPrototype()
    })
    expect(tally.of('changed')).to.be.above(0)
  })

  it('no cookie holds the verifier or the state of the application in the clear', async function () {
    this.timeout(0)
    const cookies = subjects[1]
    if (!cookies) throw new Error('there is no subject with a cookie store')
    const sealed = await cookies[1]()
    await tryProperty(
      'states in cookies',
      0.01,
      fc.string({ minLength: 12, maxLength: 200 }),
      async (state) => {
        const request = buildRequest({ url: '/sign-in' })
        await act(sealed.strategy, request, { state })
        const cookie = cookieOf(request.res)
        const [, value = ''] = cookie.split(/=(.*)/s)
        for (const seen of [cookie, Buffer.from(value, 'base64url').toString('latin1')])
          expect(seen).not.to.include(state)
      },
    )
  })

  it('a record of tokens opens under its own key alone, and as it was', async function () {
    this.timeout(0)
    const subject = await Subject.start()
    const key = fc.oneof(
      text.filter((name) => name !== ''),
      fc.constantFrom('person-1', 'person-2'),
    )
    const inputs = fc.record({
      key,
      other: key,
      change: damage,
      tokens: fc.record({ expires_in: json, scope: json }),
    })
    const tally = await tryProperty(
      'records of tokens',
      0.04,
      inputs,
      async ({ key, other, change, tokens }, tally) => {
        const plain = new MemoryTokenStore()
        const manager = new TokenManager({
          strategy: subject.strategy,
          store: sealTokens(plain, store.secret),
        })
        const accessToken = randomSecret()
        await manager.save(key, { ...(tokens as object), access_token: accessToken })
        const record = (await plain.read(key)) ?? ''
        expect(record).not.to.include(accessToken)
        const text = change(Buffer.from(record)).toString('latin1')
        const place = text === record ? other : key
        await plain.write(place, text)
        const found = await manager.accessToken(place).then(
          (token) => token,
          (error: { code?: string }) => error.code,
        )
        const isSame = Buffer.from(text, 'base64url').equals(Buffer.from(record, 'base64url'))
        const opens = place === key && isSame
        tally.count(opens ? 'own' : 'foreign or changed')
        if (!opens) expect(found).to.equal('xai_sign_in_needed')
        expect(found).not.to.equal(clientSecret)
        expectCleanPrototype()
      },
    )
    expect(tally.of('foreign or changed')).to.be.above(0)
  })
})
