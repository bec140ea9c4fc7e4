/** Round trips of a repeated probe, in milliseconds; null where none came back. */
export interface Statistics {
  readonly sent: number
  readonly received: number
  /** 0 to 100. */
  readonly lossPercent: number
  readonly minMs: number | null
  readonly meanMs: number | null
  readonly medianMs: number | null
  readonly p95Ms: number | null
  readonly maxMs: number | null
}

export function statistics(sent: number, samplesMs: readonly number[]): Statistics {
  const sorted = [...samplesMs].sort((a, b) => a - b)
  const received = sorted.length
  return {
    sent,
    received,
    lossPercent: sent === 0 ? 0 : (100 * (sent - received)) / sent,
    minMs: sorted[0] ?? null,
    meanMs: received === 0 ? null : sorted.reduce((sum, each) => sum + each, 0) / received,
    medianMs: quantile(sorted, 0.5),
    p95Ms: quantile(sorted, 0.95),
    maxMs: sorted[received - 1] ?? null,
  }
}

/** The value below which a share `q` of the sorted samples lies, interpolated between neighbours; null for no sample. */
export function quantile(sorted: readonly number[], q: number): number | null {
  const at = (sorted.length - 1) * q
  const low = sorted[Math.floor(at)]
  const high = sorted[Math.ceil(at)]
  return low === undefined || high === undefined ? null : low + (high - low) * (at - Math.floor(at))
}
