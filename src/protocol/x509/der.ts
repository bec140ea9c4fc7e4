/** The few ASN.1 types that a certificate needs, in DER (ITU-T X.690). */

const TAG = {
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  utf8: 0x0c,
  sequence: 0x30,
  set: 0x31,
} as const
const CONTEXT = 0x80
const CONSTRUCTED = 0x20

function element(tag: number, content: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([tag]), length(content.length), content])
}

/** X.690 section 8.1.3: one byte below 128, else the count of bytes and then they. */
function length(size: number): Buffer {
  if (size < 0x80) return Buffer.from([size])
  const digits = size.toString(16)
  const bytes = Buffer.from(digits.padStart(digits.length + (digits.length % 2), '0'), 'hex')
  return Buffer.concat([Buffer.from([0x80 | bytes.length]), bytes])
}

/** Of unsigned big-endian bytes: as short as it goes, and never negative. */
export function derInteger(bytes: Uint8Array): Buffer {
  let at = 0
  while (at < bytes.length - 1 && bytes[at] === 0) at++
  const shortest = bytes.subarray(at)
  return element(TAG.integer, (shortest[0] ?? 0) < 0x80 ? shortest : Buffer.concat([Buffer.from([0]), shortest]))
}

export function bitString(bytes: Uint8Array): Buffer {
  return element(TAG.bitString, Buffer.concat([Buffer.from([0]), bytes]))
}

export function octetString(bytes: Uint8Array): Buffer {
  return element(TAG.octetString, bytes)
}

export function utf8String(text: string): Buffer {
  return element(TAG.utf8, Buffer.from(text))
}

export function derSequence(...parts: readonly Uint8Array[]): Buffer {
  return element(TAG.sequence, Buffer.concat(parts))
}

export function set(...parts: readonly Uint8Array[]): Buffer {
  return element(TAG.set, Buffer.concat(parts))
}

/** `[n]` around whole elements (EXPLICIT). */
export function explicit(tag: number, content: Uint8Array): Buffer {
  return element(CONTEXT | CONSTRUCTED | tag, content)
}

/** `[n]` in place of a primitive type's own tag (IMPLICIT). */
export function implicit(tag: number, content: Uint8Array): Buffer {
  return element(CONTEXT | tag, content)
}

export const TRUE = Buffer.from([0x01, 0x01, 0xff])

/** From dotted text: the first two arcs share a byte, the others are in base 128. */
export function objectIdentifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  const bytes = [first * 40 + second, ...rest].flatMap((arc) => {
    const digits = [arc & 0x7f]
    for (let left = arc >> 7; left > 0; left >>= 7) digits.unshift((left & 0x7f) | 0x80)
    return digits
  })
  return element(TAG.oid, Buffer.from(bytes))
}

/** To the second. RFC 5280 section 4.1.2.5: UTCTime until 2049, GeneralizedTime from then on. */
export function derTime(date: Date): Buffer {
  const digits = date.toISOString().replace(/[-:T]|\.\d+/g, '')
  return date.getUTCFullYear() < 2050 ? element(0x17, Buffer.from(digits.slice(2))) : element(0x18, Buffer.from(digits))
}
