import { formatEndpoint } from '../../../core/address/endpoint.js'
import { counted } from '../../../core/text/digits.js'
import { formatDuration } from '../../../core/text/duration.js'
import { formatSize } from '../../../core/text/size.js'
import type {
  ConnectionEvent,
  ListenClosedEvent,
  ListenEvent,
  ListeningEvent,
  ListenSummary,
  RefusedEvent,
} from '../../../operations/listen/index.js'
import type { View } from '../../command.js'
import { escapeBytes, escapeText } from '../../render/escape.js'
import { printHint } from '../../render/failure.js'
import { lostBytesText } from '../../render/lost-bytes.js'
import type { Screen } from '../../render/screen.js'
import { listenBytes } from './bytes-view.js'
import { accessLine, requestLines } from './http-view.js'
import type { ListenCommandOptions } from './options.js'
import { deviationLine, mailLines, refusalLine, transactionLine } from './smtp-view.js'

/** Of many refusals so many are told one by one. */
const TOLD_REFUSALS = 20
const LOOPBACK = /^(127\.|::1$)/

/** Who comes and goes stands on stderr; what they send on stdout. */
export function listenView(screen: Screen, options: ListenCommandOptions): View<ListenEvent, ListenSummary> {
  const { out, err, verbosity } = screen
  const { mode } = options
  const http = mode.kind === 'http' || mode.kind === 'serve'
  // Over HTTP it is requests that matter; who holds a connection open is a detail.
  const tellsPeers = verbosity === 'verbose' || (verbosity === 'normal' && !http)
  const names = new Map<number, string>()
  const bytes = listenBytes(screen, options)
  let refusals = 0

  const tell = (line: string) => {
    if (verbosity !== 'quiet') err.line(line)
  }
  return {
    event(event) {
      switch (event.type) {
        case 'listening':
          tell(listeningLines(event, options).join('\n'))
          // Who asked for any free port has to be told which.
          if (verbosity === 'quiet' && asksForPort(options)) err.line(listeningLines(event, options)[0] ?? '')
          if (warning(event, options)) err.line(err.theme.warn(warning(event, options) ?? ''))
          break
        case 'connection':
          if (http) names.set(event.id, peerName(event))
          bytes.enter(event.id)
          if (tellsPeers) err.line(`${err.theme.good(`#${event.id}`)} ${peerName(event)} connected${tlsText(event)}`)
          break
        case 'data':
          bytes.show(event)
          break
        case 'request':
          if (mode.kind === 'serve') out.line(accessLine(event, names.get(event.id) ?? '', out.theme))
          else for (const line of requestLines(event, names.get(event.id) ?? '', out.theme)) out.line(line)
          break
        case 'mail':
          for (const line of mailLines(event, out.theme)) out.line(line)
          break
        case 'refusal':
          out.line(refusalLine(event, out.theme))
          break
        case 'transaction':
          out.line(transactionLine(event, out.theme))
          break
        case 'deviation':
          if (verbosity === 'verbose') out.line(deviationLine(event, out.theme))
          break
        case 'message':
          if (event.name !== null) out.line(`${out.theme.strong(escapeText(event.name))}: ${escapeBytes(event.bytes)}`)
          break
        case 'closed':
          bytes.leave(event.id)
          names.delete(event.id)
          if (tellsPeers) err.line(`${err.theme.faint(`#${event.id}`)} ${closedText(event, mode.kind === 'discard')}`)
          break
        case 'refused':
          refusals++
          if (refusals <= TOLD_REFUSALS) tell(err.theme.warn(refusedText(event)))
          if (refusals === TOLD_REFUSALS) tell(err.theme.faint('further refusals are only counted'))
          break
        case 'problem':
          tell(`${err.theme.bad(event.id === null ? 'problem' : `#${event.id}`)} ${problemText(event)}`)
          if (event.hint && verbosity !== 'quiet') printHint(screen, event.hint)
          break
        case 'unsent':
          tell(err.theme.warn(unsentText(event.peers)))
          break
      }
    },
    end(outcome) {
      const value = outcome.value
      if (!value || verbosity === 'quiet' || (value.connections === 0 && value.refused === 0)) return
      err.line(err.theme.faint(summaryLine(value, outcome.elapsedMs)))
    },
  }
}

function listeningLines(event: ListeningEvent, { tls, target, mode }: ListenCommandOptions): string[] {
  const { protocol, address, port, path, fingerprint256 } = event
  const where = path === null ? formatEndpoint(address ?? '', port ?? 0) : `unix:${escapeText(path)}`
  const scheme = mode.kind === 'http' || mode.kind === 'serve' ? (tls ? 'https://' : 'http://') : ''
  const later = mode.kind === 'smtp' && mode.starttls
  const kind = protocol === 'udp' ? ' (UDP)' : later ? ' (STARTTLS)' : tls && scheme === '' ? ' (TLS)' : ''
  const lines = [`listening on ${path === null ? scheme : ''}${where}${kind}; ^C ends`]
  if (address !== null && LOOPBACK.test(address))
    lines.push('only this machine can connect; --host 0.0.0.0 (or ::) opens it to others')
  else if (target.kind !== 'unix' && address === '::' && !target.ipv6Only)
    lines.push('open to everyone who can reach this machine, over IPv6 and IPv4')
  else if (address === '0.0.0.0' || address === '::') lines.push('open to everyone who can reach this machine')
  if (fingerprint256 !== null)
    lines.push(`${tls?.certificate ? '' : 'self-signed '}certificate, SHA-256 ${fingerprint256}`)
  return lines
}

function asksForPort({ target }: ListenCommandOptions): boolean {
  return target.kind !== 'unix' && target.port === 0
}

function warning({ address }: ListeningEvent, { mode }: ListenCommandOptions): string | null {
  if (mode.kind !== 'exec' || address === null || LOOPBACK.test(address)) return null
  return `warning: whoever can reach ${address} can run ${JSON.stringify(mode.command)} here; --allow keeps others out`
}

/** No address: a Unix socket's peer, or one that was gone before it could be asked. */
function peerName({ address, port }: Pick<ConnectionEvent, 'address' | 'port'>): string {
  return address === null ? 'somebody' : formatEndpoint(address, port ?? 0)
}

function tlsText({ tls }: ConnectionEvent): string {
  if (tls === null) return ''
  const more = [tls.alpn && `ALPN ${escapeText(tls.alpn)}`, tls.servername && `for ${escapeText(tls.servername)}`]
  return `, ${[tls.protocol, tls.cipher, ...more.filter(Boolean)].join(', ')}`
}

function unsentText(peers: number): string {
  if (peers === 1) return 'not all was sent: the peer takes no more'
  if (peers === 0) return 'not sent: nobody is connected'
  return `not sent: ${peers} peers are connected, and which is meant is not clear; --once takes one alone, --chat speaks to all, --http answers browsers`
}

const REASONS = {
  fin: 'closed (FIN)',
  ended: 'ended by us',
  reset: 'reset by the peer (RST)',
  idle: 'silent for too long',
  fault: 'broken on purpose',
  stopped: 'cut off: listening ended',
  error: 'failed',
} as const

function closedText(event: ListenClosedEvent, withRate: boolean): string {
  const { reason, code, closeNotify, bytesIn, bytesOut, elapsedMs } = event
  const why = reason === 'error' ? `${REASONS[reason]}: ${code}` : REASONS[reason]
  const rate = withRate && elapsedMs > 0 ? `, ${formatSize(Math.round((bytesIn * 1000) / elapsedMs))}/s` : ''
  const cut = reason === 'fin' && closeNotify === false ? '; the peer ended TCP without close_notify' : ''
  const lost = lostBytesText(event)
  return `${why} after ${formatDuration(elapsedMs)}, in ${formatSize(bytesIn)}, out ${formatSize(bytesOut)}${rate}${cut}${lost}${commandText(event)}`
}

function commandText({ exitStatus, exitSignal }: ListenClosedEvent): string {
  if (exitSignal !== null) return `; the command was ended by ${exitSignal}`
  return exitStatus ? `; the command ended with status ${exitStatus}` : ''
}

function refusedText(event: RefusedEvent): string {
  const who = peerName(event)
  if (event.reason === 'denied') return `${who} denied`
  if (event.reason === 'full') return `${who} turned away: as many are connected as may be`
  return `${who} turned away: this process may open no more descriptors (ulimit -n)`
}

function problemText({ address, port, message, code }: Extract<ListenEvent, { type: 'problem' }>): string {
  const who = address === null ? '' : `${formatEndpoint(address, port ?? 0)}: `
  return `${who}${escapeText(message ?? code ?? '')}`
}

function summaryLine({ connections, peak, refused, bytesIn, bytesOut }: ListenSummary, elapsedMs: number): string {
  const came = connections === 1 ? '1 connection' : `${counted(connections, 'connection')}, at most ${peak} at once`
  const turned = refused > 0 ? `, ${refused} refused` : ''
  return `${came}${turned}, in ${formatSize(bytesIn)}, out ${formatSize(bytesOut)}, ${formatDuration(elapsedMs)}`
}
