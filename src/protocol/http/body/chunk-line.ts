import type { Report } from '../anomaly.js'
import { clean, lineEnd } from '../fields.js'

const LINE = /^([0-9A-Fa-f]*)([ \t]*)(.*)$/s
/** Extensions of RFC 9112 7.1.1, without the bad whitespace that recipients must tolerate, and with it. */
const TOKEN_CHARS = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+"
const VALUE = `(?:${TOKEN_CHARS}|"(?:[\\t !#-\\[\\]-~\\x80-\\xff]|\\\\[\\t -~\\x80-\\xff])*")`
const EXACT = new RegExp(`^(?:;${TOKEN_CHARS}(?:=${VALUE})?)*$`)
const LENIENT = new RegExp(`^(?:[ \\t]*;[ \\t]*${TOKEN_CHARS}(?:[ \\t]*=[ \\t]*${VALUE})?)*$`)
/** Leading zeros apart, 2^53 - 1 has fourteen. */
const MAX_DIGITS = 14

/**
 * The size that a chunk line gives, its extensions ignored but checked.
 * @param line latin1 with its LF, or without one where it is longer than the limit
 * @returns null, reported, where it is not a size
 */
export function parseChunkLine(line: string, offset: number, report: Report): number | null {
  const [, digits = '', whitespace = '', rest = ''] = LINE.exec(line) ?? []
  const complete = line.endsWith('\n')
  const significant = digits.replace(/^0+(?=.)/, '')
  const size = significant.length > MAX_DIGITS ? Number.POSITIVE_INFINITY : Number.parseInt(significant, 16)
  const ending = /^\r?\n$/.test(rest)
  if (digits === '' || !(ending || rest.startsWith(';') || rest === '')) {
    report('invalid-chunk-size', offset)
    return null
  }
  if (size > Number.MAX_SAFE_INTEGER) {
    report('chunk-size-too-large', offset)
    return null
  }
  if (!complete) {
    report('chunk-line-too-long', offset)
    return null
  }
  checkExtensions(line, digits.length, whitespace, ending, offset, report)
  return size
}

function checkExtensions(
  line: string,
  from: number,
  whitespace: string,
  ending: boolean,
  offset: number,
  report: Report,
): void {
  const end = lineEnd(line, 0, line.length, offset, (rule, at) => report(rule, at, { section: 'RFC 9112 7.1' }))
  if (ending) {
    if (whitespace !== '') report('chunk-size-whitespace', offset + from)
    return
  }
  const raw = line.slice(from, end)
  const extensions = clean(raw, true)
  for (let at = raw.indexOf('\r'); at >= 0; at = raw.indexOf('\r', at + 1)) report('bare-cr', offset + from + at)
  if (EXACT.test(extensions)) return
  report(LENIENT.test(extensions) ? 'bad-whitespace' : 'invalid-chunk-extension', offset + from)
}
