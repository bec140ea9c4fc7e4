/**
 * Resource record types by number. Data: IANA, "Domain Name System (DNS) Parameters", registry "Resource Record (RR)
 * TYPEs" (https://www.iana.org/assignments/dns-parameters), dedicated to the public domain under CC0 1.0.
 * Last held against the registry as of August 2026. 255 is written `*` there; `ANY` is what everybody types (RFC 8482).
 */
const TYPES: ReadonlyArray<readonly [number, string]> = [
  [1, 'A'],
  [2, 'NS'],
  [3, 'MD'],
  [4, 'MF'],
  [5, 'CNAME'],
  [6, 'SOA'],
  [7, 'MB'],
  [8, 'MG'],
  [9, 'MR'],
  [10, 'NULL'],
  [11, 'WKS'],
  [12, 'PTR'],
  [13, 'HINFO'],
  [14, 'MINFO'],
  [15, 'MX'],
  [16, 'TXT'],
  [17, 'RP'],
  [18, 'AFSDB'],
  [19, 'X25'],
  [20, 'ISDN'],
  [21, 'RT'],
  [22, 'NSAP'],
  [23, 'NSAP-PTR'],
  [24, 'SIG'],
  [25, 'KEY'],
  [26, 'PX'],
  [27, 'GPOS'],
  [28, 'AAAA'],
  [29, 'LOC'],
  [30, 'NXT'],
  [31, 'EID'],
  [32, 'NIMLOC'],
  [33, 'SRV'],
  [34, 'ATMA'],
  [35, 'NAPTR'],
  [36, 'KX'],
  [37, 'CERT'],
  [38, 'A6'],
  [39, 'DNAME'],
  [40, 'SINK'],
  [41, 'OPT'],
  [42, 'APL'],
  [43, 'DS'],
  [44, 'SSHFP'],
  [45, 'IPSECKEY'],
  [46, 'RRSIG'],
  [47, 'NSEC'],
  [48, 'DNSKEY'],
  [49, 'DHCID'],
  [50, 'NSEC3'],
  [51, 'NSEC3PARAM'],
  [52, 'TLSA'],
  [53, 'SMIMEA'],
  [55, 'HIP'],
  [56, 'NINFO'],
  [57, 'RKEY'],
  [58, 'TALINK'],
  [59, 'CDS'],
  [60, 'CDNSKEY'],
  [61, 'OPENPGPKEY'],
  [62, 'CSYNC'],
  [63, 'ZONEMD'],
  [64, 'SVCB'],
  [65, 'HTTPS'],
  [66, 'DSYNC'],
  [67, 'HHIT'],
  [68, 'BRID'],
  [69, 'UNECE'],
  [70, 'ISO'],
  [99, 'SPF'],
  [100, 'UINFO'],
  [101, 'UID'],
  [102, 'GID'],
  [103, 'UNSPEC'],
  [104, 'NID'],
  [105, 'L32'],
  [106, 'L64'],
  [107, 'LP'],
  [108, 'EUI48'],
  [109, 'EUI64'],
  [128, 'NXNAME'],
  [249, 'TKEY'],
  [250, 'TSIG'],
  [251, 'IXFR'],
  [252, 'AXFR'],
  [253, 'MAILB'],
  [254, 'MAILA'],
  [255, 'ANY'],
  [256, 'URI'],
  [257, 'CAA'],
  [258, 'AVC'],
  [259, 'DOA'],
  [260, 'AMTRELAY'],
  [261, 'RESINFO'],
  [262, 'WALLET'],
  [263, 'CLA'],
  [264, 'IPN'],
  [32768, 'TA'],
  [32769, 'DLV'],
]

/** The types that netkit itself reasons about. */
export const TYPE = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  DNAME: 39,
  OPT: 41,
  HTTPS: 65,
  IXFR: 251,
  AXFR: 252,
  ANY: 255,
} as const

/** Types that only questions have, and the records that answer them (RFC 1035, section 3.2.3). */
const ANSWERED_BY: Readonly<Record<number, readonly string[]>> = { 253: ['MB', 'MG', 'MR'], 254: ['MD', 'MF'] }

/** Whether a record of a type answers a question for another, or the same, one. */
export function answersType(asked: number, type: number): boolean {
  return type === asked || asked === TYPE.ANY || (ANSWERED_BY[asked]?.includes(typeName(type)) ?? false)
}

const nameOf = new Map(TYPES)
const numberOf = new Map(TYPES.map(([number, name]) => [name, number]))

/** Every mnemonic that IANA's registry has, in the order of their numbers. */
export const typeNames: readonly string[] = TYPES.map(([, name]) => name)

/** The mnemonic of a type, or `TYPEnnn` for a number without one (RFC 3597, section 5). */
export function typeName(type: number): string {
  return nameOf.get(type) ?? `TYPE${type}`
}

/**
 * The number of a type written as a mnemonic, as `TYPEnnn` (1-65535) or as `*`, in any case; null where it is none of
 * them. Zero is no type that can be asked for (RFC 6895, section 3.1).
 */
export function typeNumber(text: string): number | null {
  const upper = text.toUpperCase()
  if (upper === '*') return TYPE.ANY
  return numberOf.get(upper) ?? generic(upper, /^TYPE(\d{1,5})$/, 1)
}

/** The number in `TYPEnnn` or `CLASSnnn`, or null where it does not fit 16 bits. */
export function generic(upper: string, pattern: RegExp, least: number): number | null {
  const digits = pattern.exec(upper)?.[1]
  if (digits === undefined) return null
  const number = Number(digits)
  return number >= least && number <= 0xffff ? number : null
}
