/** The error of a wrong option: says which function or class, what is wrong, and what to write. */
export const optionError = (where: string, what: string): TypeError => new TypeError(`${where}: ${what}`)

/** Whether a value is a string that is not empty. */
export const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''

/** Whether a value has names and values of its own; a Map, Headers or a promise keeps them elsewhere. */
export const isPlain = (value: unknown): value is Record<string, unknown> =>
  ['[object Object]', '[object Module]'].includes(Object.prototype.toString.call(value)) &&
  typeof (value as { then?: unknown }).then !== 'function'

/**
 * Demands an options object without unknown names.
 *
 * @param where the class or function, as messages begin with it
 * @param hints what to say of names that mean something elsewhere, e.g. in passport-oauth2
 * @throws {TypeError} that names the unknown option and, if one is close, the known one that was meant
 */
export function checkOptionNames(
  where: string,
  options: unknown,
  known: readonly string[],
  hints: Readonly<Record<string, string>> = {},
): asserts options is Record<string, unknown> {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw optionError(where, `options must be an object with ${known.slice(0, 3).join(', ')}…`)
  }
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue
    const hint = Object.hasOwn(hints, name) ? hints[name] : undefined
    const meant = findMeant(name, known)
    const advice = hint ?? (meant ? `write ${meant}` : `the options are ${known.join(', ')}`)
    throw optionError(where, `there is no option ${name}; ${advice}`)
  }
}

/**
 * The known name that another one stands for, if any: other capitals, underscores, a plural, up to two typing errors, or
 * a part of one known name alone.
 */
export function findMeant(name: string, known: readonly string[]): string | undefined {
  const plain = (text: string): string => text.toLowerCase().replaceAll(/[_-]/g, '').replace(/s$/, '')
  const given = plain(name)
  const near = known
    .map((candidate) => ({ candidate, distance: editDistance(given, plain(candidate)) }))
    .sort((a, b) => a.distance - b.distance)[0]
  if (near && near.distance <= Math.min(2, given.length / 3)) return near.candidate
  // Three letters are in many names by chance; and of two names that hold the given one, nobody knows which was meant.
  const holding = known.filter((candidate) => plain(candidate).includes(given))
  return given.length > 3 && holding.length === 1 ? holding[0] : undefined
}

/** How many characters must be added, removed, replaced or swapped with the next to get from one text to the other. */
function editDistance(from: string, to: string): number {
  let before: number[] = []
  let row = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let at = 1; at <= from.length; at += 1) {
    const next = [at]
    for (let other = 1; other <= to.length; other += 1) {
      const replaced = (row[other - 1] as number) + Number(from[at - 1] !== to[other - 1])
      const isSwap = from[at - 1] === to[other - 2] && from[at - 2] === to[other - 1]
      const swapped = isSwap ? (before[other - 2] as number) + 1 : replaced
      next.push(Math.min(replaced, swapped, (row[other] as number) + 1, (next[other - 1] as number) + 1))
    }
    before = row
    row = next
  }
  return row[to.length] as number
}
