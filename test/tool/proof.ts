import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../support/command.js'

const path = join(root, 'docs/proof.md')

/**
 * Writes a figure into docs/proof.md, between `<!-- name -->` and `<!-- /name -->`. Only the command that has just
 * measured it calls this, so no figure there was typed.
 *
 * @throws {Error} when docs/proof.md has no such place
 */
export function writeFigure(name: string, markdown: string): void {
  const text = readFileSync(path, 'utf8')
  const place = new RegExp(`(<!-- ${name} -->\\n).*?(<!-- /${name} -->)`, 's')
  if (!place.test(text)) throw new Error(`docs/proof.md lacks <!-- ${name} --> … <!-- /${name} -->`)
  writeFileSync(
    path,
    text.replace(place, (_match, start, end) => `${start}\n${markdown.trim()}\n\n${end}`),
  )
}
