import { ChunkedBody } from './body/chunked-body.js'
import { decideRequestFraming } from './body/framing.js'
import { EventLog } from './event-log.js'
import type { BodyFraming } from './events.js'
import { parseFields } from './fields.js'
import { SectionScan } from './section-scan.js'

const CR = 13
const LF = 10
const MAX_TRAILER_BYTES = 256 * 1024
const REQUEST_LINE = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+) [^\r\n]+ HTTP\/([^ \r\n]+)\r?\n$/

/**
 * Where each of several requests that stand behind one another ends (RFC 9112 2.1, 6.3, 7.1): the index behind its last
 * byte, in order; the last is the length of `bytes`. What cannot be framed is one request with all that follows it, and so
 * is what no answer is owed to: behind CONNECT, behind a request that asks for the connection to be closed (RFC 9112
 * 9.6), and bytes that do not begin with a request line, such as empty lines at the very end.
 */
export function endsOfRequests(bytes: Buffer): number[] {
  const ends: number[] = []
  for (let at = 0; at < bytes.length; ) {
    const head = readHead(bytes, at)
    if (head === null) {
      ends.pop()
      return [...ends, bytes.length]
    }
    const isLast = !head.persistent || head.method === 'CONNECT'
    at = Math.min(bytes.length, (isLast ? null : endOfBody(bytes, head)) ?? bytes.length)
    ends.push(at)
  }
  return ends
}

interface FramedHead {
  readonly method: string
  /** Index behind its empty line. */
  readonly end: number
  readonly body: BodyFraming
  readonly persistent: boolean
}

/** The request that begins at `start`, or behind the empty lines there (RFC 9112 2.2); null where none does. */
function readHead(bytes: Buffer, start: number): FramedHead | null {
  let from = start
  while (bytes[from] === CR || bytes[from] === LF) from++
  const lineEnd = bytes.indexOf(LF, from) + 1
  const [, method, httpVersion] = REQUEST_LINE.exec(bytes.toString('latin1', from, lineEnd)) ?? []
  if (method === undefined || httpVersion === undefined) return null
  const end = new SectionScan().end(bytes, lineEnd - 1)
  // A head that is not all there: whoever hears it waits for more.
  if (end < 0) return { method, end: bytes.length, body: { kind: 'invalid' }, persistent: false }
  const { report } = new EventLog()
  const section = parseFields(bytes.toString('latin1', lineEnd, end), 0, 0, true, report)
  return { method, end, ...decideRequestFraming(httpVersion, section, report) }
}

/** Null where the body has no end that can be found. */
function endOfBody(bytes: Buffer, { end, body }: FramedHead): number | null {
  if (body.kind === 'none') return end
  if (body.kind === 'length') return end + body.lengthBytes
  if (body.kind !== 'chunked') return null
  const chunked = new ChunkedBody(new EventLog(), MAX_TRAILER_BYTES)
  for (let at = end; at < bytes.length; ) {
    at = chunked.readFraming(bytes, at, 0)
    if (chunked.state === 'done') return at
    if (chunked.state === 'failed') return null
    const sizeBytes = Math.min(chunked.remainingBytes, bytes.length - at)
    if (sizeBytes > 0) chunked.consumeData(sizeBytes)
    at += sizeBytes
  }
  return null
}
