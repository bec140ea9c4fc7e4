import { utf8Text } from '../../core/text/utf8.js'

/**
 * C0, DEL, C1, and the characters that reorder or hide text: bidirectional controls, line and paragraph separators,
 * zero-width space and BOM, lone surrogates. Whoever sends them to a terminal can forge what its reader sees.
 */
const UNSAFE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /[\u0000-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g

const PLAIN = /^[\x20-\x7e]*$/

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\0': '\\0', '\u001b': '\\e' }

/** Text of a peer, made safe for a terminal: one line in, one line out. */
export function escapeText(text: string): string {
  if (PLAIN.test(text)) return text // nearly always, and far cheaper to see
  return text.replace(UNSAFE, (character) => {
    const code = character.charCodeAt(0)
    return SHORT[character] ?? (code < 0x100 ? `\\x${hex(code, 2)}` : `\\u${hex(code, 4)}`)
  })
}

/** Bytes of a peer for a terminal: UTF-8 where they are, `\xHH` for each byte that is not. */
export function escapeBytes(bytes: Uint8Array): string {
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)
  if (!text.includes('\ufffd')) return escapeText(text)
  // A replacement character may have been sent as such; only bytes can tell, so read them one sequence at a time.
  let shown = ''
  for (let at = 0; at < bytes.length; ) {
    const length = sequenceLength(bytes, at)
    if (length === 0) shown += `\\x${hex(bytes[at++] ?? 0, 2)}`
    else {
      shown += escapeText(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.subarray(at, at + length)))
      at += length
    }
  }
  return shown
}

/** Length of the valid UTF-8 sequence that starts here; 0 where none does (RFC 3629). */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const lead = bytes[at] ?? 0
  const length = lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0
  if (length <= 1) return length
  if (at + length > bytes.length) return 0
  return utf8Text(bytes.subarray(at, at + length)) === null ? 0 : length
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0')
}
