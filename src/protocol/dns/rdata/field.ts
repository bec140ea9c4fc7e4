import { base64Text } from '../../../core/text/utf8.js'
import { base32hexText, hexText, ipv4Text, ipv6Text, stringText, timeText } from '../text.js'
import { typeName } from '../types.js'
import { WireFault, type WireReader } from '../wire/reader.js'

/** What a field holds: numbers, and text in the encoding that zone files use for it. It is JSON as it stands. */
export type FieldValue =
  | number
  | string
  | boolean
  | null
  | readonly FieldValue[]
  | { readonly [key: string]: FieldValue }

/** The fields of a record by name. */
export type RecordFields = Record<string, FieldValue>

/** Reads one field, keeps its value under `key`, and returns its presentation; an empty one is left out of the line. */
export type Field = (reader: WireReader, fields: RecordFields, key: string) => string

/**
 * Reads a whole RDATA: keeps its values, returns its presentation. Null where it is of a version or a kind that has no
 * known presentation, which is no fault.
 */
export type Layout = (reader: WireReader, fields: RecordFields) => string | null

/** A field from how it is read and how it is written. */
export function field<T extends FieldValue>(
  read: (reader: WireReader) => T,
  text: (value: T) => string = String,
): Field {
  return (reader, fields, key) => {
    const value = read(reader)
    fields[key] = value
    return text(value)
  }
}

/** An RDATA that is one field after another, in this order. */
export function sequence(row: Readonly<Record<string, Field>>): Layout {
  const entries = Object.entries(row)
  const [only] = entries
  if (only && entries.length === 1) return (reader, fields) => only[1](reader, fields, only[0])
  return (reader, fields) => {
    let line = ''
    for (const [key, read] of entries) {
      const text = read(reader, fields, key)
      if (text !== '') line += line === '' ? text : ` ${text}`
    }
    return line
  }
}

export const u8 = field((r) => r.u8())
export const u16 = field((r) => r.u16())
export const u32 = field((r) => r.u32())
export const u48 = field((r) => r.u48())
/** 64 bits, as decimal text: a JSON number is not exact there. */
export const u64 = field((r) => String((BigInt(r.u32()) << 32n) | BigInt(r.u32())))
/** Seconds since 1970, written as a date. */
export const time = field((r) => timeText(r.u32()))
export const name = field((r) => r.name())
export const ipv4 = field((r) => ipv4Text(r.bytes, r.skip(4)))
export const ipv6 = field((r) => ipv6Text(r.take(16)))

/** A record type by its mnemonic. */
export const type = field((r) => typeName(r.u16()))

/** A number that has names; one without is written as itself. */
export function named(read: (reader: WireReader) => number, names: Readonly<Record<number, string>>): Field {
  return field(read, (value) => names[value] ?? String(value))
}

const quoted = (text: string) => `"${text}"`

/** One character string, quoted. Its value has the escapes but not the quotes. */
export const string = field((r) => stringText(r.string()), quoted)
/** All that is left, as one quoted string without a length octet. */
export const longString = field((r) => stringText(r.rest()), quoted)
/** A character string that may be missing at the end. */
export const optionalString = field(
  (r) => (r.left > 0 ? stringText(r.string()) : null),
  (text) => (text === null ? '' : quoted(text)),
)
/** Character strings up to the end, one at least. */
export const strings = field(
  (r) => {
    const texts = [stringText(r.string())]
    while (r.left > 0) texts.push(stringText(r.string()))
    return texts
  },
  (texts) => texts.map(quoted).join(' '),
)

/** All that is left, in base64; nothing at all where nothing is left. */
export const base64 = field((r) => base64Text(r.rest()))
/** All that is left, in upper-case hexadecimal. */
export const hex = field((r) => hexText(r.rest()))
/** One length octet, then hexadecimal; `-` for none (a salt). */
export const hexOrDash = field((r) => hexText(r.string()), orDash)
/** One length octet, then base32hex. */
export const base32hex = field((r) => base32hexText(r.string()))
/** Two length octets, then base64, the length written before it as TSIG and TKEY have it. */
export const sizedBase64 = field(
  (r) => {
    const bytes = r.take(r.u16())
    return { sizeBytes: bytes.length, base64: base64Text(bytes) }
  },
  ({ sizeBytes, base64 }) => `${sizeBytes} ${base64}`.trimEnd(),
)

/** `count` groups in lower-case hexadecimal: octets as two digits each, 16-bit groups without leading zeros. */
export function groups(count: number, octets: 1 | 2, separator: string): Field {
  return field((r) =>
    Array.from({ length: count }, () =>
      octets === 1 ? r.u8().toString(16).padStart(2, '0') : r.u16().toString(16),
    ).join(separator),
  )
}

/** The types of an NSEC bitmap: windows in ascending order, one to 32 octets each (RFC 4034, section 4.1.2). */
export const typeBitmap = field(
  (r) => {
    const types: string[] = []
    for (let last = -1; r.left > 0; ) {
      const at = r.offset
      const window = r.u8()
      const length = r.u8()
      if (window <= last) r.fail('type bitmap windows out of order', at)
      if (length < 1 || length > 32) r.fail(`a type bitmap window of ${length} octets (1 to 32)`, at)
      for (const bit of bits(r.take(length))) types.push(typeName((window << 8) | bit))
      last = window
    }
    return types
  },
  (types) => types.join(' '),
)

/** The numbers of the bits that are set, the most significant bit of the first octet being 0. */
export function bits(bytes: Uint8Array): number[] {
  const set: number[] = []
  bytes.forEach((octet, at) => {
    for (let bit = 0; bit < 8; bit++) if (octet & (0x80 >> bit)) set.push(at * 8 + bit)
  })
  return set
}

export function orDash(text: string): string {
  return text === '' ? '-' : text
}

/** A field that is read as given, but whose value must hold; `reason` says what is wrong with one that does not. */
export function checkedField(read: Field, reason: (value: FieldValue | undefined) => string | null): Field {
  return (reader, fields, key) => {
    const at = reader.offset
    const text = read(reader, fields, key)
    const wrong = reason(fields[key])
    if (wrong !== null) throw new WireFault(at, wrong)
    return text
  }
}
