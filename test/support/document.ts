import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './command.js'

/** A fenced block of a document. */
export interface Block {
  /** What stands after the fence, such as `ts`. */
  language: string
  text: string
  /** The line of the fence, counted from 1. */
  line: number
  /** What a comment right above the fence says of it: `<!-- recipe: koa -->`, `<!-- file: jest.config.js -->`. */
  recipe?: string
  file?: string
}

/** The paths of README.md, SECURITY.md, CHANGELOG.md, CONTRIBUTING.md and every page of docs/. */
export const documents: readonly string[] = readdirSync(root)
  .concat(
    readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' }).map((path) => join('docs', path)),
  )
  .filter((path) => path.endsWith('.md') && !path.includes('node_modules'))
  .sort()

/** The text of a document. */
export const readDocument = (path: string): string => readFileSync(join(root, path), 'utf8')

/** The fenced blocks of a Markdown text, in their order. */
export function parseBlocks(markdown: string): Block[] {
  const pattern = /(?:<!-- (recipe|file): (\S+) -->\n+)?^```(\w*)\n(.*?)^```$/gms
  return [...markdown.matchAll(pattern)].map(
    ({ 0: match, 1: kind, 2: name, 3: language = '', 4: text = '', index }) => {
      const line = markdown.slice(0, index + match.indexOf('```')).split('\n').length
      return { language, text, line, ...(kind && { [kind]: name }) }
    },
  )
}

/** What stands between `<!-- name -->` and `<!-- /name -->`. @throws {Error} when it is missing */
export function readSection(markdown: string, name: string): string {
  const [, section] = markdown.split(new RegExp(`<!-- /?${name} -->`))
  if (section === undefined) throw new Error(`the document lacks <!-- ${name} --> … <!-- /${name} -->`)
  return section
}

/** The blocks of TypeScript in a document, in their order. */
export const readCodeBlocks = (path: string): string[] =>
  parseBlocks(readDocument(path))
    .filter(({ language }) => language === 'ts')
    .map(({ text }) => text)

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
