import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createCrlfEncoder } from '../../../src/protocol/line-endings.js'

const encode = (...pieces: readonly string[]) => {
  const encoder = createCrlfEncoder()
  return Buffer.concat(pieces.map((piece) => encoder(Buffer.from(piece)))).toString()
}

describe('createCrlfEncoder', () => {
  it.each([
    [['a\nb'], 'a\r\nb'],
    [['a\r\nb'], 'a\r\nb'],
    [['a\r', '\nb'], 'a\r\nb'],
    [['a\r', '', '\nb'], 'a\r\nb'],
    [['a', '\n', '\n'], 'a\r\n\r\n'],
    [['\r\r\n'], '\r\r\n'],
    [['\r', 'x\n'], '\rx\r\n'],
  ])('%j', (pieces, expected) => {
    expect(encode(...pieces)).toBe(expected)
  })

  it('gives the same however the stream is cut, has no bare LF, and changes nothing when applied again', () => {
    const piece = fc.string({ unit: fc.constantFrom('\r', '\n', 'x') })
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const once = encode(...pieces)
        expect(once).toBe(pieces.join('').replace(/(?<!\r)\n/g, '\r\n'))
        expect(encode(once)).toBe(once)
      }),
    )
  })
})
