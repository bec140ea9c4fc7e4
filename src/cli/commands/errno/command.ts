import { type ErrnoEvent, type ErrnoOptions, type ErrnoSummary, explainErrno } from '../../../operations/errno/index.js'
import type { Command } from '../../command.js'
import { array, integer, nullable, object, oneOf, string } from '../../schema.js'
import { ERRNO_FLAGS, ERRNO_WORDS, SYSTEMS } from './flags.js'
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
  events: {
    errno: {
      name: string,
      kind: oneOf('errno', 'getaddrinfo', 'dns', 'tls', 'netkit'),
      system: oneOf(...SYSTEMS),
      number: nullable(integer),
      numbers: object({ linux: nullable(integer), darwin: nullable(integer), win32: nullable(integer) }),
      aliases: array(string),
      calls: array(string),
      meaning: string,
      causes: array(string),
      hint: string,
      advice: nullable(string),
    },
  },
  result: { found: integer },
  run: explainErrno,
  toOptions: readErrno,
  view: errnoView,
}
