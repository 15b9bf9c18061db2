import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../support/command.js'

/** A fenced block of README.md. */
export interface ReadmeBlock {
  /** What stands after the fence, such as `ts`. */
  language: string
  text: string
  /** The line of the fence, counted from 1. */
  line: number
  /** The name in the comment `<!-- recipe: name -->` right above the fence. */
  recipe: string | undefined
}

const path = join(root, 'README.md')

/** Whether there is a README.md; without one there is nothing to check yet. */
export const hasReadme = (): boolean => existsSync(path)

/** The text of README.md. */
export const readReadme = (): string => readFileSync(path, 'utf8')

/** The fenced blocks of a Markdown text, in their order. */
export function parseBlocks(markdown: string): ReadmeBlock[] {
  const pattern = /(?:<!-- recipe: (\S+) -->\n+)?^```(\w*)\n(.*?)^```$/gms
  return [...markdown.matchAll(pattern)].map(
    ({ 0: match, 1: recipe, 2: language = '', 3: text = '', index }) => {
      const line = markdown.slice(0, index + match.indexOf('```')).split('\n').length
      return { language, text, line, recipe }
    },
  )
}

/** What stands between `<!-- name -->` and `<!-- /name -->`. @throws {Error} when it is missing */
export function readSection(markdown: string, name: string): string {
  const [, section] = markdown.split(new RegExp(`<!-- /?${name} -->`))
  if (section === undefined) throw new Error(`README.md lacks <!-- ${name} --> … <!-- /${name} -->`)
  return section
}
