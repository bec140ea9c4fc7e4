import { base64Text } from '../../../core/text/utf8.js'
import { tsigErrorName } from '../registry.js'
import { hexText } from '../text.js'
import { typeName } from '../types.js'
import { apl } from './apl.js'
import * as f from './field.js'
import { amtrelay, hip, ipseckey } from './gateway.js'
import { a6, atma, nxt, wks } from './historic.js'
import { loc } from './loc.js'
import { svcb } from './svcb.js'

/** RFC 4398, section 2.1. */
const CERTIFICATE_TYPES = {
  1: 'PKIX',
  2: 'SPKI',
  3: 'PGP',
  4: 'IPKIX',
  5: 'ISPKI',
  6: 'IPGP',
  7: 'ACPKIX',
  8: 'IACPKIX',
  253: 'URI',
  254: 'OID',
}

/** IANA, "Domain Name System Security (DNSSEC) Algorithm Numbers" (CC0 1.0); only CERT writes them as mnemonics. */
const ALGORITHMS = {
  1: 'RSAMD5',
  2: 'DH',
  3: 'DSA',
  5: 'RSASHA1',
  6: 'DSA-NSEC3-SHA1',
  7: 'RSASHA1-NSEC3-SHA1',
  8: 'RSASHA256',
  10: 'RSASHA512',
  12: 'ECC-GOST',
  13: 'ECDSAP256SHA256',
  14: 'ECDSAP384SHA384',
  15: 'ED25519',
  16: 'ED448',
  252: 'INDIRECT',
  253: 'PRIVATEDNS',
  254: 'PRIVATEOID',
}

const nsap = f.field((r) => `0x${hexText(r.rest()).toLowerCase()}`)
const base64OrDash = f.field((r) => base64Text(r.rest()), f.orDash)
const dsyncScheme = f.named((r) => r.u8(), { 1: 'NOTIFY' })
const tsigError = f.field((r) => tsigErrorName(r.u16()))
const caaTag = f.checkedField(
  f.field((r) => String.fromCharCode(...r.string())),
  (tag) => (/^[a-z0-9]+$/i.test(String(tag)) ? null : 'a CAA tag that is not letters and digits'),
)

const target = f.sequence({ target: f.name })
const texts = f.sequence({ strings: f.strings })
const preferredHost = f.sequence({ preference: f.u16, host: f.name })
const address = f.sequence({ address: f.ipv4 })
const delegationSigner = f.sequence({ keyTag: f.u16, algorithm: f.u8, digestType: f.u8, digest: f.hex })
const key = f.sequence({ flags: f.u16, protocol: f.u8, algorithm: f.u8, publicKey: f.base64 })
const tls = f.sequence({ usage: f.u8, selector: f.u8, matchingType: f.u8, certificate: f.hex })
const base64 = f.sequence({ data: f.base64 })
const hex = f.sequence({ data: f.hex })
const signature = f.sequence({
  typeCovered: f.type,
  algorithm: f.u8,
  labels: f.u8,
  originalTtl: f.u32,
  expiration: f.time,
  inception: f.time,
  keyTag: f.u16,
  signer: f.name,
  signature: f.base64,
})

/** RDATA of the types that mean the same in every class (RFC 3597, section 4: the others are in {@link IN_LAYOUTS}). */
const LAYOUTS: Readonly<Record<string, f.Layout>> = {
  NS: target,
  MD: target,
  MF: target,
  CNAME: target,
  SOA: f.sequence({
    mname: f.name,
    rname: f.name,
    serial: f.u32,
    refresh: f.u32,
    retry: f.u32,
    expire: f.u32,
    minimum: f.u32,
  }),
  MB: target,
  MG: target,
  MR: target,
  PTR: target,
  HINFO: f.sequence({ cpu: f.string, os: f.string }),
  MINFO: f.sequence({ responsibleMailbox: f.name, errorMailbox: f.name }),
  MX: f.sequence({ preference: f.u16, exchange: f.name }),
  TXT: texts,
  RP: f.sequence({ mailbox: f.name, text: f.name }),
  AFSDB: f.sequence({ subtype: f.u16, host: f.name }),
  X25: f.sequence({ psdnAddress: f.string }),
  ISDN: f.sequence({ address: f.string, subaddress: f.optionalString }),
  RT: preferredHost,
  SIG: signature,
  KEY: key,
  GPOS: f.sequence({ longitude: f.string, latitude: f.string, altitude: f.string }),
  LOC: loc,
  NXT: nxt,
  NAPTR: f.sequence({
    order: f.u16,
    preference: f.u16,
    flags: f.string,
    services: f.string,
    regexp: f.string,
    replacement: f.name,
  }),
  CERT: f.sequence({
    certificateType: f.named((r) => r.u16(), CERTIFICATE_TYPES),
    keyTag: f.u16,
    algorithm: f.named((r) => r.u8(), ALGORITHMS),
    certificate: f.base64,
  }),
  DNAME: target,
  SINK: f.sequence({ meaning: f.u8, coding: f.u8, subcoding: f.u8, data: f.base64 }),
  DS: delegationSigner,
  SSHFP: f.sequence({ algorithm: f.u8, fingerprintType: f.u8, fingerprint: f.hex }),
  IPSECKEY: ipseckey,
  RRSIG: signature,
  NSEC: f.sequence({ next: f.name, types: f.typeBitmap }),
  DNSKEY: key,
  NSEC3: f.sequence({
    hashAlgorithm: f.u8,
    flags: f.u8,
    iterations: f.u16,
    salt: f.hexOrDash,
    nextHashed: f.base32hex,
    types: f.typeBitmap,
  }),
  NSEC3PARAM: f.sequence({ hashAlgorithm: f.u8, flags: f.u8, iterations: f.u16, salt: f.hexOrDash }),
  TLSA: tls,
  SMIMEA: tls,
  HIP: hip,
  NINFO: texts,
  RKEY: key,
  TALINK: f.sequence({ previous: f.name, next: f.name }),
  CDS: delegationSigner,
  CDNSKEY: key,
  OPENPGPKEY: base64,
  CSYNC: f.sequence({ serial: f.u32, flags: f.u16, types: f.typeBitmap }),
  ZONEMD: f.sequence({ serial: f.u32, scheme: f.u8, algorithm: f.u8, digest: f.hex }),
  DSYNC: f.sequence({ type: f.type, scheme: dsyncScheme, port: f.u16, target: f.name }),
  HHIT: base64,
  BRID: base64,
  SPF: texts,
  NID: f.sequence({ preference: f.u16, nodeId: f.groups(4, 2, ':') }),
  L32: f.sequence({ preference: f.u16, locator: f.ipv4 }),
  L64: f.sequence({ preference: f.u16, locator: f.groups(4, 2, ':') }),
  LP: preferredHost,
  EUI48: f.sequence({ address: f.groups(6, 1, '-') }),
  EUI64: f.sequence({ address: f.groups(8, 1, '-') }),
  NXNAME: f.sequence({}),
  TKEY: f.sequence({
    algorithm: f.name,
    inception: f.u32,
    expiration: f.u32,
    mode: f.u16,
    error: tsigError,
    key: f.sizedBase64,
    other: f.sizedBase64,
  }),
  TSIG: f.sequence({
    algorithm: f.name,
    timeSigned: f.u48,
    fudge: f.u16,
    mac: f.sizedBase64,
    originalId: f.u16,
    error: tsigError,
    other: f.sizedBase64,
  }),
  URI: f.sequence({ priority: f.u16, weight: f.u16, target: f.longString }),
  CAA: f.sequence({ flags: f.u8, tag: caaTag, value: f.longString }),
  AVC: texts,
  DOA: f.sequence({ enterprise: f.u32, type: f.u32, location: f.u8, mediaType: f.string, data: base64OrDash }),
  AMTRELAY: amtrelay,
  RESINFO: texts,
  WALLET: texts,
  CLA: texts,
  IPN: f.sequence({ nodeNumber: f.u64 }),
  TA: delegationSigner,
  DLV: delegationSigner,
}

const IN_LAYOUTS: Readonly<Record<string, f.Layout>> = {
  A: address,
  WKS: wks,
  NSAP: f.sequence({ address: nsap }),
  'NSAP-PTR': target,
  PX: f.sequence({ preference: f.u16, map822: f.name, mapX400: f.name }),
  AAAA: f.sequence({ address: f.ipv6 }),
  EID: hex,
  NIMLOC: hex,
  SRV: f.sequence({ priority: f.u16, weight: f.u16, port: f.u16, target: f.name }),
  ATMA: atma,
  KX: f.sequence({ preference: f.u16, exchanger: f.name }),
  A6: a6,
  APL: apl,
  DHCID: base64,
  SVCB: svcb,
  HTTPS: svcb,
}

/** Chaosnet has addresses of 16 bits, written in octal after the name of their network (RFC 1035, section 3.3). */
const CH_LAYOUTS: Readonly<Record<string, f.Layout>> = {
  A: f.sequence({ network: f.name, address: f.field((r) => r.u16().toString(8)) }),
}

const HS_LAYOUTS: Readonly<Record<string, f.Layout>> = { A: address }

const OF_CLASS: Readonly<Record<number, Readonly<Record<string, f.Layout>>>> = {
  1: IN_LAYOUTS,
  3: CH_LAYOUTS,
  4: HS_LAYOUTS,
}

/** How the RDATA of a type is laid out in a class; null where that is unknown and the octets stand as they are. */
export function layoutOf(type: number, recordClass: number): f.Layout | null {
  const name = typeName(type)
  return LAYOUTS[name] ?? OF_CLASS[recordClass]?.[name] ?? null
}
