import { parseAddress } from '../../../core/address/address.js'
import { UsageError } from '../../../core/usage-error.js'
import { type AskRequest, addressOctets, type DnsServer, parseServer } from '../../../operations/dns/index.js'
import { type ClientSubnet, DEFAULT_UDP_PAYLOAD_BYTES } from '../../../protocol/dns/index.js'
import type { Arguments } from '../arguments.js'
import type { Flags, Values } from '../flag.js'
import { checkFamily, type NETWORK_FLAGS, readSource } from './network.js'
import { readServername, trustOptions } from './tls.js'

const GROUP = 'DNS'
/** Servers that are given have no resolv.conf to say how patient to be. */
const TRIES_OF_GIVEN = 3

/** Who is asked, and how often: commands that ask DNS servers. */
export const SERVER_FLAGS = {
  server: {
    kind: 'texts',
    alias: 's',
    metavar: 'ADDR[:port],...',
    describe: 'ask these; tcp://, tls:// and https:// choose the transport',
    group: GROUP,
  },
  tcp: { kind: 'switch', describe: 'TCP instead of UDP', group: GROUP },
  retries: {
    kind: 'integer',
    min: 0,
    max: 100,
    metavar: 'N',
    describe: 'further tries where a server is silent (2); given, none sends more than once',
    group: GROUP,
  },
  insecure: { kind: 'switch', describe: 'take any certificate of a tls:// or https:// server', group: GROUP },
  ca: { kind: 'file', metavar: 'FILE', describe: 'PEM: authorities to trust instead of the system', group: GROUP },
  servername: {
    kind: 'text',
    parse: readServername,
    metavar: 'NAME',
    describe: 'the name that the certificate must have',
    group: GROUP,
  },
} as const satisfies Flags

/** What a part of EDNS cannot stand beside, and why. */
const NEEDS_EDNS = { 'no-edns': 'without EDNS there is nowhere to say it' } as const

/** What the question says besides name and type. */
export const QUESTION_FLAGS = {
  bufsize: {
    kind: 'integer',
    min: 512,
    max: 65535,
    default: String(DEFAULT_UDP_PAYLOAD_BYTES),
    metavar: 'N',
    describe: 'largest answer over UDP, in bytes',
    group: GROUP,
    excludes: NEEDS_EDNS,
  },
  dnssec: { kind: 'switch', describe: 'ask for signatures too (DO)', group: GROUP, excludes: NEEDS_EDNS },
  subnet: {
    kind: 'text',
    parse: readSubnet,
    metavar: 'ADDR/N',
    describe: 'ask on behalf of a network (ECS)',
    group: GROUP,
    excludes: NEEDS_EDNS,
  },
  nsid: {
    kind: 'switch',
    describe: 'ask for the name of the server behind the address',
    group: GROUP,
    excludes: NEEDS_EDNS,
  },
  'no-edns': { kind: 'switch', describe: 'a plain question, as before 1999', group: GROUP },
  'no-recurse': { kind: 'switch', describe: 'only what the server knows itself (RD off)', group: GROUP },
  'no-check': { kind: 'switch', describe: 'answers that do not validate too (CD)', group: GROUP },
} as const satisfies Flags

type AskArguments = Arguments<Values<typeof SERVER_FLAGS & typeof NETWORK_FLAGS>>
type Question = Pick<AskRequest, 'recursionDesired' | 'checkingDisabled' | 'edns'>

/** The servers that texts of `--server` name; null where there are none: the system's. Throws UsageError. */
export function readServers(texts: readonly string[], argument: string): readonly DnsServer[] | null {
  const words = texts.flatMap((list) => list.split(','))
  if (words.length === 0) return null
  const servers = words.map((text) => parseServer(text.trim(), argument))
  const names = servers.map(({ name }) => name)
  const twice = names.find((name, at) => names.indexOf(name) !== at)
  if (twice !== undefined) throw new UsageError(`${argument}: ${twice} stands there twice`, argument)
  return servers
}

/** How to ask, but for what the question says. `family` restricts the addresses of servers that are named. Throws UsageError. */
export function readAsk(
  args: AskArguments,
  servers: readonly DnsServer[] | null,
  family: 4 | 6 | undefined,
  argument = '--server',
): Omit<AskRequest, keyof Question> {
  checkTlsFlags(args, servers)
  const { sourceAddress, sourcePort } = readSource(args)
  for (const { host } of servers ?? []) checkFamily(host, argument, { family, sourceAddress })
  const retries = args.value('retries')
  return {
    tcp: args.value('tcp'),
    systemTime: !args.has('timeout'),
    timeoutMs: servers || args.has('timeout') ? args.value('timeout') : null,
    tries: retries !== null ? retries + 1 : servers ? TRIES_OF_GIVEN : null,
    // A number of tries is a number of questions sent.
    repeats: retries === null,
    family,
    sourceAddress,
    sourcePort,
    tls: trustOptions(args),
  }
}

/** Those of a system are asked without TLS. Throws UsageError. */
function checkTlsFlags(args: AskArguments, servers: readonly DnsServer[] | null): void {
  const overTls = servers?.some(({ transport }) => transport === 'tls' || transport === 'https')
  const stray = overTls ? null : args.firstOf(['insecure', 'ca', 'servername'])
  if (stray !== null) throw new UsageError(`--${stray} goes with --server tls://... or https://...`, `--${stray}`)
}

/** What {@link QUESTION_FLAGS} say where none is given. */
export const PLAIN_QUESTION: Question = {
  recursionDesired: true,
  checkingDisabled: false,
  edns: { udpPayloadSize: DEFAULT_UDP_PAYLOAD_BYTES, dnssecOk: false, nsid: false, subnet: null },
}

/** What {@link QUESTION_FLAGS} say. */
export function readQuestion(args: Arguments<Values<typeof QUESTION_FLAGS>>): Question {
  return {
    recursionDesired: !args.value('no-recurse'),
    checkingDisabled: args.value('no-check'),
    edns: args.value('no-edns')
      ? null
      : {
          udpPayloadSize: args.value('bufsize'),
          dnssecOk: args.value('dnssec'),
          nsid: args.value('nsid'),
          subnet: args.value('subnet'),
        },
  }
}

function readSubnet(text: string, argument: string): ClientSubnet {
  const [literal = '', digits] = text.split('/')
  const address = parseAddress(literal)
  const bits = address?.family === 4 ? 32 : 128
  const prefixLength = digits === undefined ? bits : /^\d{1,3}$/.test(digits) ? Number(digits) : Number.NaN
  if (!address || address.zone !== null || !(prefixLength <= bits)) {
    throw UsageError.of(argument, text, 'a network: 192.0.2.0/24, 2001:db8::/56, or 0.0.0.0/0 to hide it')
  }
  return { address: addressOctets(address), prefixLength }
}
