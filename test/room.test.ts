import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { expect } from 'chai'

const root = join(__dirname, '../..')
const lib = join(root, 'lib')

/**
 * Who may import whom, from the top floor down: a room imports only rooms that its row names, types included.
 * CONTRIBUTING.md shows the same table. The files beside the rooms form two: `strategy` above all, `error` below all.
 */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  strategy: ['loopback-relay', 'sign-in', 'identity', 'token', 'state', 'oauth', 'error'],
  'loopback-relay': ['sign-in', 'state', 'oauth', 'page', 'error'],
  'sign-in': ['identity', 'token', 'state', 'oauth', 'http', 'page', 'error'],
  identity: ['token', 'oauth', 'http', 'error'],
  token: ['oauth', 'http', 'error'],
  state: ['oauth', 'error'],
  oauth: ['http', 'error'],
  http: ['error'],
  emulator: ['page', 'error'],
  page: [],
  error: [],
}

const maxArrows = 25

const roomOfFile: Readonly<Record<string, string>> = {
  'index.ts': 'strategy',
  'strategy.ts': 'strategy',
  'device-strategy.ts': 'strategy',
  'option.ts': 'strategy',
  'error.ts': 'error',
  'check.ts': 'error',
  'diagnostics.ts': 'error',
  'seal.ts': 'error',
}

const files = readdirSync(lib, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'))

const roomOf = (path: string): string | undefined => {
  const [room, ...rest] = path.split('/')
  return rest.length > 0 ? room : roomOfFile[path]
}

/** The files of lib/ that a file imports, types included. */
const importsOf = (path: string): string[] =>
  [...readFileSync(join(lib, path), 'utf8').matchAll(/(?:from|import\(|require\()\s*'(\.[^']+)'/g)].map(
    ([, specifier = '']) => relative(lib, join(lib, dirname(path), specifier)).replace(/\.js$/, '.ts'),
  )

describe('the rooms of lib/', () => {
  it('have a row for each file', () => {
    expect(files.filter((path) => mayImport[`${roomOf(path)}`] === undefined)).to.deep.equal([])
  })

  for (const [room, allowed] of Object.entries(mayImport))
    it(`${room} imports ${allowed.join(', ') || 'nothing'} at most`, () => {
      const imported = files
        .filter((path) => roomOf(path) === room)
        .flatMap((path) => importsOf(path).map((target) => ({ path, target, to: roomOf(target) })))
      expect(imported.filter(({ to }) => to !== room && !allowed.includes(`${to}`))).to.deep.equal([])
    })

  it('hold files that import each other in no circle, types included', () => {
    // Whatever imports nothing that is left cannot be in a circle, and goes.
    let left = files
    const isHeld = (path: string): boolean => importsOf(path).some((target) => left.includes(target))
    while (left.some((path) => !isHeld(path))) left = left.filter(isHeld)
    expect(left).to.deep.equal([])
  })

  it('point down only', () => {
    const floors = Object.keys(mayImport)
    for (const [room, allowed] of Object.entries(mayImport))
      for (const other of allowed)
        expect(floors.indexOf(other), `${room} → ${other}`).to.be.above(floors.indexOf(room))
  })

  it(`have ${maxArrows} arrows between them at most, not counting those to error, which all may use`, () => {
    const arrows = new Set(
      files.flatMap((path) => importsOf(path).map((target) => `${roomOf(path)} → ${roomOf(target)}`)),
    )
    const between = [...arrows].filter((arrow) => {
      const [from, to] = arrow.split(' → ')
      return from !== to && to !== 'error'
    })
    expect(between.length, between.join('\n')).to.be.within(1, maxArrows)
  })

  it('stand in CONTRIBUTING.md as here', () => {
    const text = readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8')
    for (const [room, allowed] of Object.entries(mayImport)) {
      const names = allowed.map((name) => `\`${name}\``).join(' ') || 'nothing'
      const row = text.split('\n').find((line) => line.startsWith(`| \`${room}\` |`))
      expect(row, room).to.match(new RegExp(`\\| ${names} \\|$`))
    }
  })
})
