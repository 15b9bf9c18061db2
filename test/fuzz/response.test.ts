import { expect } from 'chai'
import fc from 'fast-check'
import { createLocalJWKSet, errors, type JSONWebKeySet, jwtVerify } from 'jose'
import {
  damage,
  type Edit,
  edited,
  editOf,
  json,
  type ResponseEdit,
  responseEdit,
  text,
} from './arbitrary.js'
import { type Tally, tryProperty } from './campaign.js'
import { act, type Ending, expectCleanPrototype, expectDocumentedError, expectNoSecret } from './passport.js'
import { soundAnswer } from './server.js'
import {
  type Begun,
  clientID,
  clientSecret,
  closeSubjects,
  header,
  jwk,
  randomSecret,
  Subject,
  signJWT,
  sub,
} from './subject.js'

/** What a client reads of a response that is whole: its JSON object; nothing of any other. */
function readObject(body: Buffer, edit: ResponseEdit): Record<string, unknown> | undefined {
  if (edit.status !== 200 || edit.wire === 'cut' || edit.wire === 'junk') return undefined
  // Of a content type that stands twice, Node takes the first.
  if (edit.headers.find((line) => line.startsWith('Content-Type'))?.includes('utf-16')) return undefined
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(edit.damage(body)))
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}

const isAbsent = (value: unknown): boolean => value === undefined || value === null

/** Whether a token response may be used (RFC 6749 §5.1). */
const isUsable = ({ access_token, token_type, error }: Record<string, unknown>): boolean =>
  typeof access_token === 'string' &&
  access_token !== '' &&
  isAbsent(error) &&
  (isAbsent(token_type) || String(token_type).toLowerCase() === 'bearer')

/** Whether jose, which nobody here wrote, takes an id_token. */
async function isAcceptedByJose(
  token: unknown,
  keys: unknown,
  { nonce }: Begun,
  issuer: string,
): Promise<boolean> {
  if (typeof token !== 'string') return false
  const options = {
    issuer,
    audience: clientID,
    algorithms: ['ES256'],
    clockTolerance: 60,
    requiredClaims: ['exp', 'iat', 'sub', 'nonce'],
  }
  const verifyWith = async (key: Parameters<typeof jwtVerify>[1]): Promise<boolean> => {
    const { payload } = await jwtVerify(token, key as never, options)
    return payload.nonce === nonce && typeof payload.sub === 'string' && payload.sub !== ''
  }
  try {
    return await verifyWith(createLocalJWKSet(keys as JSONWebKeySet) as never)
  } catch (error) {
    // Of several keys that fit, each may be tried, as jose documents.
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) return false
    for await (const key of error) if (await verifyWith(key).catch(() => false)) return true
    return false
  }
}

function expectHarmless(ending: Ending, secrets: readonly string[], tally: Tally): void {
  tally.count(ending.kind)
  expect(ending.kind).to.be.oneOf(['success', 'error'])
  if (ending.kind === 'error') {
    expectDocumentedError(ending.value)
    expectNoSecret(ending.value, secrets)
  }
  expectCleanPrototype()
}

const tokenNames = [
  'access_token',
  'token_type',
  'expires_in',
  'refresh_token',
  'scope',
  'id_token',
  'error',
  'error_description',
  'error_uri',
]
const claimNames = [
  'iss',
  'aud',
  'sub',
  'iat',
  'exp',
  'nbf',
  'nonce',
  'azp',
  'at_hash',
  'name',
  'email',
  'email_verified',
]
const headerNames = ['alg', 'kid', 'typ', 'crit', 'b64', 'jwk', 'jku', 'x5c', 'zip', 'cty']

/** What becomes of an id_token after it was signed. */
const tampering: fc.Arbitrary<(token: string) => unknown> = fc.oneof(
  { arbitrary: fc.constant((token: string) => token), weight: 6 },
  {
    arbitrary: damage.map((change) => (token: string) => change(Buffer.from(token)).toString('latin1')),
    weight: 2,
  },
  {
    arbitrary: fc
      .tuple(fc.integer({ min: 0, max: 2 }), fc.oneof(text, json))
      .map(([at, part]) => (token: string) => {
        const parts = token.split('.')
        parts[at] = typeof part === 'string' ? part : Buffer.from(JSON.stringify(part)).toString('base64url')
        return parts.join('.')
      }),
    weight: 1,
  },
  {
    arbitrary: fc.constantFrom(
      (token: string) => token.split('.').slice(0, 2).join('.'),
      (token: string) => `${token}.`,
      (token: string) => token.toUpperCase(),
      (token: string) => [token],
      (token: string) => token.replace(/\.[^.]*$/, '.'),
    ),
    weight: 1,
  },
)

/** Changes of claims that are near to what is right. */
const nearClaims: fc.Arbitrary<Edit> = fc
  .record(
    {
      exp: fc.integer({ min: -100, max: 100 }),
      iat: fc.integer({ min: -100, max: 100 }),
      nbf: fc.integer({ min: -100, max: 100 }),
      aud: fc.constantFrom([clientID], [clientID, 'other'], [[clientID]], `${clientID} `),
      azp: fc.constantFrom(clientID, 'other', [clientID]),
    },
    { requiredKeys: [] },
  )
  .map((set) => {
    const now = Math.floor(Date.now() / 1000)
    const times = Object.entries(set).map(([name, value]) => [
      name,
      typeof value === 'number' ? now + value : value,
    ])
    return { set: Object.fromEntries(times), remove: [] }
  })

describe('fuzzing: responses', () => {
  let subject: Subject
  beforeEach(async () => {
    subject = await Subject.start()
  })
  afterEach(closeSubjects)

  it('of the token endpoint sign in only when they are usable, and jose takes the id_token', async function () {
    this.timeout(0)
    const inputs = fc.record({ tokens: editOf(tokenNames), response: responseEdit })
    await tryProperty('token responses', 0.13, inputs, async ({ tokens, response }, tally) => {
      const begun = await subject.begin()
      const code = randomSecret()
      const right = subject.tokensFor(begun)
      const body = Buffer.from(JSON.stringify(edited(right, tokens)))
      subject.server.answers.set('/oauth2/token', { body, edit: response })
      subject.server.takeRequests()
      const ending = await act(subject.strategy, subject.callback(begun, code))
      expectHarmless(
        ending,
        [code, clientSecret, right.access_token, right.refresh_token, right.id_token],
        tally,
      )
      const exchanges = subject.server.takeRequests().filter((request) => request.startsWith('POST'))
      expect(exchanges).to.have.length(1)
      const read = readObject(body, response)
      const isGood =
        read !== undefined &&
        isUsable(read) &&
        (await isAcceptedByJose(read.id_token, { keys: [jwk] }, begun, subject.issuer))
      if (ending.kind === 'success') expect(isGood, body.toString()).to.equal(true)
      if (isGood && read?.id_token === right.id_token)
        expect(ending.kind, body.toString()).to.equal('success')
    })
  })

  it('refuse every id_token that jose refuses', async function () {
    this.timeout(0)
    const inputs = fc.record({
      claims: fc.oneof(editOf(claimNames), nearClaims),
      header: fc.oneof(
        { arbitrary: fc.constant<Edit>({ set: {}, remove: [] }), weight: 2 },
        { arbitrary: editOf(headerNames), weight: 1 },
      ),
      tamper: tampering,
    })
    await tryProperty('id_tokens', 0.17, inputs, async (input, tally) => {
      const begun = await subject.begin()
      const claims = edited(subject.claimsFor(begun), input.claims)
      const idToken = input.tamper(signJWT(edited(header, input.header), claims))
      const tokens = { ...subject.tokensFor(begun), id_token: idToken }
      subject.server.answers.set('/oauth2/token', soundAnswer(tokens))
      const ending = await act(subject.strategy, subject.callback(begun, randomSecret()))
      expectHarmless(ending, [clientSecret, tokens.access_token, tokens.refresh_token], tally)
      if (ending.kind !== 'success') return
      expect(
        await isAcceptedByJose(idToken, { keys: [jwk] }, begun, subject.issuer),
        String(idToken),
      ).to.equal(true)
      expect(ending.value).to.have.property('id', claims.sub)
    })
  })

  it('of the key set verify nothing that jose does not verify with the same keys', async function () {
    this.timeout(0)
    const entry = fc.oneof(
      {
        arbitrary: editOf(['kty', 'crv', 'x', 'y', 'd', 'kid', 'alg', 'use', 'key_ops']).map((edit) =>
          edited(jwk, edit),
        ),
        weight: 4,
      },
      { arbitrary: fc.constant<unknown>(jwk), weight: 1 },
      { arbitrary: json, weight: 1 },
    )
    const inputs = fc.record({
      set: fc.oneof(
        { arbitrary: fc.array(entry, { maxLength: 3 }).map((keys) => ({ keys })), weight: 5 },
        { arbitrary: json, weight: 1 },
      ),
      kid: fc.constantFrom(jwk.kid, undefined, 'other'),
      response: responseEdit,
    })
    await tryProperty('key sets', 0.12, inputs, async ({ set, kid, response }, tally) => {
      // Another strategy begins, so that the one which ends has not fetched the keys ahead.
      const begun = await subject.begin()
      const strategy = subject.build()
      const body = Buffer.from(JSON.stringify(set))
      subject.server.answers.set('/.well-known/jwks.json', { body, edit: response })
      const idToken = signJWT({ ...header, kid }, subject.claimsFor(begun))
      subject.server.answers.set(
        '/oauth2/token',
        soundAnswer({ ...subject.tokensFor(begun), id_token: idToken }),
      )
      const ending = await act(strategy, subject.callback(begun, randomSecret()))
      expectHarmless(ending, [clientSecret, idToken], tally)
      if (ending.kind !== 'success') return
      const { keys } = readObject(body, response) as { keys: unknown[] }
      // jose refuses a set in which something is not a key; RFC 7517 §5 would have it ignored.
      const objects = {
        keys: keys.filter((key) => typeof key === 'object' && key !== null && !Array.isArray(key)),
      }
      expect(await isAcceptedByJose(idToken, objects, begun, subject.issuer), body.toString()).to.equal(true)
    })
  })

  it('of userinfo sign in only whom the id_token names', async function () {
    this.timeout(0)
    const asking = await Subject.start({ userInfo: 'always' })
    const inputs = fc.record({
      claims: editOf(['sub', 'name', 'email', 'email_verified', 'picture', 'given_name', 'iss', 'aud']),
      response: responseEdit,
    })
    await tryProperty('userinfo responses', 0.08, inputs, async ({ claims, response }, tally) => {
      const begun = await asking.begin()
      const tokens = asking.tokensFor(begun)
      const body = Buffer.from(JSON.stringify(edited({ sub, name: 'Eve' }, claims)))
      asking.server.answers.set('/oauth2/token', soundAnswer(tokens))
      asking.server.answers.set('/oauth2/userinfo', { body, edit: response })
      const ending = await act(asking.strategy, asking.callback(begun, randomSecret()))
      expectHarmless(ending, [clientSecret, tokens.access_token, tokens.refresh_token], tally)
      if (ending.kind !== 'success') return
      expect(readObject(body, response)?.sub, body.toString()).to.equal(sub)
      expect(ending.value).to.have.property('id', sub)
    })
  })

  it('to a refresh give tokens only when they are usable, and the token is sent once', async function () {
    this.timeout(0)
    const inputs = fc.record({ tokens: editOf(tokenNames), response: responseEdit })
    await tryProperty('refresh responses', 0.06, inputs, async ({ tokens, response }, tally) => {
      const refreshToken = randomSecret()
      const right = subject.tokensFor()
      const body = Buffer.from(JSON.stringify(edited(right, tokens)))
      subject.server.answers.set('/oauth2/token', { body, edit: response })
      subject.server.takeRequests()
      const read = readObject(body, response)
      const { value, error } = await subject.strategy.refresh(refreshToken).then(
        (value) => ({ value, error: undefined }),
        (error: unknown) => ({ value: undefined, error }),
      )
      tally.count(value ? 'success' : 'error')
      expect(subject.server.takeRequests()).to.have.length(1)
      expect(value !== undefined, body.toString()).to.equal(read !== undefined && isUsable(read))
      if (value) {
        const { refresh_token: next } = read ?? {}
        expect(value.refreshToken).to.equal(typeof next === 'string' && next !== '' ? next : refreshToken)
      } else {
        expectDocumentedError(error)
        expectNoSecret(error, [
          refreshToken,
          clientSecret,
          right.access_token,
          right.refresh_token,
          right.id_token,
        ])
      }
      expectCleanPrototype()
    })
  })

  it('to a revocation succeed with a whole 2xx alone', async function () {
    this.timeout(0)
    await tryProperty('revocation responses', 0.02, responseEdit, async (response, tally) => {
      const token = randomSecret()
      subject.server.answers.set('/oauth2/revoke', {
        body: Buffer.from(`{"token":"${token}"}`),
        edit: response,
      })
      const error = await subject.strategy.revoke(token).then(
        () => undefined,
        (reason: unknown) => reason,
      )
      tally.count(error ? 'error' : 'success')
      const isWhole = response.wire !== 'cut' && response.wire !== 'junk'
      if (!error)
        expect(
          response.status >= 200 && response.status <= 299 && (isWhole || response.status === 204),
        ).to.equal(true)
      if (error) {
        expectDocumentedError(error)
        expectNoSecret(error, [token, clientSecret])
      }
    })
  })
})
