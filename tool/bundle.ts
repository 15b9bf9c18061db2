import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type GetModuleInfo, rollup } from '@rollup/wasm-node'
import { root } from './command.js'

/** The library as ES modules, which can be joined. */
const modules = join(root, 'dist/esm')

/** What users load, and each module that is loaded on demand, under the name by which `on-demand.ts` asks for it. */
function entriesOf(): Record<string, string> {
  const onDemand = readFileSync(join(modules, 'on-demand.js'), 'utf8')
  const names = [...onDemand.matchAll(/require\('\.\/(.+)\.js'\)/g)].map(([, name = '']) => name)
  if (names.length === 0) throw new Error('on-demand.js asks for nothing')
  return {
    index: join(modules, 'index.js'),
    emulator: join(modules, 'emulator/index.js'),
    ...Object.fromEntries(names.map((name) => [name, join(modules, `${name}.js`)])),
  }
}

/** Whatever importing the library loads. */
function startOf(getModuleInfo: GetModuleInfo): ReadonlySet<string> {
  const loaded = new Set<string>()
  const add = (id: string): void => {
    const info = getModuleInfo(id)
    if (!info || info.isExternal || loaded.has(id)) return
    loaded.add(id)
    for (const imported of info.importedIds) add(imported)
  }
  add(join(modules, 'index.js'))
  return loaded
}

/**
 * Joins the modules of the library into few files, because Node spends most of an import on finding, opening and
 * compiling each by itself: one holds all that starting loads, and one each what is loaded on demand.
 */
async function bundle(): Promise<void> {
  const build = await rollup({
    input: entriesOf(),
    external: (id) => !/^[./]/.test(id),
    onwarn: ({ message }) => {
      throw new Error(message)
    },
    plugins: [
      {
        name: 'source-map',
        load: (id) => ({ code: readFileSync(id, 'utf8'), map: readFileSync(`${id}.map`, 'utf8') }),
      },
    ],
  })
  let start: ReadonlySet<string> | undefined
  await build.write({
    dir: join(root, 'dist/package'),
    format: 'cjs',
    sourcemap: true,
    sourcemapExcludeSources: true,
    hoistTransitiveImports: false,
    chunkFileNames: '[name].js',
    manualChunks: (id, { getModuleInfo }) => {
      start ??= startOf(getModuleInfo)
      return start.has(id) ? 'start' : undefined
    },
  })
}

bundle().catch((error: unknown) => {
  console.error(error)
  process.exitCode = 1
})
