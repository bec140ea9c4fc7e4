import { setMaxListeners } from 'node:events'
import { Deadline } from './deadline.js'
import type { Operation, OperationContext, OperationEvent } from './operation.js'
import type { Outcome } from './outcome.js'
import { UsageError } from './usage-error.js'

/**
 * A run under way. Loop over it for its events, await it for its outcome, or do both, the loop first:
 *
 *     const run = portscan({ targets: 'localhost', ports: '1-1024' })
 *     for await (const event of run) if (event.type === 'port') console.log(event.port, event.state)
 *     const outcome = await run
 *
 * Leaving the loop early aborts the run. One that is awaited without a loop drops its events and goes on to its end; one
 * that is neither looped over nor awaited waits for that, as soon as it has told as much as it may keep.
 */
export interface Run<Event, Value> extends AsyncIterable<Event>, PromiseLike<Outcome<Value>> {
  /** What it came to, as a promise: what `await run` waits for. Rejects with UsageError for misuse, as the loop does. */
  readonly outcome: Promise<Outcome<Value>>
}

/** Starts an operation and hands out its events one by one, each with bytes of its own. One loop takes them all. */
export function iterate<Options, Event extends OperationEvent, Value>(
  operation: Operation<Options, Event, Value>,
  options: Options,
  { signal, deadline = Deadline.never }: Partial<Pick<OperationContext<Event>, 'signal' | 'deadline'>> = {},
): Run<Event, Value> {
  const left = new AbortController()
  const either = signal ? AbortSignal.any([signal, left.signal]) : left.signal
  setMaxListeners(0, either) // one for each connection under way: no leak to warn of
  const queue: Event[] = []
  /** Who takes the events: not known yet, a loop, or nobody any more. */
  let taker: 'unknown' | 'loop' | 'nobody' = 'unknown'
  let ended = false
  let wake = () => {}
  let release = () => {}
  let taken: Promise<void> | undefined

  const outcome = operation(options, {
    signal: either,
    deadline,
    emit: (event) => {
      if (taker === 'nobody') return
      queue.push(withOwnBytes(event))
      wake()
    },
    drained: () => {
      if (queue.length === 0) return undefined
      taken ??= new Promise((resolve) => {
        release = resolve
      })
      return taken
    },
  }).finally(() => {
    ended = true
    wake()
  })

  const allTaken = () => {
    release()
    taken = undefined
  }
  const letGo = () => {
    taker = 'nobody'
    queue.length = 0
    allTaken()
  }
  async function* events(): AsyncGenerator<Event, void, undefined> {
    try {
      for (;;) {
        const event = queue.shift()
        if (event) yield event
        else if (ended) break
        else {
          allTaken()
          await new Promise<void>((resolve) => {
            wake = resolve
          })
        }
      }
    } finally {
      left.abort()
      letGo()
    }
    await outcome
  }
  /** The outcome, for who asks for it. Who does so before there is a loop, and begins none at once, wants no events. */
  const asked = () => {
    queueMicrotask(() => {
      if (taker === 'unknown') letGo()
    })
    return outcome
  }
  return {
    get outcome() {
      return asked()
    },
    // biome-ignore lint/suspicious/noThenProperty: a run is to be awaited as any asynchronous call is
    then: (onFulfilled, onRejected) => asked().then(onFulfilled, onRejected),
    [Symbol.asyncIterator]: () => {
      if (taker !== 'unknown') throw new UsageError(NO_EVENTS[taker])
      taker = 'loop'
      outcome.catch(() => {}) // whoever loops is told by the loop
      return events()
    },
  }
}

/** Why there are no events for a loop. */
const NO_EVENTS = {
  loop: 'this run has its loop already: one takes all of its events',
  nobody: 'the events of this run are gone: begin the loop before its outcome is awaited',
}

/** Bytes of an event are lent: the loop may look at them later. */
function withOwnBytes<Event extends OperationEvent>(event: Event): Event {
  return 'bytes' in event && event.bytes instanceof Uint8Array ? { ...event, bytes: event.bytes.slice() } : event
}
