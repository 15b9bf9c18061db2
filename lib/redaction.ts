const placeholder = '[redacted]'

/** A value this long hardly occurs by chance; a shorter one is a secret only where it stands alone. */
const unmistakableLength = 16

/** Before a short value: nothing, no part of a word, or an escape of URLs or JSON, which ends like a word. */
const wordStart = String.raw`(?<=^|[^\w-]|%(?:25){0,2}[\dA-Fa-f]{2}|\\[bfnrt]|\\u[\dA-Fa-f]{4})`
const wordEnd = String.raw`(?![\w-])`

const htmlNames: Readonly<Record<string, string>> = { '&': 'amp', '<': 'lt', '>': 'gt', '"': 'quot' }

const escapeRegExp = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')

const hexPattern = (value: number, digits: number): string =>
  value
    .toString(16)
    .padStart(digits, '0')
    .replace(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`)

/**
 * Matches a character as it is, and however a server encodes it: for URLs and forms, for JSON, for HTML. Every
 * repetition is bounded, so that no answer, however it is made, takes long to search.
 */
function characterPattern(character: string): string {
  const bytes = [...Buffer.from(character)].map((byte) => `%(?:25){0,2}${hexPattern(byte, 2)}`)
  const units = character.split('').map((unit) => String.raw`\\{1,4}u${hexPattern(unit.charCodeAt(0), 4)}`)
  const codePoint = character.codePointAt(0) as number
  const forms = [
    String.raw`\\{0,3}${escapeRegExp(character)}`,
    bytes.join(''),
    units.join(''),
    `&#(?:0{0,6}${codePoint}|[xX]0{0,6}${hexPattern(codePoint, 1)});`,
    ...(character in htmlNames ? [`&${htmlNames[character]};`] : []),
    ...(character === ' ' ? [String.raw`\+`] : []),
  ]
  return `(?:${forms.join('|')})`
}

function secretPattern(secret: string): RegExp {
  const pattern = [...secret].map(characterPattern).join('')
  return new RegExp(secret.length < unmistakableLength ? `${wordStart}${pattern}${wordEnd}` : pattern, 'g')
}

/** No encoding that {@link redact} knows makes a secret longer than so many times its length. */
export const maxEncodedGrowth = 24

/** Replaces every secret in a server's text by `[redacted]`, in whichever common encoding it stands there. */
export function redact(text: string, secrets: ReadonlyArray<string | undefined>): string {
  const longestFirst = secrets.filter((secret) => secret !== undefined && secret !== '') as string[]
  longestFirst.sort((a, b) => b.length - a.length)
  return longestFirst.reduce((clean, secret) => clean.replace(secretPattern(secret), placeholder), text)
}

/** A token beside its name, in JSON (also cut off, also inside a JSON string), in a form, in XML. */
const namedToken =
  /((?:access|refresh|id)_token(?:"\s*:\s*"))(?:\\.|[^"\\])*|((?:access|refresh|id)_token(?:\\*["'])?\s*(?:[:=>]|%3[ADad])\s*(?:\\*["']|%22)?)(?:[[{][^\]}]*|[^\s"'<>&,;\\%[\]{}]+)/g

const jsonWebToken = /(?<![\w-])eyJ[\w-]+(?:\.[\w-]*)+/g

/** Hides tokens that an unusable answer issued all the same; works on an answer that is cut off, too. */
export const redactIssuedTokens = (text: string): string =>
  text
    .replace(namedToken, (_match, inJSON = '', elsewhere = '') => `${inJSON}${elsewhere}${placeholder}`)
    .replace(jsonWebToken, placeholder)
