import { setMaxListeners } from 'node:events'
import type { Deadline } from '../core/deadline.js'

export interface InOrderOptions {
  /** How many run at once. */
  readonly limit: number
  readonly signal: AbortSignal
  readonly deadline: Deadline
  /** Waited for now and then: whoever takes the results may be slower than the work. */
  readonly drained?: (() => Promise<void> | undefined) | undefined
}

/** Results that may wait for one that is slow, as a multiple of `limit`. */
const WINDOW = 16
/** Results delivered before it is asked whether their taker keeps up. */
const BETWEEN_WAITS = 256

interface Slot<Result> {
  done: boolean
  result?: Result
}

/**
 * Works on a stream of items, at most `limit` at a time, and delivers the results in the order of the items. Items are
 * taken only as there is room for them, so that memory does not grow with their number. Takes no more once the signal
 * aborts or the deadline passes, and then resolves to false: a source that is silent does not hold that up. Rejects
 * where the source or the work does.
 */
export function inOrder<Item, Result>(
  source: Iterable<Item> | AsyncIterable<Item>,
  { limit, signal, deadline, drained }: InOrderOptions,
  work: (item: Item) => Promise<Result>,
  deliver: (result: Result) => void,
): Promise<boolean> {
  // Callbacks, not async functions: a million items should not each pay for more promises than their work's own.
  return new Promise((resolve, reject) => {
    const iterator = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]()
    const queue: Slot<Result>[] = []
    let running = 0
    let awaited = false
    let delivered = 0
    let exhausted = false
    let stopped = signal.aborted
    let crash: { readonly error: unknown } | null = null

    const stop = () => {
      stopped = true
      endIfDone()
    }
    const fail = (error: unknown) => {
      crash ??= { error }
      stop()
    }
    const endIfDone = () => {
      // Work in hand ends by itself, soon after an abort too, and what it came to is still told.
      if (running > 0 || !(stopped || exhausted)) return
      callOff()
      signal.removeEventListener('abort', stop)
      if (crash) reject(crash.error)
      else resolve(!stopped)
    }
    /** What source, work or delivery throw ends the run. */
    const guarded = (act: () => void) => {
      try {
        act()
      } catch (error) {
        fail(error)
      }
    }
    const settled = () => {
      running--
      guarded(() => {
        for (let [first] = queue; first?.done; [first] = queue) {
          queue.shift()
          if (!crash) deliver(first.result as Result)
          delivered++
        }
        waitForTaker()
        take()
      })
      endIfDone()
    }
    const start = (item: Item) => {
      const slot: Slot<Result> = { done: false }
      const working = work(item)
      queue.push(slot)
      running++
      working.then(
        (result) => {
          slot.done = true
          slot.result = result
          settled()
        },
        (error: unknown) => {
          fail(error)
          settled()
        },
      )
    }
    const begin = (step: IteratorResult<Item>) => {
      if (step.done) exhausted = true
      else if (!stopped) start(step.value)
    }
    const waitForTaker = () => {
      if (awaited || delivered < BETWEEN_WAITS) return
      delivered = 0
      const slow = drained?.()
      if (!slow) return
      awaited = true
      slow.then(() => {
        awaited = false
        guarded(take)
        endIfDone()
      }, fail)
    }
    const take = () => {
      while (!awaited && !exhausted && !stopped && running < limit && queue.length < limit * WINDOW) {
        const step = iterator.next()
        if (!(step instanceof Promise)) {
          begin(step)
          continue
        }
        awaited = true
        step.then((taken) => {
          awaited = false
          guarded(() => {
            begin(taken)
            take()
          })
          endIfDone()
        }, fail)
      }
    }

    // Each of many at once listens for the abort: that is no leak, which Node would suspect beyond ten.
    setMaxListeners(0, signal)
    signal.addEventListener('abort', stop, { once: true })
    const callOff = deadline.onExpire(stop)
    guarded(take)
    endIfDone()
  })
}
