import { combineFailures, type Failure, failure } from './failure.js'
import { hintOf } from './hint.js'

/** Counts the failures of a run over any number of targets, and remembers the first of each kind alone. */
export class FailureTally {
  readonly #kinds = new Map<string, Failure>()
  #count = 0

  get count(): number {
    return this.#count
  }

  add(failed: Failure): void {
    this.#count++
    const kind = `${failed.origin} ${failed.phase} ${failed.code}`
    if (!this.#kinds.has(kind)) this.#kinds.set(kind, failed)
  }

  /** The failure of the run, as {@link combineFailures} has it, one part for each kind; null where nothing failed. */
  combine(total: number, what: string): Failure | null {
    const kinds = [...this.#kinds.values()]
    const [first] = kinds
    if (!first) return null
    if (total === 1) return first
    if (this.#count < total) {
      const message = `${this.#count} of ${total} ${what} failed, first: ${first.message}`
      return failure({ phase: first.phase, origin: 'expectation', code: 'PARTIAL', message, ...hintOf(first) })
    }
    const all = combineFailures(kinds, kinds.length, what)
    return { ...all, message: `all ${total} ${what} failed, first: ${first.message}`, attempts: [], parts: kinds }
  }
}
