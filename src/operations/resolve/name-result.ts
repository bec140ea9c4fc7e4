import type { Failure } from '../../core/failure.js'
import type { OperationContext } from '../../core/operation.js'
import type { ResolveEvent, Status } from './types.js'

export type ResolveContext = OperationContext<ResolveEvent>

/** What one name came to: its events in order, told when its turn has come. */
export interface NameResult {
  readonly name: string
  readonly events: readonly ResolveEvent[]
  readonly failure: Failure | null
  /** Answers, for what is expected of them. */
  readonly values: readonly string[]
  readonly status: Status
}
