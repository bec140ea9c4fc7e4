import { EventLog } from '../event-log.js'
import { type RequestHeadEvent, RequestReader } from './reader.js'

const MAX_HEAD_BYTES = 256 * 1024

/**
 * Where each of several requests that stand behind one another ends (RFC 9112 2.1, 6.3, 7.1): the index behind its last
 * byte, in order; the last is the length of `bytes`. What cannot be framed is one request with all that follows it, and so
 * is what no answer is owed to: behind CONNECT, behind a request that asks for the connection to be closed (RFC 9112
 * 9.6), and bytes that do not begin with a request line, such as empty lines at the very end.
 */
export function endsOfRequests(bytes: Buffer): number[] {
  const log = new EventLog<RequestHeadEvent>()
  const reader = new RequestReader(log, MAX_HEAD_BYTES)
  const ends: number[] = []
  for (let at = 0; at < bytes.length; ) {
    at = reader.read(bytes, at, 0)
    const head = log.take().find((event) => event.type === 'request')
    if (head && (!head.persistent || head.request.method === 'CONNECT')) return [...ends, bytes.length]
    if (!reader.end) continue
    if (reader.end.stage !== 'done') return withRest(ends, bytes, reader.request !== null)
    ends.push(at)
    reader.next()
  }
  if ((ends.at(-1) ?? 0) === bytes.length) return ends
  reader.endByConnection('abort', bytes.length)
  return withRest(ends, bytes, reader.request !== null)
}

/** The rest as a request, or where it has not even the line of one as a part of the one before. */
function withRest(ends: readonly number[], { length }: Buffer, isRequest: boolean): number[] {
  return [...(isRequest ? ends : ends.slice(0, -1)), length]
}
