import { expect } from 'chai'
import type { Request } from 'express'
import { parseCallbackRequest } from '../../lib/sign-in/callback.js'
import { findPurposeProblem } from '../../lib/sign-in/passport-action.js'

type Given = Partial<Pick<Request, 'method' | 'url' | 'query' | 'body' | 'headers'>>

const judge = (given: Given) => parseCallbackRequest({ method: 'GET', headers: {}, ...given } as Request)

/** A GET as a framework hands it over whose parser gives every parameter its one, last value. */
const get = (query: string, headers: Request['headers'] = {}) =>
  judge({ url: `/callback?${query}`, query: Object.fromEntries(new URLSearchParams(query)), headers })

const long = 'x'.repeat(4096)

describe('parseCallbackRequest', () => {
  const beginnings: ReadonlyArray<readonly [what: string, given: Given]> = [
    ['nothing', { url: '/callback', query: {} }],
    ['neither a URL nor a query', {}],
    ['parameters of the application’s own', { url: '/callback?tenant=1', query: { tenant: '1' } }],
    ['an empty form', { method: 'POST', url: '/callback', query: {}, body: {} }],
    ['an empty JSON body', { method: 'POST', url: '/callback', query: {}, body: null }],
    ['an error_uri and nothing else', { query: { error_uri: 'https://x.ai/help' } }],
    ['a body that is no form', { method: 'POST', url: '/callback', query: {}, body: 'code=c&state=s' }],
    ['a GET with a body', { url: '/callback', query: {}, body: { code: 'c', state: 's' } }],
    ['names that only begin like ours', { url: '/?codes=1&state_=2', query: { codes: '1', state_: '2' } }],
  ]
  for (const [what, given] of beginnings)
    it(`takes a request with ${what} for a beginning`, () => {
      expect(judge(given)).to.deep.equal({ kind: 'begin' })
    })

  const callbacks: ReadonlyArray<readonly [what: string, given: Given, parameters: object]> = [
    ['a query', { query: { code: 'c', state: 's' } }, { code: 'c', state: 's' }],
    ['a form', { method: 'POST', body: { code: 'c', state: 's' } }, { code: 'c', state: 's' }],
    [
      'a query and a form together',
      { method: 'POST', query: { state: 's' }, body: { code: 'c' } },
      { code: 'c', state: 's' },
    ],
    ['the URL alone, where no query is parsed', { url: '/?code=c&state=s' }, { code: 'c', state: 's' }],
    ['a URL with a second question mark', { url: '/?code=c?d&state=s' }, { code: 'c?d', state: 's' }],
    [
      'everything there is',
      { query: { state: 's', error: 'e', error_description: 'd', error_uri: 'u', iss: 'i', foreign: 'f' } },
      { state: 's', error: 'e', error_description: 'd', error_uri: 'u', iss: 'i' },
    ],
    ['an error without a state', { query: { error: 'access_denied' } }, { error: 'access_denied' }],
    ['exactly 4,096 characters', { query: { code: long, state: 's' } }, { code: long, state: 's' }],
  ]
  for (const [what, given, parameters] of callbacks)
    it(`reads a callback out of ${what}`, () => {
      expect(judge(given)).to.deep.equal({ kind: 'callback', parameters })
    })

  const refusals: ReadonlyArray<readonly [what: string, given: Given, problem: string]> = [
    ['a list of values', { query: { code: ['a', 'b'], state: 's' } }, 'code is repeated'],
    [
      'a repeated parameter of which the parser kept one',
      { url: '/?code=a&code=b&state=s', query: { code: 'b', state: 's' } },
      'code is repeated',
    ],
    [
      'a repeated parameter whose second name is percent-encoded',
      { url: '/?code=a&%63ode=b&state=s', query: { code: 'b', state: 's' } },
      'code is repeated',
    ],
    [
      'a parameter both in the query and in the form',
      { method: 'POST', query: { code: 'a', state: 's' }, body: { code: 'a' } },
      'code is repeated',
    ],
    [
      'a parameter in the form and in a URL that nobody parsed',
      { method: 'POST', url: '/?code=a', body: { code: 'a', state: 's' } },
      'code is repeated',
    ],
    ['a repeated form field', { method: 'POST', body: { code: ['a', 'b'], state: 's' } }, 'code is repeated'],
    ['a nested parameter', { query: { code: { x: '1' }, state: 's' } } as Given, 'code is nested'],
    ['a nested name as it is', { query: { 'code[x]': '1', state: 's' } }, 'code is nested'],
    ['a nested state', { query: { code: 'c', 'state[]': 's' } }, 'state is nested'],
    ['a number from a JSON body', { method: 'POST', body: { code: 1, state: 's' } }, 'code is nested'],
    ['an empty code', { query: { code: '', state: 's' } }, 'code is empty'],
    ['an empty state', { query: { code: 'c', state: '' } }, 'state is empty'],
    ['an empty error', { query: { error: '', state: 's' } }, 'error is empty'],
    ['an empty iss', { query: { code: 'c', state: 's', iss: '' } }, 'iss is empty'],
    ['4,097 characters', { query: { code: 'c', state: `${long}x` } }, 'state is longer than 4096 characters'],
    [
      'a very long description',
      { query: { error: 'e', state: 's', error_description: `${long}x` } },
      'error_description is longer than 4096 characters',
    ],
    ['a code without a state', { query: { code: 'c' } }, 'there is a code without a state'],
    [
      'a state without a code or an error',
      { query: { state: 's' } },
      'there is a state without a code or an error',
    ],
    ['an iss alone', { query: { iss: 'https://auth.x.ai' } }, 'there is neither a code nor an error'],
    ['a description alone', { query: { error_description: 'd' } }, 'there is neither a code nor an error'],
    ['an empty iss alone', { query: { iss: '' } }, 'iss is empty'],
  ]
  for (const [what, given, problem] of refusals)
    it(`refuses ${what}`, () => {
      expect(judge(given)).to.deep.equal({ kind: 'invalid', problem })
    })

  it('reads a request without headers', () => {
    const bare = { method: 'GET', query: { code: 'c', state: 's' } } as unknown as Request
    expect(parseCallbackRequest(bare)).to.include({ kind: 'callback' })
  })

  it('repeats nothing of what came in its message', () => {
    expect(JSON.stringify(get('code=<b>secret</b>'))).not.to.include('secret')
  })
})

describe('findPurposeProblem', () => {
  const problems: ReadonlyArray<readonly [problem: string, method: string, headers: Record<string, string>]> =
    [
      ['its method is HEAD', 'HEAD', {}],
      ['its method is PUT', 'PUT', {}],
      ['it is a prefetch', 'GET', { 'sec-purpose': 'prefetch' }],
      ['it is a prefetch', 'GET', { 'sec-purpose': 'prefetch;prerender' }],
      ['it is a prefetch', 'GET', { 'sec-purpose': 'prerender, prefetch' }],
      ['it is a prefetch', 'GET', { purpose: 'prefetch' }],
      ['it is a prefetch', 'GET', { purpose: 'Prefetch' }],
      ['it is a prefetch', 'GET', { 'x-moz': 'prefetch' }],
      ['it is for a part of a page, such as an image', 'GET', { 'sec-fetch-dest': 'image' }],
      ['it is for a part of a page, such as an image', 'GET', { 'sec-fetch-dest': 'script' }],
      ['it is for a part of a page, such as an image', 'GET', { 'sec-fetch-dest': 'style' }],
      ['it is for a part of a page, such as an image', 'GET', { 'sec-fetch-dest': 'video' }],
      [
        'a script of another site sent it (xAI does that on loopback: see loopbackRelay)',
        'GET',
        { 'sec-fetch-dest': 'empty', 'sec-fetch-site': 'cross-site' },
      ],
    ]
  for (const [problem, method, headers] of problems)
    it(`says that ${problem} of ${method} ${JSON.stringify(headers)}`, () => {
      expect(findPurposeProblem({ method, headers })).to.equal(problem)
    })

  it('has nothing against a request that says nothing of itself', () => {
    expect(findPurposeProblem({})).to.equal(undefined)
  })

  const fine: ReadonlyArray<readonly [method: string, headers: Record<string, string>]> = [
    ['GET', {}],
    ['POST', {}],
    ['GET', { 'sec-purpose': 'other', purpose: 'preview' }],
    ['GET', { 'sec-fetch-dest': 'document', 'sec-fetch-site': 'cross-site' }],
    ['GET', { 'sec-fetch-dest': 'iframe' }],
    ['GET', { 'sec-fetch-dest': 'empty', 'sec-fetch-site': 'same-origin' }],
  ]
  for (const [method, headers] of fine)
    it(`has nothing against ${method} ${JSON.stringify(headers)}`, () => {
      expect(findPurposeProblem({ method, headers })).to.equal(undefined)
    })
})
