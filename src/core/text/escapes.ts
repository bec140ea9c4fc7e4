import { UsageError } from '../usage-error.js'

const SIMPLE: Readonly<Record<string, number>> = {
  n: 0x0a,
  r: 0x0d,
  t: 0x09,
  '0': 0x00,
  a: 0x07,
  b: 0x08,
  e: 0x1b,
  f: 0x0c,
  v: 0x0b,
  '\\': 0x5c,
}
const ESCAPE = /\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|u\{([0-9a-f]{1,6})\}|([nrt0abefv\\]))|\\/gi
const MAX_CODE_POINT = 0x10ffff

/**
 * The bytes of a text with escapes: \n \r \t \0 \a \b \e \f \v \\, \xHH for one byte, \uHHHH and \u{H...} for a
 * character in UTF-8; all else in UTF-8. @throws UsageError for any other backslash.
 */
export function unescapeBytes(text: string, argument: string): Buffer {
  const parts: Buffer[] = []
  let at = 0
  for (const match of text.matchAll(ESCAPE)) {
    const [whole, byte, unicode, braced, simple] = match
    parts.push(Buffer.from(text.slice(at, match.index)))
    at = match.index + whole.length
    const codePoint = unicode ?? braced
    const value = simple === undefined ? undefined : SIMPLE[simple]
    if (byte !== undefined) parts.push(Buffer.from(byte, 'hex'))
    else if (codePoint !== undefined && Number.parseInt(codePoint, 16) <= MAX_CODE_POINT)
      parts.push(Buffer.from(String.fromCodePoint(Number.parseInt(codePoint, 16))))
    else if (value !== undefined) parts.push(Buffer.from([value]))
    else throw UsageError.of(argument, text, 'a text with known escapes: \\n \\r \\t \\0 \\e \\xHH \\uHHHH \\\\')
  }
  parts.push(Buffer.from(text.slice(at)))
  return Buffer.concat(parts)
}
