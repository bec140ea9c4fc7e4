import { formatEndpoint } from '../../../core/address/endpoint.js'
import { counted, groupDigits } from '../../../core/text/digits.js'
import { formatDuration } from '../../../core/text/duration.js'
import type {
  ChangeEvent,
  PortscanBrokenEvent,
  PortscanEvent,
  ProgressEvent,
} from '../../../operations/portscan/index.js'
import { escapeText } from '../../render/escape.js'
import type { Screen } from '../../render/screen.js'
import type { Theme } from '../../render/theme.js'
import type { PortscanCommandOptions } from './options.js'

/** Between two lines of progress where no line can be replaced. */
const LOG_INTERVAL_MS = 5000

/** What stderr is told while a scan runs, whatever its results are written as: how far it is, and what went wrong. */
export function asides(screen: Screen, options: PortscanCommandOptions): (event: PortscanEvent) => void {
  const { err, verbosity } = screen
  const progress = liveProgress(screen, options)
  return (event) => {
    progress(event)
    if (event.type === 'engine' && verbosity === 'verbose') {
      const { engine, workers, maxInFlight, reason } = event
      const threads = workers === 0 ? '' : workers === 1 ? '1 thread, ' : `${workers} threads, `
      err.line(`engine ${engine}: ${threads}up to ${groupDigits(maxInFlight)} in flight (${reason})`)
    } else if (event.type === 'host') {
      // Of one target alone the last line says it.
      if (event.code !== null && !isOneTarget(options))
        err.line(`netkit portscan: ${escapeText(event.message ?? event.code)}`)
      if (event.skipped > 0 && verbosity === 'verbose')
        err.line(`gave up ${event.address}: ${counted(event.skipped, 'port')} skipped`)
    }
  }
}

/** The same for the formats that have no place for expectations and changes. */
export function allAsides(screen: Screen, options: PortscanCommandOptions): (event: PortscanEvent) => void {
  const tell = asides(screen, options)
  return (event) => {
    tell(event)
    if (event.type === 'change' || event.type === 'broken')
      screen.err.line(noteLine(event, screen.err.theme, isOneAddress(options)))
  }
}

/** Shows how far a scan has come: on a terminal as one line that changes; with `--progress line` anywhere, as a log. */
export function liveProgress(screen: Screen, { progress }: PortscanCommandOptions): (event: PortscanEvent) => void {
  if (progress === 'none' || progress === 'json') return () => {}
  if (screen.live) return (event) => event.type === 'progress' && screen.status(progressLine(event))
  if (progress === 'auto') return () => {}
  let toldAt = performance.now()
  return (event) => {
    if (event.type !== 'progress' || performance.now() - toldAt < LOG_INTERVAL_MS) return
    toldAt = performance.now()
    screen.err.line(progressLine(event))
  }
}

/** Whether a line need not say which target it is about. */
export function isOneAddress(options: PortscanCommandOptions): boolean {
  const { job } = options
  return job.kind === 'scan' && isOneTarget(options) && job.targets.at(0)?.kind === 'address'
}

function isOneTarget({ job }: PortscanCommandOptions): boolean {
  return job.kind === 'scan' && job.targets.size === 1
}

/** One line for an expectation that is not met, or for a difference to an earlier scan. */
export function noteLine(event: PortscanBrokenEvent | ChangeEvent, theme: Theme, oneAddress: boolean): string {
  if (event.type === 'change') return changeLine(event, theme)
  const { target, port, expected, state, code } = event
  const is = state === 'unknown' ? 'not known' : state
  const why = code === null ? '' : ` (${code})`
  const where = oneAddress ? '' : `${escapeText(target)} `
  return `${theme.bad('broken')} ${where}port ${port} should be ${expected}, is ${is}${why}`
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
  return `${share}%  ${groupDigits(done)} of ${groupDigits(total)} ports, ${open} open, ${groupDigits(perSecond)} a second${left}`
}
