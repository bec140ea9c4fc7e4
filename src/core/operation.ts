import type { Deadline } from './deadline.js'
import type { Outcome } from './outcome.js'

/** What happened while an operation runs. `type` names it; the other fields are flat and keep their names for good. */
export interface OperationEvent {
  readonly type: string
}

/** What an operation is given besides its options. */
export interface OperationContext<Event extends OperationEvent> {
  /** Aborted on ^C, SIGTERM or by a library user: the operation ends soon, with what it knows. */
  readonly signal: AbortSignal
  /** The bound on the whole run (`--max-time`). */
  readonly deadline: Deadline
  /** Bytes in an event are lent: they may change once `emit` has returned and {@link drained} has been waited for. */
  emit(event: Event): void
  /** Whether events of that type are looked at: those that are not need not be made. All are where this is left out. */
  wants?(type: Event['type']): boolean
  /** Where whoever takes the events is slower than the peer: resolves once it has caught up. Else undefined. */
  drained?(): Promise<void> | undefined
}

/** Typed options in, events while it runs, one Outcome at the end. It never prints, exits or throws for the network. */
export type Operation<Options, Event extends OperationEvent, Value> = (
  options: Options,
  context: OperationContext<Event>,
) => Promise<Outcome<Value>>
