import { join } from 'node:path'
import { root, runCommand } from '../support/command.js'
import { frameworks, installFrameworks } from './framework-install.js'

/** Signs in through every framework, each with the library as it would be published. */
installFrameworks()
const bin = join(root, 'node_modules', '.bin')
runCommand(join(bin, 'tsc'), ['-p', '.'], { cwd: frameworks })
runCommand(join(bin, 'mocha'), [], { cwd: frameworks, env: { NODE_ENV: 'test' } })
