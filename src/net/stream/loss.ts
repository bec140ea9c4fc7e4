import { type Failure, failure, fromNodeError, type Phase } from '../../core/failure.js'
import { hint } from '../../core/hint.js'
import { counted } from '../../core/text/digits.js'
import type { CloseReason } from './channel.js'

const CUT_HINT = hint('a crash of the peer, or somebody on the way, may have done that: what came is not all')

/** What is known of a stream when its connection is gone. */
export interface KnownOfLoss {
  readonly name: string
  /** The first write that failed, or null. */
  readonly writeError: Error | null
  /** Whether being closed without an error is an end in order: all has come and been taken, or another closes it. */
  readonly isOver: boolean
  /** Whether the end came in the midst of a TLS record. */
  readonly isCut: boolean
  readonly bytesIn: number
  readonly bytesOut: number
}

export interface Loss {
  readonly reason: CloseReason
  readonly failure: Failure | null
  readonly error: Error | null
}

/** What the end of a connection comes to, by the last that was told of it; null: it was closed without a word. */
export function lossOf(last: Error | null, known: KnownOfLoss): Loss {
  const { name, writeError, isOver, isCut, bytesIn, bytesOut } = known
  // An alert of TLS tells why the peer left, a failed write only that it did.
  const alert = last !== null && fromNodeError(last, 'read').origin === 'tls'
  const told = alert ? last : (writeError ?? last)
  const counts = `after ${counted(bytesIn, 'byte')} in and ${bytesOut} out`
  if (told === null && isOver) {
    const message = `${name} ended the connection in the midst of a TLS record, ${counts}: what was left of it is lost`
    const cut = () => failure({ phase: 'read', origin: 'peer', code: 'TLS_CUT_OFF', message, ...CUT_HINT })
    return { reason: 'fin', failure: isCut ? cut() : null, error: null }
  }
  const error = told ?? Object.assign(new Error('closed'), { code: 'ECONNRESET', syscall: 'read' })
  const phase: Phase = error === writeError ? 'write' : 'read'
  const base = fromNodeError(error, phase)
  const message = `the connection to ${name} was lost ${counts}: ${base.message}`
  const reset = base.code === 'ECONNRESET' || base.code === 'EPIPE'
  const reason = reset ? 'reset' : base.code === 'ETIMEDOUT' ? 'timeout' : 'error'
  return { reason, failure: { ...base, message }, error }
}

/** Whether it is only that the peer has gone which ended its stream: what is written behind a FIN meets EPIPE (tcp(7)). */
export function isBehindFin(error: Error | null): boolean {
  return error !== null && 'code' in error && error.code === 'EPIPE'
}
