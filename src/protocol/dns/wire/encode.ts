import { UsageError } from '../../../core/usage-error.js'
import { CLASS, OPTION } from '../registry.js'
import { TYPE } from '../types.js'
import { writeName } from './name.js'
import { HEADER_BYTES, POINTER_TO_QUESTION } from './reader.js'

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
  /** Of IXFR: the serial of the zone that is there already, in an SOA record (RFC 1995, section 3). */
  readonly since?: number | undefined
}

export const DEFAULT_UDP_PAYLOAD_BYTES = 1232

const RD = 0x0100
const AD = 0x0020
const CD = 0x0010
/** In OPT's TTL. */
const DO = 0x8000

/** Every query fits that is not padded beyond it: header, question, OPT with a subnet, a cookie and padding to 128 octets. */
const MAX_QUERY_BYTES = 512

/** Everything of a query but its id and its name: many questions have that in common. */
export type QueryForm = Omit<Query, 'id' | 'name'>

/** A query in octets, for one question. UsageError for a name, a number or an address that no query can hold. */
export function encodeQuery({ id, name, ...form }: Query): Uint8Array {
  const bytes = new Uint8Array(MAX_QUERY_BYTES + (form.edns?.paddingBlock ?? 0))
  return bytes.slice(0, new QueryWriter(form).write(within('id', id, 0, 0xffff), name, bytes, 0))
}

/** Writes queries of one form: what they have in common is encoded once. */
export class QueryWriter {
  /** The header, its id left out. */
  readonly #head: Uint8Array
  /** All behind the name but padding. */
  readonly #tail: Uint8Array
  /** Of {@link #tail}: where the length of OPT's options stands. */
  readonly #optionsLengthAt: number
  readonly #edns: EdnsRequest | null

  /** UsageError for a number or an address that no query can hold. */
  constructor(form: QueryForm) {
    const { edns = null } = form
    this.#edns = edns
    this.#head = new Uint8Array(HEADER_BYTES)
    put16(this.#head, 2, flagsOf(form))
    put16(this.#head, 4, 1)
    put16(this.#head, 8, form.since === undefined ? 0 : 1)
    put16(this.#head, 10, edns === null ? 0 : 1)
    const tail = new Uint8Array(MAX_QUERY_BYTES)
    let at = put16(tail, 0, within('type', form.type, 1, 0xffff))
    at = put16(tail, at, within('class', form.class ?? CLASS.IN, 0, 0xffff))
    if (form.since !== undefined) at = putSerial(tail, at, within('serial', form.since, 0, 0xffff_ffff))
    this.#optionsLengthAt = at + OPT_FIXED_BYTES - 2
    this.#tail = tail.slice(0, edns === null ? at : putOpt(tail, at, edns))
  }

  /**
   * Writes a query into `bytes` from `start`; returns where it ends. There must be room for 512 octets, and for a block
   * of padding above 128 of them. UsageError for what is no name.
   */
  write(id: number, name: string, bytes: Uint8Array, start: number): number {
    const tail = this.#tail
    bytes.set(this.#head, start)
    put16(bytes, start, id)
    const at = writeName(name, bytes, start + HEADER_BYTES)
    bytes.set(tail, at)
    const end = at + tail.length
    const padding = this.#edns === null ? null : paddingLength(this.#edns, end - start)
    if (padding === null) return end
    // The options' length, which comes before them, counts what follows.
    const options = tail.length - this.#optionsLengthAt - 2
    put16(bytes, at + this.#optionsLengthAt, options + OPTION_HEAD_BYTES + padding)
    put16(bytes, end, OPTION.PADDING)
    put16(bytes, end + 2, padding)
    const padded = end + OPTION_HEAD_BYTES + padding
    bytes.fill(0, end + OPTION_HEAD_BYTES, padded)
    return padded
  }
}

function flagsOf({ recursionDesired = true, authenticData = false, checkingDisabled = false }: QueryForm): number {
  return (recursionDesired ? RD : 0) | (authenticData ? AD : 0) | (checkingDisabled ? CD : 0)
}

/** Everything before OPT's options: the root's name, type, class, TTL and length. */
const OPT_FIXED_BYTES = 11
const OPTION_HEAD_BYTES = 4

/** Writes OPT without padding; returns where it ends. */
function putOpt(bytes: Uint8Array, start: number, edns: EdnsRequest): number {
  bytes[start] = 0
  let at = put16(bytes, start + 1, TYPE.OPT)
  at = put16(bytes, at, within('bufsize', edns.udpPayloadSize ?? DEFAULT_UDP_PAYLOAD_BYTES, 512, 0xffff))
  at = put16(bytes, at, 0)
  at = put16(bytes, at, edns.dnssecOk ? DO : 0)
  const options = at + 2
  at = options
  if (edns.nsid) at = putOption(bytes, at, OPTION.NSID, NOTHING)
  if (edns.subnet) at = putOption(bytes, at, OPTION.ECS, subnet(edns.subnet))
  if (edns.cookie) at = putOption(bytes, at, OPTION.COOKIE, cookie(edns.cookie))
  put16(bytes, options - 2, at - options)
  return at
}

/** An SOA record of the question's name of which the serial alone says something; returns where it ends. */
function putSerial(bytes: Uint8Array, start: number, serial: number): number {
  let at = put16(bytes, start, POINTER_TO_QUESTION)
  at = put16(bytes, at, TYPE.SOA)
  at = put16(bytes, at, CLASS.IN)
  at = put16(bytes, at + TTL_BYTES, SOA_BYTES)
  // Two names of the root, then the serial; refresh, retry, expire and minimum stay 0.
  put16(bytes, at + 2, serial >>> 16)
  put16(bytes, at + 4, serial & 0xffff)
  return at + SOA_BYTES
}

const TTL_BYTES = 4
/** Two names of one octet, five numbers of four. */
const SOA_BYTES = 22

const NOTHING = new Uint8Array(0)

function putOption(bytes: Uint8Array, at: number, code: number, data: Uint8Array): number {
  put16(bytes, at, code)
  put16(bytes, at + 2, data.length)
  bytes.set(data, at + OPTION_HEAD_BYTES)
  return at + OPTION_HEAD_BYTES + data.length
}

/** Octets of padding after `before` octets of message, the option's head not counted; null for no such option. */
function paddingLength({ paddingBlock: block = null }: EdnsRequest, before: number): number | null {
  if (block === null) return null
  within('padding', block, 1, 0xffff)
  return (block - ((before + OPTION_HEAD_BYTES) % block)) % block
}

/** The prefix alone, its last octet's spare bits cleared, as RFC 7871, section 6 demands. */
function subnet({ address, prefixLength }: ClientSubnet): Uint8Array {
  if (address.length !== 4 && address.length !== 16)
    throw new UsageError(`an address of ${address.length} octets`, 'subnet')
  within('subnet', prefixLength, 0, address.length * 8)
  const prefix = address.slice(0, Math.ceil(prefixLength / 8))
  const last = prefix.length - 1
  const spare = prefix.length * 8 - prefixLength
  if (spare > 0) prefix[last] = (prefix[last] ?? 0) & (0xff << spare)
  return Uint8Array.of(0, address.length === 4 ? 1 : 2, prefixLength, 0, ...prefix)
}

function cookie({ client, server = NOTHING }: { client: Uint8Array; server?: Uint8Array }): Uint8Array {
  within('client cookie length', client.length, 8, 8)
  if (server !== NOTHING) within('server cookie length', server.length, 8, 32)
  return Uint8Array.of(...client, ...server)
}

function put16(bytes: Uint8Array, at: number, value: number): number {
  bytes[at] = value >> 8
  bytes[at + 1] = value & 0xff
  return at + 2
}

function within(what: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value
  throw UsageError.of(what, String(value), least === most ? String(least) : `a number from ${least} to ${most}`)
}
