import { checkHost } from '../../../core/address/host-name.js'
import { localEvents, localResult } from '../../../operations/local/events.js'
import {
  type LocalEvent,
  type LocalOptions,
  type LocalSummary,
  local as operation,
} from '../../../operations/local/index.js'
import { checkFamily, positiveMs } from '../../args/reach.js'
import type { Command } from '../../command.js'
import { localView } from './view.js'

export const local: Command<LocalOptions, LocalEvent, LocalSummary> = {
  name: 'local',
  summary: 'this machine: its names, addresses, resolvers and socket limits',
  positionals: [],
  flags: {
    to: { kind: 'values', metavar: 'HOST', describe: 'the source address toward a host; nothing is sent to it' },
    timeout: { kind: 'value', alias: 'w', metavar: 'D', describe: 'how long a lookup may take (5s)' },
    '4': { kind: 'switch', describe: 'with --to: IPv4 only' },
    '6': { kind: 'switch', describe: 'with --to: IPv6 only' },
  },
  examples: [
    ['netkit local', 'names, interfaces, resolvers, limits'],
    ['netkit local --to db.internal', 'which of its addresses a machine uses toward another one'],
    ['netkit local --json', 'the same for a program'],
  ],
  events: localEvents,
  result: localResult,
  run: operation,

  toOptions(args) {
    const to = args.list('to').map((text) => {
      const host = checkHost(text, '--to')
      const name = host.kind === 'address' ? host.address : host.name
      checkFamily(name, '--to', { family: args.family(), sourceAddress: undefined })
      return name
    })
    return { to, family: args.family(), timeoutMs: positiveMs(args, 'timeout', 5000) }
  },

  view: localView,
}
