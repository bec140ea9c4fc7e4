import { setMaxListeners } from 'node:events'
import type { Deadline } from '../../core/deadline.js'

export interface InOrderOptions {
  /** How many run at once. */
  readonly limit: number
  /** How many may run at once just now, where that changes. */
  readonly room?: (() => number) | undefined
  readonly signal: AbortSignal
  readonly deadline: Deadline
  /** Waited for now and then: whoever takes the results may be slower than the work. */
  readonly drained?: (() => Promise<void> | undefined) | undefined
}

/** Items, one by one or as many at a time as there are. */
export type ItemSource<Item> = Iterable<Item> | AsyncIterable<Item | readonly Item[]>

/** Results that may wait for one that is slow: so many for each that runs at once, but fewer where these are very many. */
function mostWaiting(limit: number): number {
  return Math.min(64 * limit, Math.max(8192, 4 * limit))
}
/** Results delivered before it is asked whether their taker keeps up. */
const BETWEEN_WAITS = 256

/**
 * Works on a stream of items, at most `limit` at a time, and delivers the results in the order of the items. Items are
 * taken only as there is room for them, so that memory does not grow with their number. Takes no more once the signal
 * aborts or the deadline passes, and then resolves to false: a source that is silent does not hold that up. Rejects
 * where the source or the work does. An item is no array.
 */
export function inOrder<Item, Result>(
  source: ItemSource<Item>,
  options: InOrderOptions,
  work: (item: Item) => Promise<Result>,
  deliver: (result: Result) => void,
): Promise<boolean> {
  const start = (item: Item, place: Place<Result>) => {
    work(item).then(
      (result) => place.done(result),
      (error: unknown) => place.failed(error),
    )
  }
  return inOrderOf(source, options, start, deliver)
}

/** The same for work that calls back, at once or later: a million items should not pay for promises. */
export function inOrderOf<Item, Result>(
  source: ItemSource<Item>,
  options: InOrderOptions,
  work: (item: Item, place: Place<Result>) => void,
  deliver: (result: Result) => void,
): Promise<boolean> {
  return new Promise((resolve, reject) => new OrderedRun(source, options, work, deliver, resolve, reject).start())
}

/** Where the result of one item goes. */
export class Place<Result> {
  readonly #line: { settled(): void; fail(error: unknown): void }
  result: Result | undefined = undefined
  over = false

  constructor(line: { settled(): void; fail(error: unknown): void }) {
    this.#line = line
  }

  done(result: Result): void {
    this.result = result
    this.over = true
    this.#line.settled()
  }

  /** Ends the whole run, which rejects with the error. */
  failed(error: unknown): void {
    this.over = true
    this.#line.fail(error)
    this.#line.settled()
  }
}

class OrderedRun<Item, Result> {
  readonly #options: InOrderOptions
  readonly #iterator: Iterator<Item> | AsyncIterator<Item | readonly Item[]>
  readonly #work: (item: Item, place: Place<Result>) => void
  readonly #deliver: (result: Result) => void
  readonly #resolve: (complete: boolean) => void
  readonly #reject: (error: unknown) => void
  /** Taken from the source and not begun. */
  #items: readonly Item[] = []
  #nextItem = 0
  readonly #mostPlaces: number
  /** In order; the first is not over. */
  readonly #places: Place<Result>[] = []
  #running = 0
  #delivered = 0
  /** The source, or the taker of the results, is being waited for. */
  #awaited = false
  #exhausted = false
  #stopped: boolean
  #ended = false
  #crash: { readonly error: unknown } | null = null
  #taking = false
  #scheduled = false
  #callOff = () => {}

  constructor(
    source: ItemSource<Item>,
    options: InOrderOptions,
    work: (item: Item, place: Place<Result>) => void,
    deliver: (result: Result) => void,
    resolve: (complete: boolean) => void,
    reject: (error: unknown) => void,
  ) {
    this.#iterator = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]()
    this.#options = options
    this.#work = work
    this.#deliver = deliver
    this.#resolve = resolve
    this.#reject = reject
    this.#mostPlaces = mostWaiting(options.limit)
    this.#stopped = options.signal.aborted
  }

  start(): void {
    const { signal, deadline } = this.#options
    // Each of many at once listens for the abort: that is no leak, which Node would suspect beyond ten.
    setMaxListeners(0, signal)
    signal.addEventListener('abort', this.#stop, { once: true })
    this.#callOff = deadline.onExpire(this.#stop)
    this.#takeOn()
  }

  settled(): void {
    this.#running--
    if (this.#scheduled) return
    this.#scheduled = true
    process.nextTick(this.#onSettled)
  }

  /** What one turn of the event loop brings is delivered together. */
  readonly #onSettled = () => {
    this.#scheduled = false
    this.#takeOn()
  }

  fail(error: unknown): void {
    this.#crash ??= { error }
    this.#stopped = true
  }

  readonly #stop = () => {
    this.#stopped = true
    this.#endIfDone()
  }

  /** Delivers what can be, and begins what there is room for. Work that is done at once comes back here: in a loop. */
  #takeOn(): void {
    if (this.#taking) return
    this.#taking = true
    try {
      do {
        this.#deliverOver()
        this.#waitForTaker()
      } while (this.#take())
    } catch (error) {
      this.fail(error)
    }
    this.#taking = false
    this.#endIfDone()
  }

  #deliverOver(): void {
    const places = this.#places
    while (places.length > 0 && places[0]?.over) {
      const first = places.shift()
      if (!this.#crash) this.#deliver(first?.result as Result)
      this.#delivered++
    }
  }

  /** Begins what there is room for; returns whether something was over at once. */
  #take(): boolean {
    const { limit, room } = this.#options
    const most = Math.min(limit, room?.() ?? limit)
    while (!this.#stopped && !this.#awaited) {
      if (this.#running >= most || this.#places.length >= this.#mostPlaces) return false
      if (this.#nextItem === this.#items.length) {
        if (this.#exhausted) return false
        this.#ask()
        continue
      }
      const item = this.#items[this.#nextItem++] as Item
      const place = new Place<Result>(this)
      this.#places.push(place)
      this.#running++
      try {
        this.#work(item, place)
      } catch (error) {
        place.failed(error)
      }
      if (place.over) return true
    }
    return false
  }

  #ask(): void {
    const step = this.#iterator.next()
    if (!(step instanceof Promise)) {
      this.#begin(step)
      return
    }
    this.#awaited = true
    step.then(
      (taken) => {
        this.#awaited = false
        this.#begin(taken)
        this.#takeOn()
      },
      (error: unknown) => {
        this.fail(error)
        this.#endIfDone()
      },
    )
  }

  #begin(step: IteratorResult<Item | readonly Item[]>): void {
    if (step.done) this.#exhausted = true
    else {
      this.#items = Array.isArray(step.value) ? step.value : [step.value as Item]
      this.#nextItem = 0
    }
  }

  #waitForTaker(): void {
    if (this.#awaited || this.#delivered < BETWEEN_WAITS) return
    this.#delivered = 0
    const slow = this.#options.drained?.()
    if (!slow) return
    this.#awaited = true
    slow.then(
      () => {
        this.#awaited = false
        this.#takeOn()
      },
      (error: unknown) => {
        this.fail(error)
        this.#endIfDone()
      },
    )
  }

  #endIfDone(): void {
    // Work in hand ends by itself, soon after an abort too, and what it came to is still told.
    const over = this.#stopped || (this.#exhausted && this.#nextItem === this.#items.length)
    if (this.#ended || this.#taking || this.#running > 0 || !over) return
    this.#ended = true
    this.#callOff()
    this.#options.signal.removeEventListener('abort', this.#stop)
    if (this.#crash) this.#reject(this.#crash.error)
    else this.#resolve(!this.#stopped)
  }
}
