import { formatEndpoint } from '../../../core/address/endpoint.js'
import { counted } from '../../../core/text/digits.js'
import { formatDuration } from '../../../core/text/duration.js'
import { opinionText } from '../../../operations/resolve/compare.js'
import type {
  AnswerEvent,
  ComparisonEvent,
  HijackEvent,
  ReferralEvent,
  ResolveEvent,
  ResolveServerEvent,
  ResolveSummary,
  UnresolvedEvent,
} from '../../../operations/resolve/index.js'
import type { View } from '../../command.js'
import { tellSilent } from '../../dns-silence.js'
import { escapeText } from '../../render/escape.js'
import type { Screen } from '../../render/screen.js'
import { type Column, tableLines } from '../../render/table.js'
import type { ResolveCommandOptions } from './options.js'

type ResolveView = View<ResolveEvent, ResolveSummary>

/** Answers as a table, or as they come where names do; who answered on stderr. */
export function resolveView(screen: Screen, request: ResolveCommandOptions): ResolveView {
  const { mode } = request
  if (mode.kind === 'compare') return compareView(screen)
  if (mode.kind === 'hijack') return hijackView(screen)
  const rows = answerRows(screen, request)
  const servers = tellsServers(screen, request)
  /** Under which name the last one was found. */
  let owner: string | null = null
  return {
    wants: (type) => type !== 'server' || servers,
    event(event) {
      if (event.type === 'answer') {
        owner = event.owner
        rows.add(event)
      } else if (event.type === 'server' && servers) tellServer(screen, event, owner)
      else if (event.type === 'silent') tellSilent(screen, event)
      else if (event.type === 'referral') tellReferral(screen, event)
      else if (event.type === 'expectation') tellExpectation(screen, event.expected, event.met)
      else if (event.type === 'unresolved' && (request.streaming || several(request))) tellUnresolved(screen, event)
    },
    end: () => rows.end(),
  }
}

/** Of 255 octets, each escaped. */
const MAX_NAME_LENGTH = 4 * 255

/** The name first, but not twice: most messages begin with it. */
function tellUnresolved({ err }: Screen, { name, message, origin }: UnresolvedEvent): void {
  // Who interrupts a run knows; the last line says it once for all.
  if (origin === 'abort') return
  const said = message ?? ''
  // No name is as long as that; the message has as much of it as is worth showing.
  if (name.length > MAX_NAME_LENGTH) return void err.line(escapeText(said))
  const rest = said.startsWith(name) ? said.slice(name.length).replace(/^\./, '') : `: ${said}`
  err.line(`${err.theme.bad(escapeText(name))}${escapeText(rest)}`)
}

function several({ names }: ResolveCommandOptions): boolean {
  return !Array.isArray(names) || names.length > 1
}

interface Rows {
  add(event: AnswerEvent): void
  end(): Promise<void>
}

function answerRows({ out }: Screen, request: ResolveCommandOptions): Rows {
  const rows: string[][] = []
  const columns = columnsOf(request)
  // A stream's columns are as wide as its widest cell so far: its end may never come.
  const widths = columns.map(() => 0)
  return {
    add(event) {
      if (request.short) return void (event.section === 'answer' && out.line(escapeText(event.value)))
      const row = columns.map(({ cell }) => escapeText(cell(event)))
      if (!request.streaming) return void rows.push(row)
      row.forEach((cell, i) => {
        widths[i] = Math.max(widths[i] ?? 0, cell.length)
      })
      out.line(row.map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i] ?? 0))).join('  '))
    },
    async end() {
      if (rows.length === 0) return
      for (const line of await tableLines(columns, rows, { style: out.theme.faint, on: out })) out.line(line)
    },
  }
}

type AnswerColumn = Column & { readonly cell: (event: AnswerEvent) => string }

function columnsOf(request: ResolveCommandOptions): AnswerColumn[] {
  const name: AnswerColumn = { title: 'NAME', cell: ({ name }) => name }
  if (request.mode.kind !== 'system') {
    return [
      ...(request.sections ? [{ title: 'SECTION', cell: ({ section }: AnswerEvent) => section }] : []),
      { title: 'NAME', cell: ({ owner }) => owner },
      { title: 'TTL', align: 'right', cell: ({ ttl }) => ttlText(ttl) },
      ...(request.class === 1 ? [] : [{ title: 'CLASS', cell: ({ recordClass }: AnswerEvent) => recordClass }]),
      { title: 'TYPE', cell: ({ recordType }) => recordType },
      { title: 'VALUE', cell: ({ value, fault }) => (fault === null ? value : `${value} (${fault})`) },
    ]
  }
  const source: AnswerColumn = { title: 'SOURCE', cell: ({ source }) => source ?? '-' }
  const address: AnswerColumn = { title: 'ADDRESS', cell: ({ value }) => value }
  const tuple: AnswerColumn[] = [
    { title: 'FAMILY', cell: ({ recordType }) => (recordType === 'A' ? 'IPv4' : 'IPv6') },
    { title: 'TYPE', cell: ({ socketType }) => socketType ?? '-' },
    { title: 'PROTOCOL', cell: ({ protocol }) => protocol ?? '-' },
    address,
    { title: 'PORT', align: 'right', cell: ({ port }) => String(port ?? '-') },
  ]
  const cells = request.mode.service ? tuple : [address, source]
  return several(request) ? [name, ...cells] : cells
}

/** What was sent, and what that means (RFC 2181, section 8). */
function ttlText(ttl: number | null): string {
  if (ttl === null) return ''
  return ttl < 2 ** 31 ? String(ttl) : `${ttl} (counts as 0)`
}

function tellsServers({ verbosity }: Screen, { streaming, short }: ResolveCommandOptions): boolean {
  return verbosity === 'verbose' || (verbosity === 'normal' && !streaming && !short)
}

/** Who answered, how, how long: beside the results, not among them. */
function tellServer({ err }: Screen, event: ResolveServerEvent, owner: string | null): void {
  const of = event.recordType === null ? event.name : `${event.name} ${event.recordType}`
  err.line(err.theme.faint(escapeText(`${of}: ${[...details(event), ...foundAs(event, owner)].join(', ')}`)))
}

/** Of a name that a search domain was added to. */
function foundAs({ server, status, name }: ResolveServerEvent, owner: string | null): string[] {
  return server === null && status === 'answer' && owner !== null && owner !== name ? [`found as ${owner}`] : []
}

function details(event: ResolveServerEvent): string[] {
  const { edns, status, rcode, answers } = event
  const time = formatDuration(event.elapsedMs)
  if (event.server === null) {
    const found = status === 'answer' ? counted(answers, 'address', 'addresses') : (event.code ?? status)
    const canonical =
      event.canonicalName === null ? [] : [`canonical name ${event.canonicalName} (${event.canonicalSource})`]
    const who = event.source === 'literal' ? 'itself, nobody was asked' : 'getaddrinfo'
    return [found, who, time, ...canonical]
  }
  const where = `${event.server} ${event.transport}`
  if (rcode === null) {
    const cut = event.truncated ? ['cut short over UDP'] : []
    return [event.code ?? status, where, time, ...cut, ...earlierTries(event)]
  }
  const flags = (['aa', 'tc', 'rd', 'ra', 'ad', 'cd'] as const).filter((flag) => event[flag] === true)
  return [
    event.code ?? rcode,
    where,
    time,
    ...(flags.length > 0 ? [flags.join(' ')] : []),
    `${event.sizeBytes} B`,
    ...(event.fault === null ? [] : [`damaged: ${event.fault}`]),
    ...(event.trailingBytes === 0 ? [] : [`${event.trailingBytes} B too many behind the message`]),
    ...(event.truncated ? ['cut short over UDP'] : []),
    ...(event.ednsRefused ? ['EDNS refused, asked without'] : []),
    ...(event.tries > 1 ? [`try ${event.tries}`] : []),
    ...(event.repeats > 0 ? [`sent ${event.repeats + 1} times`] : []),
    ...(event.dropped > 0
      ? [`${counted(event.dropped, event.transport === 'udp' ? 'other datagram' : 'other message')} dropped`]
      : []),
    ...earlierTries(event),
    ...(event.tlsProtocol === null ? [] : [event.tlsProtocol]),
    ...(event.httpVersion === null ? [] : [`HTTP/${event.httpVersion}`]),
    ...(event.ageSeconds === 0 ? [] : [`${event.ageSeconds} s old, taken off the TTLs`]),
    ...(edns?.dnssecOk ? ['DO'] : []),
    ...(edns?.nsid ? [`server id ${edns.nsid}`] : []),
    ...(edns?.clientSubnet ? [`subnet ${edns.clientSubnet}`] : []),
    ...(edns?.extendedErrors ?? []).map(
      ({ infoCode, meaning, extraText }) => `${meaning ?? `error ${infoCode}`}${extraText ? ` (${extraText})` : ''}`,
    ),
  ]
}

/** What it took to get there. */
function earlierTries({ attempts }: ResolveServerEvent): string[] {
  return attempts.map(({ address, port, code, elapsedMs }) => {
    return `after ${code} from ${formatEndpoint(address, port)} in ${formatDuration(elapsedMs)}`
  })
}

function tellReferral({ out }: Screen, { zone, server, address, elapsedMs, nameServers }: ReferralEvent): void {
  const from = server.includes(address) ? server : `${server} (${address})`
  const names = nameServers.map(({ name }) => name).join(' ')
  out.line(
    `${out.theme.strong(escapeText(zone))}  ${out.theme.faint(`from ${escapeText(from)} in ${formatDuration(elapsedMs)}`)}  ${escapeText(names)}`,
  )
}

function tellExpectation({ err, verbosity }: Screen, expected: string | null, met: boolean): void {
  if (met && verbosity !== 'verbose') return
  const what = expected === null ? 'no answer' : escapeText(expected)
  err.line(met ? err.theme.good(`as expected: ${what}`) : err.theme.bad(`expected, and not so: ${what}`))
}

/** A line for each opinion, the servers that hold it before what it is. */
function compareView({ out }: Screen): ResolveView {
  const rows: string[][] = []
  const add = ({ name, recordType, agree, groups }: ComparisonEvent) => {
    for (const group of groups) {
      const { servers } = group
      const verdict = agree ? out.theme.good('same') : out.theme.bad('differs')
      servers.forEach((server, i) => {
        rows.push([
          escapeText(name),
          recordType,
          i === 0 ? verdict : '',
          escapeText(server),
          escapeText(opinionText(group)),
        ])
      })
    }
  }
  return {
    event: (event) => {
      if (event.type === 'comparison') add(event)
    },
    async end() {
      const columns = ['NAME', 'TYPE', '', 'SERVER', 'ANSWER'].map((title) => ({ title }))
      if (rows.length > 0)
        for (const line of await tableLines(columns, rows, { style: out.theme.faint, on: out })) out.line(line)
    },
  }
}

/** With the type where it is not that of an address, and whether EDNS hides it. */
function lieText(values: readonly string[], recordType: string | null, edns: boolean | null): string {
  const of = recordType === null || recordType === 'A' || recordType === 'AAAA' ? '' : ` (${recordType})`
  return `${values.join(' ')}${of}${edns === false ? ' (without EDNS)' : ''}`
}

function hijackView({ out }: Screen): ResolveView {
  const found: HijackEvent[] = []
  return {
    event: (event) => {
      if (event.type === 'hijack') found.push(event)
    },
    async end() {
      const rows = found.map(({ server, name, recordType, edns, status, code, hijacked, values, elapsedMs }) => {
        const honest = code === null ? out.theme.good(status) : status === 'failed' ? code : status
        const said = hijacked ? out.theme.bad(escapeText(lieText(values, recordType, edns))) : honest
        return [escapeText(server), escapeText(name.replace(/netkit-[0-9a-f]+/, '*')), said, formatDuration(elapsedMs)]
      })
      const columns = [
        { title: 'RESOLVER' },
        { title: 'BELOW' },
        { title: 'ANSWER' },
        { title: 'TIME', align: 'right' as const },
      ]
      if (rows.length > 0)
        for (const line of await tableLines(columns, rows, { style: out.theme.faint, on: out })) out.line(line)
    },
  }
}
