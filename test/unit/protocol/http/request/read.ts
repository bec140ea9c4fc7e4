import { EventLog } from '../../../../../src/protocol/http/event-log.js'
import type { EndReason, MessageEnd } from '../../../../../src/protocol/http/events.js'
import type { ReceivedRequest } from '../../../../../src/protocol/http/request/head.js'
import { type RequestHeadEvent, RequestReader } from '../../../../../src/protocol/http/request/reader.js'

export interface ReadRequest {
  readonly request: ReceivedRequest | null
  readonly body: string
  readonly trailers: readonly (readonly [string, string])[]
  /** As `rule@offset`. */
  readonly anomalies: readonly string[]
  readonly undecoded: string
  readonly end: MessageEnd
}

/** By their places, as the server tells them: those of the line may be known before those of the fields, or with them. */
function placed(anomalies: readonly { rule: string; offset: number }[]): string[] {
  return [...anomalies].sort((one, other) => one.offset - other.offset).map(({ rule, offset }) => `${rule}@${offset}`)
}

/** The requests that stand in `chunks`, one behind the other, the last ended by the connection where it does not end itself. */
export function readRequests(
  chunks: readonly Uint8Array[],
  reason: EndReason = 'fin',
  maxHeadBytes = 32_768,
): ReadRequest[] {
  const log = new EventLog<RequestHeadEvent>()
  const reader = new RequestReader(log, maxHeadBytes)
  const found: ReadRequest[] = []
  let [body, undecoded] = ['', '']
  let trailers: ReadRequest['trailers'] = []
  let anomalies: { rule: string; offset: number }[] = []
  let failed = false
  const hear = () => {
    for (const event of log.take()) {
      if (event.type === 'body') body += Buffer.from(event.data).toString('latin1')
      else if (event.type === 'undecoded') undecoded += Buffer.from(event.data).toString('latin1')
      else if (event.type === 'trailers') trailers = event.headers
      else if (event.type === 'anomaly') anomalies.push(event.anomaly)
    }
  }
  const finish = () => {
    hear()
    if (!reader.end) return
    found.push({ request: reader.request, body, trailers, anomalies: placed(anomalies), undecoded, end: reader.end })
    ;[body, undecoded, trailers, anomalies] = ['', '', [], []]
    failed = reader.end.stage !== 'done'
    if (!failed) reader.next()
  }
  let base = 0
  for (const chunk of chunks) {
    const bytes = Buffer.from(chunk) // a lent piece: its bytes change once it has been read
    for (let at = 0; at < bytes.length; ) {
      const last = found.at(-1)
      if (failed && last) {
        found[found.length - 1] = { ...last, undecoded: last.undecoded + bytes.toString('latin1', at) }
        break
      }
      at = reader.read(bytes, at, base)
      finish()
    }
    base += bytes.length
    bytes.fill(0x2a)
  }
  if (!failed && reader.stage !== 'start') {
    reader.endByConnection(reason, base)
    finish()
  }
  return found
}

/** One that is alone. */
export function readRequest(text: string, reason: EndReason = 'fin'): ReadRequest {
  const [first, ...more] = readRequests([Buffer.from(text, 'latin1')], reason)
  if (!first || more.length > 0) throw new Error(`${more.length + (first ? 1 : 0)} requests`)
  return first
}
