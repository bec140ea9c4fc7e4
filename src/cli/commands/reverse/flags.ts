import type { ArgumentsOf } from '../../args/arguments.js'
import type { Flags } from '../../args/flag.js'
import { SERVER_FLAGS } from '../../args/flags/dns.js'
import { NETWORK_FLAGS } from '../../args/flags/network.js'
import type { Positional } from '../../command.js'

export const REVERSE_WORDS = [
  {
    name: 'address',
    describe: 'addresses, blocks (192.0.2.0/28), ranges (192.0.2.1-20)',
    required: false,
    variadic: true,
  },
] as const satisfies readonly Positional[]

export const REVERSE_FLAGS = {
  targets: { kind: 'lines', metavar: 'FILE|-', describe: 'addresses, blocks and ranges from a file or stdin' },
  verify: { kind: 'switch', option: true, describe: 'look each name up again: does it lead back to the address' },
  service: {
    kind: 'integer',
    min: 0,
    max: 65535,
    metavar: 'PORT',
    describe: 'the service of a TCP port too, as getnameinfo tells it',
  },
  short: { kind: 'switch', option: true, describe: 'names only, one a line' },
  concurrency: {
    kind: 'integer',
    min: 1,
    max: 10_000,
    default: '100',
    option: true,
    metavar: 'N',
    describe: 'addresses asked for at once',
  },
  ...SERVER_FLAGS,
  ...NETWORK_FLAGS,
} as const satisfies Flags

export type ReverseArguments = ArgumentsOf<typeof REVERSE_FLAGS, typeof REVERSE_WORDS>
