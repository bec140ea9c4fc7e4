import type { AnomalyDetail, Report, Rule } from '../anomaly.js'
import { decideRequestFraming, type Framing } from '../body/framing.js'
import type { HeaderPair } from '../events.js'
import type { FieldSection } from '../fields.js'
import type { RequestLine } from './request-line.js'

/** The head of a request, as far as it came. */
export interface ReceivedRequest extends RequestLine {
  /** Of the first byte of its line. */
  readonly offset: number
  readonly headers: readonly HeaderPair[]
  /** What Expect asks for (RFC 9110 10.1.1); null for nothing, and in HTTP/1.0. */
  readonly expects: 'continue' | 'unknown' | null
}

export interface RequestHeadRead {
  readonly request: ReceivedRequest
  readonly framing: Framing
}

/** Rules that weigh otherwise in a request, or say so in other words. */
const IN_REQUESTS: Partial<Readonly<Record<Rule, AnomalyDetail>>> = {
  'leading-empty-line': { text: 'Empty lines stand before the request line.' },
  'http-09': { text: 'The request line names no version: HTTP/0.9, or not HTTP at all.' },
  'space-before-colon': { severity: 'error' },
  'transfer-encoding-in-http-10': { text: 'Transfer-Encoding in an HTTP/1.0 request.' },
  'empty-transfer-encoding': { severity: 'error' },
  'chunked-not-final': {
    severity: 'error',
    text: 'Chunked is not the last coding; where the content ends is unknown.',
  },
  'final-coding-not-chunked': {
    ...{ severity: 'error', text: 'The coding is not chunked; where the content ends is unknown.' },
  },
}

/** `report` with the weight and the words that rules have in requests. */
export function ofRequests(report: Report): Report {
  return (rule, offset, detail) => report(rule, offset, { ...IN_REQUESTS[rule], ...detail })
}

/**
 * What a head that has been read asks for, and how its content is framed.
 * @param isWhole false where it was cut off: what is not there may have been to come
 */
export function requestOf(
  line: RequestLine,
  section: FieldSection,
  offset: number,
  isWhole: boolean,
  report: Report,
): RequestHeadRead {
  const { headers, offsets } = section
  const { method, target, httpVersion } = line
  const isOld = httpVersion === '1.0'
  let hosts = 0
  let expects: ReceivedRequest['expects'] = null
  for (let index = 0; index < headers.length; index++) {
    const [name, value] = headers[index] ?? ['', '']
    if (name.length === 4 && name.toLowerCase() === 'host') {
      hosts++
      if (hosts === 2) report('duplicate-host', offsets[index] ?? offset)
      if (!isHost(value)) report('invalid-host', offsets[index] ?? offset)
    } else if (name.length === 6 && !isOld && name.toLowerCase() === 'expect') {
      if (value.toLowerCase() === '100-continue') expects ??= 'continue'
      else {
        expects = 'unknown'
        report('unknown-expectation', offsets[index] ?? offset)
      }
    }
  }
  if (hosts === 0 && !isOld && isWhole) report('missing-host', offset)
  if (!isFormOf(line)) report('target-form', offset + method.length + 1)
  const framing = decideRequestFraming(httpVersion, section, report)
  // By name: copying the line with what else there is would take longer than reading it did.
  return { request: { method, target, httpVersion, offset, headers, expects }, framing }
}

/** Empty is allowed (RFC 9112 3.2); else what RFC 3986 3.2.2 makes of a host and a port, by its bytes. */
function isHost(value: string): boolean {
  for (let at = 0; at < value.length; at++) {
    const code = value.charCodeAt(at)
    // White space, controls, and what ends an authority or parts it from who logs in.
    if (code <= 32 || code === 35 || code === 47 || code === 63 || code === 64 || code === 92 || code === 127)
      return false
  }
  return true
}

/** RFC 9112 3.2: a path or a URI for all, `*` for OPTIONS too, and host:port for CONNECT alone. */
function isFormOf({ method, target }: RequestLine): boolean {
  if (method === 'CONNECT') return !target.startsWith('/') && target.includes(':') && !target.includes('://')
  if (target.startsWith('/')) return true
  if (target === '*') return method === 'OPTIONS'
  return /^[A-Za-z][A-Za-z0-9+.-]*:\/\//.test(target)
}
