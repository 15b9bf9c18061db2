import { createHash } from 'node:crypto'
import { expect } from 'chai'
import { redact, redactSent, secretUnlessWord } from '../../lib/http/redaction.js'

const jwt = ['eyJhbGciOiJFUzI1NiJ9', 'eyJzdWIiOiJhIn0', 'c2lnbmF0dXJl'].join('.')
const token = 'OR-1a2b3c4d5e6f7g8h'

describe('redact', () => {
  const tokens: ReadonlyArray<readonly [what: string, text: string, expected: string]> = [
    ['16 letters and digits', 'is abcdefghijklmno1 it', 'is [redacted] it'],
    ['base64url', 'Ab_-Ab_-Ab_-Ab_1', '[redacted]'],
    ['hexadecimal', '"5f3c9a7b1e2d4f60"', '"[redacted]"'],
    ['a JWT', `no ${jwt}!`, 'no [redacted]!'],
    ['a JWT without digits and signature', 'eyJhbGci.eyJzdWIi.', '[redacted]'],
    ['base64', 'key abcd+efgh/0123456789abcdef== end', 'key [redacted] end'],
    ['base64 in a URL', `a%20abcd%2Befgh%2f${token}%3D%3D%20b`, 'a%20[redacted]%20b'],
    ['base64 in a URL in a URL', `%2520abcd%252Befgh%252F${token}`, '%2520[redacted]'],
    ['base64 in JSON', `"abcd\\/efgh\\u002b${token}"`, '"[redacted]"'],
    ['a path', `https://auth.x.ai/reset/${token}`, 'https:[redacted]'],
    ['a parameter', `?error=invalid&code=${token}&a=b`, '?error=invalid&code=[redacted]&a=b'],
    ['a parameter in a URL', `%3Fcode%3D${token}%26a`, '%3Fcode%3D[redacted]%26a'],
    ['JSON in JSON', `{\\"access_token\\":\\"${token}\\"}`, '{\\"access_token\\":\\"[redacted]\\"}'],
    ['escaped quotes', `\\u0022${token}\\u0022`, '\\u0022[redacted]\\u0022'],
    ['a line of its own', `a\\n${token}\\n`, 'a\\n[redacted]\\n'],
    [
      'JSON, beside its name, though it looks like a word',
      '{"access_token":"word", "id_token" : "word" ,"refresh_token":"","error":"word"}',
      '{"access_token":"[redacted]", "id_token" : "[redacted]" ,"refresh_token":"","error":"word"}',
    ],
    ['two UUIDs in one', `${'3f0e8d5c-5b1c-4c55-9d0b-2f6d3c1b7a90'.repeat(2)}`, '[redacted]'],
  ]
  for (const [what, text, expected] of tokens)
    it(`hides a token in ${what}`, () => {
      expect(redact(text, [])).to.equal(expected)
    })

  const readable: ReadonlyArray<readonly [what: string, text: string]> = [
    ['an error', '{"error":"invalid_grant","error_description":"Refresh token has been revoked"}'],
    ['the name of a parameter', 'code_challenge_method must be S256'],
    ['the name of a token', '"refresh_token" is required, "access_token":null'],
    ['an error in a URL', '/?error=unauthorized_client&error_description=unsupported%20grant_type'],
    ['a URL in a URL', '%3Ferror%3Dx%26error_description%3Dtemporarily%2520unavailable'],
    ['JSON in JSON', '{\\u0022error_description\\u0022:\\u0022temporarily unavailable\\u0022}'],
    ['JSON in JSON in JSON', '\\\\u0022unsupported_response_type\\\\u0022'],
    ['an address', 'https://auth.x.ai/.well-known/openid-configuration'],
    ['a page', '<!DOCTYPE html><title>Just a moment...</title><p class="font-semibold">'],
    ['a person', 'Anna-Maria.Oberkirchner@example.com'],
    ['numbers', '12345678901234567890 and 2026-11-24T23:20:00.000Z'],
    ['a UUID', 'request 3f0e8d5c-5b1c-4c55-9d0b-2f6d3c1b7a90, 3F0E8D5C-5B1C-4C55-9D0B-2F6D3C1B7A90'],
    ['15 letters and digits', 'abcdefghijklmn1'],
    ['one part of a JWT without digits', 'eyJhbGci'],
    ['a long word', 'donaudampfschifffahrtsgesellschaft'],
  ]
  for (const [what, text] of readable)
    it(`leaves ${what} readable`, () => {
      expect(redact(text, [])).to.equal(text)
    })

  it('leaves the given cf-ray readable, and nothing that only stands in its place', () => {
    const text = 'cf-ray: 8c1f2d3e4b5a6978-FRA, Ray ID: <b>8c1f2d3e4b5a6978</b>'
    expect(redact(text, [], '8c1f2d3e4b5a6978-FRA')).to.equal(text)
    expect(redact(text, [], '8c1f2d3e4b5a6979-FRA')).to.equal('cf-ray: [redacted], Ray ID: <b>[redacted]</b>')
    expect(redact(token, [], token)).to.equal('[redacted]')
    expect(redact(text, ['8c1f2d3e4b5a6978'], '8c1f2d3e4b5a6978-FRA')).to.not.contain('8c1f2d3e4b5a6978')
  })

  it('lets hardly a random token of 32 bytes pass, and no hexadecimal one', () => {
    const passed = { base64url: 0, hex: 0 }
    for (let count = 0; count < 1000; count += 1)
      for (const encoding of ['base64url', 'hex'] as const) {
        const random = createHash('sha256').update(String(count)).digest(encoding)
        if (redact(random, []).includes(random)) passed[encoding] += 1
      }
    expect(passed.base64url).to.be.at.most(3)
    expect(passed.hex).to.equal(0)
  })

  it('hides a UUID that was sent', () => {
    const uuid = '3f0e8d5c-5b1c-4c55-9d0b-2f6d3c1b7a90'
    expect(redact(`code ${uuid}`, [uuid])).to.equal('code [redacted]')
  })
})

const escapeJSON = (value: string, units: RegExp): string =>
  JSON.stringify(value)
    .slice(1, -1)
    .replace(units, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)

const escapeHTML = (value: string, more: Readonly<Record<string, string>>): string => {
  const escapes: typeof more = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', ...more }
  return Array.from(value, (character) => escapes[character] ?? character).join('')
}

const encodeStrictly = (value: string): string =>
  encodeURIComponent(value)
    .replaceAll("'", '%27')
    .replaceAll('(', '%28')
    .replaceAll(')', '%29')
    .replaceAll('*', '%2A')
    .replaceAll('!', '%21')

describe('redactSent', () => {
  const encodings: ReadonlyArray<readonly [what: string, encode: (value: string) => string]> = [
    ['as it is', (value) => value],
    ['percent-encoded', encodeURIComponent],
    [
      'percent-encoded in lower case',
      (value) => encodeURIComponent(value).replace(/%../g, (hex) => hex.toLowerCase()),
    ],
    ['percent-encoded twice', (value) => encodeURIComponent(encodeURIComponent(value))],
    ['form-encoded', (value) => new URLSearchParams({ '': value }).toString().slice(1)],
    ['escaped for JSON', (value) => JSON.stringify(value).slice(1, -1)],
    ['escaped for JSON with slashes', (value) => JSON.stringify(value).slice(1, -1).replaceAll('/', '\\/')],
    ['escaped for JSON by Python', (value) => escapeJSON(value, /[^ -~]/g)],
    ['escaped for JSON by PHP', (value) => escapeJSON(value, /[^ -~]/g).replaceAll('/', '\\/')],
    ['escaped for JSON by Go', (value) => escapeJSON(value, /[<>&]/g)],
    ['escaped for JSON by Ruby', (value) => escapeJSON(value, /[^ -~]|[<>&]/g)],
    [
      'escaped for JSON by .NET',
      (value) =>
        escapeJSON(value, /[^ -~]|[&'+<>`]/g)
          .replaceAll('\\"', '\\u0022')
          .replace(/\\u..../g, (unit) => `\\u${unit.slice(2).toUpperCase()}`),
    ],
    [
      'escaped for HTML',
      (value) =>
        value
          .replaceAll('&', '&amp;')
          .replaceAll('<', '&lt;')
          .replaceAll('>', '&gt;')
          .replaceAll('"', '&quot;'),
    ],
    ['escaped for HTML by PHP', (value) => escapeHTML(value, { "'": '&#039;' })],
    ['escaped for HTML by Python', (value) => escapeHTML(value, { "'": '&#x27;' })],
    ['escaped for HTML by lodash', (value) => escapeHTML(value, { "'": '&#39;' })],
    ['escaped for HTML by Go', (value) => escapeHTML(value, { "'": '&#39;', '"': '&#34;', '+': '&#43;' })],
    [
      'escaped for HTML by .NET',
      (value) => escapeHTML(value, { "'": '&#x27;', '+': '&#x2B;', '`': '&#x60;' }),
    ],
    [
      'escaped for HTML by Mustache',
      (value) => escapeHTML(value, { "'": '&#39;', '/': '&#x2F;', '`': '&#x60;', '=': '&#x3D;' }),
    ],
    [
      'escaped for HTML by Handlebars',
      (value) => escapeHTML(value, { "'": '&#x27;', '`': '&#x60;', '=': '&#x3D;' }),
    ],
    ['percent-encoded by RFC 3986', encodeStrictly],
    [
      'percent-encoded by RFC 3986 in lower case',
      (value) => encodeStrictly(value).replace(/%../g, (hex) => hex.toLowerCase()),
    ],
    ['percent-encoded by Python', (value) => encodeStrictly(value).replaceAll('%2F', '/')],
    ['form-encoded by Python', (value) => encodeStrictly(value).replaceAll('%20', '+')],
  ]
  for (const secret of [
    'a/b+c=d&e %"\\<ü>🔑-letters',
    '?<"&ü',
    '`o\'ö/"+Ö',
    "it's (a) *secret*!",
    'lettersonlylettersonly',
    's3cr3t',
  ])
    for (const [what, encode] of encodings)
      it(`hides "${secret}" ${what}`, () => {
        for (const [before, after] of [
          ['before ', ' after'],
          ['"', '"'],
          ['code=', '&state=1'],
          ['%3D', '%26'],
          ['\\u0022', '\\u0022'],
          ['line\\n', '\\nline'],
        ]) {
          const text = `${before}${encode(secret)}${after}`
          expect(redactSent(text, [secret])).to.equal(`${before}[redacted]${after}`)
        }
      })

  it('hides a sent value as base64 and hex, unless it is so short that these could be words', () => {
    for (const encoding of ['base64', 'base64url', 'hex'] as const) {
      const encode = (text: string): string => Buffer.from(text).toString(encoding).replace(/=+$/, '')
      // Padded by two, by one and by none.
      for (const secret of ['???letters', '???lette', '???letter', 'lett-ers'])
        expect(redactSent(`a ${encode(secret)} b`, [secret])).to.equal('a [redacted] b')
      expect(redactSent(`a ${encode('letters')} b`, ['letters'])).to.equal(`a ${encode('letters')} b`)
    }
  })

  it('hides every secret, the longer ones first', () => {
    const text = 'app:short-secret-of-one, short-secret, short-secret and y1'
    expect(redactSent(text, ['short-secret', undefined, '', 'app:short-secret-of-one', 'y1'])).to.equal(
      '[redacted], [redacted], [redacted] and [redacted]',
    )
  })

  it('hides a short secret only where it stands alone, and a long one everywhere', () => {
    for (const text of ['c0de_challenge', 'a c0de-word', 'barc0de', 'xc0dex'])
      expect(redactSent(text, ['c0de'])).to.equal(text)
    expect(redactSent(`bar${'c'.repeat(16)}word`, ['c'.repeat(16)])).to.equal('bar[redacted]word')
  })

  it('takes the characters of a secret for nothing else', () => {
    for (const secret of ['.', '$&', 'a|b', '[^a]', '\\', '(?:', '\ud800', '\n', '*?+^{}()'])
      expect(redactSent(`x "${secret}" b`, [secret])).to.equal('x "[redacted]" b')
  })

  it('hides no lower-case word that somebody sends as a code', () => {
    for (const word of ['invalid_grant', 'code_challenge_method', 'error', 'x'])
      expect(secretUnlessWord(word)).to.equal(undefined)
    for (const secret of ['Invalid', 'c0de', 'a-b', 'the code', '_', 'a_', ''])
      expect(secretUnlessWord(secret)).to.equal(secret)
  })
})

describe('redaction of a hostile text', () => {
  const size = 512 * 1024
  const texts: ReadonlyArray<readonly [what: string, part: string, secret: string]> = [
    ['letters', 'a', `${'a'.repeat(4000)}b`],
    ['letters, which the secret ends with', 'a', `b${'a'.repeat(4000)}`],
    ['a short secret', 'ab1', 'ab1'],
    ['parts of a secret', '<a', `${'<a'.repeat(2000)}>`],
    ['backslashes', '\\', `${'\\'.repeat(4000)}y`],
    ['percent signs', '%', '%%'],
    ['percent signs, encoded again and again', '%2525252525', '%25'.repeat(1300)],
    ['the beginnings of escapes', '\\u00', 'x'],
    ['joiners', '+/=.', '+'],
    ['the beginnings of JWTs', 'eyJ.', 'eyJ'],
    ['tokens', `${token} `, token],
    ['parameters', 'code=', 'code'],
    ['the beginnings of named tokens', '"id_token" : ', 'x'],
    ['UUIDs', '3f0e8d5c-5b1c-4c55-9d0b-2f6d3c1b7a90 ', 'x'],
  ]
  // Were it quadratic, this would take hours.
  for (const [what, part, secret] of texts)
    it(`of 512 KiB of ${what} ends`, () => {
      const text = part.repeat(size / part.length)
      expect(redact(`${text}\n${token}\n`, [secret])).to.not.contain(token)
    })
})
