import { UsageError } from '../../core/usage-error.js'
import { nameBytes } from './name.js'
import { HEADER_BYTES } from './reader.js'
import { CLASS, OPTION } from './registry.js'
import { TYPE } from './types.js'

/** The network that a question is asked for (RFC 7871). */
export interface ClientSubnet {
  /** 4 or 16 octets; what lies beyond the prefix is not sent. */
  readonly address: Uint8Array
  readonly prefixLength: number
}

/** What a query's OPT record asks for (RFC 6891). */
export interface EdnsRequest {
  /** The largest UDP payload to answer with, 512-65535 octets. Default 1232, which no path fragments. */
  readonly udpPayloadSize?: number
  /** Asks for DNSSEC records (DO, RFC 3225). */
  readonly dnssecOk?: boolean
  readonly subnet?: ClientSubnet | null
  /** Asks for the server's identifier (RFC 5001). */
  readonly nsid?: boolean
  /** Eight octets of the client, and the server's from its last answer (RFC 7873). */
  readonly cookie?: { readonly client: Uint8Array; readonly server?: Uint8Array } | null
  /** Pads the query to a multiple of so many octets; 128 over TLS and HTTPS (RFC 8467, section 4.1). */
  readonly paddingBlock?: number | null
}

export interface Query {
  /** 0-65535; from a source that nobody can guess (RFC 5452). */
  readonly id: number
  /** As typed, see `parseName`. */
  readonly name: string
  /** QTYPE, 1-65535. */
  readonly type: number
  /** QCLASS. Default IN. */
  readonly class?: number
  /** RD. Default true. */
  readonly recursionDesired?: boolean
  /** AD: asks for the AD bit in return (RFC 6840, section 5.7). Default false. */
  readonly authenticData?: boolean
  /** CD: asks the server not to validate (RFC 4035). Default false. */
  readonly checkingDisabled?: boolean
  /** Null for a query without OPT. */
  readonly edns?: EdnsRequest | null
}

export const DEFAULT_UDP_PAYLOAD_BYTES = 1232

const RD = 0x0100
const AD = 0x0020
const CD = 0x0010

/** A query in octets, for one question. UsageError for a name, a number or an address that no query can hold. */
export function encodeQuery(query: Query): Uint8Array {
  const { edns = null } = query
  const name = nameBytes(query.name)
  const id = within('id', query.id, 0, 0xffff)
  const type = within('type', query.type, 1, 0xffff)
  const recordClass = within('class', query.class ?? CLASS.IN, 0, 0xffff)
  const questionEnd = HEADER_BYTES + name.length + 4
  const opt = edns === null ? [] : optRecord(edns, questionEnd)
  const bytes = new Uint8Array(questionEnd + opt.length)
  bytes.set([...octets16(id), ...octets16(flagsOf(query)), 0, 1, 0, 0, 0, 0, 0, edns === null ? 0 : 1])
  bytes.set(name, HEADER_BYTES)
  bytes.set([...octets16(type), ...octets16(recordClass)], questionEnd - 4)
  bytes.set(opt, questionEnd)
  return bytes
}

function flagsOf({ recursionDesired = true, authenticData = false, checkingDisabled = false }: Query): number {
  return (recursionDesired ? RD : 0) | (authenticData ? AD : 0) | (checkingDisabled ? CD : 0)
}

/** OPT after `before` octets of message. */
function optRecord(edns: EdnsRequest, before: number): number[] {
  const size = within('bufsize', edns.udpPayloadSize ?? DEFAULT_UDP_PAYLOAD_BYTES, 512, 0xffff)
  const options: number[] = []
  if (edns.nsid) options.push(...option(OPTION.NSID, []))
  if (edns.subnet) options.push(...option(OPTION.ECS, subnet(edns.subnet)))
  if (edns.cookie) options.push(...option(OPTION.COOKIE, cookie(edns.cookie)))
  const block = edns.paddingBlock ?? null
  if (block !== null) {
    within('padding', block, 1, 0xffff)
    const unpadded = before + OPT_FIXED_BYTES + options.length + OPTION_HEAD_BYTES
    options.push(...option(OPTION.PADDING, new Array<number>((block - (unpadded % block)) % block).fill(0)))
  }
  const [typeOctets, sizeOctets, length] = [octets16(TYPE.OPT), octets16(size), octets16(options.length)]
  return [0, ...typeOctets, ...sizeOctets, 0, 0, edns.dnssecOk ? 0x80 : 0, 0, ...length, ...options]
}

/** The root's name, type, class, TTL and length. */
const OPT_FIXED_BYTES = 11
const OPTION_HEAD_BYTES = 4

function option(code: number, data: readonly number[]): number[] {
  return [...octets16(code), ...octets16(data.length), ...data]
}

/** The prefix alone, its last octet's spare bits cleared, as RFC 7871, section 6 demands. */
function subnet({ address, prefixLength }: ClientSubnet): number[] {
  if (address.length !== 4 && address.length !== 16)
    throw new UsageError(`an address of ${address.length} octets`, 'subnet')
  within('subnet', prefixLength, 0, address.length * 8)
  const prefix = Array.from(address.subarray(0, Math.ceil(prefixLength / 8)))
  const spare = prefix.length * 8 - prefixLength
  if (spare > 0) prefix.push((prefix.pop() ?? 0) & (0xff << spare))
  return [...octets16(address.length === 4 ? 1 : 2), prefixLength, 0, ...prefix]
}

function cookie({ client, server }: { client: Uint8Array; server?: Uint8Array }): number[] {
  within('client cookie length', client.length, 8, 8)
  if (server !== undefined) within('server cookie length', server.length, 8, 32)
  return [...client, ...(server ?? [])]
}

function octets16(value: number): [number, number] {
  return [value >> 8, value & 0xff]
}

function within(what: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value
  throw UsageError.of(what, String(value), least === most ? String(least) : `a number from ${least} to ${most}`)
}
