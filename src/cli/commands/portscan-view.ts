import { isAddress } from '../../core/address.js'
import { formatDuration } from '../../core/duration.js'
import { describeCode } from '../../core/errno/index.js'
import type {
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
import type { PortscanCommandOptions } from './portscan.js'

/** Findings of a long scan are printed in pieces, each sorted. */
const FLUSH_INTERVAL_MS = 1000
const PORT_WIDTH = 5
const STATE_WIDTH = 8
const SERVICE_WIDTH = 16
const RTT_WIDTH = 10

export function portscanView(screen: Screen, options: PortscanCommandOptions): View<PortscanEvent, PortscanSummary> {
  const { out, err } = screen
  const { theme } = out
  const show = options.show ?? 'open'
  const [first] = options.targets
  const oneAddress = options.targets.size === 1 && first?.kind === 'address'
  const live = options.progress === 'line' || options.progress === 'auto'
  const columns = portColumns(show !== 'open', oneAddress)
  const found: PortEvent[] = []
  const broken: string[] = []
  let headed = false
  let flushedAt = performance.now()
  let printing = Promise.resolve()

  const row = ({ target, address, port, state, code, errno, service, rttMs }: PortEvent): string[] => {
    const color = state === 'open' ? theme.good : state === 'closed' ? theme.bad : theme.warn
    const reason = code === null ? '' : `${code}${errno === null ? '' : ` (${errno})`}`
    return [
      ...(oneAddress ? [] : [isAddress(target) ? address : `${escapeText(target)} ${address}`]),
      String(port),
      ...(show === 'open' ? [] : [color(state)]),
      service ?? '-',
      rttMs === null ? '-' : `${rttMs.toFixed(rttMs < 10 ? 2 : 1)} ms`,
      ...(show === 'open' ? [] : [reason]),
    ]
  }
  /** Prints what has been found since the last time, in the order of targets and ports. */
  const flush = () => {
    flushedAt = performance.now()
    if (found.length === 0) return
    const order = new Intl.Collator('en', { numeric: true }).compare
    found.sort((a, b) => order(a.target, b.target) || order(a.address, b.address) || a.port - b.port)
    const rows = found.splice(0).map(row)
    const head = !headed
    headed = true
    printing = printing.then(async () => {
      for (const line of await tableLines(columns, rows, { head, style: theme.faint })) out.line(line)
    })
  }
  return {
    event(event) {
      if (event.type === 'port') {
        if (show === 'all' || event.state === show) found.push(event)
        if (found.length > 0 && performance.now() - flushedAt > FLUSH_INTERVAL_MS) flush()
      } else if (event.type === 'progress') {
        if (performance.now() - flushedAt > FLUSH_INTERVAL_MS) flush()
        if (live) screen.status(progressLine(event))
      } else if (event.type === 'host') {
        if (event.code !== null) err.line(`netkit portscan: ${escapeText(event.message ?? event.code)}`)
      } else {
        const where = oneAddress ? `port ${event.port}` : `${escapeText(event.target)} port ${event.port}`
        const is = event.state === 'unknown' ? 'not known' : event.state
        broken.push(
          `${theme.bad('broken')} ${where} should be ${event.expected}, is ${is}${event.code ? ` (${event.code})` : ''}`,
        )
      }
    },
    async end(outcome) {
      screen.status(null)
      flush()
      await printing
      for (const line of broken) out.line(line)
      if (outcome.value && screen.verbosity !== 'quiet') {
        if (headed || broken.length > 0) out.line('')
        for (const line of summaryLines(outcome.value, outcome.elapsedMs)) out.line(theme.faint(line))
      }
    },
  }
}

function portColumns(withReason: boolean, oneAddress: boolean): Column[] {
  return [
    ...(oneAddress ? [] : [{ title: 'ADDRESS', width: 24 }]),
    { title: 'PORT', align: 'right', width: PORT_WIDTH },
    ...(withReason ? [{ title: 'STATE', width: STATE_WIDTH }] : []),
    { title: 'SERVICE', width: SERVICE_WIDTH },
    { title: 'RTT', align: 'right', width: RTT_WIDTH },
    ...(withReason ? [{ title: 'REASON', width: 20 }] : []),
  ]
}

function progressLine({ done, total, open, perSecond, leftMs }: ProgressEvent): string {
  const share = total === 0 ? 100 : Math.floor((100 * done) / total)
  const left = leftMs === null ? '' : `, about ${formatDuration(leftMs)} left`
  return `${share}%  ${number(done)} of ${number(total)} ports, ${open} open, ${number(Math.round(perSecond))} a second${left}`
}

/** `1,024 ports of 1 address in 0.2 s: 2 open, 1,022 closed (ECONNREFUSED)`, and what the reasons mean. */
function summaryLines(
  { scanned, hosts, open, closed, filtered, reasons }: PortscanSummary,
  elapsedMs: number,
): string[] {
  const addresses = hosts === 1 ? '1 address' : `${number(hosts)} addresses`
  const states = [
    `${number(open)} open`,
    closed > 0 && `${number(closed)} closed${because(reasons, 'closed', closed)}`,
    filtered > 0 && `${number(filtered)} filtered${because(reasons, 'filtered', filtered)}`,
  ].filter((each) => each !== false)
  return [`${number(scanned)} probed on ${addresses} in ${formatDuration(elapsedMs)}: ${states.join(', ')}`]
}

function because(reasons: readonly Reason[], state: Reason['state'], total: number): string {
  const parts = reasons.filter((each) => each.state === state)
  const named = parts.map(({ code, count }) => `${count === total ? '' : `${number(count)} `}${nameReason(code)}`)
  return ` (${named.join(', ')})`
}

function nameReason(code: string | null): string {
  if (code === 'EAGAIN') return 'no answer'
  return code !== null && describeCode(code) ? code : 'unknown'
}

function number(value: number): string {
  return value.toLocaleString('en')
}
