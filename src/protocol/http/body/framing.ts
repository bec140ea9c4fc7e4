import type { Report } from '../anomaly.js'
import type { BodyFraming } from '../events.js'
import type { FieldLine, FieldSection } from '../fields.js'
import { hasEmptyElement, listElements } from '../grammar.js'
import type { StatusLine } from '../response/status-line.js'
import { readTransferEncoding } from './transfer-encoding.js'

/** What of the request the length of its response's body depends on. */
export interface RequestContext {
  /** Case-sensitive, as sent: only `HEAD` and `CONNECT` matter. */
  readonly method: string
}

export interface Framing {
  readonly body: BodyFraming
  /** RFC 9112 9.3, as far as the head can tell. */
  readonly persistent: boolean
}

interface FramingFields {
  readonly contentLength: FieldLine[]
  readonly transferEncoding: FieldLine[]
  readonly connection: string[]
  readonly upgrade: boolean
  /** Two names may be the same. */
  readonly mayRepeat: boolean
}

/** Fields of responses that are no lists (RFC 9110 5.3); Content-Length has rules of its own. */
const RESPONSE_SINGLETONS = new Set([
  ...['age', 'content-location', 'content-range', 'content-type', 'date', 'etag', 'expires', 'last-modified'],
  ...['location', 'retry-after', 'server'],
])

/** The same of requests, less Host, which has rules of its own too. */
const REQUEST_SINGLETONS = new Set([
  ...['authorization', 'content-location', 'content-range', 'content-type', 'date', 'from', 'if-modified-since'],
  ...['if-range', 'if-unmodified-since', 'max-forwards', 'proxy-authorization', 'range', 'referer', 'user-agent'],
])

/** One length that fits a safe integer, as nearly all are. */
const PLAIN_LENGTH = /^\d{1,15}$/

/** Decides how the end of a response's body is found, in the order of RFC 9112 6.3. */
export function decideFraming(
  status: StatusLine,
  section: FieldSection,
  request: RequestContext,
  offset: number,
  report: Report,
): Framing {
  const fields = collect(section)
  if (fields.mayRepeat) reportRepeated(section, RESPONSE_SINGLETONS, report)
  const oldVersion = status.httpVersion === '1.0' || status.httpVersion === 'ICY'
  const [te] = fields.transferEncoding
  if (te && oldVersion) report('transfer-encoding-in-http-10', te.offset)
  const body = bodyFraming(status, fields, request, offset, report)
  const faulty = te !== undefined && (oldVersion || fields.contentLength.length > 0)
  const delimited = body.kind === 'none' || body.kind === 'length' || body.kind === 'chunked'
  return { body, persistent: delimited && !faulty && keepsAlive(fields.connection, oldVersion) }
}

/**
 * Decides how the end of a request's body is found (RFC 9112 6.3): never by the close, so that what names neither a length
 * nor chunks has none, and what names another coding cannot be framed.
 */
export function decideRequestFraming(httpVersion: string, section: FieldSection, report: Report): Framing {
  const fields = collect(section)
  const { transferEncoding, contentLength, connection } = fields
  if (fields.mayRepeat) reportRepeated(section, REQUEST_SINGLETONS, report)
  const oldVersion = httpVersion === '1.0'
  const [te] = transferEncoding
  const [length] = contentLength
  if (te && oldVersion) report('transfer-encoding-in-http-10', te.offset)
  if (te && length) report('transfer-encoding-and-content-length', length.offset)
  // Who sends both, or chunks to HTTP/1.0, may be smuggling: nothing that follows is believed.
  const persistent = !(te && (oldVersion || length)) && keepsAlive(connection, oldVersion)
  if (te) {
    const body = readTransferEncoding(transferEncoding, report)
    return { body: body.kind === 'chunked' ? body : { kind: 'invalid' }, persistent }
  }
  if (!length) return { body: { kind: 'none' }, persistent }
  const lengthBytes = readContentLength(contentLength, report)
  return { body: lengthBytes === null ? { kind: 'invalid' } : { kind: 'length', lengthBytes }, persistent }
}

function bodyFraming(
  status: StatusLine,
  fields: FramingFields,
  request: RequestContext,
  offset: number,
  report: Report,
): BodyFraming {
  // A code that cannot be read, or is out of range, counts as a 5xx (RFC 9110 15).
  const code = status.statusCode ?? 500
  const tunnel = request.method === 'CONNECT' && code >= 200 && code < 300
  if (tunnel || code === 204 || (code >= 100 && code < 200)) {
    for (const line of fields.contentLength) report('content-length-forbidden', line.offset)
    for (const line of fields.transferEncoding) report('transfer-encoding-forbidden', line.offset)
    if (code === 101 && !fields.upgrade) report('missing-upgrade', offset)
    return tunnel || code === 101 ? { kind: 'tunnel' } : { kind: 'none' }
  }
  const bodyless = request.method === 'HEAD' || code === 304
  const chunkedOrClose =
    fields.transferEncoding.length > 0 ? readTransferEncoding(fields.transferEncoding, report) : null
  const [length] = fields.contentLength
  if (chunkedOrClose && length) report('transfer-encoding-and-content-length', length.offset)
  // Where the length frames nothing, a bad one is a deviation only.
  const binding = !bodyless && chunkedOrClose === null
  const lengthBytes = length
    ? readContentLength(fields.contentLength, (rule, at, detail) =>
        report(rule, at, binding ? detail : { severity: 'warning', ...detail }),
      )
    : null
  if (bodyless) return { kind: 'none' }
  if (chunkedOrClose) return chunkedOrClose
  if (!length) return { kind: 'close', codings: [] }
  return lengthBytes === null ? { kind: 'invalid' } : { kind: 'length', lengthBytes }
}

/** The one length that all lines agree on; null, reported, where there is none. */
function readContentLength(lines: readonly FieldLine[], report: Report): number | null {
  const [first] = lines
  if (first && lines.length === 1 && PLAIN_LENGTH.test(first.value)) return Number(first.value)
  return readLengthList(lines, report)
}

function readLengthList(lines: readonly FieldLine[], report: Report): number | null {
  let agreed: string | null = null
  let repeatedAt = -1
  for (const { value, offset } of lines) {
    const elements = listElements(value)
    if (elements.length === 0 || !elements.every((element) => /^\d+$/.test(element))) {
      report('invalid-content-length', offset)
      return null
    }
    if (hasEmptyElement(value)) report('empty-list-element', offset)
    for (const element of elements) {
      const digits = element.replace(/^0+(?=\d)/, '')
      if (agreed !== null && repeatedAt < 0) repeatedAt = offset
      agreed ??= digits
      if (digits !== agreed) {
        report('differing-content-length', offset)
        return null
      }
    }
  }
  if (repeatedAt >= 0) report('repeated-content-length', repeatedAt)
  const lengthBytes = Number(agreed)
  if (Number.isSafeInteger(lengthBytes)) return lengthBytes
  report('content-length-too-large', lines[0]?.offset ?? 0)
  return null
}

/** RFC 9112 9.3: `close` ends it, HTTP/1.1 goes on, older versions only with `keep-alive`. */
function keepsAlive(connection: readonly string[], oldVersion: boolean): boolean {
  if (connection.length === 0) return !oldVersion
  const options = connection.flatMap((value) => listElements(value.toLowerCase()))
  if (options.includes('close')) return false
  return !oldVersion || options.includes('keep-alive')
}

function collect({ headers, offsets }: FieldSection): FramingFields {
  const contentLength: FieldLine[] = []
  const transferEncoding: FieldLine[] = []
  const connection: string[] = []
  let upgrade = false
  let mayRepeat = false
  let seen = 0
  for (let i = 0; i < headers.length; i++) {
    const [name, value] = headers[i] ?? ['', '']
    const bit = 1 << (name.length + 7 * (name.charCodeAt(0) & 31))
    if (seen & bit) mayRepeat = true
    seen |= bit
    if (isNamed(name, 'Content-Length')) contentLength.push({ value, offset: offsets[i] ?? 0 })
    else if (isNamed(name, 'Transfer-Encoding')) transferEncoding.push({ value, offset: offsets[i] ?? 0 })
    else if (isNamed(name, 'Connection')) connection.push(value)
    else if (isNamed(name, 'Upgrade')) upgrade = true
  }
  return { contentLength, transferEncoding, connection, upgrade, mayRepeat }
}

/** Whether a field has the name that is given as it is usually written; most are told apart by their length. */
function isNamed(name: string, usual: string): boolean {
  return name.length === usual.length && (name === usual || name.toLowerCase() === usual.toLowerCase())
}

function reportRepeated({ headers, offsets }: FieldSection, singletons: ReadonlySet<string>, report: Report): void {
  const found = new Set<string>()
  headers.forEach(([name], index) => {
    const field = name.toLowerCase()
    if (!singletons.has(field)) return
    if (found.has(field)) report('duplicate-field', offsets[index] ?? 0)
    found.add(field)
  })
}
