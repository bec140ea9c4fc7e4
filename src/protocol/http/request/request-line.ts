import type { Report } from '../anomaly.js'
import { clean, reportControls } from '../fields.js'
import { TOKEN } from '../grammar.js'

/** What a request asks for, as it was written. */
export interface RequestLine {
  readonly method: string
  readonly target: string
  /** As sent after `HTTP/`: `1.1`; `0.9` where there was none. */
  readonly httpVersion: string
}

/** HTTP/0.9: a method in capitals and a target. */
const SIMPLE_LINE = /^([A-Z]+) +([^ \t\v\f]+)$/
/** What a URI is made of (RFC 3986 2), a fragment apart. */
const TARGET = /^[!$%&'()*+,\-./0-9:;=?@A-Z[\]_a-z~]+$/
const HTTP_1 = /^1\.\d$/

/**
 * Reads a request line (RFC 9112 3).
 * @param line latin1, without its line end
 * @returns null, reported, where method, target and version cannot be told apart
 */
export function parseRequestLine(line: string, offset: number, report: Report): RequestLine | null {
  reportControls(line, offset, (rule, at) => report(rule, at, rule === 'bare-cr' ? {} : { section: 'RFC 9112 3' }))
  const words = clean(line, true)
  const match = wordsOf(words)
  if (!match) return parseSimpleLine(words, offset, report)
  const { method, target, targetAt, httpVersion, versionAt, isSpaced } = match
  if (!TOKEN.test(method)) {
    report('invalid-request-line', offset, { text: 'The method is not a token.', section: 'RFC 9110 9.1' })
    return null
  }
  if (isSpaced) report('request-line-whitespace', offset + method.length)
  if (!TARGET.test(target)) report('invalid-target', offset + targetAt)
  if (!HTTP_1.test(httpVersion)) report('unsupported-version', offset + versionAt)
  else if (httpVersion !== '1.1' && httpVersion !== '1.0') report('unknown-version', offset + versionAt)
  return { method, target, httpVersion }
}

interface Words extends RequestLine {
  readonly targetAt: number
  readonly versionAt: number
  /** Whether it is not one space that parts them. */
  readonly isSpaced: boolean
}

/**
 * Words apart by any whitespace, as RFC 9112 3 allows a recipient to read it; bare CR is a space by then. By hand: a line may
 * be as long as a head, and a regular expression would look for its parts again and again.
 */
function wordsOf(line: string): Words | null {
  let end = line.length
  while (end > 0 && isSpace(line.charCodeAt(end - 1))) end--
  const slash = line.lastIndexOf('HTTP/', end)
  if (slash <= 0 || !isSpace(line.charCodeAt(slash - 1))) return null
  const httpVersion = line.slice(slash + 'HTTP/'.length, end)
  for (let at = 0; at < httpVersion.length; at++) if (isSpace(httpVersion.charCodeAt(at))) return null
  let methodEnd = 0
  while (methodEnd < slash && !isSpace(line.charCodeAt(methodEnd))) methodEnd++
  let targetAt = methodEnd
  while (targetAt < slash && isSpace(line.charCodeAt(targetAt))) targetAt++
  let targetEnd = slash
  while (targetEnd > targetAt && isSpace(line.charCodeAt(targetEnd - 1))) targetEnd--
  if (methodEnd === 0 || targetEnd === targetAt) return null
  return {
    method: line.slice(0, methodEnd),
    target: line.slice(targetAt, targetEnd),
    targetAt,
    httpVersion,
    versionAt: slash + 'HTTP/'.length,
    isSpaced: line.slice(methodEnd, targetAt) !== ' ' || line.slice(targetEnd, slash) !== ' ' || end < line.length,
  }
}

function parseSimpleLine(line: string, offset: number, report: Report): RequestLine | null {
  const [, method, target] = SIMPLE_LINE.exec(line) ?? []
  if (method === undefined || target === undefined) {
    report('invalid-request-line', offset)
    return null
  }
  report('http-09', offset)
  return { method, target, httpVersion: '0.9' }
}

function isSpace(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 12 && code !== 10)
}
