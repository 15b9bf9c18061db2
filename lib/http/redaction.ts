/** What stands in the place of a secret. */
export const placeholder = '[redacted]'

/** A shorter secret is hidden where it stands alone; this long, it is one wherever it stands. */
const tokenLength = 16

/** What joins the parts of a token (base64, JWT, form), also escaped for a URL or for JSON. */
const joiner = /[+/=.]|%(?:25)*(?:2[BEF]|3D)|\\+(?:\/|u00(?:2[BEF]|3D))/i
const separator = /%(?:25)*[\dA-F]{2}|\\+(?:u[\dA-F]{4}|.)/i

/** A run of a token's characters; or another escape, of which no part is taken for the beginning of a run. */
const runs = new RegExp(`((?:[\\w-]|${joiner.source})+)|${separator.source}`, 'gi')

/** A token or device code beside its name in JSON, whatever it looks like. */
const namedToken = /("(?:(?:access|refresh|id)_token|device_code)"\s*:\s*")[^"\\]+/g

/** The name of a form's parameter before its value. */
const parameterName = /^[a-z_]+(?:=|%3[Dd])(?=.)/

const uuid = /^[\dA-F]{8}(?:-[\dA-F]{4}){3}-[\dA-F]{12}$/i

/** What Cloudflare calls a request: an id, and where it arrived. */
const cloudflareRay = /^([\dA-F]{16,20})(?:-[A-Z]{3,4})?$/i

/**
 * Replaces by `[redacted]` what could be a secret in a server's text: what was sent, in its usual encodings, and every
 * token-like run, whether or not it was sent. A UUID and the given `cf-ray` stay readable. In linear time.
 */
export function redact(text: string, secrets: ReadonlyArray<string | undefined>, ray = ''): string {
  const [whole, id] = cloudflareRay.exec(ray) ?? []
  const isToken = (part: string): boolean =>
    part.length >= tokenLength &&
    /\d/.test(part) &&
    /[A-Z]/i.test(part) &&
    !uuid.test(part) &&
    part !== whole &&
    part !== id
  const hide = (match: string, run?: string): string => {
    if (!run) return match
    const name = parameterName.exec(run)?.[0] ?? ''
    const parts = run.slice(name.length).split(joiner)
    const isJWT = parts.length > 1 && parts.some((part) => part.startsWith('eyJ'))
    return isJWT || parts.some(isToken) ? name + placeholder : run
  }
  return redactSent(text, secrets).replace(namedToken, `$1${placeholder}`).replace(runs, hide)
}

/** Replaces by `[redacted]` what was sent, in its usual encodings. */
export function redactSent(text: string, secrets: ReadonlyArray<string | undefined>): string {
  const forms = [...new Set(secrets.flatMap((secret) => (secret ? formsOf(secret) : [])))]
  // The longest first, because one can hold another.
  forms.sort((a, b) => b.length - a.length)
  const long = forms.filter(({ length }) => length >= tokenLength)
  const short = forms.slice(long.length)
  const clean = long.reduce((rest, form) => rest.replaceAll(form, placeholder), text)
  if (short.length === 0) return clean
  const start = '(?:(?<![\\w-])|(?<=%(?:25){0,3}[\\dA-Fa-f]{2}|\\\\u[\\dA-Fa-f]{4}|\\\\[bfnrt]))'
  const literals = short.map((form) => form.replace(/[^\w\s]/g, '\\$&'))
  return clean.replace(new RegExp(`${start}(?:${literals.join('|')})(?![\\w-])`, 'g'), placeholder)
}

/** The forms in which a sent value comes back: as it is, in URLs and forms, in JSON, in HTML, as base64 or hex. */
function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret)
  const wellFormed = bytes.toString()
  const percent = encodeURIComponent(wellFormed)
  const form = new URLSearchParams({ '': wellFormed }).toString().slice(1)
  // RFC 3986, as PHP has it; and Python, which leaves a slash, or makes a plus sign of a space.
  const strict = percent.replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  const inURLs = [percent, form, strict, strict.replaceAll('%2F', '/'), strict.replaceAll('%20', '+')]
  const lowerCase = inURLs.map((text) => text.replace(/%../g, (hex) => hex.toLowerCase()))
  const html = htmlEscapes.map((escapes) =>
    secret.replace(/[&<>"'+/=`]/g, (character) => escapes[character] ?? character),
  )
  const encodings = secret.length < minEncoded ? [] : (['base64', 'base64url', 'hex'] as const)
  const encoded = encodings.map((encoding) => bytes.toString(encoding).replace(/=+$/, ''))
  // What must be escaped, and what Python, Go, Ruby, PHP and .NET escape besides.
  const json = JSON.stringify(secret).slice(1, -1)
  const [ascii, forHTML] = [escapeUnits(json, /[^ -~]/g), escapeUnits(json, /[<>&]/g)]
  const all = escapeUnits(json.replaceAll('\\"', '"'), /[^ -~]|["&'+<>`]/g)
  return [
    ...[secret, wellFormed, encodeURIComponent(percent), ...inURLs, ...lowerCase, ...html, ...encoded],
    ...[json, ascii, forHTML, escapeUnits(forHTML, /[^ -~]/g)],
    ...[json.replaceAll('/', '\\/'), ascii.replaceAll('/', '\\/')],
    all.replace(/\\u..../g, (escaped) => `\\u${escaped.slice(2).toUpperCase()}`),
  ]
}

/** In base64 or hex, a shorter value could look like a word. */
const minEncoded = 8

/** What must be escaped in HTML, and how PHP, Python, Go, .NET, Mustache and Handlebars escape quotes and more. */
const htmlEscapes: ReadonlyArray<Readonly<Record<string, string>>> = [
  {},
  { "'": '&#39;' },
  { "'": '&#039;' },
  { "'": '&#x27;' },
  { "'": '&#39;', '"': '&#34;', '+': '&#43;' },
  { "'": '&#x27;', '+': '&#x2B;', '`': '&#x60;' },
  { "'": '&#39;', '/': '&#x2F;', '`': '&#x60;', '=': '&#x3D;' },
  { "'": '&#x27;', '`': '&#x60;', '=': '&#x3D;' },
].map((more) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', ...more }))

const escapeUnits = (text: string, units: RegExp): string =>
  text.replace(units, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)

/**
 * A sent value that is to be hidden: not a lower-case word, because whoever sends `invalid_grant` as a code must not
 * make errors unreadable.
 */
export const secretUnlessWord = (value: string | undefined): string | undefined =>
  value !== undefined && /^[a-z]+(?:_[a-z]+)*$/.test(value) ? undefined : value
