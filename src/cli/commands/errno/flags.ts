import type { ArgumentsOf } from '../../args/arguments.js'
import type { Flags } from '../../args/flag.js'
import type { Positional } from '../../command.js'

export const SYSTEMS = ['linux', 'darwin', 'win32'] as const

export const ERRNO_WORDS = [
  {
    name: 'code',
    describe: 'names or numbers: ECONNREFUSED, 111, EAI_NONAME, -2',
    required: false,
    variadic: true,
    negative: true,
  },
] as const satisfies readonly Positional[]

export const ERRNO_FLAGS = {
  list: { kind: 'switch', alias: 'l', describe: 'all codes, a line each' },
  search: { kind: 'text', alias: 's', metavar: 'WORD', describe: 'only codes that speak of WORD' },
  system: {
    kind: 'choice',
    choices: SYSTEMS,
    metavar: 'NAME',
    describe: 'whose numbers: linux, darwin or win32 (this system)',
  },
} as const satisfies Flags

export type ErrnoArguments = ArgumentsOf<typeof ERRNO_FLAGS, typeof ERRNO_WORDS>
