const placeholder = '[redacted]'

/** A value this long hardly occurs by chance; a shorter one is a secret only where it stands alone. */
const unmistakableLength = 16

/** As much of a secret's beginning, left at the end of a text that was cut, is worth hiding. */
const tellingLength = 4

/** An answer can hold a URL in a JSON string in an HTML page; nobody honest goes deeper. */
const maxLayers = 4

/** One escape of URLs and forms, of JSON, or of HTML. */
const escapes =
  /%[\dA-Fa-f]{2}|\\u[dD][89abAB][\dA-Fa-f]{2}\\u[dD][c-fC-F][\dA-Fa-f]{2}|\\u[\dA-Fa-f]{4}|\\[^u]|&(?:amp|lt|gt|quot|#\d{1,7}|#[xX][\dA-Fa-f]{1,6});/g

const names: Readonly<Record<string, string>> = {
  '\\n': '\n',
  '\\r': '\r',
  '\\t': '\t',
  '\\b': '\b',
  '\\f': '\f',
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
}

/** A text under so many layers of escapes; as bytes, one a character, because URLs escape bytes. */
interface Layer {
  bytes: string
  /** Where in the original each byte comes from, and at last where that ends. */
  offsets: Uint32Array
}

type Span = readonly [start: number, end: number]

const bytesOf = (text: string): string => Buffer.from(text).toString('latin1')

/** The layers of a text, from the outermost inwards. */
function layersOf(bytes: string): Layer[] {
  const layers: Layer[] = []
  let layer: Layer | undefined = {
    bytes,
    offsets: Uint32Array.from({ length: bytes.length + 1 }, (_, at) => at),
  }
  while (layer && layers.length < maxLayers) {
    layers.push(layer)
    layer = decodeLayer(layer)
  }
  // In a form a plus is a space, and elsewhere it is not: neither is told from the other.
  return layers.map(({ bytes, offsets }) => ({ bytes: bytes.replaceAll('+', ' '), offsets }))
}

/**
 * Replaces every secret in a server's text by `[redacted]`, however many of the common encodings it stands there in.
 * `isCut` says that the text goes on elsewhere: then a secret's beginning at its end is replaced as well.
 */
export function redact(
  text: string,
  secrets: ReadonlyArray<string | undefined>,
  { isCut = false }: { isCut?: boolean } = {},
): string {
  // A secret may look escaped itself, and is then decoded with the text that it stands in.
  const sought = secrets.flatMap((secret) =>
    secret ? layersOf(bytesOf(secret)).map(({ bytes }) => bytes) : [],
  )
  const original = bytesOf(text)
  const layers = layersOf(original)
  const spans = layers.flatMap((layer) => sought.flatMap((secret) => findIn(layer, secret, isCut)))
  return spans.length === 0 ? text : Buffer.from(replaceSpans(original, spans), 'latin1').toString()
}

function findIn({ bytes, offsets }: Layer, secret: string, isCut: boolean): Span[] {
  const found: Span[] = []
  const add = (at: number, length: number): void => {
    found.push([offsets[at] as number, offsets[at + length] as number])
  }
  for (let at = bytes.indexOf(secret); at >= 0; ) {
    const isWhole = secret.length >= unmistakableLength || standsAlone(bytes, at, secret.length)
    if (isWhole) add(at, secret.length)
    at = bytes.indexOf(secret, at + (isWhole ? secret.length : 1))
  }
  const begun = isCut ? overlapOf(bytes, secret) : 0
  if (begun >= tellingLength) add(bytes.length - begun, begun)
  return found
}

/** How much of a secret's beginning a text ends with; in linear time (Knuth, Morris, Pratt). */
function overlapOf(text: string, secret: string): number {
  const borders = new Uint32Array(secret.length + 1)
  const extend = (length: number, character: string): number => {
    let matched = length
    while (matched > 0 && secret[matched] !== character) matched = borders[matched] as number
    return secret[matched] === character ? matched + 1 : 0
  }
  for (let at = 1; at < secret.length; at += 1) {
    borders[at + 1] = extend(borders[at] as number, secret.charAt(at))
  }
  let length = 0
  for (const character of text.slice(-secret.length)) length = extend(length, character)
  return length
}

const standsAlone = (bytes: string, at: number, length: number): boolean =>
  !/[\w-]/.test(bytes.charAt(at - 1)) && !/[\w-]/.test(bytes.charAt(at + length))

/** Takes one layer of escapes off; `undefined` when there is none. */
function decodeLayer({ bytes, offsets }: Layer): Layer | undefined {
  const parts: string[] = []
  const origins: number[] = []
  const keep = (part: string, originOf: (index: number) => number): void => {
    parts.push(part)
    for (let index = 0; index < part.length; index += 1) origins.push(originOf(index))
  }
  let end = 0
  for (const { 0: escaped, index: start } of bytes.matchAll(escapes)) {
    const from = end
    keep(bytes.slice(from, start), (index) => offsets[from + index] as number)
    keep(decodeEscape(escaped), () => offsets[start] as number)
    end = start + escaped.length
  }
  if (end === 0) return undefined
  keep(bytes.slice(end), (index) => offsets[end + index] as number)
  return { bytes: parts.join(''), offsets: Uint32Array.from([...origins, offsets.at(-1) as number]) }
}

/** The bytes that an escape stands for. */
function decodeEscape(escaped: string): string {
  const name = names[escaped]
  if (name) return name
  if (escaped.startsWith('%')) return String.fromCharCode(Number.parseInt(escaped.slice(1), 16))
  if (escaped.startsWith('\\u')) {
    const units = escaped.slice(2).split('\\u')
    return bytesOf(String.fromCharCode(...units.map((unit) => Number.parseInt(unit, 16))))
  }
  if (escaped.startsWith('\\')) return escaped.slice(1)
  const isHex = /x/i.test(escaped)
  const codePoint = Number.parseInt(escaped.slice(isHex ? 3 : 2), isHex ? 16 : 10)
  return codePoint <= 0x10ffff ? bytesOf(String.fromCodePoint(codePoint)) : ''
}

function replaceSpans(bytes: string, spans: Span[]): string {
  const parts: string[] = []
  let kept = 0
  for (const [start, end] of spans.sort((a, b) => a[0] - b[0])) {
    // A secret that begins within another one is hidden with it.
    if (start >= kept) parts.push(bytes.slice(kept, start), placeholder)
    kept = Math.max(kept, end)
  }
  return parts.join('') + bytes.slice(kept)
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
