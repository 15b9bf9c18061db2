import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { readCommand } from './command.js'

/** A project of somebody who uses the library, outside this repository, where nothing of ours can be found. */
export class Consumer {
  readonly folder = mkdtempSync(join(tmpdir(), 'passport-xai-consumer-'))

  constructor() {
    this.write('package.json', JSON.stringify({ name: 'consumer', private: true }))
  }

  /** Adds packages, a tarball's path among them, as a person would. */
  install(packages: readonly string[]): void {
    this.run('npm', ['install', '--no-audit', '--no-fund', ...packages])
  }

  write(file: string, text: string): void {
    mkdirSync(dirname(join(this.folder, file)), { recursive: true })
    writeFileSync(join(this.folder, file), text)
  }

  /** Runs a command in the project and gives what it prints. @throws {Error} when it fails, with what it printed */
  run(command: string, args: readonly string[]): string {
    return readCommand(command, args, { cwd: this.folder })
  }

  /** Runs a program's text with Node. */
  execute(text: string, extension: 'cjs' | 'mjs'): string {
    this.write(`program.${extension}`, text)
    return this.run(process.execPath, [`program.${extension}`]).trim()
  }

  remove(): void {
    rmSync(this.folder, { recursive: true })
  }
}
