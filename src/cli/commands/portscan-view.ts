import { compareHosts, isAddress } from '../../core/address.js'
import { groupDigits } from '../../core/digits.js'
import { formatDuration } from '../../core/duration.js'
import { formatEndpoint } from '../../core/endpoint.js'
import { describeCode } from '../../core/errno/index.js'
import type {
  ChangeEvent,
  PortEvent,
  PortscanEvent,
  PortscanSummary,
  ProgressEvent,
  Reason,
} from '../../operations/portscan/index.js'
import type { View } from '../command.js'
import { escapeText } from '../render/escape.js'
import type { Screen } from '../render/screen.js'
import { type Column, tableLines } from '../render/table.js'
import type { Theme } from '../render/theme.js'
import type { PortscanCommandOptions } from './portscan.js'

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
/** What a service says, off a terminal; on one as much as its line has room for. */
const MAX_SAYING = 120
/** With less room than this, it stands on a line of its own. */
const MIN_SAYING = 24
const INDENT = '  '
const GAP = 2

/** The open ports as a table, and what the rest came to. */
export function tableView(screen: Screen, options: PortscanCommandOptions): View<PortscanEvent, PortscanSummary> {
  const { out, err } = screen
  const { theme } = out
  const { show, job } = options
  const first = job.kind === 'scan' ? job.targets.at(0) : undefined
  const oneAddress = job.kind === 'scan' && job.targets.size === 1 && first?.kind === 'address'
  const progress = liveProgress(screen, options)
  const withReason = show !== 'open'
  const withBanner = job.kind === 'merge' || job.banner
  const lineWidth = out.isTTY ? out.columns - 1 : Number.POSITIVE_INFINITY
  let addressWidth = ADDRESS_WIDTH
  let downHosts = 0
  const found: PortEvent[] = []
  const notes: string[] = []
  let headed = false
  let flushedAt = performance.now()
  let printing = Promise.resolve()

  const row = (event: PortEvent): string[] => {
    const { target, address, port, state, code, errno, service, rttMs } = event
    const color = state === 'open' ? theme.good : state === 'closed' ? theme.bad : theme.warn
    const reason = code === null ? '' : `${code}${errno === null ? '' : ` (${errno})`}`
    return [
      ...(oneAddress ? [] : [isAddress(target) ? address : `${escapeText(target)} ${address}`]),
      String(port),
      ...(withReason ? [color(state)] : []),
      service ?? '-',
      rttMs === null ? '-' : `${rttMs.toFixed(rttMs < 10 ? 2 : 1)} ms`,
      ...(withReason ? [reason] : []),
    ]
  }
  /** Prints what has been found since the last time, in the order of targets and ports. */
  const flush = () => {
    flushedAt = performance.now()
    if (found.length === 0) return
    found.sort((a, b) => compareHosts(a.target, b.target) || compareHosts(a.address, b.address) || a.port - b.port)
    const events = found.splice(0)
    const rows = events.map(row)
    if (!oneAddress) addressWidth = rows.reduce((width, [cell = '']) => Math.max(width, cell.length), addressWidth)
    const columns = portColumns({ addressWidth: oneAddress ? null : addressWidth, withReason, lineWidth })
    const sayings = withBanner ? events.map(saying) : []
    const head = !headed
    headed = true
    printing = printing.then(async () => {
      const room = Math.min(MAX_SAYING, lineWidth - widthOf(columns) - GAP)
      const beside = withBanner && room >= MIN_SAYING
      const all = beside ? [...columns, { title: 'SAYS' }] : columns
      const cells = beside ? rows.map((cells, i) => [...cells, cut(sayings[i] ?? '', room)]) : rows
      const lines = await tableLines(all, cells, { head, style: theme.faint })
      for (const [i, line] of lines.entries()) {
        out.line(line)
        const said = sayings[head ? i - 1 : i]
        if (!beside && said) out.line(INDENT + cut(said, Math.min(MAX_SAYING, lineWidth - INDENT.length)))
      }
    })
  }
  return {
    event(event) {
      if (event.type === 'port') {
        found.push(event)
        if (found.length > 0 && performance.now() - flushedAt > FLUSH_INTERVAL_MS) flush()
      } else if (event.type === 'progress') {
        if (performance.now() - flushedAt > FLUSH_INTERVAL_MS) flush()
        progress(event)
      } else if (event.type === 'engine') {
        const { engine, workers, maxInFlight, reason } = event
        const threads = workers > 0 ? `${workers} threads, ` : ''
        if (screen.verbosity === 'verbose')
          err.line(`engine ${engine}: ${threads}up to ${groupDigits(maxInFlight)} in flight (${reason})`)
      } else if (event.type === 'host') {
        if (event.code !== null) err.line(`netkit portscan: ${escapeText(event.message ?? event.code)}`)
        if (event.skipped > 0) {
          downHosts++
          if (screen.verbosity === 'verbose')
            err.line(`gave up ${event.address}: ${groupDigits(event.skipped)} ports skipped`)
        }
      } else if (event.type === 'change') {
        notes.push(changeLine(event, theme))
      } else {
        const where = oneAddress ? `port ${event.port}` : `${escapeText(event.target)} port ${event.port}`
        const is = event.state === 'unknown' ? 'not known' : event.state
        notes.push(
          `${theme.bad('broken')} ${where} should be ${event.expected}, is ${is}${event.code ? ` (${event.code})` : ''}`,
        )
      }
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

/** Shows how far a scan has come, where there is a terminal to show it on. */
export function liveProgress(screen: Screen, { progress }: PortscanCommandOptions): (event: PortscanEvent) => void {
  const live = progress === 'line' || progress === 'auto'
  return (event) => {
    if (live && event.type === 'progress') screen.status(progressLine(event))
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
  let excess = widthOf(columns) - lineWidth
  return columns.map((column) => {
    const least = NARROWEST[column.title] ?? column.width
    const width = Math.max(least, column.width - Math.max(0, excess))
    excess -= column.width - width
    return { ...column, width }
  })
}

function widthOf(columns: readonly { readonly width?: number }[]): number {
  return columns.reduce((sum, { width = 0 }) => sum + width + GAP, -GAP)
}

function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`
}

/** The first line of what a service says, and whom its certificate names until when. */
function saying({ banner, tls }: PortEvent): string {
  const [line = ''] = (banner ?? '').split(/\r?\n/)
  const days = tls && (tls.daysLeft < 0 ? `expired ${-tls.daysLeft} days ago` : `${tls.daysLeft} days left`)
  const certificate = tls
    ? [`${tls.protocol} ${tls.names.join(' ')} (${days}${tls.authorized ? '' : ', not trusted'})`]
    : []
  return escapeText([...certificate, line].filter((each) => each !== '').join('  '))
}

/** `opened 127.0.0.1:8080 (was closed)`, the states and banners before and now. */
function changeLine(
  { address, port, change, stateBefore, state, bannerBefore, banner }: ChangeEvent,
  theme: Theme,
): string {
  const color = change === 'opened' ? theme.good : change === 'closed' ? theme.bad : theme.warn
  const states = change === 'changed' && stateBefore !== state ? ` from ${stateBefore} to ${state}` : ''
  const banners =
    change === 'changed' && stateBefore === state ? ` says ${quote(banner)}, said ${quote(bannerBefore)}` : ''
  return `${color(change)} ${formatEndpoint(address, port)}${states}${banners}`
}

function quote(banner: string | null): string {
  return banner === null ? 'nothing' : `"${escapeText(banner)}"`
}

function progressLine({ done, total, open, perSecond, leftMs }: ProgressEvent): string {
  const share = total === 0 ? 100 : Math.floor((100 * done) / total)
  const left = leftMs === null ? '' : `, about ${formatDuration(leftMs)} left`
  return `${share}%  ${groupDigits(done)} of ${groupDigits(total)} ports, ${open} open, ${groupDigits(Math.round(perSecond))} a second${left}`
}

/** `1,024 ports of 1 address in 0.2 s: 2 open, 1,022 closed (ECONNREFUSED)`, and what the reasons mean. */
function summaryLines(
  { scanned, hosts, open, closed, filtered, skipped, reasons }: PortscanSummary,
  elapsedMs: number | null,
  downHosts: number,
): string[] {
  const addresses = hosts === 1 ? '1 address' : `${groupDigits(hosts)} addresses`
  const time = elapsedMs === null ? '' : ` in ${formatDuration(elapsedMs)}`
  const states = [
    `${groupDigits(open)} open`,
    closed > 0 && `${groupDigits(closed)} closed${because(reasons, 'closed', closed)}`,
    filtered > 0 && `${groupDigits(filtered)} filtered${because(reasons, 'filtered', filtered)}`,
    skipped > 0 &&
      `${groupDigits(skipped)} skipped on ${downHosts === 1 ? '1 address' : `${groupDigits(downHosts)} addresses`} given up`,
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
