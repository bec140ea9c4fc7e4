import { formatEndpoint } from '../../../core/address/endpoint.js'
import { counted } from '../../../core/text/digits.js'
import { formatMilliseconds } from '../../../core/text/duration.js'
import { formatSize } from '../../../core/text/size.js'
import type {
  AnomalyEvent,
  RawHttpConnectedEvent,
  RawHttpEvent,
  RawHttpSummary,
  ResponseHeadEvent,
  TimingEvent,
  UntakenEvent,
} from '../../../operations/raw-http/index.js'
import type { View } from '../../command.js'
import { escapeBytes, escapeText } from '../../render/escape.js'
import { printFolded } from '../../render/fold.js'
import type { Screen } from '../../render/screen.js'
import { unverifiedLine } from '../../render/unverified.js'
import { waterfall } from '../../render/waterfall.js'
import type { RawHttpCommandOptions } from './options.js'
import { type ByteWriter, hexWriter, messageWriter, wireWriter } from './stdout.js'

type RawHttpView = View<RawHttpEvent, RawHttpSummary>

/** stdout: what came. stderr: what was sent, what is wrong with the answer and, for people, where the time went. */
export function rawHttpView(screen: Screen, options: RawHttpCommandOptions): RawHttpView {
  const { err, verbosity } = screen
  const tells = verbosity === 'verbose' || (verbosity === 'normal' && err.isTTY)
  const isSummary = options.count > 1 && options.show === 'message' && !options.hex
  const results = isSummary ? tableOfResponses(screen) : responses(screen, options)
  const diagnosis = diagnostics(screen, options, { tells, tellsEach: tells && options.count === 1 })
  return {
    event(event) {
      diagnosis.before(event)
      results.event?.(event)
      diagnosis.after(event)
    },
    end: (outcome) => results.end(outcome),
  }
}

/** What was asked for of each response, byte for byte. */
function responses(screen: Screen, { show, hex, dryRun }: RawHttpCommandOptions): RawHttpView {
  const { out, err, verbosity } = screen
  const writer: ByteWriter = hex ? hexWriter(screen) : show === 'wire' ? wireWriter(screen) : messageWriter(screen)
  const refusesBinary = out.isTTY && !hex && show !== 'wire'
  let isBinary: boolean | null = null
  /** Which response was the last to have a head that could be read. */
  let headOf = 0
  return {
    event(event) {
      switch (event.type) {
        case 'request':
          if (dryRun) writer.write(event.bytes)
          break
        case 'response':
          isBinary = null
          headOf = event.sequence
          if (show === 'message' || show === 'head') writer.write(event.bytes)
          break
        case 'wire':
          writer.write(event.bytes)
          break
        case 'body':
          isBinary ??= refusesBinary && event.bytes.includes(0)
          if (show !== 'head' && !isBinary) writer.write(event.bytes)
          break
        case 'undecoded':
          // What was to be a head stands for one, and what came behind a head for a body.
          if (show === 'message' || show === (headOf === event.sequence ? 'body' : 'head')) writer.write(event.bytes)
          break
        case 'anomaly':
        case 'trailers':
          if (verbosity !== 'quiet') writer.breakLine()
          break
        case 'end':
          writer.end()
          if (isBinary && show !== 'head')
            err.line(`the body (${formatSize(event.bodyBytes)}) is binary: --output FILE keeps it, --hex shows it`)
          break
      }
    },
    end: () => writer.end(),
  }
}

/** Of many requests: a line for each, then the times. */
function tableOfResponses(screen: Screen): RawHttpView {
  const { out } = screen
  const { theme } = out
  let head: ResponseHeadEvent | null = null
  let bodyBytes = 0
  let verdict = 'incomplete'
  return {
    event(event) {
      if (event.type === 'response') head = event
      else if (event.type === 'end') ({ bodyBytes, verdict } = event)
      else if (event.type === 'timing') {
        const status = head ? `${head.statusCode ?? '???'} ${head.statusText}`.trim() : 'no response'
        const tone = verdict !== 'complete' || (head?.statusCode ?? 500) >= 400 ? theme.bad : theme.good
        const fault = verdict === 'complete' ? '' : `  ${verdict}`
        const tookMs = (event.sendMs ?? 0) + (event.waitMs ?? 0) + (event.receiveMs ?? 0)
        const cells = [tone(escapeText(status)), formatSize(bodyBytes), formatMilliseconds(tookMs)]
        out.line(`${String(event.sequence).padStart(4)}  ${cells.join('  ')}${fault}`)
        head = null
      }
    },
    end({ value }) {
      if (!value?.statistics) return
      const { sent, received, minMs, meanMs, medianMs, p95Ms, maxMs } = value.statistics
      const connections = counted(value.connections, 'connection')
      out.line('')
      const resent = value.resent === 0 ? '' : `, ${value.resent} sent again on a new one`
      out.line(`${counted(sent, 'request')}, ${counted(received, 'complete response')}, ${connections}${resent}`)
      const named = { min: minMs, mean: meanMs, median: medianMs, p95: p95Ms, max: maxMs }
      const times = Object.entries(named).flatMap(([name, ms]) =>
        ms === null ? [] : [`${name} ${formatMilliseconds(ms)}`],
      )
      if (times.length > 0) out.line(times.join(', '))
    },
  }
}

interface Diagnostics {
  before(event: RawHttpEvent): void
  after(event: RawHttpEvent): void
}

/** @param tells for people: more than what is wrong; `tellsEach`: also of each request */
function diagnostics(
  { err, verbosity }: Screen,
  options: RawHttpCommandOptions,
  { tells, tellsEach }: { readonly tells: boolean; readonly tellsEach: boolean },
): Diagnostics {
  const { theme } = err
  let hint: string | null = null
  let warned = false
  const lines = (mark: string, bytes: Uint8Array) => {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
    const rows = text.split('\n').map((row) => row.replace(/\r$/, ''))
    while (rows.at(-1) === '') rows.pop()
    for (const row of rows) err.line(theme.faint(`${mark} ${escapeBytes(Buffer.from(row, 'latin1'))}`))
  }
  const anomaly = ({ severity, offset, text, rule, section }: AnomalyEvent) => {
    if (verbosity === 'quiet' || (severity === 'note' && !tells)) return
    const tone = severity === 'error' ? theme.bad : severity === 'warning' ? theme.warn : theme.faint
    const head = [`! ${severity}`, tone] as const
    printFolded(err, [head, ` at byte ${offset}: ${text} `, [`(${rule}, ${section})`, theme.faint]], 2)
  }
  const note = (text: string) => printFolded(err, [`* ${text}`], 2)
  return {
    before(event) {
      if (event.type === 'connected') {
        const { authorizationError = null } = event.tls ?? {}
        if (tells) for (const line of connectedLines(event)) err.line(theme.faint(line))
        else if (authorizationError !== null && verbosity !== 'quiet' && !warned) {
          warned = true
          err.line(unverifiedLine(authorizationError, theme))
        }
      }
      if (event.type === 'request' && tellsEach && !options.dryRun) {
        const head = event.bytes.subarray(0, endOfHead(event.bytes))
        lines('>', head)
        const more = event.sizeBytes - head.length
        if (more > 0) err.line(theme.faint(`> (and ${formatSize(more)} more)`))
      } else if (event.type === 'informational' && tellsEach) lines('<', event.bytes)
    },
    after(event) {
      if (event.type === 'anomaly') anomaly(event)
      else if (event.type === 'broken')
        printFolded(
          err,
          [['broken', theme.bad], ` expected ${escapeText(event.expected)}, got ${escapeText(event.actual)}`],
          2,
        )
      else if (event.type === 'trailers' && tellsEach)
        for (const [name, value] of event.headers)
          err.line(theme.faint(`< ${escapeText(`${name}: ${value}`)} (trailer)`))
      else if (event.type === 'rest' && verbosity !== 'quiet')
        note(`${formatSize(event.bytes.length)} at byte ${event.offset ?? 0} belong to no response: --bytes shows them`)
      else if (event.type === 'untaken' && verbosity !== 'quiet') note(untakenText(event))
      else if (event.type === 'response' && tellsEach) {
        hint = redirectHint(event, options)
      } else if (event.type === 'timing' && tellsEach) {
        if (hint) note(hint)
        for (const line of waterfall(barsOf(event), err.columns)) err.line(theme.faint(line))
      } else if (event.type === 'resent' && verbosity === 'verbose')
        err.line(
          theme.faint(
            `* the peer had closed the connection that it kept: request ${event.sequence} goes out again on a new one`,
          ),
        )
      else if (event.type === 'closed' && event.closeNotify === false && verbosity === 'verbose')
        err.line(theme.faint('* the peer ended TCP without close_notify (RFC 8446 6.1)'))
    },
  }
}

function untakenText({ sizeBytes, sentBytes, code }: UntakenEvent): string {
  if (code === null)
    return `${formatSize(sentBytes)} of the ${formatSize(sizeBytes)} of the request were sent: the answer came first`
  return `the server answered before it had taken the whole request (${formatSize(sizeBytes)}), and refused the rest: ${code}`
}

function connectedLines({ host, port, address, path, localAddress, localPort, tls }: RawHttpConnectedEvent): string[] {
  const to = path === null ? formatEndpoint(address ?? '', port ?? 0) : `unix:${escapeText(path)}`
  const from = localAddress === null ? '' : ` from ${formatEndpoint(localAddress, localPort ?? 0)}`
  const name = host !== null && host !== address ? `${escapeText(host)} is ` : 'connected to '
  const lines = [`* ${name}${to}${from}`]
  if (!tls) return lines
  const verified = tls.authorized ? 'verified' : `NOT verified: ${tls.authorizationError ?? 'no reason given'}`
  lines.push(`* ${tls.protocol}, ${tls.cipher}, ALPN ${tls.alpn === null ? 'none' : escapeText(tls.alpn)}, ${verified}`)
  const [leaf] = tls.chain
  if (leaf) {
    lines.push(`* certificate ${escapeText(leaf.subject)}, by ${escapeText(leaf.issuer)}`)
    lines.push(`*   for ${escapeText(leaf.altNames.join(', ') || 'no name')}, ${counted(leaf.daysLeft, 'day')} left`)
  }
  return lines
}

function barsOf(timing: TimingEvent): { name: string; startMs: number; lengthMs: number }[] {
  const steps = [
    ['lookup', timing.lookupDoneMs, timing.lookupMs],
    ['connect', timing.connectDoneMs, timing.connectMs],
    ['TLS', timing.tlsDoneMs, timing.tlsMs],
    ['send', timing.sendDoneMs, timing.sendMs],
    ['wait', timing.waitDoneMs ?? timing.totalMs, timing.waitMs],
    ['receive', timing.totalMs, timing.receiveMs],
  ] as const
  return steps.flatMap(([name, doneMs, lengthMs]) =>
    doneMs === null || lengthMs === null ? [] : [{ name, startMs: doneMs - lengthMs, lengthMs }],
  )
}

/** Redirects are not followed: what came is what was asked for. */
function redirectHint({ statusCode, headers }: ResponseHeadEvent, options: RawHttpCommandOptions): string | null {
  const location = headers.find(([name]) => name.toLowerCase() === 'location')?.[1]
  if (location === undefined || statusCode === null || statusCode < 300 || statusCode > 399) return null
  const { request, tls } = options
  const host = request.kind === 'fields' ? request.defaults?.host : undefined
  const target = request.kind === 'fields' ? request.target : '/'
  const base = host === undefined ? undefined : `${tls ? 'https' : 'http'}://${host}${target}`
  if (!URL.canParse(location, base)) return `not followed: Location is ${escapeText(location)}`
  const url = new URL(location, base).href.replaceAll("'", '%27')
  return `not followed: netkit raw-http '${escapeText(url)}' asks for where Location leads`
}

/** Behind the empty line; everything where there is none. */
function endOfHead(bytes: Uint8Array): number {
  const at = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).indexOf('\r\n\r\n')
  return at < 0 ? bytes.length : at + 4
}
