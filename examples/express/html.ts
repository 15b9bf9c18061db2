/** Text that is HTML already. */
export class HTML {
  constructor(readonly text: string) {}
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function render(value: unknown): string {
  if (value === undefined) return ''
  if (value instanceof HTML) return value.text
  if (Array.isArray(value)) return value.map(render).join('')
  return String(value).replace(/[&<>"']/g, (character) => `${entities[character]}`)
}

/** A template in which every value is escaped, for text and quoted attributes; HTML is not, `undefined` is nothing. */
export const html = (strings: TemplateStringsArray, ...values: unknown[]): HTML =>
  new HTML(String.raw({ raw: strings }, ...values.map(render)))
