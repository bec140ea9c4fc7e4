const WIDTH = 16
const GROUP = 8

/**
 * Lines as `hexdump -C` prints them: offset, sixteen bytes in two groups, and their ASCII. `offset` is where the bytes
 * stand in their stream; a line begins wherever a piece does.
 */
export function hexdumpLines(bytes: Uint8Array, offset: number): string[] {
  const lines: string[] = []
  for (let at = 0; at < bytes.length; at += WIDTH) {
    const row = bytes.subarray(at, at + WIDTH)
    let hex = ''
    let ascii = ''
    row.forEach((byte, i) => {
      hex += ` ${i === GROUP ? ' ' : ''}${byte.toString(16).padStart(2, '0')}`
      ascii += byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.'
    })
    lines.push(`${(offset + at).toString(16).padStart(8, '0')} ${hex.padEnd(WIDTH * 3 + 1)}  |${ascii}|`)
  }
  return lines
}
