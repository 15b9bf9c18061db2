import { type Forgery, forgeries } from './forgery-name.js'

/** The forgeries that were ordered and not yet delivered, in order. */
export class ForgeryQueue {
  private readonly waiting: Forgery[] = []

  add(name: Forgery): void {
    if (!forgeries.includes(name)) throw new TypeError(`forgeNext knows no forgery "${name}"`)
    this.waiting.push(name)
  }

  /** Removes and returns the first one of a kind; undefined when there is none. */
  take<Kind extends Forgery>(isKind: (name: Forgery) => name is Kind): Kind | undefined {
    const name = this.waiting.find(isKind)
    if (name !== undefined) this.waiting.splice(this.waiting.indexOf(name), 1)
    return name
  }
}

/** A test for one forgery, for `take`. */
export const isForgery =
  <Name extends Forgery>(expected: Name) =>
  (name: Forgery): name is Name =>
    name === expected
