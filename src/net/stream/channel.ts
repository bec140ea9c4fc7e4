import type { Deadline } from '../../core/deadline.js'
import { abortFailure, deadlineFailure, type Failure } from '../../core/failure.js'
import { formatDuration } from '../../core/text/duration.js'

const MAX_TIMER_MS = 2_147_483_647

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

export interface SessionOptions {
  /** Who it is, for messages. */
  readonly name: string
  /** Milliseconds without a byte in either direction; null for no bound. */
  readonly idleMs?: number | null | undefined
  readonly deadline?: Deadline | undefined
  readonly signal?: AbortSignal | undefined
  /** Takes what comes; the next piece of a stream waits for its promise. A rejection ends the session. */
  received(bytes: Uint8Array): Promise<void> | undefined
}

export interface SessionEnd {
  readonly reason: CloseReason
  /** Whose FIN came first, or whose reset ended it; null where it was neither side's. */
  readonly closedBy: 'peer' | 'self' | null
  /** As `closeNotifyOf`: null but for the end of TLS. */
  readonly closeNotify: boolean | null
  readonly bytesIn: number
  readonly bytesOut: number
  readonly elapsedMs: number
  /** Null where it ended as it should. */
  readonly failure: Failure | null
}

/** An established conversation with one peer, whatever carries it. */
export interface Channel {
  /** Resolves once it is over. Never rejects for the network. */
  readonly ended: Promise<SessionEnd>
  /** Resolves at the peer's FIN, once all before it has been taken; never where there is none. */
  readonly peerEnded: Promise<void>
  readonly over: boolean
  /** What to wait for until the system has taken the bytes; undefined where it has, or the conversation is over. */
  write(bytes: Uint8Array): Promise<void> | undefined
  /** Says that no more will be sent, where the transport can, and goes on reading. */
  halfClose(): void
  /** Ends at once, for a reason that is not the network's. */
  end(reason: CloseReason, failure: Failure | null): void
}

export function outOfTime(name: string): Failure {
  return deadlineFailure('read', `the conversation with ${name} took longer than the time allowed`, { hint: null })
}

export function interrupted(name: string): Failure {
  return abortFailure('read', `the conversation with ${name} was interrupted`)
}

/** One timer that looks when the last byte went by, not one restarted for each byte. */
export class IdleWatch {
  readonly #options: SessionOptions
  readonly #expired: (failure: Failure) => void
  #lastMs = performance.now()
  #timer: NodeJS.Timeout | undefined
  #stopped = false
  #held = false

  constructor(options: SessionOptions, expired: (failure: Failure) => void) {
    this.#options = options
    this.#expired = expired
    this.#look()
  }

  /** A byte went by. */
  touch(): void {
    this.#lastMs = performance.now()
  }

  /** Our own side is slow to take what came: until {@link release} the silence is not the peer's. */
  hold(): void {
    this.#held = true
  }

  release(): void {
    this.#held = false
    this.touch()
  }

  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
  }

  #look(): void {
    const { idleMs, name } = this.#options
    if (idleMs === null || idleMs === undefined || this.#stopped) return
    if (this.#held) this.#lastMs = performance.now()
    const left = idleMs - (performance.now() - this.#lastMs)
    if (left > 0) {
      this.#timer = setTimeout(() => this.#look(), Math.min(Math.ceil(left), MAX_TIMER_MS))
      return
    }
    // The I/O of this turn first: a byte that is already there wins.
    const seenMs = this.#lastMs
    setImmediate(() => {
      if (this.#stopped) return
      if (this.#lastMs !== seenMs) return this.#look()
      const message = `neither ${name} nor this side said anything for ${formatDuration(idleMs)}`
      this.#expired(deadlineFailure('read', message, { hint: 'allow more silence with --idle-timeout' }))
    })
  }
}
