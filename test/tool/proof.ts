import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../support/command.js'

/**
 * Writes a figure into a document, by default docs/proof.md, between `<!-- name -->` and `<!-- /name -->`. Only the command that has just
 * measured it calls this, so no figure there was typed.
 *
 * @throws {Error} when the document has no such place
 */
export function writeFigure(name: string, markdown: string, document = 'docs/proof.md'): void {
  const path = join(root, document)
  const text = readFileSync(path, 'utf8')
  const place = new RegExp(`(<!-- ${name} -->\\n).*?(<!-- /${name} -->)`, 's')
  if (!place.test(text)) throw new Error(`${document} lacks <!-- ${name} --> … <!-- /${name} -->`)
  writeFileSync(
    path,
    text.replace(place, (_match, start, end) => `${start}\n${markdown.trim()}\n\n${end}`),
  )
}
