import { formatEndpoint } from '../../../core/address/endpoint.js'
import { counted } from '../../../core/text/digits.js'
import { formatDuration, formatMilliseconds } from '../../../core/text/duration.js'
import { formatSize } from '../../../core/text/size.js'
import {
  type ConnectClosedEvent,
  type ConnectConnectedEvent,
  type ConnectEvent,
  type ConnectSummary,
  targetName,
} from '../../../operations/connect/index.js'
import type { View } from '../../command.js'
import { escapeText } from '../../render/escape.js'
import { hexdumpLines } from '../../render/hexdump.js'
import { lostBytesText } from '../../render/lost-bytes.js'
import type { Screen } from '../../render/screen.js'
import { StreamText } from '../../render/stream-text.js'
import { unverifiedLine } from '../../render/unverified.js'
import type { ConnectCommandOptions } from './options.js'

type TlsReport = NonNullable<ConnectConnectedEvent['tls']>
type Certificate = TlsReport['chain'][number]

/** A certificate with fewer days left than this is worth a word. */
const SOON_DAYS = 14

/** A conversation: what comes on stdout, how it began and ended on stderr where someone looks. */
export function sessionView(screen: Screen, { show, mode }: ConnectCommandOptions): View<ConnectEvent, ConnectSummary> {
  const { out, err, verbosity } = screen
  const { theme } = err
  const told = verbosity === 'verbose' || (verbosity === 'normal' && err.isTTY)
  /** Somebody sits at a terminal, and has not said everything beforehand. */
  const typed = mode.kind === 'session' && mode.endsWithPeer && mode.steps.length === 0
  const text = new StreamText()
  const offsets = { sent: 0, received: 0 }
  let atLineStart = true

  const print = (shown: string) => {
    if (shown === '') return
    out.raw(shown)
    atLineStart = shown.endsWith('\n')
  }
  /** A line about the conversation must not begin in the middle of one of the peer's. */
  const tell = (line: string) => {
    if (!atLineStart && out.isTTY) print('\n')
    err.line(line)
  }
  const dump = (direction: 'sent' | 'received', bytes: Uint8Array) => {
    const mark = direction === 'sent' ? out.theme.faint('>') : out.theme.good('<')
    for (const line of hexdumpLines(bytes, offsets[direction])) print(`${mark} ${line}\n`)
    offsets[direction] += bytes.length
  }
  return {
    event(event) {
      switch (event.type) {
        case 'attempt':
          if (verbosity === 'verbose' && !event.ok) tell(`${event.address} port ${event.port}: ${event.code}`)
          return
        case 'connected':
          if (told) for (const line of connectedLines(event, err.columns)) tell(line)
          if (told && typed) tell(theme.faint('  ^D ends what you say, ^C ends it all'))
          if (event.tls) for (const line of tlsLines(event.tls, screen, told)) tell(line)
          return
        case 'untrusted':
          for (const line of tlsLines(event.tls, screen, told, false)) tell(line)
          return
        case 'data':
          if (show === 'hex') dump(event.direction, event.bytes)
          else if (show === 'text' && event.direction === 'received') print(text.push(event.bytes))
          return
        case 'match':
          if (verbosity === 'verbose')
            tell(`found /${escapeText(event.pattern)}/ after ${formatMilliseconds(event.elapsedMs)}`)
          return
        case 'closed':
          print(text.end())
          // The terminal has shown ^C where the cursor was.
          if (told && typed && event.reason === 'interrupted') err.line('')
          if (told) tell(theme.faint(closedLine(event)))
          if (verbosity === 'quiet') return
          if (isUnanswered(event, mode)) tell(unansweredLine(event))
          if (!told && event.reason === 'fin' && event.closeNotify === false) tell(theme.warn(CUT_OFF))
      }
    },
    end() {},
  }
}

const CUT_OFF = 'warning: the peer ended TCP without close_notify: what came may not be all'

/** Whether something was said, and the peer left without a word. */
function isUnanswered(
  { reason, bytesIn, bytesOut, state }: ConnectClosedEvent,
  mode: ConnectCommandOptions['mode'],
): boolean {
  const isTalk = mode.kind === 'session' && mode.direction !== 'send' && state === null
  return isTalk && bytesOut > 0 && bytesIn === 0 && (reason === 'fin' || reason === 'done')
}

function unansweredLine({ bytesOut, closedBy }: ConnectClosedEvent): string {
  const ours = closedBy === 'self' ? ' Was our FIN a farewell to it? --half-close never leaves that to the peer.' : ''
  return `${formatSize(bytesOut)} sent, and nothing came back.${ours}`
}

/** One line where it fits, else two. */
function connectedLines(event: ConnectConnectedEvent, columns: number): string[] {
  const { localAddress, localPort, proxy } = event
  const target = targetName(event)
  const reached = proxy ?? targetName({ host: event.address, port: event.port })
  const through = proxy === null ? (reached === target ? '' : ` (${event.address})`) : ` through ${proxy}`
  const from = localAddress === null || localPort === null ? '' : ` from ${formatEndpoint(localAddress, localPort)}`
  const times = [
    ...(localAddress === null ? [] : [`lookup ${formatDuration(event.lookupMs)}`]),
    `connect ${formatDuration(event.connectMs)}`,
    ...(event.proxyMs === null ? [] : [`proxy ${formatDuration(event.proxyMs)}`]),
    ...(event.tlsMs === null ? [] : [`TLS ${formatDuration(event.tlsMs)}`]),
  ].join(', ')
  const line = escapeText(`connected to ${target}${through}${from}`)
  return line.length + times.length + 2 <= columns ? [`${line}: ${times}`] : [line, `  ${times}`]
}

/** A word for everyone about trust that is missing; the whole chain for those who asked for more. */
function tlsLines(tls: TlsReport, { err, verbosity }: Screen, told: boolean, trusted = true): string[] {
  const { theme } = err
  const lines: string[] = []
  const [leaf] = tls.chain
  if (told) {
    const alpn = tls.alpn === null ? '' : `, ${escapeText(tls.alpn)}`
    const expiry = leaf ? `, certificate ${validity(leaf)}` : ''
    lines.push(`${tls.protocol}, ${tls.cipher}${alpn}${expiry}`)
  }
  if (verbosity === 'verbose') {
    tls.chain.forEach(({ subject, issuer, validFrom, validTo, altNames }, depth) => {
      lines.push(`  ${depth} ${escapeText(subject)}`)
      if (altNames.length > 0) lines.push(`    names ${escapeText(altNames.join(', '))}`)
      lines.push(`    issued by ${escapeText(issuer)}, ${validFrom.slice(0, 10)} to ${validTo.slice(0, 10)}`)
    })
    lines.push('  revocation is not checked')
  }
  if (verbosity === 'quiet') return lines
  if (!trusted) return lines
  if (tls.authorizationError !== null) lines.push(unverifiedLine(tls.authorizationError, theme))
  else if (leaf && leaf.daysLeft < SOON_DAYS)
    lines.push(theme.warn(`warning: the certificate expires in ${counted(leaf.daysLeft, 'day')}`))
  return lines
}

function validity({ validFrom, daysLeft }: Certificate): string {
  if (Date.parse(validFrom) > Date.now()) return `valid only from ${validFrom.slice(0, 10)}`
  return daysLeft < 0 ? `expired ${counted(-daysLeft, 'day')} ago` : `valid for ${counted(daysLeft, 'day')}`
}

const ENDS: Readonly<Record<ConnectClosedEvent['reason'], string>> = {
  fin: 'closed in order, FIN from this side first',
  reset: 'lost: reset (RST)',
  refused: 'refused',
  timeout: 'lost: the system gave up (ETIMEDOUT)',
  idle: 'ended: silent for too long',
  'max-time': 'ended: --max-time is over',
  interrupted: 'ended here',
  expectation: 'ended: an expectation was not met',
  done: 'done',
  error: 'lost',
}

function closedLine(event: ConnectClosedEvent): string {
  const { reason, closedBy, closeNotify, bytesIn, bytesOut, state, elapsedMs } = event
  const end = reason === 'fin' && closedBy === 'peer' ? 'closed by the peer (FIN)' : ENDS[reason]
  const port = state === null ? '' : `; the port is ${state}`
  const cut = reason === 'fin' && closeNotify === false ? '; the peer ended TCP without close_notify' : ''
  return `${end}; ${formatSize(bytesIn)} in, ${formatSize(bytesOut)} out, ${formatDuration(elapsedMs)}${cut}${lostBytesText(event)}${port}`
}
