import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root, runCommand } from '../support/command.js'
import { type Block, documents, parseBlocks, readDocument } from '../support/document.js'
import { frameworks, installFrameworks } from './framework-install.js'

/**
 * Compiles every ts and js block of the documents, where all frameworks and the published library are installed, and
 * demands that each recipe is the one that the tests sign in with. What a block may leave out stands in
 * test/framework/document-globals.d.ts. Blocks that name their file are run as that file: see test/document.
 */
const blocks = documents.flatMap((path) =>
  parseBlocks(withoutQuickstart(readDocument(path))).map((block) => ({ path, ...block })),
)
if (process.argv.length < 3) checkRecipes()
installFrameworks()
compile(blocks.filter(({ language, file }) => ['ts', 'js'].includes(language) && !file))

/** `quickstart.package.ts` compiles and runs the quickstart; its lines stay, so that other blocks keep their numbers. */
function withoutQuickstart(text: string): string {
  return text.replace(/<!-- quickstart -->.*<!-- \/quickstart -->/s, (section) =>
    section.replaceAll(/.*/g, ''),
  )
}

function checkRecipes(): void {
  for (const file of readdirSync(join(frameworks, 'recipe'))) {
    const name = file.replace(/\.ts$/, '')
    const recipe = blocks.find((block) => block.recipe === name)
    if (!recipe) throw new Error(`no document has a block below <!-- recipe: ${name} -->`)
    if (recipe.text !== readFileSync(join(frameworks, 'recipe', file), 'utf8'))
      throw new Error(
        `${recipe.path}:${recipe.line} is not test/framework/recipe/${file}, which the tests run`,
      )
  }
}

function compile(code: ReadonlyArray<Block & { path: string }>): void {
  const folder = join(frameworks, 'dist', 'document')
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  for (const { path, language, text, line } of code) {
    // A block without imports is a module all the same, so that blocks do not see each other's names.
    const [kind, end] = text.includes('require(') ? ['c', ''] : ['m', '\nexport {}\n']
    writeFileSync(
      join(folder, `${path.replaceAll('/', '-')}-line-${line}.${kind}${language}`),
      `${text}${end}`,
    )
  }
  const tsc = join(root, 'node_modules', '.bin', 'tsc')
  for (const config of ['tsconfig.document.json', 'tsconfig.document-js.json'])
    runCommand(tsc, ['-p', config], { cwd: frameworks })
  console.log(`${code.length} blocks of code compile`)
}
