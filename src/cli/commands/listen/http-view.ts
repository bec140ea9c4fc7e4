import { counted } from '../../../core/text/digits.js'
import { formatDuration } from '../../../core/text/duration.js'
import { formatSize } from '../../../core/text/size.js'
import type { ListenRequestEvent } from '../../../operations/listen/index.js'
import { escapeBytes, escapeText } from '../../render/escape.js'
import type { Theme } from '../../render/theme.js'

const LF = 0x0a

/** One line for a request to a folder: who, what, how it was answered. */
export function accessLine(event: ListenRequestEvent, who: string, theme: Theme): string {
  const { method, target, responseSizeBytes, elapsedMs } = event
  const size = formatSize(responseSizeBytes)
  const asked = method === '' ? 'no request' : `${escapeText(method)} ${escapeText(target)}`
  return `${who} ${asked} ${statusText(event, theme)} ${size} ${formatDuration(elapsedMs)}`
}

/** The whole of a request as it came, then how it was answered. */
export function requestLines(event: ListenRequestEvent, who: string, theme: Theme): string[] {
  const { headers, bytes, bodySizeBytes, trailers, anomalies, responseSizeBytes, elapsedMs } = event
  const left = bodySizeBytes - bytes.length
  return [
    theme.strong(requestLine(event)),
    ...headers.map((field) => fieldLine(field, theme)),
    '',
    ...bodyLines(bytes),
    ...(left > 0 ? [theme.faint(`... ${counted(left, 'byte')} more`)] : []),
    ...trailers.map((field) => fieldLine(field, theme)),
    ...anomalies.map((anomaly) => anomalyLine(anomaly, theme)),
    `${theme.faint(`-- #${event.id} ${who}:`)} ${statusText(event, theme)}, ${formatSize(responseSizeBytes)}, ${formatDuration(elapsedMs)}`,
    '',
  ]
}

function requestLine({ method, target, httpVersion }: ListenRequestEvent): string {
  if (method === '') return 'no request line'
  return `${escapeText(method)} ${escapeText(target)} HTTP/${escapeText(httpVersion)}`
}

function fieldLine([name, value]: ListenRequestEvent['headers'][number], theme: Theme): string {
  return `${theme.faint(`${escapeText(name)}:`)} ${escapeText(value)}`
}

/** As raw-http tells of a response. */
function anomalyLine({ severity, offset, text, rule, section }: ListenRequestEvent['anomalies'][number], theme: Theme) {
  const color = severity === 'error' ? theme.bad : severity === 'warning' ? theme.warn : theme.faint
  return `${color(`! ${severity}`)} at byte ${offset}: ${text} ${theme.faint(`(${rule}, ${section})`)}`
}

function statusText({ statusCode, complete }: ListenRequestEvent, theme: Theme): string {
  if (statusCode === 0) return theme.bad('not answered')
  const color = statusCode < 400 ? theme.good : statusCode < 500 ? theme.warn : theme.bad
  return `${color(String(statusCode))}${complete ? '' : theme.bad(' broken off')}`
}

/** A body of lines in lines; what is not text is escaped byte by byte. */
function bodyLines(bytes: Uint8Array): string[] {
  if (bytes.length === 0) return []
  const lines: string[] = []
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf(LF, at)
    lines.push(escapeBytes(bytes.subarray(at, end < 0 ? bytes.length : end)))
    at = end < 0 ? bytes.length : end + 1
  }
  return lines
}
