import fc from 'fast-check'

/** Texts that have broken parsers before. */
const notorious = fc.constantFrom(
  '',
  ' ',
  '\0',
  '\r\nSet-Cookie: a=b',
  '__proto__',
  'constructor',
  'toString',
  'null',
  'undefined',
  '%',
  '%00',
  '%E0%A4%A',
  '\uFEFF',
  '\uD800',
  '../../etc/passwd',
  '<script>alert(1)</script>',
  '{"a":1}',
  'x'.repeat(5000),
  '0'.repeat(400),
)

/** Any text, the notorious ones often. */
export const text = fc.oneof(
  { arbitrary: notorious, weight: 2 },
  { arbitrary: fc.string({ unit: 'binary', maxLength: 60 }), weight: 1 },
  { arbitrary: fc.string({ unit: 'grapheme-ascii', maxLength: 60 }), weight: 2 },
)

/** Numbers that arithmetic stumbles over. */
const number = fc.oneof(
  fc.constantFrom(0, -0, -1, 1e9, 2 ** 31, 2 ** 53, 1e308, Number.MAX_VALUE, 1.5, -1e21),
  fc.integer(),
)

/** Any value that JSON has. */
export const json: fc.Arbitrary<unknown> = fc.oneof(
  text,
  number,
  fc.constantFrom(null, true, false, [], {}, [[]], [null]),
  fc.jsonValue({ maxDepth: 3 }),
)

/** A change of a JSON object: values in place of others, and names that go. */
export interface Edit {
  readonly set: Readonly<Record<string, unknown>>
  readonly remove: readonly string[]
}

/** Some names, at most so many of them. */
const few = (names: readonly string[]): fc.Arbitrary<string[]> =>
  fc.uniqueArray(fc.constantFrom(...names), { maxLength: 2 })

/** Edits of an object that has these members; every third changes nothing. */
export const editOf = (names: readonly string[]): fc.Arbitrary<Edit> =>
  fc.oneof(
    fc.constant<Edit>({ set: {}, remove: [] }),
    fc.record({
      set: fc.dictionary(
        fc.oneof({ arbitrary: fc.constantFrom(...names), weight: 5 }, { arbitrary: text, weight: 1 }),
        json,
        {
          maxKeys: 2,
          noNullPrototype: true,
        },
      ),
      remove: few(names),
    }),
    fc.record({ set: fc.constant({}), remove: few(names) }),
  )

/** An object after an edit. `__proto__` becomes a member of its own, as JSON.parse makes one. */
export function edited(
  object: Readonly<Record<string, unknown>>,
  { set, remove }: Edit,
): Record<string, unknown> {
  const result: Record<string, unknown> = { ...object }
  for (const name of remove) delete result[name]
  for (const [name, value] of Object.entries(set)) {
    Object.defineProperty(result, name, { value, enumerable: true, configurable: true, writable: true })
  }
  return result
}

/** Puts a value somewhere into a JSON value: the place is counted through all members. */
export function corrupt(whole: unknown, place: number, value: unknown): unknown {
  const holders: Array<readonly [holder: Record<string, unknown>, name: string]> = []
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return
    for (const name of Object.keys(node)) {
      holders.push([node as Record<string, unknown>, name])
      visit((node as Record<string, unknown>)[name])
    }
  }
  visit(whole)
  const [holder, name] = holders[place % holders.length] ?? []
  if (holder && name !== undefined) holder[name] = value
  return whole
}

/** What becomes of a text on its way: usually nothing. */
export const damage: fc.Arbitrary<(whole: Buffer) => Buffer> = fc.oneof(
  { arbitrary: fc.constant((whole: Buffer) => whole), weight: 6 },
  {
    arbitrary: fc
      .double({ min: 0, max: 1, noNaN: true })
      .map((part) => (whole: Buffer) => whole.subarray(0, Math.floor(whole.length * part))),
    weight: 1,
  },
  {
    arbitrary: fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })).map(([at, bits]) => (whole: Buffer) => {
      const changed = Buffer.from(whole)
      if (changed.length > 0) changed[at % changed.length] = (changed[at % changed.length] ?? 0) ^ bits
      return changed
    }),
    weight: 2,
  },
  {
    arbitrary: fc
      .uint8Array({ maxLength: 20 })
      .map((more) => (whole: Buffer) => Buffer.concat([whole, more])),
    weight: 1,
  },
  { arbitrary: fc.uint8Array({ maxLength: 200 }).map((bytes) => () => Buffer.from(bytes)), weight: 1 },
)

/** A response to the byte, made of a body that is right before its damage. */
export interface ResponseEdit {
  readonly status: number
  readonly headers: readonly string[]
  readonly damage: (body: Buffer) => Buffer
  /** What happens to the head and body together, on the wire. */
  readonly wire: 'whole' | 'no-length' | 'chunked' | 'cut' | 'junk' | 'early-hints'
}

const headers = fc.constantFrom(
  'Content-Type: application/json',
  'Content-Type: application/json; charset=utf-16',
  'Content-Type: text/html',
  'Content-Type: application/jwt',
  'Content-Encoding: gzip',
  'Retry-After: 7',
  'Retry-After: never',
  'cf-mitigated: challenge',
  'Location: http://127.0.0.1:9/elsewhere',
  'Set-Cookie: a=b',
  'X-Odd: \u00e9\u00ff',
  'Cache-Control: no-store',
)

/** Responses of which about half are well-formed with status 200. */
export const responseEdit: fc.Arbitrary<ResponseEdit> = fc.record({
  status: fc.oneof(
    { arbitrary: fc.constant(200), weight: 8 },
    {
      arbitrary: fc.constantFrom(201, 204, 301, 302, 307, 400, 401, 403, 404, 429, 500, 503, 599),
      weight: 2,
    },
  ),
  headers: fc.uniqueArray(headers, { maxLength: 3 }),
  damage,
  wire: fc.oneof(
    { arbitrary: fc.constant('whole' as const), weight: 10 },
    {
      arbitrary: fc.constantFrom(
        'no-length' as const,
        'chunked' as const,
        'cut' as const,
        'junk' as const,
        'early-hints' as const,
      ),
      weight: 2,
    },
  ),
})
