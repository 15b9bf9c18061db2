import { checkOptionNames, optionError } from '../check.js'

/** What a value must be, as a test and in words. */
export type Rule = readonly [isValid: (value: unknown) => boolean, write: string]
export type Rules<Key extends string> = Readonly<Record<Key, Rule>>

export const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''
export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const text: Rule = [isText, 'a string that is not empty']
export const boolean: Rule = [(value) => typeof value === 'boolean', 'true or false']
export const list: Rule = [(value) => Array.isArray(value) && value.length > 0, 'a list that is not empty']
export const listOf = (isItem: (item: unknown) => boolean, write: string): Rule => [
  (value) => Array.isArray(value) && value.every(isItem),
  write,
]
export const oneOf = (...values: ReadonlyArray<string | boolean>): Rule => [
  (value) => values.some((known) => known === value),
  values.map((value) => (typeof value === 'string' ? `'${value}'` : value)).join(' or '),
]
export const integer = (minimum: number, maximum: number, write: string): Rule => [
  (value) => Number.isInteger(value) && Number(value) >= minimum && Number(value) <= maximum,
  write,
]

/** Demands known names and valid values. What is `undefined` counts as absent, and only `needed` must not be. */
export function checkRules(where: string, value: unknown, rules: Rules<string>, needed?: string): void {
  checkOptionNames(where, value, Object.keys(rules))
  for (const [name, [isValid, write]] of Object.entries(rules))
    if ((value[name] !== undefined || name === needed) && !isValid(value[name]))
      throw optionError(where, `${name} must be ${write}`)
}
