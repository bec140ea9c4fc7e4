import { counted } from '../../core/text/digits.js'
import type { RecordFields } from './rdata/field.js'
import { ednsOptionName, extendedErrorName, OPTION } from './registry.js'
import { genericText, hexText, ipv4Text, ipv6Text } from './text.js'
import { type Fault, WireFault, type WireReader } from './wire/reader.js'

export interface EdnsOption {
  readonly code: number
  /** See `ednsOptionName`. */
  readonly name: string
  readonly data: Uint8Array
  /** What the option says, as JSON; null where it is unknown or has a fault. */
  readonly fields: RecordFields | null
  readonly fault: Fault | null
}

/** The OPT pseudo-record, unpacked (RFC 6891, section 6.1). */
export interface Edns {
  readonly version: number
  /** The largest UDP payload that its sender takes, in octets. */
  readonly udpPayloadSize: number
  readonly dnssecOk: boolean
  /** The sixteen flag bits, DO included. */
  readonly flags: number
  readonly options: readonly EdnsOption[]
  /** Where the list of options broke off, or null. */
  readonly fault: Fault | null
}

const DNSSEC_OK = 0x8000

/** Unpacks OPT from its CLASS, its TTL and a reader of its RDATA. */
export function readEdns(udpPayloadSize: number, ttl: number, reader: WireReader): Edns {
  const options: EdnsOption[] = []
  let fault: Fault | null = null
  try {
    while (reader.left > 0) options.push(readOption(reader))
  } catch (error) {
    if (!(error instanceof WireFault)) throw error
    fault = error.fault
  }
  const flags = ttl % 0x10000
  return {
    version: (ttl >>> 16) & 0xff,
    udpPayloadSize,
    dnssecOk: (flags & DNSSEC_OK) !== 0,
    flags,
    options,
    fault,
  }
}

/** The eight bits that OPT's TTL puts before the header's response code. */
export function extendedRcodeBits(ttl: number): number {
  return ttl >>> 24
}

function readOption(reader: WireReader): EdnsOption {
  const code = reader.u16()
  const value = reader.within(reader.u16())
  const option = { code, name: ednsOptionName(code), data: value.bytes.slice(value.offset, value.end) }
  const unpack = UNPACK[code]
  if (unpack === undefined) return { ...option, fields: null, fault: null }
  try {
    const fields = unpack(value)
    if (value.left > 0) value.fail(`${counted(value.left, 'octet')} too many`)
    return { ...option, fields, fault: null }
  } catch (error) {
    if (!(error instanceof WireFault)) throw error
    return { ...option, fields: null, fault: error.fault }
  }
}

const UNPACK: Readonly<Record<number, (reader: WireReader) => RecordFields>> = {
  [OPTION.NSID]: (r) => {
    const bytes = r.rest()
    return { hex: hexText(bytes), text: utf8(bytes) }
  },
  [OPTION.DAU]: (r) => ({ algorithms: Array.from(r.rest()) }),
  [OPTION.DHU]: (r) => ({ digestTypes: Array.from(r.rest()) }),
  [OPTION.N3U]: (r) => ({ hashAlgorithms: Array.from(r.rest()) }),
  [OPTION.ECS]: clientSubnet,
  [OPTION.EXPIRE]: (r) => ({ expireSeconds: r.left > 0 ? r.u32() : null }),
  [OPTION.COOKIE]: cookie,
  [OPTION.TCP_KEEPALIVE]: (r) => ({ timeoutMs: r.left > 0 ? r.u16() * 100 : null }),
  [OPTION.PADDING]: (r) => ({ sizeBytes: r.rest().length }),
  [OPTION.CHAIN]: (r) => ({ closestTrustPoint: r.uncompressedName() }),
  [OPTION.KEY_TAG]: keyTags,
  [OPTION.EDE]: extendedError,
  [OPTION.REPORT_CHANNEL]: (r) => ({ agentDomain: r.uncompressedName() }),
  [OPTION.ZONEVERSION]: zoneVersion,
}

/** RFC 7871, section 6: the address is cut to the octets that its prefix needs. */
function clientSubnet(reader: WireReader): RecordFields {
  const family = reader.u16()
  const sourcePrefixLength = reader.u8()
  const scopePrefixLength = reader.u8()
  const size = { 1: 4, 2: 16 }[family] ?? reader.fail(`address family ${family} is unknown`, reader.offset - 4)
  const most = Math.max(sourcePrefixLength, scopePrefixLength)
  if (most > size * 8) reader.fail(`a prefix of ${most} bits (at most ${size * 8})`, reader.offset - 2)
  const octets = reader.take(Math.ceil(sourcePrefixLength / 8))
  const address = new Uint8Array(size)
  address.set(octets)
  return {
    family: family === 1 ? 4 : 6,
    address: family === 1 ? ipv4Text(address) : ipv6Text(address),
    sourcePrefixLength,
    scopePrefixLength,
  }
}

/** RFC 7873, section 4: eight octets of the client, then eight to 32 of the server or none. */
function cookie(reader: WireReader): RecordFields {
  const at = reader.offset
  const client = hexText(reader.take(8))
  const server = reader.rest()
  if (server.length > 0 && (server.length < 8 || server.length > 32)) {
    reader.fail(`a server cookie of ${counted(server.length, 'octet')} (8 to 32)`, at)
  }
  return { client, server: server.length > 0 ? hexText(server) : null }
}

function keyTags(reader: WireReader): RecordFields {
  const tags: number[] = []
  while (reader.left > 0) tags.push(reader.u16())
  return { keyTags: tags }
}

/** RFC 8914, section 2. */
function extendedError(reader: WireReader): RecordFields {
  const infoCode = reader.u16()
  const bytes = reader.rest()
  // Some servers end the text in a NUL, which the RFC forgives.
  const end = bytes.at(-1) === 0 ? -1 : bytes.length
  const extraText = utf8(bytes.subarray(0, end)) ?? genericText(bytes)
  return { infoCode, meaning: extendedErrorName(infoCode), extraText: extraText === '' ? null : extraText }
}

/** RFC 9660, section 2: empty in a query. */
function zoneVersion(reader: WireReader): RecordFields {
  if (reader.left === 0) return { labels: null, type: null, version: null }
  const labels = reader.u8()
  const type = reader.u8()
  return { labels, type, version: type === 0 ? String(reader.u32()) : hexText(reader.rest()) }
}

/** The text of valid UTF-8, or null. */
function utf8(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return null
  }
}
