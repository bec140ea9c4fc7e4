import { generic } from './types.js'

/**
 * The small numbers of DNS. Data: IANA, "Domain Name System (DNS) Parameters"
 * (https://www.iana.org/assignments/dns-parameters), dedicated to the public domain under CC0 1.0. Last held against the
 * registry as of October 2026.
 */
type Registry = Readonly<Record<number, string>>

const CLASSES: Registry = { 1: 'IN', 3: 'CH', 4: 'HS', 254: 'NONE', 255: 'ANY' }

/** The classes that netkit itself reasons about. */
export const CLASS = { IN: 1, CH: 3, HS: 4, ANY: 255 } as const

const OPCODES: Registry = { 0: 'QUERY', 1: 'IQUERY', 2: 'STATUS', 4: 'NOTIFY', 5: 'UPDATE', 6: 'DSO' }

const RCODES: Registry = {
  0: 'NOERROR',
  1: 'FORMERR',
  2: 'SERVFAIL',
  3: 'NXDOMAIN',
  4: 'NOTIMP',
  5: 'REFUSED',
  6: 'YXDOMAIN',
  7: 'YXRRSET',
  8: 'NXRRSET',
  9: 'NOTAUTH',
  10: 'NOTZONE',
  11: 'DSOTYPENI',
  16: 'BADVERS',
  17: 'BADKEY',
  18: 'BADTIME',
  19: 'BADMODE',
  20: 'BADNAME',
  21: 'BADALG',
  22: 'BADTRUNC',
  23: 'BADCOOKIE',
}

/** The response codes that netkit itself reasons about. */
export const RCODE = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
  YXDOMAIN: 6,
  BADVERS: 16,
} as const

/** Mnemonics as far as their RFCs have one; the registry writes some of these as phrases. */
const EDNS_OPTIONS: Registry = {
  1: 'LLQ',
  2: 'UL',
  3: 'NSID',
  5: 'DAU',
  6: 'DHU',
  7: 'N3U',
  8: 'ECS',
  9: 'EXPIRE',
  10: 'COOKIE',
  11: 'TCP-KEEPALIVE',
  12: 'PADDING',
  13: 'CHAIN',
  14: 'KEY-TAG',
  15: 'EDE',
  16: 'CLIENT-TAG',
  17: 'SERVER-TAG',
  18: 'REPORT-CHANNEL',
  19: 'ZONEVERSION',
  20: 'MQTYPE-QUERY',
  21: 'MQTYPE-RESPONSE',
  22: 'EDE-EXTRA-TEXT-LANGUAGE',
  23: 'FILTERING-CONTACT',
  24: 'FILTERING-ORGANIZATION',
  25: 'FILTERING-DB',
  26: 'SDE',
  20292: 'UMBRELLA-IDENT',
  26946: 'DEVICEID',
}

/** The EDNS options that netkit itself sends or unpacks. */
export const OPTION = {
  NSID: 3,
  DAU: 5,
  DHU: 6,
  N3U: 7,
  ECS: 8,
  EXPIRE: 9,
  COOKIE: 10,
  TCP_KEEPALIVE: 11,
  PADDING: 12,
  CHAIN: 13,
  KEY_TAG: 14,
  EDE: 15,
  REPORT_CHANNEL: 18,
  ZONEVERSION: 19,
} as const

/** RFC 8914, section 5.2, and what the registry has gained since. */
const EXTENDED_ERRORS: Registry = {
  0: 'Other Error',
  1: 'Unsupported DNSKEY Algorithm',
  2: 'Unsupported DS Digest Type',
  3: 'Stale Answer',
  4: 'Forged Answer',
  5: 'DNSSEC Indeterminate',
  6: 'DNSSEC Bogus',
  7: 'Signature Expired',
  8: 'Signature Not Yet Valid',
  9: 'DNSKEY Missing',
  10: 'RRSIGs Missing',
  11: 'No Zone Key Bit Set',
  12: 'NSEC Missing',
  13: 'Cached Error',
  14: 'Not Ready',
  15: 'Blocked',
  16: 'Censored',
  17: 'Filtered',
  18: 'Prohibited',
  19: 'Stale NXDomain Answer',
  20: 'Not Authoritative',
  21: 'Not Supported',
  22: 'No Reachable Authority',
  23: 'Network Error',
  24: 'Invalid Data',
  25: 'Signature Expired before Valid',
  26: 'Too Early',
  27: 'Unsupported NSEC3 Iterations Value',
  28: 'Unable to conform to policy',
  29: 'Synthesized',
  30: 'Invalid Query Type',
  31: 'Rate Limited',
  32: 'Over Quota',
  33: 'Negative Trust Anchor',
  34: 'New Delegation Only',
  35: 'Blocked by Upstream DNS Server',
}

/** The mnemonic of a class, or `CLASSnnn` (RFC 3597, section 5). */
export function className(number: number): string {
  return CLASSES[number] ?? `CLASS${number}`
}

/** The number of a class written as a mnemonic or as `CLASSnnn` (0-65535), in any case; null where it is neither. */
export function classNumber(text: string): number | null {
  const upper = text.toUpperCase()
  for (const [number, name] of Object.entries(CLASSES)) if (name === upper) return Number(number)
  return generic(upper, /^CLASS(\d{1,5})$/, 0)
}

/** The mnemonic of an opcode (0-15), or `OPCODEn`. */
export function opcodeName(opcode: number): string {
  return OPCODES[opcode] ?? `OPCODE${opcode}`
}

/** The mnemonic of a response code (0-4095 with EDNS, RFC 6891), or `RCODEn`. */
export function rcodeName(rcode: number): string {
  return RCODES[rcode] ?? `RCODE${rcode}`
}

/** The same as TSIG and TKEY count them: there 16 is BADSIG (RFC 8945, section 3). */
export function tsigErrorName(error: number): string {
  return error === 16 ? 'BADSIG' : (RCODES[error] ?? String(error))
}

/** The mnemonic of an EDNS option, or `OPTn`. */
export function ednsOptionName(code: number): string {
  return EDNS_OPTIONS[code] ?? `OPT${code}`
}

/** What an extended DNS error code means (RFC 8914), or null for a number without a meaning yet. */
export function extendedErrorName(code: number): string | null {
  return EXTENDED_ERRORS[code] ?? null
}
