import { RCODE } from '../../src/protocol/dns/registry.js'
import { typeName } from '../../src/protocol/dns/types.js'
import { nameBytes } from '../../src/protocol/dns/wire/name.js'
import type { RecordSpec } from './dns-message.js'
import { RESPONSE_BITS } from './dns-message.js'
import { type Asked, dnsServer, type ScriptedServer } from './dns-server.js'

/** What a name is: records by type (`MX: ['10 mx.x.example']`, `A`, `AAAA`, `CNAME`), or what the server does instead. */
export type ZoneEntry =
  | Readonly<Partial<Record<'MX' | 'A' | 'AAAA' | 'CNAME', readonly string[]>>>
  | 'servfail'
  | 'refused'
  | 'silence'
  | 'garbage'
export type Zone = Readonly<Record<string, ZoneEntry>>

const TRUNCATED = 0x0200
const MAX_ALIASES = 8

/** A name server on loopback for a few names; what it does not know does not exist. With `cut` UDP answers are truncated. */
export function zoneServer(zone: Zone, { cut = false }: { cut?: boolean } = {}): Promise<ScriptedServer> {
  return dnsServer((asked) => answer(asked, zone, cut))
}

function answer(asked: Asked, zone: Zone, cut: boolean): void {
  const entry = zone[asked.name.toLowerCase().replace(/\.$/, '')]
  if (entry === 'silence') return
  const bits = (more: number) => ({ bits: RESPONSE_BITS | more })
  if (entry === 'garbage') asked.answer({ counts: [1, 9, 0, 0] })
  else if (entry === 'servfail') asked.answer(bits(RCODE.SERVFAIL))
  else if (entry === 'refused') asked.answer(bits(RCODE.REFUSED))
  else if (entry === undefined) asked.answer(bits(RCODE.NXDOMAIN))
  else if (cut && asked.via === 'udp') asked.answer(bits(TRUNCATED))
  else asked.answer({ answers: recordsOf(asked.name, typeName(asked.type), zone, MAX_ALIASES) })
}

/** Aliases are followed, as a resolver does. */
function recordsOf(name: string, type: string, zone: Zone, hops: number): RecordSpec[] {
  const entry = zone[name.toLowerCase().replace(/\.$/, '')]
  if (entry === undefined || typeof entry === 'string' || hops === 0) return []
  const [alias] = entry.CNAME ?? []
  if (alias !== undefined) {
    return [{ name, type: 'CNAME', rdata: nameBytes(`${alias}.`) }, ...recordsOf(`${alias}.`, type, zone, hops - 1)]
  }
  const texts = type === 'MX' || type === 'A' || type === 'AAAA' ? (entry[type] ?? []) : []
  return texts.map((text) => ({ name, type, rdata: rdataOf(type, text) }))
}

function rdataOf(type: string, text: string): Uint8Array {
  if (type === 'A') return Uint8Array.from(text.split('.').map(Number))
  if (type === 'AAAA')
    return text === '::1' ? Uint8Array.from({ length: 16 }, (_, i) => (i === 15 ? 1 : 0)) : new Uint8Array(16)
  const [preference = '0', exchange = ''] = text.split(' ')
  return Uint8Array.from([
    Number(preference) >> 8,
    Number(preference) & 255,
    ...nameBytes(exchange === '.' ? '.' : `${exchange}.`),
  ])
}
