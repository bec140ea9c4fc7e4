import type { Deadline } from '../../core/deadline.js'
import { abortFailure, deadlineFailure, type Failure } from '../../core/failure.js'
import { RUN_OVER } from '../../core/hint.js'

/**
 * How a conversation ended: both sides said FIN, a reset or a refusal, the kernel's or our own patience, an interrupt,
 * another error; `done` where all that was asked for had been said and the peer stayed.
 */
export type CloseReason =
  | 'fin'
  | 'reset'
  | 'refused'
  | 'timeout'
  | 'idle'
  | 'max-time'
  | 'interrupted'
  | 'expectation'
  | 'done'
  | 'error'

/** The largest payload of one IPv4 datagram: 65,535 less the headers of IP and UDP. */
export const MAX_DATAGRAM_BYTES = 65_507

/** Handles one piece that came. Where it returns a promise, reading waits for it. */
export type Take = (bytes: Uint8Array) => Promise<void> | undefined

/** What a conversation asks of whatever carries it. */
export interface ConversationOptions {
  /** Who it is, for messages. */
  readonly name: string
  /** Milliseconds without a byte in either direction; null for no bound. */
  readonly idleMs?: number | null | undefined
  readonly deadline?: Deadline | undefined
  readonly signal?: AbortSignal | undefined
  /** Takes what comes; the next piece of a stream waits for its promise. A rejection ends the conversation. */
  readonly received?: Take | undefined
}

export interface ConversationEnd {
  readonly reason: CloseReason
  /** Whose FIN came first, or whose reset ended it; null where it was neither side's. */
  readonly closedBy: 'peer' | 'self' | null
  /** As `closeNotifyOf`: null but for the end of TLS. */
  readonly closeNotify: boolean | null
  readonly bytesIn: number
  readonly bytesOut: number
  /**
   * Taken by our system and never acknowledged by the peer's; also of a piece of which the system took but a part. In
   * bytes of TCP: over TLS with its records. Null where nobody can say, as for datagrams.
   */
  readonly bytesUnacknowledged: number | null
  /** Came, and was not read; else as {@link bytesUnacknowledged}. */
  readonly bytesUnread: number | null
  readonly elapsedMs: number
  /** Null where it ended as it should. */
  readonly failure: Failure | null
}

/** An established conversation with one peer, whatever carries it. */
export interface Channel {
  /** Resolves once it is over. Never rejects for the network. */
  readonly ended: Promise<ConversationEnd>
  /** Resolves at the peer's FIN, once all before it has been taken; never where there is none. */
  readonly peerEnded: Promise<void>
  readonly over: boolean
  /** Bytes that the system has taken. */
  readonly bytesOut: number
  /** What to wait for until the system has taken the bytes; undefined where it has, or the conversation is over. */
  write(bytes: Uint8Array): Promise<void> | undefined
  /** Says that no more will be sent, where the transport can, and goes on reading. */
  halfClose(): void
  /** Ends at once, for a reason that is not the network's. */
  end(reason: CloseReason, failure: Failure | null): void
}

export function outOfTime(name: string, { inWords }: Deadline): Failure {
  return deadlineFailure('read', `the conversation with ${name} took longer than ${inWords}`, RUN_OVER)
}

export function interrupted(name: string): Failure {
  return abortFailure('read', `the conversation with ${name} was interrupted`)
}
