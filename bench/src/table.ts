/** A Markdown table; the first column is text, the others are figures. */
export function buildTable(heads: readonly string[], rows: ReadonlyArray<readonly string[]>): string {
  const rule = heads.map((_, column) => (column === 0 ? '---' : '---:'))
  return [heads, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

/** A figure with as many decimals as tell something. */
export function format(value: number): string {
  if (!Number.isFinite(value)) return '–'
  const size = Math.abs(value)
  return value.toLocaleString('en', {
    minimumFractionDigits: size >= 100 || Number.isInteger(value) ? 0 : size >= 10 ? 1 : 2,
    maximumFractionDigits: size >= 100 ? 0 : size >= 10 ? 1 : 2,
  })
}
