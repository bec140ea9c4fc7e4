const BARS = '▁▂▃▄▅▆▇█'
const MAX_BUCKETS = 10

/** The last values as one row of bars, the highest of them full. */
export function sparkline(values: readonly number[]): string {
  const highest = Math.max(...values, Number.MIN_VALUE)
  return values.map((value) => BARS[Math.min(BARS.length - 1, Math.floor((value / highest) * BARS.length))]).join('')
}

/** How many values fall where: lines of `from - to ms  bar  count`, in equal steps from least to greatest. */
export function histogram(valuesMs: readonly number[], columns: number): string[] {
  const low = valuesMs.reduce((least, each) => Math.min(least, each), Number.POSITIVE_INFINITY)
  const high = valuesMs.reduce((most, each) => Math.max(most, each), 0)
  const buckets = high > low ? Math.min(MAX_BUCKETS, Math.ceil(Math.sqrt(valuesMs.length))) : 1
  const step = (high - low) / buckets || 1
  const counts = Array.from({ length: buckets }, () => 0)
  for (const value of valuesMs) {
    const bucket = Math.min(buckets - 1, Math.floor((value - low) / step))
    counts[bucket] = (counts[bucket] ?? 0) + 1
  }
  const most = Math.max(...counts)
  const edges = counts.map((_, i) => `${(low + i * step).toFixed(2)} - ${(low + (i + 1) * step).toFixed(2)} ms`)
  const edgeWidth = Math.max(...edges.map(({ length }) => length))
  const barWidth = Math.max(5, Math.min(50, columns - edgeWidth - String(most).length - 6))
  return counts.map((count, i) => {
    const bar = '█'.repeat(Math.round((count / most) * barWidth))
    return `${(edges[i] ?? '').padStart(edgeWidth)}  ${bar.padEnd(barWidth)}  ${count}`
  })
}
