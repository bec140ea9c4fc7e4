import { UsageError } from '../core/usage-error.js'
import { type AskRequest, type DnsServer, parseServer } from '../operations/dns/index.js'
import { DEFAULT_UDP_PAYLOAD_BYTES } from '../protocol/dns/index.js'
import type { OptionsReader } from './options.js'
import { type ReachOptions, readReach, readTls, type TlsOptions } from './reach.js'

/** How DNS servers are asked. */
export interface DnsOptions extends ReachOptions {
  /**
   * Asked instead of this system's: `ADDR`, `ADDR:port`, `tcp://ADDR`, `tls://HOST` (RFC 7858), `https://HOST/path`
   * (RFC 8484).
   */
  readonly servers?: string | readonly string[] | undefined
  /** Milliseconds for one try at one server. Default 5000; for this system's servers what resolv.conf says. */
  readonly timeoutMs?: number | undefined
  /** TCP for servers that would be asked over UDP. */
  readonly tcp?: boolean | undefined
  /** Further tries where a server is silent. Default 2; for this system's servers what resolv.conf says. */
  readonly retries?: number | undefined
  /** Asks for signatures too (DO, RFC 3225). */
  readonly dnssec?: boolean | undefined
  /** Asks for the name of the server behind the address (RFC 5001). */
  readonly nsid?: boolean | undefined
  /** False sends a plain question, without EDNS (RFC 6891). Default true. */
  readonly edns?: boolean | undefined
  /** Largest answer over UDP, 512 to 65535 bytes. Default 1232. */
  readonly udpPayloadBytes?: number | undefined
  /** False asks only for what the server knows itself (RD off). Default true. */
  readonly recursion?: boolean | undefined
  /** Answers that do not validate too (CD, RFC 4035). */
  readonly checkingDisabled?: boolean | undefined
  /** Whom to believe to be a server that is asked over TLS. */
  readonly tls?: Pick<TlsOptions, 'ca' | 'insecure' | 'servername'> | undefined
}

const DEFAULT_TIMEOUT_MS = 5000
const DEFAULT_RETRIES = 2

/** The servers to ask; null: those of this system. */
export function readServers(reader: OptionsReader<DnsOptions>): readonly DnsServer[] | null {
  const texts = reader.texts('servers')
  const servers = texts.map((text) => parseServer(text, 'servers'))
  const names = servers.map(({ name }) => name)
  const twice = names.find((name, at) => names.indexOf(name) !== at)
  if (twice !== undefined) throw UsageError.of('servers', twice, 'given once: it stands there twice')
  if (reader.value('servers') === undefined) return null
  if (servers.length === 0)
    throw new UsageError('servers: there is none; leave it out to ask those of this system', 'servers')
  return servers
}

/** How to ask `servers`. */
export function readAsk(reader: OptionsReader<DnsOptions>, servers: readonly DnsServer[] | null): AskRequest {
  const retries = reader.integer('retries', { max: 100 })
  const given = reader.positive('timeoutMs')
  const { sourceAddress, sourcePort, family } = readReach(reader)
  const edns = {
    udpPayloadSize: reader.integer('udpPayloadBytes', { min: 512, max: 65535 }) ?? DEFAULT_UDP_PAYLOAD_BYTES,
    dnssecOk: reader.boolean('dnssec'),
    nsid: reader.boolean('nsid'),
  }
  const tries = retries ?? (servers ? DEFAULT_RETRIES : undefined)
  return {
    recursionDesired: isTrue(reader, 'recursion'),
    checkingDisabled: reader.boolean('checkingDisabled'),
    edns: isTrue(reader, 'edns') ? edns : null,
    tcp: reader.boolean('tcp'),
    systemTime: given === undefined,
    timeoutMs: given ?? (servers ? DEFAULT_TIMEOUT_MS : null),
    tries: tries === undefined ? null : tries + 1,
    // A number of tries is a number of questions sent.
    repeats: retries === undefined,
    sourceAddress,
    sourcePort,
    family,
    tls: reader.nested('tls', readTls) ?? {},
  }
}

/** Of what holds unless it is said not to. */
function isTrue(reader: OptionsReader<DnsOptions>, name: 'recursion' | 'edns'): boolean {
  return reader.value(name) === undefined || reader.boolean(name)
}
