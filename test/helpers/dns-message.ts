import { CLASS } from '../../src/protocol/dns/registry.js'
import { typeNumber } from '../../src/protocol/dns/types.js'
import { nameBytes } from '../../src/protocol/dns/wire/name.js'

/** A record to put into a message, its RDATA in octets or in hexadecimal (blanks allowed). */
export interface RecordSpec {
  readonly name?: string
  /** What the owner is a compression pointer to, instead of a name: octets from the start of the message. */
  readonly pointer?: number
  readonly type: string
  readonly class?: number
  readonly ttl?: number
  readonly rdata: Uint8Array | string
  /** Written instead of the RDATA's own length. */
  readonly rdlength?: number
}

export interface MessageSpec {
  readonly id?: number
  /** The second 16 bits of the header. Default: a response, RD, RA. */
  readonly bits?: number
  /** Null for a message without a question. */
  readonly question?: { readonly name: string; readonly type: string; readonly class?: number } | null
  readonly answers?: readonly RecordSpec[]
  readonly authorities?: readonly RecordSpec[]
  readonly additionals?: readonly RecordSpec[]
  /** Written instead of the true ones: questions, answers, authorities, additionals. */
  readonly counts?: readonly [number, number, number, number]
}

export const RESPONSE_BITS = 0x8180

/** Octets from hexadecimal; blanks are for the reader. */
export function hex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'))
}

/** A name as octets, in hexadecimal. */
export function nameHex(name: string): string {
  return Buffer.from(nameBytes(name)).toString('hex')
}

/** Builds a message octet by octet, without compression, wrong wherever the spec says so. */
export function dnsMessage(spec: MessageSpec): Uint8Array {
  const { question = { name: 'example.', type: 'A' }, answers = [], authorities = [], additionals = [] } = spec
  const counts = spec.counts ?? [question === null ? 0 : 1, answers.length, authorities.length, additionals.length]
  const asked = question === null ? [] : entry(nameBytes(question.name), question.type, question.class)
  return Uint8Array.from([
    ...[spec.id ?? 1, spec.bits ?? RESPONSE_BITS, ...counts].flatMap(u16),
    ...asked,
    ...[...answers, ...authorities, ...additionals].flatMap(record),
  ])
}

function record(spec: RecordSpec): number[] {
  const { name = 'example.', pointer, type, class: recordClass, ttl = 300, rdata, rdlength } = spec
  const owner = pointer === undefined ? nameBytes(name) : u16(0xc000 | pointer)
  const data = typeof rdata === 'string' ? hex(rdata) : rdata
  const ttlOctets = [...u16(Math.floor(ttl / 0x10000)), ...u16(ttl % 0x10000)]
  return [...entry(owner, type, recordClass), ...ttlOctets, ...u16(rdlength ?? data.length), ...data]
}

function entry(name: Iterable<number>, type: string, recordClass: number = CLASS.IN): number[] {
  const number = typeNumber(type)
  if (number === null) throw new Error(`${type} is no type`)
  return [...name, ...u16(number), ...u16(recordClass)]
}

function u16(value: number): [number, number] {
  return [value >> 8, value & 0xff]
}
