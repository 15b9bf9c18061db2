import { timingSafeEqual } from 'node:crypto'

/** Compares in a time that says nothing about where two texts of one length differ. */
export function isSame(a: string, b: string): boolean {
  const [one, other] = [Buffer.from(a), Buffer.from(b)]
  return one.length === other.length && timingSafeEqual(one, other)
}
