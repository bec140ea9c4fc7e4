import { errnoEvents, errnoResult } from '../../../operations/errno/events.js'
import { type ErrnoEvent, type ErrnoOptions, type ErrnoSummary, explainErrno } from '../../../operations/errno/index.js'
import type { Command } from '../../command.js'
import { ERRNO_FLAGS, ERRNO_WORDS } from './flags.js'
import { readErrno } from './options.js'
import { errnoView } from './view.js'

export const errno: Command<ErrnoOptions, ErrnoEvent, ErrnoSummary, typeof ERRNO_FLAGS, typeof ERRNO_WORDS> = {
  name: 'errno',
  summary: 'what an errno, a getaddrinfo or a TLS code means, here and on other systems',
  positionals: ERRNO_WORDS,
  flags: ERRNO_FLAGS,
  examples: [
    ['netkit errno ECONNREFUSED', 'the number, the meaning, and what to look at next'],
    ['netkit errno 111', 'the name of a number'],
    ['netkit errno --search firewall', 'every code that may speak of a firewall'],
  ],
  events: errnoEvents,
  result: errnoResult,
  run: explainErrno,
  toOptions: readErrno,
  view: errnoView,
}
