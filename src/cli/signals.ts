import type { Environment, StopSignal } from './environment.js'

/** One that comes sooner after the first is the same one: npx and timeout(1) deliver theirs twice. */
const SAME_SIGNAL_MS = 500

export interface Stop {
  /** The signal that asked the run to end, or null. */
  readonly signal: StopSignal | null
  /** The run is over: what is left is to hand over its output. */
  over(): void
}

/**
 * What signals do to a run: the first asks it to end with what it knows. A second one calls `leaveNow`, and so does any
 * that comes while the output waits for a reader that does not read.
 */
export function heedSignals(
  environment: Pick<Environment, 'onStopSignal'>,
  { ask, leaveNow }: { ask(signal: StopSignal): void; leaveNow(signal: StopSignal): void },
): Stop {
  let first: StopSignal | null = null
  let askedAt = 0
  let over = false
  environment.onStopSignal((signal) => {
    const again = first !== null && performance.now() - askedAt >= SAME_SIGNAL_MS
    if (again || (over && first === null)) leaveNow(signal)
    if (first !== null) return
    first = signal
    askedAt = performance.now()
    if (!over) ask(signal)
  })
  return {
    get signal() {
      return first
    },
    over: () => {
      over = true
    },
  }
}
