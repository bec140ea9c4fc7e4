import { FORMATS, type FormatName } from '../../render/formats.js'
import { COLOR_CHOICES } from '../../render/theme.js'
import type { Flags } from '../flag.js'
import { CONVERSATION_FLAGS, NETWORK_FLAGS } from './network.js'

/** Heading of the flags that mean the same for every command. */
export const SHARED = 'Everywhere'

const formats = Object.entries(FORMATS).map(([name, { describe }]) => [
  name,
  { kind: 'switch', describe, group: SHARED },
])

/** One flag for each format that all commands know. */
const FORMAT_FLAGS: {
  readonly [N in FormatName]: { readonly kind: 'switch'; readonly describe: string; readonly group: string }
} = Object.fromEntries(formats)

/** Every command has these. */
export const OUTPUT_FLAGS = {
  'max-time': { kind: 'duration', metavar: 'D', describe: 'bound on the whole run (none)', group: SHARED },
  ...FORMAT_FLAGS,
  quiet: { kind: 'switch', alias: 'q', describe: 'less on stderr', group: SHARED },
  verbose: { kind: 'switch', alias: 'v', describe: 'more on stderr', group: SHARED },
  color: {
    kind: 'choice',
    choices: COLOR_CHOICES,
    default: 'auto',
    metavar: 'WHEN',
    describe: 'auto, always or never',
    group: SHARED,
  },
  help: { kind: 'switch', alias: 'h', describe: 'this help', group: SHARED },
  version: { kind: 'switch', describe: 'the version of netkit', group: SHARED },
} as const satisfies Flags

export type OutputFlags = typeof OUTPUT_FLAGS

/** Flags that mean the same wherever they are known: they may stand before the command too. */
export const SHARED_FLAGS = { ...NETWORK_FLAGS, ...CONVERSATION_FLAGS, ...OUTPUT_FLAGS } as const satisfies Flags
