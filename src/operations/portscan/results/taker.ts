import type { OperationContext } from '../../../core/operation.js'

/** Results handed on before it is asked whether their taker keeps up. */
const BETWEEN_WAITS = 512

/** Whoever takes a scan's results, and may be slower than the scan. */
export class ResultTaker<Result> {
  readonly #take: (result: Result) => void
  readonly #drained: OperationContext<never>['drained']
  #taken = 0

  constructor(take: (result: Result) => void, drained?: OperationContext<never>['drained']) {
    this.#take = take
    this.#drained = drained
  }

  /** How many results may be handed on before {@link slow} is asked again. */
  get left(): number {
    return Math.max(0, BETWEEN_WAITS - this.#taken)
  }

  take(result: Result): void {
    this.#taken++
    this.#take(result)
  }

  /** What to wait for before more is handed on, or undefined. */
  slow(): Promise<void> | undefined {
    if (this.left > 0) return undefined
    this.#taken = 0
    return this.#drained?.()
  }
}
