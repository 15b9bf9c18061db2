import { join } from 'node:path'
import { root, runCommand } from '../support/command.js'
import { packLibrary } from '../support/tarball.js'

/** Where the frameworks are tested. */
export const frameworks = join(root, 'test', 'framework')

/** Installs the frameworks as their lock file has them, and the library as it would be published. */
export function installFrameworks(): void {
  const quiet = ['--no-audit', '--no-fund']
  const tarball = packLibrary()
  try {
    runCommand('npm', ['ci', ...quiet], { cwd: frameworks })
    const args = ['install', '--no-save', '--no-package-lock', ...quiet, tarball.path]
    runCommand('npm', args, { cwd: frameworks })
  } finally {
    tarball.remove()
  }
}
