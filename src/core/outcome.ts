import type { Failure } from './failure.js'

/** What an operation came to. Nothing that a network does is thrown: it stands here. */
export type Outcome<T> = Success<T> | Failed<T>

/** What went well. */
export interface Success<T> {
  readonly ok: true
  readonly value: T
  /** Milliseconds on the monotonic clock. */
  readonly elapsedMs: number
}

/** What failed, with its reason and all that was known by then. */
export interface Failed<T> {
  readonly ok: false
  readonly failure: Failure
  /** What was known by then (the ports scanned before an interrupt), or null. */
  readonly value: T | null
  readonly elapsedMs: number
}

export function ok<T>(value: T, elapsedMs: number): Success<T> {
  return { ok: true, value, elapsedMs }
}

export function fail<T = never>(failure: Failure, elapsedMs: number, value: T | null = null): Failed<T> {
  return { ok: false, failure, value, elapsedMs }
}

/** The value, or an Error whose `cause` is the Failure: for callers who prefer exceptions. */
export function unwrap<T>(outcome: Outcome<T>): T {
  if (outcome.ok) return outcome.value
  throw new Error(outcome.failure.message, { cause: outcome.failure })
}
