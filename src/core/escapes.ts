import { UsageError } from './usage-error.js'

const SIMPLE: Readonly<Record<string, number>> = { r: 13, n: 10, t: 9, '0': 0, e: 27, '\\': 92 }

/**
 * Bytes of a text in which `\r \n \t \0 \e \\` and `\xHH` stand for themselves as in C; all else is UTF-8. `\xHH` is one
 * byte, whatever it means.
 * @throws UsageError for a backslash before anything else: a typing error would otherwise be sent.
 */
export function parseEscapes(text: string, argument: string): Uint8Array {
  const parts: Uint8Array[] = []
  let plain = ''
  const flush = () => {
    if (plain !== '') parts.push(Buffer.from(plain))
    plain = ''
  }
  for (let at = 0; at < text.length; at++) {
    const character = text[at] ?? ''
    if (character !== '\\') {
      plain += character
      continue
    }
    const letter = text[++at] ?? ''
    const hex = letter === 'x' ? /^[0-9a-f]{2}/i.exec(text.slice(at + 1))?.[0] : undefined
    const byte = hex === undefined ? SIMPLE[letter] : Number.parseInt(hex, 16)
    if (byte === undefined) {
      const written = `\\${letter}`
      throw UsageError.of(argument, text, `text with known escapes (${written}): \\r \\n \\t \\0 \\e \\xHH \\\\`)
    }
    if (hex !== undefined) at += 2
    flush()
    parts.push(Uint8Array.of(byte))
  }
  flush()
  return Buffer.concat(parts)
}
