import { join } from 'node:path'
import { root, runCommand } from './command.js'
import { checkReadmeCode } from './readme-code.js'
import { packLibrary } from './tarball.js'

/** Signs in through every framework, each with the library as it would be published. */
const cwd = join(root, 'test', 'framework')
const tarball = packLibrary()
try {
  runCommand('npm', ['ci', '--no-audit', '--no-fund'], { cwd })
  runCommand('npm', ['install', '--no-save', '--no-package-lock', '--no-audit', '--no-fund', tarball.path], {
    cwd,
  })
} finally {
  tarball.remove()
}
runCommand(join(root, 'node_modules', '.bin', 'tsc'), ['-p', '.'], { cwd })
checkReadmeCode()
runCommand(join(root, 'node_modules', '.bin', 'mocha'), [], { cwd, env: { NODE_ENV: 'test' } })
