import { isAddress } from '../../../core/address/address.js'
import { UsageError } from '../../../core/usage-error.js'
import type { Arguments } from '../arguments.js'
import type { Flags, Values } from '../flag.js'

/** Heading of the flags of commands that reach out. */
export const REACHING = 'Toward a peer'

/** Of commands that look up names. */
export const FAMILY_FLAGS = {
  '4': {
    kind: 'switch',
    describe: 'IPv4 only',
    group: REACHING,
    excludes: { '6': 'leave both out for any family' },
  },
  '6': { kind: 'switch', describe: 'IPv6 only', group: REACHING },
} as const satisfies Flags

/** Commands that reach out to a peer. */
export const NETWORK_FLAGS = {
  timeout: {
    kind: 'duration',
    alias: 'w',
    metavar: 'D',
    default: '5s',
    describe: 'how long reaching the peer may take: lookup, connect, TLS',
    group: REACHING,
  },
  ...FAMILY_FLAGS,
  source: {
    kind: 'text',
    metavar: 'ADDR',
    describe: 'local address to use',
    group: REACHING,
  },
  'source-port': { kind: 'port', metavar: 'N', describe: 'local port to use', group: REACHING },
} as const satisfies Flags

/** Commands that hold a conversation. */
export const CONVERSATION_FLAGS = {
  'idle-timeout': {
    kind: 'duration',
    metavar: 'D',
    describe: 'how long an established conversation may stay silent',
    group: REACHING,
  },
} as const satisfies Flags

type FamilyArguments = Arguments<Values<typeof FAMILY_FLAGS>>
type SourceArguments = Arguments<Values<Omit<typeof NETWORK_FLAGS, 'timeout'>>>

/** A local address, and the family that it decides. */
interface SourceAddress {
  readonly address: string
  readonly family: 4 | 6
}

/** 4, 6 or undefined, from `-4` and `-6`. */
export function readFamily(args: FamilyArguments): 4 | 6 | undefined {
  return args.has('4') ? 4 : args.has('6') ? 6 : undefined
}

/** From where to go, as {@link NETWORK_FLAGS} say it. Throws UsageError for a source that is of another family. */
export function readSource(args: SourceArguments) {
  return { sourceAddress: readSourceAddress(args), sourcePort: args.value('source-port') ?? undefined }
}

function readSourceAddress(args: SourceArguments): SourceAddress | undefined {
  const text = args.value('source')
  if (text === null) return undefined
  const family = isAddress(text)
  const wanted = readFamily(args)
  if (family === 0 || (wanted !== undefined && wanted !== family)) {
    throw UsageError.of('--source', text, `a literal IPv${wanted ?? '4 or IPv6'} address of this machine`)
  }
  return { address: text, family }
}

/** What {@link NETWORK_FLAGS} say. Throws UsageError. */
export function networkOptions(args: Arguments<Values<typeof NETWORK_FLAGS>>) {
  const systemTime = !args.has('timeout')
  return { family: readFamily(args), ...readSource(args), timeoutMs: args.value('timeout'), systemTime }
}

/**
 * A literal address of the other family can never be reached: that is misuse, not a network's answer. Throws UsageError.
 */
export function checkFamily(
  host: string | null,
  argument: string,
  { family, sourceAddress }: { readonly family: 4 | 6 | undefined; readonly sourceAddress?: SourceAddress | undefined },
): void {
  const wanted = sourceAddress?.family ?? family
  const own = isAddress(host ?? '')
  if (wanted === undefined || own === 0 || own === wanted) return
  const why = sourceAddress ? `--source ${sourceAddress.address} asks` : `-${wanted} asks`
  throw UsageError.of(argument, host ?? '', `an IPv${wanted} address, as ${why}`)
}
