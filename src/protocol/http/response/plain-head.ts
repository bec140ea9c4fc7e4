import type { FieldSection } from '../fields.js'
import { endOfLine, readPlainFields } from '../plain-fields.js'
import type { StatusLine } from './status-line.js'

const SPACE = 32
const ZERO = 48
const BEGINNING = Buffer.from('HTTP/1.')
/** `HTTP/1.1 200 `, the only form it has. */
const MINOR_AT = BEGINNING.length
const CODE_AT = MINOR_AT + 2
const REASON_AT = CODE_AT + 4

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
  const reasonEnd = statusCode === null ? -1 : endOfLine(bytes, start + REASON_AT)
  if (reasonEnd < 0) return null
  const fields = readPlainFields(bytes, start, reasonEnd + 2, base)
  if (fields === null) return null
  const httpVersion = bytes[start + MINOR_AT] === ZERO ? '1.0' : '1.1'
  const statusText = fields.text.slice(REASON_AT, reasonEnd - start)
  return { status: { httpVersion, statusCode, statusText }, section: fields.section, end: fields.end }
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
