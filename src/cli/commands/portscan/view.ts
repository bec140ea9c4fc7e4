import { compareHosts, isAddress } from '../../../core/address/address.js'
import { describeCode } from '../../../core/errno/index.js'
import { counted, groupDigits } from '../../../core/text/digits.js'
import { formatDuration } from '../../../core/text/duration.js'
import {
  isOnlyListenedTo,
  type PortEvent,
  type PortscanEvent,
  type PortscanSummary,
  type Reason,
} from '../../../operations/portscan/index.js'
import type { View } from '../../command.js'
import { escapeText } from '../../render/escape.js'
import type { Screen } from '../../render/screen.js'
import { type Column, tableLines } from '../../render/table.js'
import { asides, isOneAddress, noteLine } from './notes.js'
import type { PortscanCommandOptions } from './options.js'

/** Findings of a long scan are printed in pieces, each sorted. */
const FLUSH_INTERVAL_MS = 1000
const PORT_WIDTH = 5
const STATE_WIDTH = 8
const SERVICE_WIDTH = 16
const RTT_WIDTH = 10
const REASON_WIDTH = 20
const ADDRESS_WIDTH = 20
/** How far columns may shrink, in the order of {@link portColumns}; the others keep their width. */
const NARROWEST: Readonly<Record<string, number>> = { SERVICE: 8, REASON: 12 }
/** Left out where even that does not do. */
const LEAST_TELLING = 'RTT'
/** What a service says, off a terminal; on one as much as its line has room for. */
const MAX_SAYING = 120
/** With less room than this, it stands on a line of its own. */
const MIN_SAYING = 24
/** Of a port that is asked nothing, and says nothing by itself. */
const LISTENED_TO = '(only listened to: a printer would print what is sent)'
const INDENT = '  '
const GAP = 2

/** The open ports as a table, and what the rest came to. */
export function tableView(screen: Screen, options: PortscanCommandOptions): View<PortscanEvent, PortscanSummary> {
  const { out } = screen
  const { theme } = out
  const { show, job } = options
  const oneAddress = isOneAddress(options)
  const tell = asides(screen, options)
  const withReason = show !== 'open'
  const withBanner = job.kind === 'merge' || job.banner
  const lineWidth = out.isTTY ? out.columns - 1 : Number.POSITIVE_INFINITY
  let addressWidth = ADDRESS_WIDTH
  let apart = false
  let shownHost = ''
  let downHosts = 0
  const found: PortEvent[] = []
  const notes: string[] = []
  let headed = false
  let flushedAt = performance.now()
  let printing = Promise.resolve()

  const cell = (event: PortEvent, { title, width = 0 }: Column): string => {
    const { port, state, code, errno, service, rttMs } = event
    if (title === 'ADDRESS') return hostName(event)
    if (title === 'PORT') return String(port)
    if (title === 'SERVICE') return service ?? '-'
    if (title === 'RTT') return rttMs === null ? '-' : `${rttMs.toFixed(rttMs < 10 ? 2 : 1)} ms`
    if (title === 'REASON') {
      const whole = code === null ? '' : `${code}${errno === null ? '' : ` (${errno})`}`
      return whole.length > width ? (code ?? '') : whole
    }
    const color = state === 'open' ? theme.good : state === 'closed' ? theme.bad : theme.warn
    return color(state)
  }
  /** Prints what has been found since the last time, in the order of targets and ports. */
  const flush = () => {
    flushedAt = performance.now()
    if (found.length === 0) return
    const events = byAddress(found.splice(0))
    if (!oneAddress)
      addressWidth = events.reduce((width, event) => Math.max(width, hostName(event).length), addressWidth)
    const layout = { withReason, lineWidth }
    const beside = portColumns({ ...layout, addressWidth: oneAddress ? null : addressWidth })
    // Once an address has not had room on the line of its ports, each is on a line of its own.
    apart ||= !oneAddress && widthOf(beside) > lineWidth
    const columns = apart ? portColumns({ ...layout, addressWidth: null }) : beside
    const rows = events.map((event) => columns.map((column) => cell(event, column)))
    const sayings = withBanner ? events.map(saying) : []
    const head = !headed
    headed = true
    const withHosts = apart
    printing = printing.then(async () => {
      const room = Math.min(MAX_SAYING, lineWidth - widthOf(columns) - GAP)
      const beside = withBanner && room >= MIN_SAYING
      const all = beside ? [...columns, { title: 'SAYS' }] : columns
      const cells = beside ? rows.map((cells, i) => [...cells, cut(sayings[i] ?? '', room)]) : rows
      const lines = await tableLines(all, cells, { head, style: theme.faint })
      for (const [i, line] of lines.entries()) {
        const at = head ? i - 1 : i
        const event = events[at]
        if (withHosts && event && hostName(event) !== shownHost) {
          shownHost = hostName(event)
          out.line(theme.strong(shownHost))
        }
        out.line(line)
        const said = sayings[at]
        if (!beside && said) out.line(INDENT + cut(said, Math.min(MAX_SAYING, lineWidth - INDENT.length)))
      }
    })
  }
  return {
    event(event) {
      tell(event)
      if (event.type === 'port') found.push(event)
      else if (event.type === 'host' && event.skipped > 0) downHosts++
      else if (event.type === 'change' || event.type === 'broken') notes.push(noteLine(event, theme, oneAddress))
      if (performance.now() - flushedAt > FLUSH_INTERVAL_MS) flush()
    },
    async end(outcome) {
      screen.status(null)
      flush()
      await printing
      for (const line of notes) out.line(line)
      // Joining the parts took its own time, which is not the scan's.
      const elapsedMs = job.kind === 'merge' ? null : outcome.elapsedMs
      if (outcome.value && screen.verbosity !== 'quiet') {
        if (headed || notes.length > 0) out.line('')
        for (const line of summaryLines(outcome.value, elapsedMs, downHosts)) out.line(theme.faint(line))
      }
    },
  }
}

interface Layout {
  readonly addressWidth: number | null
  readonly withReason: boolean
  readonly lineWidth: number
}

/** The columns before what a service says; on a terminal they give way until a line holds them. */
function portColumns({ addressWidth, withReason, lineWidth }: Layout): Column[] {
  const columns = [
    ...(addressWidth === null ? [] : [{ title: 'ADDRESS', width: addressWidth }]),
    { title: 'PORT', align: 'right', width: PORT_WIDTH },
    ...(withReason ? [{ title: 'STATE', width: STATE_WIDTH }] : []),
    { title: 'SERVICE', width: SERVICE_WIDTH },
    { title: 'RTT', align: 'right', width: RTT_WIDTH },
    ...(withReason ? [{ title: 'REASON', width: REASON_WIDTH }] : []),
  ] satisfies Column[]
  const tooWide = addressWidth === null && widthOf(narrowed(columns, 0)) > lineWidth
  return narrowed(tooWide ? columns.filter(({ title }) => title !== LEAST_TELLING) : columns, lineWidth)
}

/** Columns that give way as far as they can, until they fit. */
function narrowed(columns: readonly { readonly title: string; readonly width: number }[], lineWidth: number): Column[] {
  let excess = widthOf(columns) - lineWidth
  return columns.map((column) => {
    const least = NARROWEST[column.title] ?? column.width
    const width = Math.max(least, column.width - Math.max(0, excess))
    excess -= column.width - width
    return { ...column, width }
  })
}

/** A literal address as it is; a name with the address that is meant. */
function hostName({ target, address }: PortEvent): string {
  return isAddress(target) ? address : `${escapeText(target)} ${address}`
}

function widthOf(columns: readonly { readonly width?: number }[]): number {
  return columns.reduce((sum, { width = 0 }) => sum + width + GAP, -GAP)
}

/** By target, address and port; an address is looked at once, not for each of its ports. */
function byAddress(found: readonly PortEvent[]): PortEvent[] {
  const hosts = new Map<string, { readonly first: PortEvent; readonly ports: PortEvent[] }>()
  for (const event of found) {
    const key = `${event.target} ${event.address}`
    const host = hosts.get(key)
    if (host) host.ports.push(event)
    else hosts.set(key, { first: event, ports: [event] })
  }
  return [...hosts.values()]
    .sort((a, b) => compareHosts(a.first.target, b.first.target) || compareHosts(a.first.address, b.first.address))
    .flatMap(({ ports }) => ports.sort((a, b) => a.port - b.port))
}

function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`
}

/** The first line of what a service says, and whom its certificate names until when. */
function saying({ port, banner, tls }: PortEvent): string {
  if (banner === null && isOnlyListenedTo(port)) return LISTENED_TO
  const [line = ''] = (banner ?? '').split(/\r?\n/)
  const days =
    tls && (tls.daysLeft < 0 ? `expired ${counted(-tls.daysLeft, 'day')} ago` : `${counted(tls.daysLeft, 'day')} left`)
  const certificate = tls
    ? [`${tls.protocol} ${tls.names.join(' ')} (${days}${tls.authorized ? '' : ', not trusted'})`]
    : []
  return escapeText([...certificate, line].filter((each) => each !== '').join('  '))
}

/** `1,024 ports of 1 address in 0.2 s: 2 open, 1,022 closed (ECONNREFUSED)`, and what the reasons mean. */
function summaryLines(
  { scanned, hosts, open, closed, filtered, skipped, reasons }: PortscanSummary,
  elapsedMs: number | null,
  downHosts: number,
): string[] {
  const addresses = counted(hosts, 'address', 'addresses')
  const time = elapsedMs === null ? '' : ` in ${formatDuration(elapsedMs)}`
  const states = [
    `${groupDigits(open)} open`,
    closed > 0 && `${groupDigits(closed)} closed${because(reasons, 'closed', closed)}`,
    filtered > 0 && `${groupDigits(filtered)} filtered${because(reasons, 'filtered', filtered)}`,
    skipped > 0 && `${groupDigits(skipped)} skipped on ${counted(downHosts, 'address', 'addresses')} given up`,
  ].filter((each) => each !== false)
  return [`${groupDigits(scanned)} probed on ${addresses}${time}: ${states.join(', ')}`]
}

function because(reasons: readonly Reason[], state: Reason['state'], total: number): string {
  const parts = reasons.filter((each) => each.state === state)
  const named = parts.map(({ code, count }) => `${count === total ? '' : `${groupDigits(count)} `}${nameReason(code)}`)
  return ` (${named.join(', ')})`
}

function nameReason(code: string | null): string {
  if (code === 'EAGAIN') return 'no answer'
  return code !== null && describeCode(code) ? code : 'unknown'
}
