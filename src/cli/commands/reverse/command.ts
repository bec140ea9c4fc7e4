import { reverseEvents, reverseResult } from '../../../operations/reverse/events.js'
import { reverse as operation, type ReverseEvent, type ReverseSummary } from '../../../operations/reverse/index.js'
import type { Command } from '../../command.js'
import { REVERSE_FLAGS, REVERSE_WORDS } from './flags.js'
import { type ReverseCommandOptions, readReverse } from './options.js'
import { reverseView } from './view.js'

export const reverse: Command<
  ReverseCommandOptions,
  ReverseEvent,
  ReverseSummary,
  typeof REVERSE_FLAGS,
  typeof REVERSE_WORDS
> = {
  name: 'reverse',
  summary: 'the names of addresses, and whether they lead back',
  positionals: REVERSE_WORDS,
  flags: REVERSE_FLAGS,
  examples: [
    ['netkit reverse 127.0.0.1', 'the names of an address, as gethostbyaddr gives them'],
    ['netkit reverse 192.0.2.0/28 --verify', 'which names of a block lead back'],
    ['netkit reverse 2001:db8::1 --server 192.0.2.53', 'asked of one server'],
  ],
  events: reverseEvents,
  result: reverseResult,
  run: operation,
  keepsEvent: ({ type }) => type !== 'progress',
  toOptions: readReverse,
  view: reverseView,
}
