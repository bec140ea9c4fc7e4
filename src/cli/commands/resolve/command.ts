import { resolveEvents, resolveResult } from '../../../operations/resolve/events.js'
import { resolve as operation, type ResolveEvent, type ResolveSummary } from '../../../operations/resolve/index.js'
import type { Command } from '../../command.js'
import { RESOLVE_FLAGS, RESOLVE_WORDS } from './flags.js'
import { type ResolveCommandOptions, readResolve } from './options.js'
import { resolveView } from './view.js'

export const resolve: Command<
  ResolveCommandOptions,
  ResolveEvent,
  ResolveSummary,
  typeof RESOLVE_FLAGS,
  typeof RESOLVE_WORDS
> = {
  name: 'resolve',
  summary: 'what a name stands for: to programs (getaddrinfo), and to the DNS, server by server',
  positionals: RESOLVE_WORDS,
  flags: RESOLVE_FLAGS,
  examples: [
    ['netkit resolve localhost', 'the addresses that programs get, and where they come from'],
    ['netkit resolve example.com -t MX,TXT --server 192.0.2.53', 'records, asked of one server'],
    ['netkit resolve example.com --compare --server 192.0.2.53,tls://192.0.2.54', 'who says what'],
    ['netkit resolve --names hosts.txt --short -4', 'many names, in order'],
    ['netkit resolve example.com --expect 192.0.2.1', 'a health check: exit 1 unless it is there'],
  ],
  events: resolveEvents,
  result: resolveResult,
  run: operation,
  toOptions: readResolve,
  view: resolveView,
}
