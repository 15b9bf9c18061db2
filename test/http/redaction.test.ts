import { expect } from 'chai'
import { redact, redactIssuedTokens } from '../../lib/http/redaction.js'

const secret = 'a/b+c=d&e %"\\<ü>-1234567890'

const formEncode = (value: string): string => new URLSearchParams({ '': value }).toString().slice(1)
const everyUnit = (value: string, encode: (unit: string) => string): string =>
  value.split('').map(encode).join('')

describe('redaction', () => {
  const encodings: ReadonlyArray<readonly [what: string, encode: (value: string) => string]> = [
    ['as it is', (value) => value],
    ['percent-encoded', encodeURIComponent],
    ['percent-encoded in lower case', (value) => encodeURIComponent(value).toLowerCase()],
    ['percent-encoded twice', (value) => encodeURIComponent(encodeURIComponent(value))],
    [
      'percent-encoded to the last byte',
      (value) => [...Buffer.from(value)].map((byte) => `%${byte.toString(16)}`).join(''),
    ],
    ['form-encoded', formEncode],
    ['form-encoded, within JSON', (value) => JSON.stringify(formEncode(value))],
    ['escaped for JSON', (value) => JSON.stringify(value)],
    ['escaped for JSON twice', (value) => JSON.stringify(JSON.stringify(value))],
    ['escaped for JSON with slashes', (value) => JSON.stringify(value).replaceAll('/', '\\/')],
    [
      'escaped for JSON in ASCII',
      (value) =>
        JSON.stringify(value).replace(
          /[^\x20-\x7e]|[&<>]/g,
          (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
        ),
    ],
    [
      'escaped for JSON to the last unit',
      (value) =>
        everyUnit(value, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0').toUpperCase()}`),
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
    ['escaped for HTML by numbers', (value) => everyUnit(value, (unit) => `&#${unit.charCodeAt(0)};`)],
    [
      'escaped for HTML by hexadecimal numbers',
      (value) => everyUnit(value, (unit) => `&#x${unit.charCodeAt(0).toString(16)};`),
    ],
  ]
  for (const [what, encode] of encodings) {
    it(`finds a secret ${what}`, () => {
      const text = redact(`before ${encode(secret)} after`, [secret])
      expect(text.replaceAll(/["\\]/g, '')).to.equal('before [redacted] after')
    })
    it(`finds a short secret ${what}`, () => {
      const text = redact(`before ${encode('s3?')} after`, ['s3?'])
      expect(text.replaceAll(/["\\]/g, '')).to.equal('before [redacted] after')
    })
  }

  it('finds a secret beyond the basic plane', () => {
    expect(redact(`${JSON.stringify('🔑')} %F0%9F%94%91 \\ud83d\\udd11`, ['🔑'])).to.equal(
      '"[redacted]" [redacted] [redacted]',
    )
  })

  it('finds every secret, wherever it stands', () => {
    const long = 'x'.repeat(20)
    expect(redact(`${long}${long} and y1 in ${long}`, [long, undefined, '', 'y1'])).to.equal(
      '[redacted][redacted] and [redacted] in [redacted]',
    )
  })

  it('hides a secret that contains another one entirely', () => {
    expect(redact('app:short-secret-1', ['short-secret', 'app:short-secret-1'])).to.equal('[redacted]')
  })

  const places: ReadonlyArray<readonly [text: string, expected: string]> = [
    ['code=c0de&state=1', 'code=[redacted]&state=1'],
    ['"c0de"', '"[redacted]"'],
    ['code%3Dc0de%26state', 'code%3D[redacted]%26state'],
    ['line\\nc0de\\nline', 'line\\n[redacted]\\nline'],
    ['\\u0022c0de\\u0022', '\\u0022[redacted]\\u0022'],
    ['c0de', '[redacted]'],
    ['c0de_challenge', 'c0de_challenge'],
    ['a c0de-word', 'a c0de-word'],
    ['barc0de', 'barc0de'],
  ]
  for (const [text, expected] of places)
    it(`takes the short secret c0de in ${text} for ${text === expected ? 'a part of another word' : 'a secret'}`, () => {
      expect(redact(text, ['c0de'])).to.equal(expected)
    })

  it('finds a secret that looks escaped itself', () => {
    const escaped = 'ab%41\\u0042&#67;"cdefgh'
    for (const encode of [
      JSON.stringify,
      encodeURIComponent,
      (value: string) => encodeURIComponent(JSON.stringify(value)),
    ]) {
      expect(redact(encode(escaped), [escaped]).replaceAll(/["\\]|%22/g, '')).to.equal('[redacted]')
    }
  })

  it('takes no number for a character that there is not', () => {
    expect(redact('&#9999999; a-secret-of-16-c', ['a-secret-of-16-c'])).to.equal('&#9999999; [redacted]')
  })

  it('hides the beginning of a secret at the end of a text that was cut', () => {
    const cut = `${'x'.repeat(50)}${secret.slice(0, 12)}`
    expect(redact(cut, [secret], { isCut: true })).to.equal(`${'x'.repeat(50)}[redacted]`)
    expect(redact(cut, [secret])).to.equal(cut)
  })

  const attacks: ReadonlyArray<readonly [what: string, text: string, secret: string]> = [
    ['backslashes', `${'\\'.repeat(60_000)}x`, `${'\\'.repeat(4000)}y`],
    ['one letter, and another at the end', 'a'.repeat(65_536), `${'a'.repeat(4000)}b`],
    ['one letter, and another at the start', 'a'.repeat(65_536), `b${'a'.repeat(4000)}`],
    ['percent signs', '%25'.repeat(21_000), '%25'.repeat(1300)],
    ['half a megabyte', 'x'.repeat(65_536), 'y'.repeat(500_000)],
  ]
  for (const [what, text, long] of attacks)
    it(`of a secret of ${what} takes no longer than a test may`, () => {
      expect(redact(`${text}${long}`, [long], { isCut: true })).to.not.include(long)
    })

  it('leaves a text without secrets alone', () => {
    expect(redact('{"error":"invalid_grant"}', [secret, 'c0de'])).to.equal('{"error":"invalid_grant"}')
  })
})

describe('redaction of issued tokens', () => {
  const jwt = ['eyJhbGciOiJFUzI1NiJ9', 'eyJzdWIiOiIxIn0', 'c2lnbmF0dXJl'].join('.')
  const texts: ReadonlyArray<readonly [what: string, text: string, expected: string]> = [
    ['JSON', '{"access_token":"t&o k\\"1","x":1}', '{"access_token":"[redacted]","x":1}'],
    ['JSON with blanks', '{ "refresh_token" : "OR-1" }', '{ "refresh_token" : "[redacted]" }'],
    ['JSON that is cut off', '{"id_token":"ab', '{"id_token":"[redacted]'],
    ['a list', '{"access_token":["OR-1","OR-2"]}', '{"access_token":[redacted]]}'],
    ['an object', '{"access_token":{"value":"OR-1"}}', '{"access_token":[redacted]}}'],
    ['a number', '{"access_token":12345}', '{"access_token":[redacted]}'],
    ['JSON in a string', '"{\\"access_token\\":\\"OR-1\\"}"', '"{\\"access_token\\":\\"[redacted]\\"}"'],
    ['single quotes', "{'access_token': 'OR-1'}", "{'access_token': '[redacted]'}"],
    ['a form', 'access_token=OR-1&scope=a', 'access_token=[redacted]&scope=a'],
    ['an encoded form', 'access_token%3DOR-1%26scope', 'access_token%3D[redacted]%26scope'],
    ['XML', '<access_token>OR-1</access_token>', '<access_token>[redacted]</access_token>'],
    ['a name of its own', `{"jwt":"${jwt}"}`, '{"jwt":"[redacted]"}'],
    ['no name', `${jwt} is it`, '[redacted] is it'],
    [
      'two places',
      '{"access_token":"a","id_token":"b"}',
      '{"access_token":"[redacted]","id_token":"[redacted]"}',
    ],
  ]
  for (const [what, text, expected] of texts)
    it(`hides a token in ${what}`, () => {
      expect(redactIssuedTokens(text)).to.equal(expected)
    })

  const words = [
    '{"error":"invalid_request","error_description":"refresh_token is required"}',
    'Missing access_token',
    '<!DOCTYPE html><title>Just a moment...</title>',
  ]
  for (const text of words)
    it(`leaves the words ${text} alone`, () => {
      expect(redactIssuedTokens(text)).to.equal(text)
    })
})
