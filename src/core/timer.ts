/** setTimeout holds at most 2^31 - 1 ms, and goes off at once where it is given more. */
const MAX_TIMER_MS = 2_147_483_647

/**
 * Calls back in `ms` milliseconds, rounded up and never negative; in 2^31 - 1 where that is sooner, so that whoever is
 * called looks at the clock and sets the rest. Returns what `clearTimeout` takes.
 */
export function startTimer(callback: () => void, ms: number): NodeJS.Timeout {
  return setTimeout(callback, Math.min(Math.max(0, Math.ceil(ms)), MAX_TIMER_MS))
}

/**
 * Starts a clock; calling what is returned reads it: milliseconds since then, monotonic.
 *
 * @example
 * const elapsed = stopwatch()
 * await work()
 * console.log(`took ${elapsed()} ms`)
 */
export function stopwatch(): () => number {
  const started = performance.now()
  return () => performance.now() - started
}
