import { expect } from 'chai'
import fc from 'fast-check'
import { corrupt, json, text } from './arbitrary.js'
import { tryProperty } from './campaign.js'
import { act, expectCleanPrototype, expectDocumentedError, expectNoSecret } from './passport.js'
import { soundAnswer } from './server.js'
import {
  type Begun,
  buildRequest,
  clientSecret,
  closeSubjects,
  parseQuery,
  randomSecret,
  subjects,
} from './subject.js'

/** Stand-ins in an input for what is known only once a sign-in has begun. */
const marks = { code: '‹code›', state: '‹state›', issuer: '‹issuer›', cookie: '‹cookie›' } as const

type Pair = readonly [name: string, value: string]

const names = fc.constantFrom(
  'code',
  'state',
  'iss',
  'error',
  'error_description',
  'error_uri',
  'code[]',
  'code[x]',
  'state[0]',
  'state.x',
  'Code',
  '__proto__[state]',
  'constructor[prototype][polluted]',
  'scope',
)

const values = fc.oneof(
  {
    arbitrary: fc.constantFrom(marks.code, marks.state, marks.issuer, 'access_denied', 'server_error'),
    weight: 2,
  },
  { arbitrary: text, weight: 2 },
)

const right: readonly Pair[] = [
  ['code', marks.code],
  ['state', marks.state],
]

const pairs: fc.Arbitrary<readonly Pair[]> = fc.oneof(
  { arbitrary: fc.constant(right), weight: 2 },
  { arbitrary: fc.constant<readonly Pair[]>([...right, ['iss', marks.issuer]]), weight: 1 },
  {
    arbitrary: fc.array(fc.tuple(names, values), { maxLength: 2 }).map((more) => [...right, ...more]),
    weight: 3,
  },
  { arbitrary: fc.array(fc.tuple(names, values), { maxLength: 5 }), weight: 2 },
)

const headers = fc.dictionary(
  fc.constantFrom(
    'sec-purpose',
    'purpose',
    'sec-fetch-dest',
    'sec-fetch-mode',
    'sec-fetch-site',
    'x-forwarded-proto',
    'x-forwarded-host',
    'host',
    'user-agent',
    'x-moz',
  ),
  fc.oneof(
    fc.constantFrom('prefetch', 'image', 'document', 'navigate', 'cross-site', 'https', 'evil.example'),
    text,
  ),
  { maxKeys: 2, noNullPrototype: true },
)

/** What happens to the browser's cookie and session on the way. */
const belongings = fc.oneof(
  { arbitrary: fc.constant('own' as const), weight: 4 },
  { arbitrary: fc.constantFrom('none' as const, 'other' as const, 'corrupt' as const), weight: 1 },
)

const inputs = fc.record({
  method: fc.oneof(
    { arbitrary: fc.constantFrom('GET', 'POST'), weight: 6 },
    { arbitrary: fc.constantFrom('HEAD', 'PUT', 'OPTIONS', ''), weight: 1 },
  ),
  query: pairs,
  form: fc.oneof({ arbitrary: fc.constant<readonly Pair[]>([]), weight: 3 }, { arbitrary: pairs, weight: 1 }),
  /** A query parser of another framework may give anything. */
  parsed: fc.oneof(
    { arbitrary: fc.constant(undefined), weight: 5 },
    { arbitrary: fc.oneof(json, fc.dictionary(names, json)), weight: 1 },
  ),
  body: fc.oneof({ arbitrary: fc.constant(undefined), weight: 5 }, { arbitrary: json, weight: 1 }),
  headers: fc.oneof(
    { arbitrary: fc.constant<Record<string, string>>({}), weight: 3 },
    { arbitrary: headers, weight: 1 },
  ),
  belongings,
  /** Where in the session or the cookie something else stands, and what. */
  corruption: fc.tuple(fc.nat(), json, text),
})

type Input = typeof inputs extends fc.Arbitrary<infer Value> ? Value : never

/** The only callback for which a code may be sent: one code and one state of this browser, no error, no other issuer. */
function mayBeSent(
  { method, query, form, headers, belongings }: Input,
  issuer: string,
  code: string,
  begun: Begun,
): boolean {
  if (method !== 'GET' && method !== 'POST') return false
  const purposes = [headers['sec-purpose'], headers.purpose, headers['x-moz']]
  if (/prefetch|prerender/i.test(purposes.join()) || headers['sec-fetch-dest'] === 'image') return false
  const all = method === 'POST' ? [...query, ...form] : query
  const valuesOf = (name: string): string[] =>
    all.filter(([each]) => each === name || each.startsWith(`${name}[`)).map(([, value]) => value)
  const isOne = (name: string, value: string): boolean =>
    valuesOf(name).length === 1 && valuesOf(name)[0] === value
  const [codes, issuers] = [valuesOf('code'), valuesOf('iss')]
  return (
    belongings !== 'none' &&
    belongings !== 'other' &&
    codes.length === 1 &&
    codes[0] !== '' &&
    (codes[0] !== code || codes[0].length <= 4096) &&
    isOne('state', begun.state) &&
    valuesOf('error').length === 0 &&
    issuers.every((iss) => iss === issuer)
  )
}

const encodePairs = (list: readonly Pair[]): string =>
  new URLSearchParams(list.map(([name, value]): [string, string] => [name, value])).toString()

describe('fuzzing: callbacks', () => {
  afterEach(closeSubjects)

  for (const [name, start] of subjects) {
    it(`end in one action, and send a code only when they may, with ${name}`, async function () {
      this.timeout(0)
      const subject = await start()
      const other = await subject.begin()
      const tally = await tryProperty(`callbacks, ${name}`, 0.13, inputs, async (input, tally) => {
        const begun = await subject.begin()
        const code = randomSecret()
        subject.server.takeRequests()
        subject.server.answers.set('/oauth2/token', soundAnswer(subject.tokensFor(begun)))
        const known: Readonly<Record<string, string>> = {
          [marks.code]: code,
          [marks.state]: begun.state,
          [marks.issuer]: subject.issuer,
        }
        const fill = (list: readonly Pair[]): Pair[] =>
          list.map(([each, value]) => [each, known[value] ?? value])
        const filled = { ...input, query: fill(input.query), form: fill(input.form) }
        const [place, value, words] = input.corruption
        const browser = {
          own: begun,
          none: { session: {}, cookie: '' },
          other,
          corrupt: {
            session: corrupt(structuredClone(begun.session), place, value) as Record<string, unknown>,
            cookie: begun.cookie.slice(0, place % (begun.cookie.length + 1)) + words,
          },
        }[input.belongings]
        const ending = await act(
          subject.strategy,
          buildRequest(
            {
              method: input.method,
              url: `/callback?${encodePairs(filled.query)}`,
              headers: input.headers,
              ...(input.parsed !== undefined && { query: input.parsed }),
              body: input.body ?? parseQuery(encodePairs(filled.form)),
            },
            browser,
          ),
        )
        const requests = subject.server.takeRequests()
        const exchanges = requests.filter((request) => request.startsWith('POST /oauth2/token'))
        tally.count(ending.kind)
        if (exchanges.length > 0) tally.count('sent')
        expect(exchanges.length).to.be.at.most(1)
        const isUsual = input.parsed === undefined && input.body === undefined
        if (isUsual && !mayBeSent(filled, subject.issuer, code, begun)) expect(exchanges).to.deep.equal([])
        if (ending.kind === 'success') expect(exchanges).to.have.length(1)
        if (ending.kind === 'fail') expect(ending.detail).to.be.oneOf([400, 403])
        if (ending.kind === 'error') expectDocumentedError(ending.value)
        if (ending.kind !== 'success') expectNoSecret(ending.value, [code, clientSecret])
        expectCleanPrototype()
      })
      for (const kind of ['success', 'fail', 'redirect']) expect(tally.of(kind), kind).to.be.above(0)
    })
  }
})
