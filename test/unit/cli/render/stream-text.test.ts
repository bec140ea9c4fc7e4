import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hexdumpLines } from '../../../../src/cli/render/hexdump.js'
import { StreamText } from '../../../../src/cli/render/stream-text.js'

const shown = (...pieces: readonly Uint8Array[]) => {
  const text = new StreamText()
  return pieces.map((piece) => text.push(piece)).join('') + text.end()
}

describe('StreamText', () => {
  it.each([
    ['a\r\nb\n', 'a\nb\n'],
    ['a\rb', 'a\\rb'],
    ['\u001b[2J\u0007\t', '\\e[2J\\x07\\t'],
    ['login: ', 'login: '],
    ['é\u202e', 'é\\u202e'],
    ['end\r', 'end\\r'],
  ])('%j', (text, expected) => {
    expect(shown(Buffer.from(text))).toBe(expected)
  })

  it('shows the same however the stream is cut', () => {
    const stream = fc.string({ unit: fc.constantFrom('\r', '\n', 'a', 'é', '€', '😀', '\u001b') })
    fc.assert(
      fc.property(stream, fc.array(fc.nat(60)), fc.uint8Array({ maxLength: 3 }), (text, cuts, garbage) => {
        const bytes = Buffer.concat([Buffer.from(text), garbage])
        const at = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)), bytes.length].sort((a, b) => a - b)
        const pieces = at.slice(1).map((end, i) => bytes.subarray(at[i], end))
        expect(shown(...pieces)).toBe(shown(bytes))
      }),
    )
  })

  it('lets no control through but the end of a line', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
        expect(shown(bytes)).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/)
      }),
    )
  })
})

describe('hexdumpLines', () => {
  it.each([
    ['', []],
    ['A', [`00000000  41${' '.repeat(48)}|A|`]],
    ['12345678', ['00000000  31 32 33 34 35 36 37 38                           |12345678|']],
    ['123456789', ['00000000  31 32 33 34 35 36 37 38  39                       |123456789|']],
    [
      '\u007f ~\n0123456789abc',
      [
        '00000000  7f 20 7e 0a 30 31 32 33  34 35 36 37 38 39 61 62  |. ~.0123456789ab|',
        `00000010  63${' '.repeat(48)}|c|`,
      ],
    ],
  ])('prints %j as hexdump -C does', (text, lines) => {
    expect(hexdumpLines(Buffer.from(text), 0)).toEqual(lines)
  })

  it('counts offsets on from where the stream stands', () => {
    expect(hexdumpLines(Uint8Array.of(65), 0x1f)).toEqual([`0000001f  41${' '.repeat(48)}|A|`])
  })
})
