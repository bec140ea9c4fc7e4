import type { HeaderPair } from './events.js'
import type { FieldSection } from './fields.js'
import { isBlank, TOKEN } from './grammar.js'

const LF = 10
const CR = 13
const SPACE = 32
const COLON = 58

/** What a byte can be part of: a field's name and its value, a value or a reason phrase only, none of them. */
const NAME = 2
const TEXT = 1
const CLASSES = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (TOKEN.test(String.fromCharCode(byte))) return NAME
  return byte === 9 || (byte >= SPACE && byte !== 127) ? TEXT : 0
})

/** Of each field of the head that is being read: where name and value begin and end. Kept, since it is filled so often. */
const marks = new Int32Array(4 * 128)

export interface PlainFields {
  readonly section: FieldSection
  /** The head from its start line on, as latin1. */
  readonly text: string
  /** Index behind the empty line. */
  readonly end: number
}

/**
 * Reads the fields of a head whose start line has been read, where they keep every rule of RFC 9112 5, as nearly all do,
 * in one pass over their bytes. null for all others, for more than 128, and where they are not all there.
 * @param start index of the start line
 * @param from index of the first field
 * @param base absolute offset of `bytes[0]`
 */
export function readPlainFields(bytes: Buffer, start: number, from: number, base: number): PlainFields | null {
  let marked = 0
  let at = from
  while (at < bytes.length && bytes[at] !== CR) {
    const name = at
    while (at < bytes.length && CLASSES[bytes[at] ?? 0] === NAME) at++
    const colon = at
    const end = endOfLine(bytes, colon + 1)
    if (colon === name || end < 0 || bytes[colon] !== COLON || marked === marks.length) return null
    let first = colon + 1
    let to = end
    while (first < to && isBlank(bytes[first] ?? 0)) first++
    while (to > first && isBlank(bytes[to - 1] ?? 0)) to--
    marks[marked++] = name
    marks[marked++] = colon
    marks[marked++] = first
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
  return { section: { headers, offsets }, text, end }
}

/** Whether a byte can stand in a token (RFC 9110 5.6.2). */
export function isTokenByte(byte: number): boolean {
  return CLASSES[byte] === NAME
}

/** Where the text that begins at `from` ends in CRLF; -1 if it does not, or another byte comes first. */
export function endOfLine(bytes: Buffer, from: number): number {
  let at = from
  while (at < bytes.length && CLASSES[bytes[at] ?? 0] !== 0) at++
  return at + 1 < bytes.length && bytes[at] === CR && bytes[at + 1] === LF ? at : -1
}
