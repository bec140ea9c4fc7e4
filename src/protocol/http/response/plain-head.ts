import type { HeaderPair } from '../events.js'
import type { FieldSection } from '../fields.js'
import { isBlank, TOKEN } from '../grammar.js'
import type { StatusLine } from './status-line.js'

const LF = 10
const CR = 13
const SPACE = 32
const ZERO = 48
const COLON = 58
const BEGINNING = Buffer.from('HTTP/1.')
/** `HTTP/1.1 200 `, the only form it has. */
const MINOR_AT = BEGINNING.length
const CODE_AT = MINOR_AT + 2
const REASON_AT = CODE_AT + 4

/** What a byte can be part of: a field's name and its value, a value or a reason phrase only, none of them. */
const NAME = 2
const TEXT = 1
const CLASSES = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (TOKEN.test(String.fromCharCode(byte))) return NAME
  return byte === 9 || (byte >= SPACE && byte !== 127) ? TEXT : 0
})

/** Of each field of the head that is being read: where name and value begin and end. Kept, since it is filled so often. */
const marks = new Int32Array(4 * 128)

export interface PlainHead {
  readonly status: StatusLine
  readonly section: FieldSection
  /** Index behind the empty line. */
  readonly end: number
}

/**
 * Reads a head that keeps every rule of RFC 9112 4 and 5, as nearly all do, in one pass over its bytes. null for every
 * other, for one with more than 128 fields, and for one that is not all there: those are read with more care.
 * @param base absolute offset of `bytes[0]`
 */
export function readPlainHead(bytes: Buffer, start: number, base: number): PlainHead | null {
  const statusCode = readStatusCode(bytes, start)
  const reason = start + REASON_AT
  const reasonEnd = statusCode === null ? -1 : endOfLine(bytes, reason)
  if (reasonEnd < 0) return null

  let marked = 0
  let at = reasonEnd + 2
  while (at < bytes.length && bytes[at] !== CR) {
    const name = at
    while (at < bytes.length && CLASSES[bytes[at] ?? 0] === NAME) at++
    const colon = at
    const end = endOfLine(bytes, colon + 1)
    if (colon === name || end < 0 || bytes[colon] !== COLON || marked === marks.length) return null
    let from = colon + 1
    let to = end
    while (from < to && isBlank(bytes[from] ?? 0)) from++
    while (to > from && isBlank(bytes[to - 1] ?? 0)) to--
    marks[marked++] = name
    marks[marked++] = colon
    marks[marked++] = from
    marks[marked++] = to
    at = end + 2
  }
  if (at + 1 >= bytes.length || bytes[at + 1] !== LF) return null

  const end = at + 2
  const text = bytes.toString('latin1', start, end)
  const slice = (index: number) => text.slice((marks[index] ?? 0) - start, (marks[index + 1] ?? 0) - start)
  const headers: HeaderPair[] = []
  const offsets: number[] = []
  for (let index = 0; index < marked; index += 4) {
    headers.push([slice(index), slice(index + 2)])
    offsets.push(base + (marks[index] ?? 0))
  }
  const httpVersion = bytes[start + MINOR_AT] === ZERO ? '1.0' : '1.1'
  const statusText = text.slice(REASON_AT, reasonEnd - start)
  return { status: { httpVersion, statusCode, statusText }, section: { headers, offsets }, end }
}

/** The code, 100 to 599, of a status line that is as it should be up to its reason; else null. */
function readStatusCode(bytes: Buffer, start: number): number | null {
  for (let at = 0; at < BEGINNING.length; at++) if (bytes[start + at] !== BEGINNING[at]) return null
  const minor = (bytes[start + MINOR_AT] ?? 0) - ZERO
  if (minor !== 0 && minor !== 1) return null
  if (bytes[start + CODE_AT - 1] !== SPACE || bytes[start + REASON_AT - 1] !== SPACE) return null
  let code = 0
  for (let at = CODE_AT; at < REASON_AT - 1; at++) {
    const digit = (bytes[start + at] ?? 0) - ZERO
    if (digit < 0 || digit > 9) return null
    code = code * 10 + digit
  }
  return code >= 100 && code <= 599 ? code : null
}

/** Where the text that begins at `from` ends in CRLF; -1 if it does not, or another byte comes first. */
function endOfLine(bytes: Buffer, from: number): number {
  let at = from
  while (at < bytes.length && CLASSES[bytes[at] ?? 0] !== 0) at++
  return at + 1 < bytes.length && bytes[at] === CR && bytes[at + 1] === LF ? at : -1
}
