import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { octetText } from '../../../../src/core/text/octet-text.js'
import { octetPairs } from '../../../../src/protocol/http/events.js'

const octets = (text: string) => Buffer.from(text).toString('latin1')

describe('octets of a head as text', () => {
  it('is what was written in UTF-8', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(octetText(octets(text))).toBe(text)
      }),
    )
  })

  it.each(['caf\xe9', '\xff', '\xc3', '\xed\xa0\x80', '\xc0\x80', 'caf\xc3\xa9 caf\xe9'])(
    '%j is no UTF-8, and read as Latin-1',
    (text) => expect(octetText(text)).toBe(text),
  )

  it('reads each field by itself', () => {
    const headers = [
      ['A', octets('café')],
      ['B', 'caf\xe9'],
    ] as const
    expect(octetPairs(headers)).toEqual([
      ['A', 'café'],
      ['B', 'café'],
    ])
  })
})
