import { Deadline } from './deadline.js'
import type { Failure } from './failure.js'
import { fail, type Outcome, ok } from './outcome.js'
import { stopwatch } from './timer.js'

export interface SettleOptions {
  /** When waiting ends; there is no bound where it is left out. */
  readonly deadline?: Deadline | undefined
  readonly signal?: AbortSignal | undefined
  /** What it is called that the time was over, which is that of `deadline`. */
  readonly onDeadline: (deadline: Deadline) => Failure
  /** What it is called that the signal was aborted. */
  readonly onAbort: () => Failure
}

/** How what was begun tells what it came to. Only the first call counts. */
export interface Settler<T> {
  ok(value: T): void
  /** `value` is what was known by then, if anything was. */
  fail(failure: Failure, value?: T | null): void
  /** Milliseconds since it was begun. */
  elapsed(): number
}

/** Takes off the listeners that were set, and gives up what was made where the outcome is a failure. */
export type Cleanup<T> = (outcome: Outcome<T>) => void

/**
 * Begins something and settles once: by what it says itself, by the deadline or by the signal, whichever is first. An
 * answer that is there already beats the deadline (see `Deadline.onExpire`). The cleanup that `begin` returns runs exactly
 * once, before the promise resolves and in the same turn: also where `begin` settles before it returns. With a signal that
 * is aborted already nothing is begun. Rejects only with what `begin` throws.
 *
 * @example
 * settle<Socket>({ deadline, signal, onDeadline, onAbort }, (done) => {
 *   const socket = connect(port)
 *   const onError = (error: Error) => done.fail(fromNodeError(error, 'connect'))
 *   socket.once('connect', () => done.ok(socket)).once('error', onError)
 *   return ({ ok }) => {
 *     socket.off('error', onError)
 *     if (!ok) socket.on('error', () => {}).destroy()
 *   }
 * })
 */
export function settle<T>(
  { deadline = Deadline.never, signal, onDeadline, onAbort }: SettleOptions,
  begin: (done: Settler<T>) => Cleanup<T> | undefined,
): Promise<Outcome<T>> {
  return new Promise((resolve, reject) => {
    const elapsed = stopwatch()
    let settled: Outcome<T> | null = null
    let cleanup: Cleanup<T> | undefined
    const release = () => {
      callOff()
      signal?.removeEventListener('abort', aborted)
    }
    const end = (outcome: Outcome<T>) => {
      if (settled !== null) return
      settled = outcome
      release()
      cleanup?.(outcome)
      resolve(outcome)
    }
    const failWith = (failure: Failure, value: T | null = null) => end(fail(failure, elapsed(), value))
    const aborted = () => failWith(onAbort())
    if (signal?.aborted) return resolve(fail(onAbort(), elapsed()))

    const callOff = deadline.onExpire(() => failWith(onDeadline(deadline)))
    signal?.addEventListener('abort', aborted, { once: true })
    try {
      const made = begin({ ok: (value) => end(ok(value, elapsed())), fail: failWith, elapsed })
      if (settled !== null) made?.(settled)
      else cleanup = made
    } catch (error) {
      release()
      reject(error)
    }
  })
}

/** Resolves once the deadline is over or the signal aborted; whoever waits looks which. */
export function expiry(deadline: Deadline, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      callOff()
      signal.removeEventListener('abort', end)
      resolve()
    }
    const callOff = deadline.onExpire(end)
    if (signal.aborted) end()
    else signal.addEventListener('abort', end, { once: true })
  })
}

/** Waits `ms` milliseconds, or until the signal is aborted. A negative number is none. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return expiry(Deadline.after(Math.max(0, ms)), signal)
}

/** Resolves once the signal is aborted: an abort as something that can be waited for. */
export function abortedBy(signal: AbortSignal): Promise<void> {
  return expiry(Deadline.never, signal)
}
