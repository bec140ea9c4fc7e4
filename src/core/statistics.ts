import { integer, nullable, number, type ValueOf } from './shape.js'

/** Round trips of a repeated probe, in milliseconds; null where none came back. */
export const statisticsShape = {
  sent: integer,
  received: integer,
  /** 0 to 100. */
  lossPercent: number,
  minMs: nullable(number),
  meanMs: nullable(number),
  medianMs: nullable(number),
  p95Ms: nullable(number),
  maxMs: nullable(number),
}

/** Round trips of a repeated probe, in milliseconds; null where none came back. */
export type Statistics = ValueOf<typeof statisticsShape>

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
