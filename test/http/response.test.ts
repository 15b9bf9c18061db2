import { mock } from 'node:test'
import { expect } from 'chai'
import { isCloudflare, parseObject, parseRetryAfter, parseUtf8 } from '../../lib/http/response.js'

const responseOf = (body: string | Buffer, headers: Record<string, string> = {}) => ({
  status: 200,
  headers,
  body: Buffer.from(body as string),
})

describe('the text of a response', () => {
  const readable: ReadonlyArray<
    readonly [what: string, type: string | undefined, body: Buffer | string, text: string]
  > = [
    ['without a content type', undefined, 'ü€🔑', 'ü€🔑'],
    ['without a charset', 'application/json', 'ü', 'ü'],
    ['that names UTF-8', 'application/json; charset=utf-8', 'ü', 'ü'],
    ['that names UTF8 in quotes', 'application/json;CHARSET = "UTF8"; x=y', 'ü', 'ü'],
    ['that names ASCII', 'text/plain; charset=us-ascii', 'a', 'a'],
    ['with a byte order mark', 'application/json', Buffer.from('\ufeff{}'), '{}'],
    ['that is empty', 'application/json', '', ''],
  ]
  for (const [what, type, body, text] of readable)
    it(`is read ${what}`, () => {
      expect(parseUtf8(responseOf(body, type === undefined ? {} : { 'content-type': type }))).to.equal(text)
    })

  const unreadable: ReadonlyArray<readonly [what: string, type: string, body: Buffer | string]> = [
    ['names Latin-1', 'application/json; charset=iso-8859-1', '{}'],
    ['names Latin-1 without a space', 'application/json;charset=iso-8859-1', '{}'],
    ['names UTF-16', 'application/json; charset="utf-16"', '{}'],
    ['holds a lone byte of Latin-1', 'application/json', Buffer.from([0x22, 0xfc, 0x22])],
    ['is cut inside a character', 'application/json', Buffer.from('€').subarray(0, 2)],
    ['encodes a surrogate', 'application/json', Buffer.from([0xed, 0xa0, 0x80])],
  ]
  for (const [what, type, body] of unreadable)
    it(`is nothing when it ${what}`, () => {
      expect(parseUtf8(responseOf(body, { 'content-type': type }))).to.equal(undefined)
    })
})

describe('a JSON object', () => {
  it('is read as it is, __proto__ included, which changes no prototype', () => {
    const object = parseObject('{"a":[1],"__proto__":{"polluted":true}}')
    expect(Object.keys(object ?? {})).to.deep.equal(['a', '__proto__'])
    expect(object).to.not.have.property('polluted')
    expect({}).to.not.have.property('polluted')
  })

  for (const text of [
    'null',
    '[]',
    '[{}]',
    '"{}"',
    '1',
    'true',
    '',
    ' ',
    '{',
    '{}{}',
    '<html>',
    'a=b',
    '['.repeat(500_000),
  ])
    it(`is not ${text.slice(0, 8) || 'nothing'}`, () => {
      expect(parseObject(text)).to.equal(undefined)
    })

  it('is not in a text that could not be read', () => {
    expect(parseObject(undefined)).to.equal(undefined)
  })
})

describe('Cloudflare', () => {
  const responses: ReadonlyArray<
    readonly [what: string, body: string, headers: Record<string, string>, expected: boolean]
  > = [
    ['a cf-mitigated header', '{}', { 'cf-mitigated': 'challenge' }, true],
    ['an HTML content type', '', { 'content-type': 'text/html; charset=UTF-8' }, true],
    ['an HTML page without a content type', '\n <!DOCTYPE html><title>Just a moment...</title>', {}, true],
    [
      'JSON',
      '{"error":"access_denied"}',
      { 'content-type': 'application/json', server: 'cloudflare' },
      false,
    ],
    ['JSON whose type mentions HTML', '{}', { 'content-type': 'application/json; as=text/html' }, false],
    ['an HTML page behind a byte order mark', '\uFEFF<!DOCTYPE html>', {}, true],
    ['nothing', '', {}, false],
    ['text that mentions HTML', 'no <html> here', { 'content-type': 'text/plain' }, false],
  ]
  for (const [what, body, headers, expected] of responses)
    it(`is ${expected ? '' : 'not '}recognized by ${what}`, () => {
      expect(isCloudflare(responseOf(body, headers))).to.equal(expected)
    })
})

describe('Retry-After', () => {
  beforeEach(() => mock.timers.enable({ apis: ['Date'], now: Date.UTC(2026, 9, 1, 12, 0, 0) }))
  afterEach(() => mock.timers.reset())

  const headers: ReadonlyArray<readonly [header: string | undefined, seconds: number | undefined]> = [
    ['0', 0],
    ['120', 120],
    ['Thu, 01 Oct 2026 12:01:30 GMT', 90],
    ['Thursday, 01-Oct-26 12:01:30 GMT', 90],
    ['Thu, 01 Oct 2026 11:00:00 GMT', 0],
    [undefined, undefined],
    ['', undefined],
    ['soon', undefined],
    ['-1', undefined],
    ['1.5', undefined],
    ['2026', 2026],
    ['99999999999', undefined],
    ['Thu, 99 Foo 2026 12:01:30 GMT', undefined],
    ['Thu Oct  1 12:01:30 2026', undefined],
    ['Foo, nonsense 5 GMT', undefined],
    ['Mon, 1 GMT', undefined],
    ['x Thu, 01 Oct 2026 12:01:30 GMT', undefined],
    ['Thu, 01 Oct 2026 12:01:30 GMT+1', undefined],
  ]
  for (const [header, seconds] of headers)
    it(`${header === undefined ? 'left out' : `"${header}"`} asks for ${seconds ?? 'no'} seconds`, () => {
      expect(parseRetryAfter(header)).to.equal(seconds)
    })
})
