const placeholder = '[redacted]'

/** A value this long hardly occurs by chance; a shorter one is a secret only where it stands alone. */
const unmistakableLength = 16

/** The forms in which a server may repeat a value: as it is, percent- or form-encoded, or escaped for JSON or HTML. */
function formsOf(secret: string): string[] {
  const percent = encodeURIComponent(secret)
  const form = new URLSearchParams({ '': secret }).toString().slice(1)
  const json = JSON.stringify(secret).slice(1, -1)
  const html = secret
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
  const lowerHex = (text: string): string => text.replace(/%[0-9A-F]{2}/g, (hex) => hex.toLowerCase())
  return [secret, percent, form, lowerHex(percent), lowerHex(form), json, json.replaceAll('/', '\\/'), html]
}

const escapeRegExp = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')

/** Replaces every secret in a server's text by `[redacted]`, in whichever common encoding it stands there. */
export function redact(text: string, secrets: ReadonlyArray<string | undefined>): string {
  const forms = new Set(secrets.flatMap((secret) => (secret ? formsOf(secret) : [])))
  const longestFirst = [...forms].sort((a, b) => b.length - a.length)
  return longestFirst.reduce(
    (clean, form) =>
      form.length >= unmistakableLength
        ? clean.replaceAll(form, placeholder)
        : clean.replace(new RegExp(`(?<![\\w-])${escapeRegExp(form)}(?![\\w-])`, 'g'), placeholder),
    text,
  )
}

const issuedToken = /((?:access|refresh|id)_token(?:"\s*:\s*"|=))(?:\\.|[^"&\\])*/g

/** Hides tokens that an unusable answer issued all the same; works on JSON that is cut off, too. */
export const redactIssuedTokens = (text: string): string => text.replace(issuedToken, `$1${placeholder}`)
