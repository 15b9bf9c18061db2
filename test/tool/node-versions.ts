import { spawnSync } from 'node:child_process'
import { root } from '../support/command.js'

/** Runs the default suite, as it is compiled, on every version of Node that the library supports. */
const versions = ['20', '22', '24', '26']

const failed = versions.filter((version) => {
  console.log(`\nNode ${version}`)
  const mocha = ['node', 'node_modules/mocha/bin/mocha.js', 'dist/test/**/*.test.js', '--reporter', 'dot']
  const { status } = spawnSync('npx', ['--yes', '--package', `node@${version}`, ...mocha], {
    cwd: root,
    stdio: 'inherit',
  })
  return status !== 0
})
if (failed.length > 0) throw new Error(`the suite fails on Node ${failed.join(', ')}`)
