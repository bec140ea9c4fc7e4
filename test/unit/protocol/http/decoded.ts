import type { EndReason, ResponseEvent } from '../../../../src/protocol/http/events.js'
import { ResponseDecoder } from '../../../../src/protocol/http/response/decoder.js'
import { MARK, type Result, type Row } from './table/row.js'

/** All that a decoder says about one stream, in a shape that does not depend on how the stream was cut. */
export interface Decoded {
  status: number | null | 'no head'
  headers: string[]
  framing: string | null
  body: string
  informational: (number | null)[]
  trailers: string[]
  rest: string
  anomalies: string[]
  result: Result
}

/** Decodes pieces and gathers what came of them; `method` is that of the one outstanding request. */
export function decode(pieces: readonly Uint8Array[], method = 'GET', reason: EndReason = 'fin'): Decoded {
  const decoder = new ResponseDecoder()
  decoder.expect({ method })
  return gather([...pieces.flatMap((piece) => decoder.push(piece)), ...decoder.end(reason)])
}

export function gather(events: readonly ResponseEvent[]): Decoded {
  const decoded: Decoded = {
    status: 'no head',
    headers: [],
    framing: null,
    body: '',
    informational: [],
    trailers: [],
    rest: '',
    anomalies: [],
    result: 'incomplete',
  }
  const found: { offset: number; rule: string }[] = []
  const severities = new Set<string>()
  const ends = events.filter((event) => event.type === 'end')
  for (const event of events) {
    if (event.type === 'informational') decoded.informational.push(event.head.statusCode)
    else if (event.type === 'body') decoded.body += latin1(event.data)
    else if (event.type === 'rest') decoded.rest += latin1(event.data)
    else if (event.type === 'trailers') decoded.trailers = event.headers.map(asLine)
    else if (event.type === 'head') {
      decoded.status = event.head.statusCode
      decoded.headers = event.head.headers.map(asLine)
      decoded.framing = event.framing.kind
    } else if (event.type === 'anomaly') {
      found.push(event.anomaly)
      severities.add(event.anomaly.severity)
    }
  }
  if (ends.length !== 1) throw new Error(`${ends.length} ends`)
  const verdict = ends[0]?.verdict ?? 'incomplete'
  decoded.anomalies = sortAnomalies(found)
  decoded.result = verdict !== 'complete' ? verdict : severities.has('warning') ? 'deviates' : 'ok'
  return decoded
}

/** The bytes of a row, and what the RFC makes of them in the shape of {@link decode}. */
export function expectation(row: Row): { wire: Buffer; expected: Decoded } {
  const parts = row.wire.split(MARK)
  const rules = row.anomalies ?? []
  if (parts.length - 1 !== rules.length)
    throw new Error(`${row.name}: ${parts.length - 1} marks, ${rules.length} rules`)
  let offset = 0
  const marked = rules.map((rule, index) => {
    offset += parts[index]?.length ?? 0
    return { offset, rule }
  })
  const expected: Decoded = {
    status: row.status === undefined ? 200 : row.status,
    headers: [...(row.headers ?? [])],
    framing: row.framing ?? null,
    body: row.body ?? '',
    informational: [...(row.informational ?? [])],
    trailers: [...(row.trailers ?? [])],
    rest: row.rest ?? '',
    anomalies: sortAnomalies(marked),
    result: row.result,
  }
  return { wire: Buffer.from(parts.join(''), 'latin1'), expected }
}

/** `bytes` cut before each of the given indexes, in ascending order. */
export function cut(bytes: Uint8Array, indexes: readonly number[]): Uint8Array[] {
  const edges = [0, ...indexes, bytes.length]
  return edges.slice(1).map((edge, index) => bytes.subarray(edges[index], edge))
}

export function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
}

function asLine([name, value]: readonly [string, string]): string {
  return `${name}: ${value}`
}

function sortAnomalies(found: readonly { offset: number; rule: string }[]): string[] {
  return [...found]
    .sort((a, b) => a.offset - b.offset || a.rule.localeCompare(b.rule))
    .map(({ offset, rule }) => `${offset} ${rule}`)
}

export function bytes(text: string): Buffer {
  return Buffer.from(text, 'latin1')
}

export function ends(events: readonly ResponseEvent[]) {
  return events.filter((event) => event.type === 'end')
}

export function rules(events: readonly ResponseEvent[]): string[] {
  return events.flatMap((event) => (event.type === 'anomaly' ? [event.anomaly.rule] : []))
}
