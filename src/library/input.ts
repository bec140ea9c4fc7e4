import type { Operation, OperationEvent } from '../core/operation.js'
import { UsageError } from '../core/usage-error.js'
import { shown } from './options.js'

const EXPECTED = 'something that hands out bytes with for await'

/**
 * What a caller hands out piece by piece. Where that fails it is the caller's own error: it ends the run, which rejects
 * with it.
 */
export class CallersInput implements AsyncIterable<Uint8Array> {
  readonly #pieces: AsyncIterable<unknown>
  readonly #failed = new AbortController()
  #error: { readonly thrown: unknown } | null = null

  /** Throws UsageError for what cannot be looped over. */
  constructor(input: unknown) {
    if (typeof input !== 'object' || input === null || !(Symbol.asyncIterator in input))
      throw UsageError.of('input', shown(input), EXPECTED)
    this.#pieces = input as AsyncIterable<unknown>
  }

  /** Aborted where it fails. */
  get signal(): AbortSignal {
    return this.#failed.signal
  }

  /** What it threw, in a box of its own: it may have been anything. */
  get error(): { readonly thrown: unknown } | null {
    return this.#error
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      for await (const piece of this.#pieces) {
        if (!(piece instanceof Uint8Array)) throw UsageError.of('input', shown(piece), 'bytes (a Uint8Array)')
        yield piece
      }
    } catch (thrown) {
      this.#error = { thrown }
      this.#failed.abort()
    }
  }
}

/** The operation, ended by its caller's input where that fails: it rejects with what was thrown. */
export function heedingInput<Options, Event extends OperationEvent, Value>(
  operation: Operation<Options, Event, Value>,
  inputOf: (options: Options) => AsyncIterable<Uint8Array> | null,
): Operation<Options, Event, Value> {
  return async (options, context) => {
    const input = inputOf(options)
    if (!(input instanceof CallersInput)) return operation(options, context)
    const outcome = await operation(options, { ...context, signal: AbortSignal.any([context.signal, input.signal]) })
    if (input.error) throw input.error.thrown
    return outcome
  }
}
