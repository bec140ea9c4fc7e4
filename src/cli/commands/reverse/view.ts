import { counted, groupDigits } from '../../../core/text/digits.js'
import { formatDuration } from '../../../core/text/duration.js'
import {
  type NameEvent,
  type ReverseEvent,
  type ReverseSummary,
  sizeOf,
  type UnnamedEvent,
} from '../../../operations/reverse/index.js'
import type { View } from '../../command.js'
import { tellSilent } from '../../dns-silence.js'
import { escapeText } from '../../render/escape.js'
import type { Screen } from '../../render/screen.js'
import { tableLines } from '../../render/table.js'
import type { ReverseCommandOptions } from './options.js'

/** Up to so many addresses make one table; more are shown as they come. */
const TABLE_ADDRESSES = 64

/** The names of each address, in a table where there are few. */
export function reverseView(
  screen: Screen,
  { targets, verify, servicePort, short }: ReverseCommandOptions,
): View<ReverseEvent, ReverseSummary> {
  const { out, err } = screen
  const size = sizeOf(targets)
  const tabled = size !== null && size <= TABLE_ADDRESSES
  const titles = [
    'ADDRESS',
    'NAME',
    'SOURCE',
    ...(verify ? ['LEADS BACK'] : []),
    ...(servicePort === null ? [] : ['SERVICE']),
  ]
  const rows: string[][] = []

  const rowOf = (event: NameEvent) => [
    event.address,
    `${escapeText(event.name)}${event.role === 'alias' ? out.theme.faint(' (alias)') : ''}`,
    event.server === null ? event.source : escapeText(event.server),
    ...(verify ? [verdict(event)] : []),
    ...(servicePort === null ? [] : [escapeText(event.service ?? '-')]),
  ]
  const verdict = ({ confirmed, addresses }: NameEvent) => {
    if (confirmed === null) return 'unknown'
    if (confirmed) return out.theme.good('yes')
    return out.theme.bad(addresses?.length ? `no, to ${escapeText(addresses.join(', '))}` : 'no, to nothing')
  }
  const unnamed = ({ address, service, message, origin }: UnnamedEvent) => {
    // A port has a service whether the address has a name or not.
    if (service !== null && size === 1 && screen.verbosity !== 'quiet')
      err.line(`port ${servicePort} is ${escapeText(service)}`)
    if (size === 1 || screen.verbosity === 'quiet' || origin === 'abort') return
    // In a large block most addresses have no name: that is told by their number.
    if (!tabled && size !== null && screen.verbosity !== 'verbose') return
    // The address first, but not twice: most messages begin with it.
    const said = message ?? ''
    const rest = said.startsWith(`${address} `) ? said.slice(address.length) : `: ${said}`
    const port = service === null ? '' : `; port ${servicePort} is ${service}`
    err.line(`${err.theme.bad(escapeText(address))}${escapeText(rest + port)}`)
  }
  return {
    event(event) {
      if (event.type === 'progress') {
        const of = event.total === null ? '' : ` of ${event.total}`
        if (size !== 1)
          screen.status(`${groupDigits(event.done)}${of} addresses, ${groupDigits(event.named)} with a name`)
      } else if (event.type === 'silent') tellSilent(screen, event)
      else if (event.type === 'unnamed') unnamed(event)
      else if (short) out.line(escapeText(event.name))
      else if (tabled) rows.push(rowOf(event))
      else out.line(rowOf(event).join('  '))
    },
    async end({ value, elapsedMs }) {
      screen.status(null)
      if (rows.length > 0) {
        const columns = titles.map((title) => ({ title }))
        for (const line of await tableLines(columns, rows, { style: out.theme.faint, on: out })) out.line(line)
      }
      if (!value || size === 1 || screen.verbosity === 'quiet') return
      const confirmed = value.confirmed === null ? '' : `, ${value.confirmed} confirmed`
      err.line(
        `${counted(value.addresses, 'address', 'addresses')}, ${groupDigits(value.named)} with a name${confirmed}, in ${formatDuration(elapsedMs)}`,
      )
    },
  }
}
