import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect } from 'chai'
import { root } from './support/command.js'
import { documents, readDocument } from './support/document.js'

const readme = 'README.md'
const pages = documents.filter((path) => path.startsWith('docs/'))

/** A document without the figures that commands write, which nobody reads word by word. */
const withoutFigures = (text: string): string => text.replaceAll(/<!-- ([\w-]+) -->\n.*?<!-- \/\1 -->/gs, '')

const countWords = (text: string): number => text.split(/\s+/).filter(Boolean).length

/** The words in quotation marks of a type. */
const wordsIn = (union: string): string[] => [...union.matchAll(/'(\w+)'/g)].map(([, word = '']) => word)

/** The names of a document's headings, as GitHub and npmjs.com make fragments of them. */
const fragmentsOf = (text: string): string[] =>
  [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(' ', '-'),
  )

/** Where a document's relative links lead. */
function linksOf(path: string): Array<{ target: string; fragment: string }> {
  const prose = readDocument(path).replaceAll(/^```.*?^```$/gms, '')
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link = '']) => link)
    .filter((link) => !/^[a-z]+:/.test(link))
    .map((link) => {
      const [file = '', fragment = ''] = link.split('#')
      return { target: file === '' ? path : join(dirname(path), file), fragment }
    })
}

describe('the public declarations', () => {
  const lib = join(root, 'dist/lib')
  const declarations = readdirSync(lib, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.d.ts'))
    .map((path) => readFileSync(join(lib, path), 'utf8'))
    .join('\n')
  const options = [...declarations.matchAll(/^export interface (\w*Options\w*)[^{]*\{\n(.*?)^\}/gms)]

  it('have the interfaces of all options', () => {
    expect(options.map(([, name]) => name)).to.include.members([
      ...['XaiClientOptions', 'XaiStrategyOptions', 'XaiDeviceStrategyOptions', 'XaiAuthenticateOptions'],
      ...['CookieStateStoreOptions', 'LoopbackRelayOptions', 'TokenManagerOptions', 'EmulatorOptions'],
    ])
  })

  for (const [, name, body = ''] of options)
    it(`say of each option of ${name} what it does`, () => {
      const bare = body.matchAll(/(?<!\*\/\n)^ {4}(?:readonly )?(\w+)\??:/gm)
      expect([...bare].map(([, option]) => option)).to.deep.equal([])
    })
})

describe('the documents', () => {
  it('are long enough for a README of 1,500 words and 250 lines at most', () => {
    const text = readDocument(readme)
    expect(countWords(text), 'words').to.be.at.most(1500)
    expect(text.trimEnd().split('\n').length, 'lines').to.be.at.most(250)
  })

  for (const path of pages)
    it(`have at most 900 words in ${path}, figures aside`, () => {
      expect(countWords(withoutFigures(readDocument(path)))).to.be.at.most(900)
    })

  for (const path of documents)
    it(`have only links that lead somewhere in ${path}`, () => {
      const broken = linksOf(path).filter(({ target, fragment }) => {
        if (!existsSync(join(root, target))) return true
        return fragment !== '' && !fragmentsOf(readDocument(target)).includes(fragment)
      })
      expect(broken).to.deep.equal([])
    })

  it('explain every code of an error, and every reason of a refused state, in docs/errors.md', () => {
    const page = readDocument('docs/errors.md')
    const words = [
      ['lib/error.ts', 'XaiErrorCode'],
      ['lib/state/state-store.ts', 'StateFailureReason'],
    ].flatMap(([file = '', type]) => {
      const [, union = ''] = new RegExp(`type ${type} =([^;]*?)\\n\\n`).exec(readDocument(file)) ?? []
      return wordsIn(union)
    })
    expect(words).to.have.lengthOf.at.least(24)
    expect(words.filter((word) => !page.includes(`\`${word}\``))).to.deep.equal([])
  })

  it('name every field of an event, and every outcome, in docs/diagnostics.md', () => {
    const page = readDocument('docs/diagnostics.md')
    const source = readDocument('lib/diagnostics.ts')
    for (const event of ['SignInEvent', 'RequestEvent', 'RefreshEvent']) {
      const [, body = ''] = new RegExp(`interface ${event} \\{\\n(.*?)\\n\\}`, 's').exec(source) ?? []
      const fields = [...body.matchAll(/^ {2}(\w+)\??:/gm)].map(([, field = '']) => field)
      const outcomes = wordsIn(/outcome\?: (.*)/.exec(body)?.[1] ?? '')
      expect(fields, event).to.have.lengthOf.at.least(5)
      expect(outcomes, event).to.have.lengthOf.at.least(3)
      expect([...fields, ...outcomes].filter((word) => !page.includes(`\`${word}\``))).to.deep.equal([])
    }
  })

  it('include every page of docs/ in README or in a page that README names', () => {
    const reached = new Set([readme])
    for (const path of reached)
      for (const { target } of linksOf(path)) if (target.endsWith('.md')) reached.add(target)
    expect(pages.filter((path) => !reached.has(path))).to.deep.equal([])
  })

  it('have the heading in README that the process warnings link to', () => {
    expect(fragmentsOf(readDocument(readme))).to.include('sign-in-failed')
  })
})
