/**
 * C0, DEL, C1, and the characters that reorder or hide text: bidirectional controls, line and paragraph separators,
 * zero-width space and BOM, lone surrogates. Whoever sends them to a terminal can forge what its reader sees.
 */
const UNSAFE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /[\u0000-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g

const PLAIN = /^[\x20-\x7e]*$/

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\0': '\\0', '\u001b': '\\e' }

/** How each byte is shown that stands alone: a character of ASCII, and from 0x80 on one that is no UTF-8. */
const ALONE: readonly string[] = Array.from({ length: 256 }, (_, byte) => {
  const character = String.fromCharCode(byte)
  return byte < 0x80 && PLAIN.test(character) ? character : (SHORT[character] ?? `\\x${hex(byte, 2)}`)
})

/** Text of a peer, made safe for a terminal: one line in, one line out. */
export function escapeText(text: string): string {
  if (PLAIN.test(text)) return text // nearly always, and far cheaper to see
  return text.replace(UNSAFE, (character) => {
    const code = character.charCodeAt(0)
    return ALONE[code] ?? `\\u${hex(code, 4)}`
  })
}

const ALONE_BYTES: readonly Uint8Array[] = ALONE.map((shown) => Buffer.from(shown))
const LONGEST_ALONE = 4

/** What the sequences begin with in which a character of {@link UNSAFE} may stand; none of them is above U+FFFF. */
const LEADS_OF_UNSAFE = new Set([0xc2, 0xd8, 0xe2, 0xef])

/** Bytes of a peer for a terminal: UTF-8 where they are, `\xHH` for each byte that is not. */
export function escapeBytes(bytes: Uint8Array): string {
  // By bytes, since binary comes as fast as any: a string for each character would cost many times more.
  const shown = Buffer.allocUnsafe(bytes.length * LONGEST_ALONE)
  let size = 0
  for (let at = 0; at < bytes.length; ) {
    const lead = bytes[at] ?? 0
    const length = sequenceLength(bytes, at)
    if (length < 2) {
      const alone = ALONE_BYTES[lead] ?? []
      for (let i = 0; i < alone.length; i++) shown[size++] = alone[i] ?? 0
      at++
    } else if (LEADS_OF_UNSAFE.has(lead)) {
      size += shown.write(escapeText(character(bytes, at, length)), size)
      at += length
    } else {
      for (const end = at + length; at < end; at++) shown[size++] = bytes[at] ?? 0
    }
  }
  return shown.toString('utf8', 0, size)
}

/** Length of the valid UTF-8 sequence that starts here; 0 where none does (RFC 3629 4). */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const lead = bytes[at] ?? 0
  if (lead < 0x80) return 1
  if (lead < 0xc2 || lead > 0xf4) return 0
  const [least, most] = SECOND.get(lead) ?? ANY_SECOND
  const second = bytes[at + 1] ?? 0
  if (second < least || second > most) return 0
  const length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4
  for (let more = 2; more < length; more++) if (((bytes[at + more] ?? 0) & 0xc0) !== 0x80) return 0
  return length
}

const ANY_SECOND = [0x80, 0xbf] as const
/** The second bytes of what would else be too long, a surrogate or beyond Unicode. */
const SECOND = new Map<number, readonly [least: number, most: number]>([
  [0xe0, [0xa0, 0xbf]],
  [0xed, [0x80, 0x9f]],
  [0xf0, [0x90, 0xbf]],
  [0xf4, [0x80, 0x8f]],
])

/** The one of a valid sequence of several bytes: by hand, since a call to a decoder costs more than all else here. */
function character(bytes: Uint8Array, at: number, length: number): string {
  let code = (bytes[at] ?? 0) & (0x7f >> length)
  for (let more = 1; more < length; more++) code = (code << 6) | ((bytes[at + more] ?? 0) & 0x3f)
  return String.fromCodePoint(code)
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0')
}
