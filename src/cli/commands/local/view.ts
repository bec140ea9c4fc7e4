import { formatEndpoint } from '../../../core/address/endpoint.js'
import { counted } from '../../../core/text/digits.js'
import type {
  InterfaceEvent,
  LocalEvent,
  LocalSummary,
  RouteEvent,
  SettingsEvent,
} from '../../../operations/local/index.js'
import type { View } from '../../command.js'
import { escapeText } from '../../render/escape.js'
import type { Screen } from '../../render/screen.js'
import { tableLines } from '../../render/table.js'

type Row = readonly [string, string]

/** One block of `title  value` lines, the interfaces and the hosts file as tables of their own. */
export function localView({ out }: Screen): View<LocalEvent, LocalSummary> {
  const facts: Row[] = []
  const resolvers: string[] = []
  const interfaces: InterfaceEvent[] = []
  const hosts: string[][] = []
  const sources: Row[] = []
  const { theme } = out

  const print = async (titles: readonly string[], rows: readonly (readonly string[])[]) => {
    if (rows.length === 0) return
    out.line('')
    const columns = titles.map((title) => ({ title }))
    for (const line of await tableLines(columns, rows, { style: theme.faint, on: out })) out.line(line)
  }
  return {
    event(event) {
      if (event.type === 'host') {
        facts.push(['host name', event.hostName])
        const by = event.fqdnAddress === null ? '' : ` of ${event.fqdnAddress}`
        facts.push(['full name', `${event.fqdn}  (${event.fqdnStep}${event.fqdnStep === 'host name' ? '' : by})`])
      } else if (event.type === 'interface') interfaces.push(event)
      else if (event.type === 'resolver')
        resolvers.push(event.port === 53 ? event.address : formatEndpoint(event.address, event.port))
      else if (event.type === 'settings') facts.push(...settingRows(event, resolvers))
      else if (event.type === 'hosts') hosts.push([event.address, [event.name, ...event.aliases].join(' ')])
      else sources.push(sourceRow(event))
    },
    async end() {
      const all = [...facts, ...sources].map(([title, value]) => [theme.faint(title), escapeText(value)])
      const columns = [{ title: 'FACT' }, { title: 'VALUE' }]
      for (const line of await tableLines(columns, all, { head: false, on: out })) out.line(line)
      await print(['INTERFACE', 'ADDRESS', 'MAC', 'MTU', 'STATE'], interfaces.map(interfaceRow))
      await print(
        ['HOSTS FILE', 'NAMES'],
        hosts.map((row) => row.map(escapeText)),
      )
    },
  }
}

const unknown = '-'

function settingRows(settings: SettingsEvent, resolvers: readonly string[]): Row[] {
  const { search, nameServices, ephemeralPortFirst, ephemeralPortLast, backlogMax } = settings
  const { resolverTimeoutMs, resolverAttempts, ndots, descriptorsSoft, descriptorsHard } = settings
  const patience =
    resolverTimeoutMs === null
      ? ''
      : `  (${resolverTimeoutMs / 1000} s, ${counted(resolverAttempts ?? 0, 'time')}, ndots ${ndots})`
  return [
    ['resolvers', `${resolvers.join(', ') || unknown}${patience}`],
    ['search', search.join(' ') || unknown],
    ['name services', nameServices?.join(' ') ?? unknown],
    ['source ports', ephemeralPortFirst === null ? unknown : `${ephemeralPortFirst} to ${ephemeralPortLast}`],
    ['backlog', backlogMax === null ? unknown : `at most ${backlogMax}`],
    [
      'descriptors',
      descriptorsSoft === null ? unknown : `${descriptorsSoft} (hard limit ${descriptorsHard ?? 'none'})`,
    ],
  ]
}

function sourceRow({ to, toAddress, sourceAddress, interfaceName, message }: RouteEvent): Row {
  if (sourceAddress === null) return [`toward ${escapeText(to)}`, message ?? unknown]
  const through = interfaceName === null ? '' : `, ${interfaceName}`
  const target = toAddress === null || toAddress === to ? '' : `, for ${toAddress}`
  return [`toward ${escapeText(to)}`, `from ${sourceAddress}${through}${target}`]
}

function interfaceRow({ name, address, prefixLength, peerAddress, mac, mtuBytes, state }: InterfaceEvent): string[] {
  const peer = peerAddress === null ? '' : ` to ${peerAddress}`
  const at = address === null ? unknown : `${address}${prefixLength === null ? '' : `/${prefixLength}`}${peer}`
  return [name, at, mac ?? unknown, String(mtuBytes ?? unknown), state ?? unknown].map(escapeText)
}
