import type { ArgumentsOf } from '../../args/arguments.js'
import type { Flags } from '../../args/flag.js'
import { FAMILY_FLAGS } from '../../args/flags/network.js'

export const LOCAL_FLAGS = {
  to: { kind: 'texts', metavar: 'HOST', describe: 'the source address toward a host; nothing is sent to it' },
  timeout: {
    kind: 'duration',
    option: true,
    alias: 'w',
    metavar: 'D',
    default: '5s',
    describe: 'how long a lookup may take',
  },
  '4': { kind: 'switch', describe: 'with --to: IPv4 only', excludes: FAMILY_FLAGS['4'].excludes },
  '6': { kind: 'switch', describe: 'with --to: IPv6 only' },
} as const satisfies Flags

export type LocalArguments = ArgumentsOf<typeof LOCAL_FLAGS>
