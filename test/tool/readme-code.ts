import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root, runCommand } from '../support/command.js'
import { frameworks, installFrameworks } from './framework-install.js'
import { hasReadme, parseBlocks, type ReadmeBlock, readReadme } from './readme.js'

/**
 * Compiles every ts and js block of README.md where all frameworks and the published library are installed, and
 * demands that each recipe is the one that the tests sign in with. What a block may leave out stands in
 * test/framework/readme-globals.d.ts.
 */
function checkCode(blocks: readonly ReadmeBlock[]): void {
  for (const file of readdirSync(join(frameworks, 'recipe'))) {
    const name = file.replace(/\.ts$/, '')
    const recipe = blocks.find((block) => block.recipe === name)
    if (!recipe) throw new Error(`README.md has no block below <!-- recipe: ${name} -->`)
    if (recipe.text !== readFileSync(join(frameworks, 'recipe', file), 'utf8')) {
      throw new Error(`README.md:${recipe.line} is not test/framework/recipe/${file}, which the tests run`)
    }
  }
  const folder = join(frameworks, 'dist', 'readme')
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const code = blocks.filter(({ language }) => ['ts', 'js'].includes(language))
  for (const { language, text, line } of code) {
    // A block without imports is a module all the same, so that blocks do not see each other's names.
    const [kind, end] = text.includes('require(') ? ['c', ''] : ['m', '\nexport {}\n']
    writeFileSync(join(folder, `line-${line}.${kind}${language}`), `${text}${end}`)
  }
  const tsc = join(root, 'node_modules', '.bin', 'tsc')
  for (const config of ['tsconfig.readme.json', 'tsconfig.readme-js.json']) {
    runCommand(tsc, ['-p', config], { cwd: frameworks })
  }
  console.log(`README.md: ${code.length} blocks of code compile`)
}

if (hasReadme()) {
  installFrameworks()
  checkCode(parseBlocks(readReadme()))
} else console.log('README.md is not there yet: nothing to check')
