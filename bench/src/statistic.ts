/** The value below which a share of the values lies; the share is 0 to 1. */
function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  const place = (sorted.length - 1) * share
  const [low = Number.NaN, high = Number.NaN] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]]
  return low + (high - low) * (place - Math.floor(place))
}

/** The middle value. */
export const median = (values: readonly number[]): number => quantile(values, 0.5)

/** A figure of several rounds: their median, and between what the middle half of them lies. */
export interface Figure {
  median: number
  low: number
  high: number
}

/** Sums several rounds up. */
export const figureOf = (values: readonly number[]): Figure => ({
  median: median(values),
  low: quantile(values, 0.25),
  high: quantile(values, 0.75),
})

/** Divides round by round, because the machine is not equally fast in all of them. */
export const ratioOf = (values: readonly number[] = [], others: readonly number[] = []): Figure =>
  figureOf(values.map((value, round) => value / (others[round] ?? Number.NaN)))
