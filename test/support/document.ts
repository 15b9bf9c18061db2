import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './command.js'

/** The blocks of TypeScript in a document, in their order. */
export function readCodeBlocks(path: string): string[] {
  const text = readFileSync(join(root, path), 'utf8')
  return [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code = '']) => code)
}

/** Whether a block stands in a source file, which may indent it, and have its imports at the top. */
export function holdsCode(path: string, block: string): boolean {
  const source = readFileSync(join(root, path), 'utf8')
  const lines = block.trimEnd().split('\n')
  const imports = lines.filter((line) => line.startsWith('import '))
  const code = lines
    .filter((line) => !line.startsWith('import '))
    .join('\n')
    .trim()
  const plain = (text: string): string => text.replaceAll(/^ +/gm, '')
  return imports.every((line) => importsAll(source, line)) && plain(source).includes(plain(code))
}

/** Whether a source imports, from the same module, every name that a line imports. */
function importsAll(source: string, line: string): boolean {
  const [, names = '', from = ''] = /^import (?:type )?\{ (.*) \} from (.*)$/.exec(line) ?? []
  const found = [...source.matchAll(/^import (?:type )?\{([^}]*)\} from (.*)$/gm)]
    .filter(([, , module]) => module === from)
    .flatMap(([, list = '']) => list.split(','))
    .map((name) => name.trim().replace(/^type /, ''))
  return names !== '' && names.split(', ').every((name) => found.includes(name))
}
