import { combineFailures, type Failure, failure } from './failure.js'

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
    if (this.#count === total && kinds.length > 1) return combineFailures(kinds, kinds.length, what)
    const message = `${this.#count === total ? 'all' : this.#count} ${this.#count === total ? '' : 'of '}${total} ${what} failed, first: ${first.message}`
    if (this.#count === total) return { ...first, message, endpoint: null, attempts: [], parts: kinds }
    return failure({ phase: first.phase, origin: 'expectation', code: 'PARTIAL', message, hint: first.hint })
  }
}
