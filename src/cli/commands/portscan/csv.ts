import type { PortscanEvent, PortscanSummary } from '../../../operations/portscan/index.js'
import type { View } from '../../command.js'
import { escapeText } from '../../render/escape.js'
import type { Screen } from '../../render/screen.js'
import { allAsides } from './notes.js'
import type { PortscanCommandOptions } from './options.js'

const CSV_COLUMNS = [
  'target',
  'address',
  'port',
  'state',
  'code',
  'errno',
  'rttMs',
  'tries',
  'service',
  'banner',
] as const

/** Comma-separated values with a head, a line for each verdict as it comes (RFC 4180). */
export function csvView(screen: Screen, options: PortscanCommandOptions): View<PortscanEvent, PortscanSummary> {
  const { out } = screen
  const tell = allAsides(screen, options)
  out.raw(`${CSV_COLUMNS.join(',')}\r\n`)
  return {
    event(event) {
      tell(event)
      if (event.type === 'port') out.raw(`${CSV_COLUMNS.map((column) => csvField(event[column])).join(',')}\r\n`)
    },
    end: () => screen.status(null),
  }
}

/** Control characters are escaped, so that a record is a line; a leading `=+-@` is no formula of a spreadsheet. */
function csvField(value: string | number | null): string {
  if (value === null) return ''
  if (typeof value === 'number') return String(Math.round(value * 1000) / 1000)
  const text = escapeText(value)
  const safe = /^[=+\-@]/.test(text) ? `'${text}` : text
  return /[",']/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
