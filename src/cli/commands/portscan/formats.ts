import type { PortscanEvent, PortscanSummary } from '../../../operations/portscan/index.js'
import type { View } from '../../command.js'
import { escapeText } from '../../render/escape.js'
import type { Screen } from '../../render/screen.js'
import { PortsByHost } from './by-host.js'
import type { PortscanCommandOptions } from './command.js'
import { allAsides } from './notes.js'

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

/**
 * A line for each address, as nmap's -oG has it: `Host: ADDR (NAME)` and `Ports: PORT/STATE/tcp//SERVICE//BANNER/`.
 * Ports that are closed or filtered are counted when there are many.
 */
export function grepView(screen: Screen, options: PortscanCommandOptions): View<PortscanEvent, PortscanSummary> {
  const { out } = screen
  const tell = allAsides(screen, options)
  const hosts = new PortsByHost()
  return {
    event(event) {
      tell(event)
      if (event.type === 'port') hosts.add(event)
      if (event.type !== 'host' || event.address === null) return
      const { listed, ignored } = hosts.take(event.target, event.address)
      const name = event.target === event.address ? '' : event.target
      const ports = listed.map(
        ({ port, state, service, banner }) => `${port}/${state}/tcp//${field(service)}//${field(banner)}/`,
      )
      const parts = [
        `Host: ${event.address} (${name})`,
        ...(ports.length > 0 ? [`Ports: ${ports.join(', ')}`] : []),
        ...ignored.map(({ state, count }) => `Ignored State: ${state} (${count})`),
      ]
      out.line(parts.join('\t'))
    },
    end: () => screen.status(null),
  }
}

/** Slashes and commas divide the fields, so that they cannot stand in one. */
function field(text: string | null): string {
  return text === null ? '' : escapeText(text).replace(/[/,]/g, '|')
}
