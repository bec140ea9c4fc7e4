/** How fast a scan may go, and how long it waits. */
export interface Timing {
  /** Probes in flight at once, over all hosts. */
  readonly maxInFlight: number
  /** Probes sent a second, or null. */
  readonly rate: number | null
  /** Retries for silence; null adapts them to the loss that was seen. */
  readonly retries: number | null
  /** Longest wait for one answer, in milliseconds. */
  readonly timeoutMs: number
  /** Gives up a host that is certainly down: the rest of its ports are skipped. */
  readonly skipDead: boolean
}
