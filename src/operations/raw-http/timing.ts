import type { Moments } from './answers.js'
import type { TimedReach } from './open.js'
import type { TimingEvent } from './types.js'

/** Each phase of one request. The steps to the peer belong to the first request on its connection. */
export function timingOf(sequence: number, moments: Moments, reached: TimedReach | null): TimingEvent {
  const startedAt = reached?.startedAt ?? moments.beganAt
  const since = (at: number | null) => (at === null ? null : Math.max(0, at - startedAt))
  const { lookupMs = null, connectDoneMs = null, tlsDoneMs = null } = reached ?? {}
  const reachedMs = since(moments.beganAt) ?? 0
  const totalMs = since(moments.endedAt) ?? 0
  const waitDoneMs = since(moments.firstByteAt)
  // A peer may answer before it has heard all.
  const heardMs = since(moments.sentAt)
  const sendDoneMs = heardMs === null ? waitDoneMs : Math.min(heardMs, waitDoneMs ?? heardMs)
  return {
    type: 'timing',
    sequence,
    lookupMs,
    connectMs: connectDoneMs === null ? null : connectDoneMs - (lookupMs ?? 0),
    tlsMs: tlsDoneMs === null || connectDoneMs === null ? null : tlsDoneMs - connectDoneMs,
    sendMs: sendDoneMs === null ? null : sendDoneMs - reachedMs,
    waitMs: sendDoneMs === null ? null : (waitDoneMs ?? totalMs) - sendDoneMs,
    receiveMs: waitDoneMs === null ? null : totalMs - waitDoneMs,
    lookupDoneMs: lookupMs,
    connectDoneMs,
    tlsDoneMs,
    sendDoneMs,
    waitDoneMs,
    totalMs,
  }
}
