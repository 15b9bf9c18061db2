/** Text that is HTML already and is inserted as it is. */
export class HTML {
  constructor(private readonly text: string) {}

  toString(): string {
    return this.text
  }
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

const buildPart = (value: unknown): string => {
  if (value instanceof HTML) return value.toString()
  if (Array.isArray(value)) return value.map(buildPart).join('')
  if (value === undefined || value === null || value === false) return ''
  return String(value).replaceAll(/[&<>"']/g, (character) => `${entities[character]}`)
}

/**
 * A template tag: every value is escaped, for text and for quoted attributes, unless it is HTML already.
 * `undefined`, `null` and `false` insert nothing; the values of an array follow each other.
 */
export const html = (strings: TemplateStringsArray, ...values: unknown[]): HTML =>
  new HTML(String.raw({ raw: strings }, ...values.map(buildPart)))

/** An address or a name of the protocol that may be broken after its punctuation, and so never within a word. */
export const buildBreakable = (text: string): HTML =>
  new HTML(
    buildPart(
      text
        .split(/(?<=[/.:?&=_@-])(?=[^/.:?&=_@-])/)
        .map((part, index) => (index ? html`<wbr>${part}` : part)),
    ),
  )
