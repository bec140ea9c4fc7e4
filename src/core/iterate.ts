import { Deadline } from './deadline.js'
import type { Operation, OperationContext, OperationEvent } from './operation.js'
import type { Outcome } from './outcome.js'

/** A run whose events are taken with `for await`. Leaving the loop aborts it. */
export interface Iteration<Event, Value> extends AsyncIterable<Event> {
  /** What it came to. Rejects with UsageError for misuse, as the loop does. */
  readonly outcome: Promise<Outcome<Value>>
}

/**
 * Starts an operation and hands out its events one by one, each with bytes of its own. An operation that can wait for
 * its reader waits for the loop: a run that nobody loops over may never end. One loop takes them all.
 */
export function iterate<Options, Event extends OperationEvent, Value>(
  operation: Operation<Options, Event, Value>,
  options: Options,
  { signal, deadline = Deadline.never }: Partial<Pick<OperationContext<Event>, 'signal' | 'deadline'>> = {},
): Iteration<Event, Value> {
  const left = new AbortController()
  const queue: Event[] = []
  let ended = false
  let wake = () => {}
  let release = () => {}
  let taken: Promise<void> | undefined

  const outcome = operation(options, {
    signal: signal ? AbortSignal.any([signal, left.signal]) : left.signal,
    deadline,
    emit: (event) => {
      if (left.signal.aborted) return
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
  outcome.catch(() => {}) // whoever loops is told by the loop

  const allTaken = () => {
    release()
    taken = undefined
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
      queue.length = 0
      allTaken()
    }
    await outcome
  }
  return { outcome, [Symbol.asyncIterator]: events }
}

/** Bytes of an event are lent: the loop may look at them later. */
function withOwnBytes<Event extends OperationEvent>(event: Event): Event {
  return 'bytes' in event && event.bytes instanceof Uint8Array ? { ...event, bytes: event.bytes.slice() } : event
}
