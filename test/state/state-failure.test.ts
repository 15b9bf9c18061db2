import { expect } from 'chai'
import type { Request } from 'express'
import {
  buildStateFailure,
  explainMissing,
  hostOf,
  type StateFailureReason,
} from '../../lib/state/state-failure.js'

const rows: ReadonlyArray<readonly [reason: StateFailureReason, words: RegExp]> = [
  ['missing', /another host name/],
  ['unknown', /another browser, or it gave way because more than 8 were pending/],
  ['used', /second time/],
  ['expired', /10 minutes ago/],
  ['mismatch', /client ID, issuer, token URL or callbackURL/],
  ['unreadable', /secret that this process does not have/],
  ['superseded', /signed in or out here after this sign-in began/],
]

describe('buildStateFailure', () => {
  for (const [reason, words] of rows)
    it(`names the likely cause of ${reason}`, () => {
      const failure = buildStateFailure(reason)
      expect(failure).to.have.all.keys('reason', 'message')
      expect(failure.reason).to.equal(reason)
      expect(failure.message).to.match(words)
    })
})

describe('explainMissing', () => {
  const cookie = 'a=b'
  const strict = { sameSite: 'strict' }
  const secure = { secure: true }
  const causes: ReadonlyArray<
    readonly [
      what: string,
      request: object,
      beganOn: string | undefined,
      words: RegExp,
      sessionCookie?: object,
    ]
  > = [
    ['no cookie at all', { headers: {} }, undefined, /sent no cookie.*SameSite=Strict.*Secure/],
    ['cookies, but not ours', { headers: { cookie } }, undefined, /expired or been replaced/],
    [
      'another host name',
      { headers: { host: '127.0.0.1:3000' } },
      'localhost',
      /began on localhost, but its callback came to 127\.0\.0\.1/,
    ],
    [
      'the same host name',
      { headers: { host: 'localhost:3000', cookie } },
      'localhost',
      /expired or been replaced/,
    ],
    ['SameSite=Strict', { headers: {} }, 'localhost', /is SameSite=Strict.*Use SameSite=Lax/, strict],
    ['SameSite=Strict, as true', { headers: {} }, undefined, /is SameSite=Strict/, { sameSite: true }],
    ['Secure over http', { headers: {} }, undefined, /is Secure.*by http.*trust proxy/, secure],
    ['Secure over https', { headers: {}, secure: true }, undefined, /sent no cookie/, secure],
    ['a bare request', {}, undefined, /sent no cookie/],
  ]
  for (const [what, request, beganOn, words, sessionCookie] of causes)
    it(`names the cause that the request shows: ${what}`, () => {
      expect(explainMissing(request as Request, beganOn, sessionCookie)).to.match(words)
    })

  const hosts: ReadonlyArray<readonly [header: string, host: string | undefined]> = [
    ['App.example:8443', 'app.example'],
    ['[::1]:3000', '[::1]'],
    ['app.example', 'app.example'],
    ['<script>', undefined],
    ['a b', undefined],
    ['x'.repeat(300), undefined],
  ]
  for (const [header, host] of hosts)
    it(`takes ${host ?? 'nothing'} from the host header ${header.slice(0, 20)}`, () => {
      expect(hostOf({ headers: { host: header } } as Request)).to.equal(host)
    })

  it('takes nothing from a request without a host header', () => {
    expect(hostOf({ headers: {} } as Request)).to.equal(undefined)
  })
})
