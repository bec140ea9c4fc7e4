import { parseAddress } from '../../../core/address/address.js'
import { UsageError } from '../../../core/usage-error.js'
import { type AskRequest, addressOctets, type DnsServer, parseServer } from '../../../operations/dns/index.js'
import { type ClientSubnet, DEFAULT_UDP_PAYLOAD_BYTES } from '../../../protocol/dns/index.js'
import type { Arguments } from '../arguments.js'
import { checkFamily, positiveMs, trustOptions } from './network.js'
import type { Flags } from './shared.js'

const GROUP = 'DNS'

/** Who is asked, and how often: commands that ask DNS servers. */
export const SERVER_FLAGS: Flags = {
  server: {
    kind: 'values',
    alias: 's',
    metavar: 'ADDR[:port],...',
    describe: 'ask these; tcp://, tls:// and https:// choose the transport',
    group: GROUP,
  },
  tcp: { kind: 'switch', describe: 'TCP instead of UDP', group: GROUP },
  retries: {
    kind: 'value',
    metavar: 'N',
    describe: 'further tries where a server is silent (2); given, none sends more than once',
    group: GROUP,
  },
  insecure: { kind: 'switch', describe: 'take any certificate of a tls:// or https:// server', group: GROUP },
  ca: { kind: 'file', metavar: 'FILE', describe: 'PEM: authorities to trust instead of the system', group: GROUP },
  servername: { kind: 'value', metavar: 'NAME', describe: 'the name that the certificate must have', group: GROUP },
}

/** What the question says besides name and type. */
export const QUESTION_FLAGS: Flags = {
  bufsize: { kind: 'value', metavar: 'N', describe: 'largest answer over UDP, in bytes (1232)', group: GROUP },
  dnssec: { kind: 'switch', describe: 'ask for signatures too (DO)', group: GROUP },
  subnet: { kind: 'value', metavar: 'ADDR/N', describe: 'ask on behalf of a network (ECS)', group: GROUP },
  nsid: { kind: 'switch', describe: 'ask for the name of the server behind the address', group: GROUP },
  'no-edns': { kind: 'switch', describe: 'a plain question, as before 1999', group: GROUP },
  'no-recurse': { kind: 'switch', describe: 'only what the server knows itself (RD off)', group: GROUP },
  'no-check': { kind: 'switch', describe: 'answers that do not validate too (CD)', group: GROUP },
}

/** The servers of `--server`; null where it is not given: the system's. Throws UsageError. */
export function readServers(args: Arguments, flag = 'server'): readonly DnsServer[] | null {
  const texts = args.list(flag).flatMap((list) => list.split(','))
  if (texts.length === 0) return null
  const servers = texts.map((text) => parseServer(text.trim(), `--${flag}`))
  const names = servers.map(({ name }) => name)
  const twice = names.find((name, at) => names.indexOf(name) !== at)
  if (twice !== undefined) throw new UsageError(`--${flag}: ${twice} stands there twice`, `--${flag}`)
  return servers
}

/** How to ask. `family` restricts the addresses of servers that are named. Throws UsageError. */
export function readAsk(
  args: Arguments,
  servers: readonly DnsServer[] | null,
  family: 4 | 6 | undefined,
  flag = 'server',
): AskRequest {
  checkTlsFlags(args, servers)
  const sourceAddress = args.source()
  for (const { host } of servers ?? []) checkFamily(host, `--${flag}`, { family, sourceAddress })
  // Servers that are given have no resolv.conf to say how patient to be.
  const tries = args.has('retries') ? args.integer('retries', { min: 0, max: 100 }, 0) + 1 : servers ? 3 : null
  return {
    tcp: args.has('tcp'),
    recursionDesired: !args.has('no-recurse'),
    checkingDisabled: args.has('no-check'),
    edns: readEdns(args),
    timeoutMs: positiveMs(args, 'timeout', servers ? 5000 : null),
    tries,
    // A number of tries is a number of questions sent.
    repeats: !args.has('retries'),
    family,
    sourceAddress,
    sourcePort: args.port('source-port', null) ?? undefined,
    tls: trustOptions(args),
  }
}

/** Those of a system are asked without TLS. Throws UsageError. */
function checkTlsFlags(args: Arguments, servers: readonly DnsServer[] | null): void {
  const overTls = servers?.some(({ transport }) => transport === 'tls' || transport === 'https')
  const stray = overTls ? undefined : ['insecure', 'ca', 'servername'].find((flag) => args.has(flag))
  if (stray !== undefined) throw new UsageError(`--${stray} goes with --server tls://... or https://...`, `--${stray}`)
}

function readEdns(args: Arguments): AskRequest['edns'] {
  if (args.has('no-edns')) {
    const needing = ['bufsize', 'dnssec', 'subnet', 'nsid'].find((flag) => args.has(flag))
    if (needing === undefined) return null
    throw new UsageError(`--${needing} is a part of EDNS: it does not go with --no-edns`, `--${needing}`)
  }
  return {
    udpPayloadSize: args.integer('bufsize', { min: 512, max: 65535 }, DEFAULT_UDP_PAYLOAD_BYTES),
    dnssecOk: args.has('dnssec'),
    nsid: args.has('nsid'),
    subnet: readSubnet(args),
  }
}

function readSubnet(args: Arguments): ClientSubnet | null {
  const text = args.text('subnet')
  if (text === null) return null
  const [literal = '', digits] = text.split('/')
  const address = parseAddress(literal)
  const bits = address?.family === 4 ? 32 : 128
  const prefixLength = digits === undefined ? bits : /^\d{1,3}$/.test(digits) ? Number(digits) : Number.NaN
  if (!address || address.zone !== null || !(prefixLength <= bits)) {
    throw UsageError.of('--subnet', text, 'a network: 192.0.2.0/24, 2001:db8::/56, or 0.0.0.0/0 to hide it')
  }
  return { address: addressOctets(address), prefixLength }
}
