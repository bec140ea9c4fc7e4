import type { Report } from '../anomaly.js'
import { clean, reportControls } from '../fields.js'

export interface StatusLine {
  readonly httpVersion: string
  /** null where it is not three digits. */
  readonly statusCode: number | null
  readonly statusText: string
}

/** Words apart by any whitespace, as RFC 9112 4 allows a recipient to read it. Bare CR is a space by then. */
const STATUS_LINE = /^(?:HTTP\/([^ \t\v\f]*)|(ICY))([ \t\v\f]+)([^ \t\v\f]+)(?:([ \t\v\f])(.*))?$/s

/**
 * Reads a status line (RFC 9112 4) that begins with `HTTP/` or `ICY `.
 * @param line latin1, without its line end
 * @returns null, reported, where not even a version and a code can be told apart
 */
export function parseStatusLine(line: string, offset: number, report: Report): StatusLine | null {
  reportControls(line, offset, (rule, at) => report(rule, at, rule === 'bare-cr' ? {} : { section: 'RFC 9112 4' }))
  const match = STATUS_LINE.exec(clean(line, true))
  if (!match) {
    report('invalid-status-line', offset)
    return null
  }
  const [, version, icy, gap = '', code = '', separator, statusText = ''] = match
  const gapAt = version === undefined ? 'ICY'.length : 'HTTP/'.length + version.length
  const codeAt = gapAt + gap.length
  if (icy !== undefined) report('icy', offset)
  else reportVersion(version ?? '', offset, report)
  if (gap !== ' ') report('status-line-whitespace', offset + gapAt)

  let statusCode: number | null = null
  if (/^\d{3}$/.test(code)) {
    statusCode = Number(code)
    if (statusCode < 100 || statusCode > 599) report('status-out-of-range', offset + codeAt)
  } else {
    report('invalid-status-code', offset + codeAt)
  }

  const codeEnd = codeAt + code.length
  if (separator === undefined) report('missing-reason-space', offset + codeEnd)
  else if (separator !== ' ') report('status-line-whitespace', offset + codeEnd)
  return { httpVersion: version ?? 'ICY', statusCode, statusText }
}

function reportVersion(version: string, offset: number, report: Report): void {
  if (version === '1.1' || version === '1.0') return
  const at = offset + 'HTTP/'.length
  if (/^1\.\d$/.test(version)) report('unknown-version', at)
  else report('unknown-version', at, { text: 'The version is not HTTP/1; read as HTTP/1.1.' })
}
