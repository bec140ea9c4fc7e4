import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { base64Text, dataFields, latin1Text, utf8Text } from '../../../../src/core/text/utf8.js'

describe('bytes of a peer', () => {
  it('are text where they are UTF-8, and come back from it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const bytes = Buffer.from(text)
        expect(utf8Text(bytes)).toBe(text)
        expect(dataFields(bytes)).toEqual({ data: text, dataBase64: null })
      }),
    )
    expect(utf8Text(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61))).toBe('\ufeffa')
  })

  it('are told apart, whatever they are', () => {
    const bytes = fc.uint8Array({ maxLength: 8 })
    fc.assert(
      fc.property(bytes, bytes, (one, other) => {
        const same = Buffer.compare(one, other) === 0
        expect(JSON.stringify(dataFields(one)) === JSON.stringify(dataFields(other))).toBe(same)
      }),
    )
  })

  it.each([
    ['a lone byte of Latin-1', [0xe9]],
    ['an overlong form', [0xc0, 0xaf]],
    ['a surrogate', [0xed, 0xa0, 0x80]],
    ['a character that is not whole', [0x61, 0xc3]],
  ])('are no text: %s', (_what, octets) => {
    const bytes = Uint8Array.from(octets)
    expect(utf8Text(bytes)).toBeNull()
    expect(latin1Text(bytes)).toHaveLength(octets.length)
    expect(Buffer.from(base64Text(bytes), 'base64')).toEqual(Buffer.from(octets))
  })

  it('that were cut off may end in half a character, and in nothing else', () => {
    const cut = { cut: true }
    expect(utf8Text(Uint8Array.of(0x61, 0xc3), cut)).toBe('a')
    expect(utf8Text(Uint8Array.of(0x61, 0xc3, 0x61), cut)).toBeNull()
  })

  it('are only those of a view', () => {
    const view = Uint8Array.of(0x61, 0xe9, 0x62).subarray(1, 2)
    expect([latin1Text(view), base64Text(view)]).toEqual(['é', '6Q=='])
  })
})
