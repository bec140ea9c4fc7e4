import { setMaxListeners } from 'node:events'
import type { Deadline } from '../core/deadline.js'

export interface InOrderOptions {
  /** How many run at once. */
  readonly limit: number
  readonly signal: AbortSignal
  readonly deadline: Deadline
}

/** Results that may wait for one that is slow, as a multiple of `limit`. */
const WINDOW = 16

interface Slot<Result> {
  result?: Result
}

/**
 * Works on a stream of items, at most `limit` at a time, and delivers the results in the order of the items. Items are
 * taken only as there is room for them, so that memory does not grow with their number. Takes no more once the signal
 * aborts or the deadline passes, and then resolves to false. Rejects where the source or the work does.
 */
export async function inOrder<Item, Result>(
  source: Iterable<Item> | AsyncIterable<Item>,
  { limit, signal, deadline }: InOrderOptions,
  work: (item: Item) => Promise<Result>,
  deliver: (result: Result) => void,
): Promise<boolean> {
  const iterator = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]()
  const queue: Slot<Result>[] = []
  let running = 0
  let stopped = signal.aborted
  let crash: { readonly error: unknown } | null = null
  let wake = () => {}
  const stop = () => {
    stopped = true
    giveUp()
    wake()
  }
  // Each of many at once listens for the abort: that is no leak, which Node would suspect beyond ten.
  setMaxListeners(0, signal)
  signal.addEventListener('abort', stop, { once: true })
  const callOff = deadline.onExpire(stop)

  let giveUp = () => {}
  // Not Promise.race with one promise for all: it would remember every item.
  const untilStopped = <T>(pending: Promise<T>): Promise<T | undefined> =>
    new Promise((resolve, reject) => {
      giveUp = () => resolve(undefined)
      pending.then(resolve, reject)
    })
  const sleep = () =>
    new Promise<void>((resolve) => {
      wake = resolve
    })
  /** The next item, or undefined once there is to be none: a source that is silent does not hold up a stop. */
  const next = async (): Promise<{ readonly item: Item } | undefined> => {
    const pending = iterator.next()
    const step = pending instanceof Promise ? await untilStopped(pending) : pending
    return stopped || !step || step.done ? undefined : { item: step.value }
  }
  const start = async (slot: Slot<Result>, item: Item) => {
    try {
      slot.result = await work(item)
    } catch (error) {
      crash ??= { error }
      stop()
    }
    running--
    for (let [first] = queue; first && 'result' in first; [first] = queue) {
      queue.shift()
      if (!crash) deliver(first.result as Result)
    }
    wake()
  }

  try {
    while (!stopped) {
      if (running >= limit || queue.length >= limit * WINDOW) {
        await sleep()
        continue
      }
      const taken = await next()
      if (!taken) break
      const slot: Slot<Result> = {}
      queue.push(slot)
      running++
      void start(slot, taken.item)
    }
  } finally {
    callOff()
    signal.removeEventListener('abort', stop)
    // Work in hand ends by itself, soon after an abort too, and what it came to is still told.
    while (running > 0) await sleep()
  }
  if (crash) throw (crash as { readonly error: unknown }).error
  return !stopped
}
