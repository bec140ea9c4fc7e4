import type { FieldSection } from '../fields.js'
import { isTokenByte, readPlainFields } from '../plain-fields.js'
import type { RequestLine } from './request-line.js'

const SPACE = 32
const ONE = 49
const ENDING = Buffer.from(' HTTP/1.')
/** ` HTTP/1.1\r\n`, the only form that it has. */
const MINOR_AT = ENDING.length
const ENDING_BYTES = MINOR_AT + 3
/** What a target may hold (RFC 3986 2), less the brackets of an address and what nobody writes. */
const TARGET = Uint8Array.from({ length: 128 }, (_, byte) =>
  /[!$%&'()*+,\-./0-9:;=?@A-Z_a-z~]/.test(String.fromCharCode(byte)) ? 1 : 0,
)

export interface PlainRequest {
  readonly line: RequestLine
  readonly section: FieldSection
  /** Index behind the empty line. */
  readonly end: number
}

/**
 * Reads a head that keeps every rule of RFC 9112 3 and 5, as nearly all do, in one pass over its bytes. null for every
 * other, and for one that is not all there: those are read with more care.
 * @param base absolute offset of `bytes[0]`
 */
export function readPlainRequest(bytes: Buffer, start: number, base: number): PlainRequest | null {
  let at = start
  while (at < bytes.length && isTokenByte(bytes[at] ?? 0)) at++
  const methodEnd = at
  if (methodEnd === start || bytes[at] !== SPACE) return null
  at++
  while (at < bytes.length && TARGET[bytes[at] ?? 0] === 1) at++
  const targetEnd = at
  if (targetEnd === methodEnd + 1) return null
  for (let next = 0; next < MINOR_AT; next++) if (bytes[at + next] !== ENDING[next]) return null
  const minor = (bytes[at + MINOR_AT] ?? 0) - ONE
  if ((minor !== 0 && minor !== -1) || bytes[at + MINOR_AT + 1] !== 13 || bytes[at + MINOR_AT + 2] !== 10) return null
  const fields = readPlainFields(bytes, start, at + ENDING_BYTES, base)
  if (fields === null) return null
  const { text, section, end } = fields
  const method = text.slice(0, methodEnd - start)
  const target = text.slice(methodEnd + 1 - start, targetEnd - start)
  return { line: { method, target, httpVersion: minor === 0 ? '1.1' : '1.0' }, section, end }
}
