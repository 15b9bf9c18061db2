import { expect } from 'chai'
import type { XaiOAuthError } from '../../lib/error.js'
import { parseTokenResponse } from '../../lib/oauth/token-response.js'

const exchange = {
  what: 'xAI token exchange',
  failed: 'xai_token_exchange_failed',
  invalid: 'xai_token_exchange_invalid',
  tierDenied: 'xai_oauth_tier_denied',
  secrets: [],
} as const
const refresh = {
  what: 'xAI token refresh',
  failed: 'xai_refresh_failed',
  invalid: 'xai_refresh_invalid',
  revoked: 'xai_refresh_token_revoked',
  secrets: [],
} as const

const json = { 'content-type': 'application/json' }
const answer = (status: number, body: unknown, headers: Record<string, string> = json) => ({
  status,
  headers,
  body: Buffer.isBuffer(body) ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
})

function refusalOf(...[operation, given]: Parameters<typeof parseTokenResponse>): XaiOAuthError {
  try {
    parseTokenResponse(operation, given)
  } catch (error) {
    return error as XaiOAuthError
  }
  throw new Error('the answer was accepted')
}

describe('a token response', () => {
  const accepted: ReadonlyArray<readonly [what: string, response: object]> = [
    ['a token alone', { access_token: 't' }],
    ['Bearer', { access_token: 't', token_type: 'Bearer' }],
    ['bearer in small letters', { access_token: 't', token_type: 'bearer' }],
    ['no token_type but null', { access_token: 't', token_type: null }],
    ['an error that is null', { access_token: 't', error: null }],
    [
      'everything',
      { access_token: 't', expires_in: 1, refresh_token: 'r', id_token: 'i', scope: 's', x: { y: [1] } },
    ],
  ]
  for (const [what, response] of accepted)
    it(`is accepted with ${what}, and given as it is`, () => {
      expect(parseTokenResponse(exchange, answer(200, response))).to.deep.equal(response)
    })

  it('is accepted after a byte order mark', () => {
    const body = Buffer.from('\ufeff{"access_token":"t"}')
    expect(parseTokenResponse(exchange, answer(200, body))).to.deep.equal({ access_token: 't' })
  })

  it('is accepted with names that come again further inside, or as values', () => {
    const response = {
      access_token: 't',
      a: { access_token: 'x', b: ['a', { a: 1 }] },
      b: 'a":',
      'c\\"': '"c\\"',
    }
    for (const body of [response, JSON.stringify(response, null, 2)])
      expect(parseTokenResponse(exchange, answer(200, body))).to.deep.equal(response)
  })

  const unusable: ReadonlyArray<
    readonly [what: string, body: unknown, why: string, headers?: Record<string, string>]
  > = [
    ['null', 'null', 'it is not a JSON object'],
    ['a list', [{ access_token: 't' }], 'it is not a JSON object'],
    ['a string', '"access_token=t"', 'it is not a JSON object'],
    ['a number', '7', 'it is not a JSON object'],
    ['HTML', '<html></html>', 'it is not a JSON object', { 'content-type': 'text/html' }],
    ['a form', 'access_token=t', 'it is not a JSON object'],
    ['nothing', '', 'it is not a JSON object'],
    ['an object that is cut off', '{"access_token":"t"', 'it is not a JSON object'],
    ['another charset', '{"access_token":"t"}', 'it is not UTF-8', { 'content-type': 'a/b; charset=latin1' }],
    ['bytes that are not UTF-8', Buffer.from([0x7b, 0xff, 0x7d]), 'it is not UTF-8'],
    ['an error beside a token', { access_token: 't', error: 'e' }, 'it holds an error'],
    ['an error that is an object', { access_token: 't', error: {} }, 'it holds an error'],
    ['an empty error', { access_token: 't', error: '' }, 'it holds an error'],
    ['no token', {}, 'it holds no access_token'],
    ['an empty token', { access_token: '' }, 'it holds no access_token'],
    ['a token that is null', { access_token: null }, 'it holds no access_token'],
    ['a token that is a number', { access_token: 1 }, 'it holds no access_token'],
    ['a token that is a list', { access_token: ['t'] }, 'it holds no access_token'],
    ['a token that is inherited', '{"__proto__":{"access_token":"t"}}', 'it holds no access_token'],
    ['two tokens', '{"access_token":"a","access_token":"b"}', 'it holds a parameter twice'],
    [
      'two tokens, one under an escaped name',
      '{"access_token":"a","acces\\u0073_token":"b"}',
      'it holds a parameter twice',
    ],
    ['two parameters of its own', '{"a":[{}],"access_token":"a","a" :1}', 'it holds a parameter twice'],
    [
      'two parameters of its own behind a text with a bracket',
      '{"b":"{","a":1,"access_token":"a","a":1}',
      'it holds a parameter twice',
    ],
    ['a MAC token', { access_token: 't', token_type: 'mac' }, 'its token_type is not Bearer'],
    ['an empty token_type', { access_token: 't', token_type: '' }, 'its token_type is not Bearer'],
    [
      'a token_type that is a list',
      { access_token: 't', token_type: ['Bearer'] },
      'its token_type is not Bearer',
    ],
  ]
  for (const [what, body, why, headers] of unusable)
    it(`is unusable with ${what}`, () => {
      const error = refusalOf(exchange, answer(200, body, headers))
      expect(error).to.include({ code: 'xai_token_exchange_invalid', status: 502 })
      expect(error.message).to.equal(`xAI token exchange got an unusable response (HTTP 200): ${why}`)
      expect(error.response).to.include({ status: 200 })
    })

  for (const status of [201, 204, 206, 301, 302, 307, 308, 400, 401, 404, 415, 429, 500, 502, 503])
    it(`is a refusal with HTTP ${status}, a token in it or not`, () => {
      const error = refusalOf(exchange, answer(status, { access_token: 't' }))
      expect(error).to.include({ code: 'xai_token_exchange_failed', status: status < 400 ? 502 : status })
      expect(error.message).to.match(
        new RegExp(`^xAI token exchange failed \\(HTTP ${status}\\)\\. Response: \\{`),
      )
    })

  it('of HTTP 403 denies the tier, and says that signing in again does not help', () => {
    const error = refusalOf(exchange, answer(403, { error: 'access_denied' }))
    expect(error).to.include({ code: 'xai_oauth_tier_denied', status: 403, error: 'access_denied' })
    expect(error.message).to.equal(
      'xAI token exchange failed (HTTP 403). The account\'s tier is not entitled; signing in again does not help. Response: {"error":"access_denied"}',
    )
  })

  const denials: ReadonlyArray<readonly [what: string, body: unknown, headers: Record<string, string>]> = [
    ['no body', '', {}],
    ['no body that is called text', '', { 'content-type': 'text/plain' }],
    ['no error', {}, json],
    ['an error of xAI’s own', { error: 'permission-denied' }, json],
    ['a nested error', { error: { code: 'invalid_client' } }, json],
    ['JSON that is called text', { error: 'access_denied' }, { 'content-type': 'text/plain' }],
    ['text of no type', 'Forbidden', {}],
    ['text of a type that mentions text', 'Forbidden', { 'content-type': 'application/x; as=text/plain' }],
  ]
  for (const [what, body, headers] of denials)
    it(`of HTTP 403 with ${what} denies the tier`, () => {
      expect(refusalOf(exchange, answer(403, body, headers))).to.include({
        code: 'xai_oauth_tier_denied',
        status: 403,
      })
    })

  for (const error of [
    'invalid_request',
    'invalid_client',
    'invalid_grant',
    'unauthorized_client',
    'unsupported_grant_type',
    'invalid_scope',
  ])
    it(`of HTTP 403 with ${error} is what it says, and not the tier`, () => {
      const refusal = refusalOf(exchange, answer(403, { error }))
      expect(refusal).to.include({ code: 'xai_token_exchange_failed', status: 403, error })
      expect(refusal.message).to.equal(`xAI token exchange failed (HTTP 403). Response: {"error":"${error}"}`)
    })

  for (const [what, body, headers] of [
    [
      'of another charset',
      '{"error":"invalid_client"}',
      { 'content-type': 'application/json; charset=iso-8859-1' },
    ],
    [
      'with a byte that is not UTF-8',
      Buffer.from('{"error":"invalid_client","error_description":"\xfc"}', 'latin1'),
      {},
    ],
  ] as const)
    it(`of HTTP 403 in JSON ${what} is what it says, and not the tier`, () => {
      const response = { status: 403, headers, body: Buffer.from(body) }
      expect(refusalOf(exchange, response)).to.include({
        code: 'xai_token_exchange_failed',
        error: 'invalid_client',
      })
    })

  it('of HTTP 403 with a page of text is not the tier, and the message says so', () => {
    const refusal = refusalOf(
      exchange,
      answer(403, 'Blocked by policy 7', { 'content-type': 'text/plain; charset=utf-8' }),
    )
    expect(refusal).to.include({ code: 'xai_token_exchange_failed', status: 403 })
    expect(refusal.message).to.equal(
      "xAI token exchange failed (HTTP 403). This is a page of text, which xAI's OAuth server does not send: something in front of it refused the request. Response: Blocked by policy 7",
    )
  })

  const page = '<!DOCTYPE html><title>Attention Required! | Cloudflare</title>'
  const cloudflare: ReadonlyArray<
    readonly [what: string, status: number, body: string, headers: Record<string, string>]
  > = [
    ['an HTML page and 403', 403, page, { 'content-type': 'text/html' }],
    ['an HTML page of no type and 403', 403, page, {}],
    ['an HTML page and 503', 503, page, { 'content-type': 'text/html' }],
    ['cf-mitigated and 403', 403, '{}', { ...json, 'cf-mitigated': 'challenge' }],
  ]
  for (const [what, status, body, headers] of cloudflare)
    it(`is told to be Cloudflare’s with ${what}`, () => {
      const error = refusalOf(exchange, answer(status, body, headers))
      expect(error).to.include({ code: 'xai_token_exchange_failed', status })
      expect(error.message).to.equal(
        `xAI token exchange failed (HTTP ${status}). Cloudflare sent this response, not xAI's OAuth server. Response: ${body}`,
      )
    })

  it('is not told to be Cloudflare’s with an HTML page and another status', () => {
    expect(refusalOf(exchange, answer(404, page)).message).to.not.contain('Cloudflare sent')
  })

  it('says of a refresh that the token is gone, only for invalid_grant', () => {
    const error = refusalOf(refresh, answer(400, { error: 'invalid_grant' }))
    expect(error).to.include({ code: 'xai_refresh_token_revoked', status: 400, error: 'invalid_grant' })
    expect(error.message).to.contain('the person has to sign in again. Response: {"error":"invalid_grant"}')
    expect(refusalOf(refresh, answer(499, { error: 'invalid_grant' }))).to.include({
      code: 'xai_refresh_token_revoked',
    })
    for (const [status, error] of [
      [400, 'invalid_client'],
      [500, 'invalid_grant'],
    ] as const)
      expect(refusalOf(refresh, answer(status, { error }))).to.include({ code: 'xai_refresh_failed' })
  })

  it('of HTTP 403 to a refresh says nothing of tiers', () => {
    expect(refusalOf(refresh, answer(403, {}))).to.include({ code: 'xai_refresh_failed', status: 403 })
  })

  it('says of an exchange with invalid_grant nothing but what xAI said', () => {
    const error = refusalOf(exchange, answer(400, { error: 'invalid_grant' }))
    expect(error).to.include({ code: 'xai_token_exchange_failed', error: 'invalid_grant' })
  })
})
