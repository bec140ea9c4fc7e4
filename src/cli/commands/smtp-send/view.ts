import { formatEndpoint } from '../../../core/address/endpoint.js'
import { counted } from '../../../core/text/digits.js'
import { formatMilliseconds } from '../../../core/text/duration.js'
import type {
  SmtpRecipientEvent,
  SmtpReplyEvent,
  SmtpSendEvent,
  SmtpSendOptions,
  SmtpSendSummary,
  SmtpStrayEvent,
  SmtpTimingEvent,
  SmtpTlsEvent,
} from '../../../operations/smtp-send/index.js'
import { type QuitAfter, STAGES, type Stage } from '../../../protocol/smtp/index.js'
import type { View } from '../../command.js'
import { escapeBytes, escapeText } from '../../render/escape.js'
import { fold } from '../../render/fold.js'
import type { Screen } from '../../render/screen.js'
import { tableLines } from '../../render/table.js'

/** `    12.3 ms  ` and the arrow: what continues a line stands below its text. */
const TIME_WIDTH = 11
const ARROW_WIDTH = 3
const INDENT = TIME_WIDTH + 2 + ARROW_WIDTH + 1
const MIN_TEXT_WIDTH = 20

/**
 * The dialogue as it goes: `->` what we say, `<-` what the server says, with `~` in place of `-` under TLS and `!` at a
 * reply that the protocol does not go on with, and at what is none. Then what became of each recipient. Of repeated mails all but the first
 * are shown where something is amiss, or with --verbose.
 */
export function smtpSendView(screen: Screen, options: SmtpSendOptions): View<SmtpSendEvent, SmtpSendSummary> {
  const { out, err } = screen
  const { theme } = out
  const recipients: SmtpRecipientEvent[] = []
  const answered = new Set<Stage>()
  let timing: SmtpTimingEvent | null = null

  const say = (atMs: number | null, arrow: string, texts: readonly string[], style: (text: string) => string) => {
    const width = out.isTTY ? Math.max(MIN_TEXT_WIDTH, out.columns - INDENT) : Number.POSITIVE_INFINITY
    const lines = texts.flatMap((text) => fold(text, width))
    for (const [i, line] of lines.entries()) {
      const time = i === 0 && atMs !== null ? formatMilliseconds(atMs) : ''
      const head = `${theme.faint(time.padStart(TIME_WIDTH))}  ${style((i === 0 ? arrow : '').padEnd(ARROW_WIDTH))}`
      out.line(`${head} ${style(line)}`.trimEnd())
    }
  }
  const plain = (text: string) => text
  const shows = (mail: number | null) => mail === null || mail === 1 || screen.verbosity === 'verbose'

  const event = (event: SmtpSendEvent) => {
    switch (event.type) {
      case 'mx': {
        const of = event.preference === null ? 'no MX, so the domain itself' : `MX ${event.preference}`
        say(null, '=', [`${escapeText(event.exchange)}, ${of} of ${escapeText(event.domain)}`], theme.faint)
        if (event.alias === null) return
        return say(
          null,
          '!',
          [`that is an alias for ${escapeText(event.alias)}, which RFC 5321 forbids of an MX`],
          theme.warn,
        )
      }
      case 'attempt':
        if (event.ok) return
        return say(null, '=', [`${formatEndpoint(event.address, event.port)}: ${event.code ?? 'failed'}`], theme.bad)
      case 'unreached':
        return say(null, '=', [`${escapeText(event.host)}: ${escapeText(event.message ?? '')}`], theme.bad)
      case 'connected':
        say(event.atMs, '=', [connectedText(event)], theme.faint)
        return screen.status('connected, waiting for the greeting')
      case 'tls':
        return say(event.atMs, '=', tlsTexts(event), event.authorized ? theme.good : theme.warn)
      case 'command':
        if (!shows(event.mail)) return
        say(event.atMs, event.secure ? '~>' : '->', [escapeText(event.text)], plain)
        return screen.status(`waiting for the reply to ${escapeText(event.text.split(' ', 1)[0] ?? '')}`)
      case 'content':
        screen.status(
          options.repeat > 1
            ? `mail ${event.mail} of ${options.repeat}`
            : 'sending the message, and waiting for the reply',
        )
        if (!shows(event.mail)) return
        return say(
          event.atMs,
          event.secure ? '~>' : '->',
          [`(the message, ${counted(event.sizeBytes, 'byte')})`],
          theme.faint,
        )
      case 'reply':
        answered.add(event.stage)
        if (!shows(event.mail) && !event.unexpected) return
        say(
          event.atMs,
          `${event.secure ? '<~' : '<-'}${event.unexpected ? '!' : ''}`,
          replyTexts(event),
          event.unexpected ? theme.bad : plain,
        )
        for (const { text } of event.anomalies) say(null, '!', [text], theme.warn)
        return
      case 'stray':
        return say(event.atMs, event.secure ? '<~!' : '<-!', strayTexts(event), theme.bad)
      case 'unanswered':
        return say(event.atMs, event.secure ? '<~!' : '<-!', [`(no reply: ${noReply(event.code)})`], theme.warn)
      case 'recipient':
        recipients.push(event)
        return
      case 'timing':
        timing = event
    }
  }
  /** For screens that a row is too wide for. */
  const stacked = (rows: readonly (readonly [string, string, string])[]) => {
    for (const [status, recipient, reply] of rows) {
      out.line(`${status} ${recipient}`)
      for (const line of fold(reply, Math.max(MIN_TEXT_WIDTH, out.columns - 2))) out.line(`  ${line}`)
    }
  }
  return {
    event,
    async end({ value }) {
      screen.status(null)
      const rows = recipientRows(recipients, options)
      if (rows.length > 0) {
        out.line('')
        const paint = { accepted: theme.good, refused: theme.bad, unconfirmed: theme.warn, 'not reached': theme.warn }
        const painted = rows.map(([status, ...rest]) => [paint[status](status), ...rest] as const)
        if (out.isTTY && rows.some((row) => rowWidth(row, rows) > out.columns)) stacked(painted)
        else for (const line of await tableLines(COLUMNS, painted, { style: theme.faint })) out.line(line)
      }
      if (timing && screen.verbosity !== 'quiet') {
        const { quitAfter } = options
        const stopped = quitAfter !== null && value !== null && gotTo(quitAfter, value, answered)
        err.line(`${timingText(timing)}${stopped ? `, no mail: stopped after ${quitAfter}, as asked` : ''}`)
      }
    },
  }
}

function connectedText({
  host,
  port,
  path,
  address,
  localAddress,
  localPort,
  lookupMs,
  connectMs,
}: Extract<SmtpSendEvent, { type: 'connected' }>) {
  if (path !== null) return `unix:${escapeText(path)}, connect ${formatMilliseconds(connectMs)}`
  const name = host === address ? '' : `${escapeText(host ?? '')} is `
  const ends = `${formatEndpoint(address ?? '', port ?? 0)} from ${formatEndpoint(localAddress ?? '', localPort ?? 0)}`
  return `${name}${ends}, lookup ${formatMilliseconds(lookupMs)}, connect ${formatMilliseconds(connectMs)}`
}

function tlsTexts({ protocol, cipher, tlsMs, authorized, authorizationError, chain }: SmtpTlsEvent): string[] {
  const [leaf] = chain
  const verified = authorized ? 'verified' : `NOT verified: ${escapeText(authorizationError ?? 'unknown')}`
  const first = `${protocol}, ${cipher}, ${formatMilliseconds(tlsMs)}`
  return leaf
    ? [first, `certificate of ${escapeText(leaf.subject)}, ${verified}, ${counted(leaf.daysLeft, 'day')} left`]
    : [`${first}, ${verified}`]
}

/** As on the wire, but for line ends. */
function replyTexts({ replyCode, lines }: SmtpReplyEvent): string[] {
  return lines.map((line, i) => `${replyCode}${i < lines.length - 1 ? '-' : ' '}${escapeText(line)}`.trimEnd())
}

function strayTexts({ bytes, sizeBytes }: SmtpStrayEvent): string[] {
  const lines = Buffer.from(bytes)
    .toString('latin1')
    .replace(/\r?\n$/, '')
    .split('\n')
  const texts = lines.map((line) => escapeBytes(Buffer.from(line.replace(/\r$/, ''), 'latin1')) || '(an empty line)')
  const more = sizeBytes - bytes.length
  return more > 0 ? [...texts, `(and ${counted(more, 'byte')} more)`] : texts
}

function noReply(code: string): string {
  if (code === 'EAGAIN') return 'not in time'
  return code === 'SMTP_CLOSED' ? 'the server closed the connection' : code
}

type Status = 'accepted' | 'refused' | 'unconfirmed' | 'not reached'
type Row = [status: Status, recipient: string, reply: string]
const COLUMNS = [{ title: 'RESULT' }, { title: 'RECIPIENT' }, { title: 'REPLY' }]

/** One row for each recipient; of repeated mails one for all that were accepted, and one for each that was not. */
function recipientRows(events: readonly SmtpRecipientEvent[], { repeat }: SmtpSendOptions): Row[] {
  const rows: Row[] = []
  const accepted = new Map<string, number>()
  for (const { mail, address, status, replyCode, lines } of events) {
    const reply = replyCode === null ? '' : `${replyCode} ${escapeText(lines.join(' '))}`.trimEnd()
    if (repeat > 1 && status === 'accepted') accepted.set(address, (accepted.get(address) ?? 0) + 1)
    else {
      const which = repeat > 1 ? ` (mail ${mail})` : ''
      rows.push([status === 'not-reached' ? 'not reached' : status, `${escapeText(address)}${which}`, reply])
    }
  }
  for (const [address, count] of accepted) rows.unshift(['accepted', escapeText(address), counted(count, 'mail')])
  return rows
}

/** Two spaces between columns. */
function rowWidth([, , reply]: Row, rows: readonly Row[]): number {
  const widest = (column: 0 | 1) => Math.max(...rows.map((row) => row[column].length))
  return widest(0) + 2 + widest(1) + 2 + reply.length
}

/** Whether a dialogue ended where it was to end, and not before. */
function gotTo(stage: QuitAfter, summary: SmtpSendSummary, answered: ReadonlySet<Stage>): boolean {
  const { reached, notReached } = summary
  // From MAIL on a refusal is an answer too, and `reached` tells only of what went well.
  if (STAGES.indexOf(stage) >= STAGES.indexOf('mail')) return answered.has(stage) && notReached === 0
  return reached !== null && STAGES.indexOf(reached) >= STAGES.indexOf(stage)
}

function timingText({ dialogueMs, roundTrips, bytesIn, bytesOut }: SmtpTimingEvent): string {
  const bytes = `${counted(bytesOut, 'byte')} out, ${counted(bytesIn, 'byte')} in`
  return `${counted(roundTrips, 'round trip')}, ${formatMilliseconds(dialogueMs)}, ${bytes}`
}
