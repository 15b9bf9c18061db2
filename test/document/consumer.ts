import { cpSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { root } from '../support/command.js'
import { Consumer } from '../support/consumer.js'
import { parseBlocks, readDocument } from '../support/document.js'
import { packLibrary } from '../support/tarball.js'

const folder = join(root, 'test/document')

/** The project of somebody who has installed the library, what the documents' examples use, and an application. */
export class DocumentReader extends Consumer {
  static install(): DocumentReader {
    const reader = new DocumentReader()
    for (const file of ['package.json', 'package-lock.json'])
      reader.write(file, readFileSync(join(folder, file), 'utf8'))
    const quiet = ['--no-audit', '--no-fund', '--ignore-scripts']
    reader.run('npm', ['ci', ...quiet])
    const tarball = packLibrary()
    reader.run('npm', ['install', '--no-save', '--no-package-lock', ...quiet, tarball.path])
    tarball.remove()
    return reader
  }

  /** Copies a file of test/document. */
  copy(file: string, target = file): void {
    cpSync(join(folder, file), join(this.folder, target), { recursive: true })
  }

  /** Saves the blocks of a document that name their file, and gives the names. */
  paste(document: string): string[] {
    const blocks = parseBlocks(readDocument(document)).filter(({ file }) => file !== undefined)
    for (const { file, text } of blocks) this.write(`${file}`, text)
    for (const place of new Set(blocks.map(({ file }) => dirname(`${file}`))))
      this.copy('application.cjs', join(place, 'application.cjs'))
    return blocks.map(({ file }) => `${file}`)
  }
}
