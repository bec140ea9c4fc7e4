import { ipv4Text, ipv6Text } from '../text.js'
import type { WireReader } from '../wire/reader.js'
import type { RecordFields } from './field.js'

const FAMILIES: Readonly<Record<number, { size: number; text: (bytes: Uint8Array) => string }>> = {
  1: { size: 4, text: ipv4Text },
  2: { size: 16, text: ipv6Text },
}

/** APL: address prefixes, trailing zero octets left out on the wire (RFC 3123). */
export function apl(reader: WireReader, fields: RecordFields): string | null {
  const items: string[] = []
  while (reader.left > 0) {
    const text = item(reader)
    if (text === null) return null
    items.push(text)
  }
  fields['items'] = items
  return items.join(' ')
}

/** Null for a family without a text form. */
function item(reader: WireReader): string | null {
  const number = reader.u16()
  const family = FAMILIES[number]
  if (family === undefined) return null
  const at = reader.offset
  const prefixLength = reader.u8()
  if (prefixLength > family.size * 8) reader.fail(`a prefix of ${prefixLength} bits (at most ${family.size * 8})`, at)
  const lengthAndSign = reader.u8()
  const part = reader.take(lengthAndSign & 0x7f)
  if (part.length > family.size) reader.fail(`an address of ${part.length} octets (at most ${family.size})`, at)
  const address = new Uint8Array(family.size)
  address.set(part)
  return `${lengthAndSign & 0x80 ? '!' : ''}${number}:${family.text(address)}/${prefixLength}`
}
