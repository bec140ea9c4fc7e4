import { formatEndpoint } from '../../../core/address/endpoint.js'
import { counted } from '../../../core/text/digits.js'
import { formatMilliseconds } from '../../../core/text/duration.js'
import {
  type ConnectConnectedEvent,
  type ConnectEvent,
  type ConnectOptions,
  type ConnectSummary,
  type Statistics,
  targetName,
} from '../../../operations/connect/index.js'
import type { View } from '../../command.js'
import { escapeText } from '../../render/escape.js'
import { histogram, sparkline } from '../../render/graph.js'
import type { Screen } from '../../render/screen.js'
import { tableLines } from '../../render/table.js'

/** Round trips that the sparkline and the histogram remember. */
const KEPT_SAMPLES = 10_000

export function connectView(screen: Screen, options: ConnectOptions): View<ConnectEvent, ConnectSummary> {
  return options.mode.kind === 'repeat' ? repeatView(screen) : reachView(screen, options)
}

const withErrno = (code: string | null, errno: number | null) =>
  `${code ?? 'unknown'}${errno === null ? '' : ` (${errno})`}`

/** From where to where a connection goes. A Unix socket has one name, which stands before it anyway. */
function connectionEnds({ localAddress, localPort, address, port }: ConnectConnectedEvent): string {
  if (localAddress === null || localPort === null) return 'connected'
  return `from ${formatEndpoint(localAddress, localPort)} to ${formatEndpoint(address, port)}`
}

/** Probe and wait: a line for each address that was tried, the winner's two ends, who is still missing. */
function reachView(screen: Screen, { endpoints, mode }: ConnectOptions): View<ConnectEvent, ConnectSummary> {
  const { out, err } = screen
  const { theme } = out
  const waiting = mode.kind === 'wait'
  const several = endpoints.length > 1
  const missing = new Map(endpoints.map((endpoint) => [targetName(endpoint), 'not tried yet']))
  const rows: string[][] = []

  const showMissing = () => {
    if (!waiting) return
    const [first] = missing
    if (!first) return screen.status(null)
    const more = missing.size > 1 ? `, and ${missing.size - 1} more` : ''
    screen.status(`waiting for ${first[0]}: ${first[1]}${more}`)
  }
  return {
    event(event) {
      if (event.type === 'attempt') {
        if (waiting && screen.verbosity !== 'verbose') return
        const { ok, code, errno } = event
        const reset = ok && code !== null ? theme.warn(`, reset at once: ${withErrno(code, errno)}`) : ''
        const state = ok ? theme.good('connected') + reset : theme.bad(withErrno(code, errno))
        const row = [targetName({ host: event.address, port: event.port }), state, formatMilliseconds(event.elapsedMs)]
        if (waiting) err.line(row.join('  '))
        else rows.push(several ? [escapeText(event.host), ...row] : row)
      } else if (event.type === 'connected') {
        const name = targetName(event)
        missing.delete(name)
        const ends = connectionEnds(event)
        const times = `lookup ${formatMilliseconds(event.lookupMs)}, connect ${formatMilliseconds(event.connectMs)}`
        if (waiting) out.line(`${theme.good('reached')} ${escapeText(name)} ${ends}, ${times}`)
        else if (screen.verbosity !== 'quiet') err.line(`${escapeText(name)} ${ends}, ${times}`)
        showMissing()
      } else if (event.type === 'unreached') {
        const tries = counted(event.tries, 'try', 'tries')
        missing.set(targetName(event), `${withErrno(event.code, event.errno)} after ${tries}`)
        if (several && !waiting) err.line(`${escapeText(targetName(event))}: ${escapeText(event.message ?? '')}`)
        showMissing()
      }
    },
    async end() {
      screen.status(null)
      if (rows.length === 0) return
      const columns = [
        ...(several ? [{ title: 'HOST' }] : []),
        { title: 'ADDRESS' },
        { title: 'RESULT' },
        { title: 'TIME', align: 'right' as const },
      ]
      for (const line of await tableLines(columns, rows, { style: theme.faint })) out.line(line)
    },
  }
}

/** Repeat: a line for each try, then loss, quantiles, and on a terminal the shape of the round trips. */
function repeatView(screen: Screen): View<ConnectEvent, ConnectSummary> {
  const { out } = screen
  const { theme } = out
  const samplesMs: number[] = []
  return {
    event(event) {
      if (event.type !== 'probe') return
      const where = escapeText(targetName({ host: event.address ?? event.host, port: event.port }))
      if (event.connectMs !== null) {
        samplesMs.push(event.connectMs)
        if (samplesMs.length > KEPT_SAMPLES) samplesMs.shift()
      }
      const what =
        event.connectMs === null
          ? theme.bad(withErrno(event.code, event.errno))
          : theme.good(formatMilliseconds(event.connectMs))
      out.line(`${String(event.sequence).padStart(4)}  ${where}  ${what}`)
      screen.status(`${counted(event.sequence, 'try', 'tries')}  ${sparkline(samplesMs.slice(-40))}`)
    },
    end(outcome) {
      screen.status(null)
      const statistics = outcome.value?.statistics
      if (!statistics || statistics.sent === 0) return
      for (const line of summaryLines(statistics)) out.line(line)
      if (out.isTTY && samplesMs.length > 2)
        for (const line of histogram(samplesMs, out.columns)) out.line(theme.faint(line))
    },
  }
}

function summaryLines({ sent, received, lossPercent, ...times }: Statistics): string[] {
  const { minMs, meanMs, medianMs, p95Ms, maxMs } = times
  const counts = `${counted(sent, 'try', 'tries')}, ${received} connected, ${lossPercent.toFixed(lossPercent % 1 === 0 ? 0 : 1)}% lost`
  if (minMs === null || meanMs === null || medianMs === null || p95Ms === null || maxMs === null) return ['', counts]
  const named = { min: minMs, mean: meanMs, median: medianMs, p95: p95Ms, max: maxMs }
  return [
    '',
    counts,
    Object.entries(named)
      .map(([name, ms]) => `${name} ${formatMilliseconds(ms)}`)
      .join(', '),
  ]
}
