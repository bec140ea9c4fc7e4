import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DataEncoder } from '../../../../../src/protocol/smtp/data-encoder.js'
import { ContentDecoder } from '../../../../../src/protocol/smtp/server/content.js'

/** What a decoder makes of text in pieces of so many bytes. */
function decode(text: string | Uint8Array, pieceBytes = 1_000_000) {
  const bytes = Buffer.from(text as string, 'latin1')
  const decoder = new ContentDecoder()
  const content: Uint8Array[] = []
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    const decoded = decoder.push(bytes.subarray(at, at + pieceBytes))
    content.push(decoded.content)
    if (decoded.rest !== null)
      return {
        content: Buffer.concat(content).toString('latin1'),
        rest: Buffer.concat([decoded.rest, bytes.subarray(at + pieceBytes)]).toString('latin1'),
        facts: decoder.facts,
      }
  }
  return { content: Buffer.concat(content).toString('latin1'), rest: null, facts: decoder.facts }
}

const CASES: readonly [string, string, string | null][] = [
  ['.\r\nQUIT', '', 'QUIT'],
  ['a\r\n.\r\n', 'a\r\n', ''],
  ['a\r\n..b\r\n.\r\n', 'a\r\n.b\r\n', ''],
  ['..\r\n.\r\n', '.\r\n', ''],
  ['.a\r\n.\r\n', 'a\r\n', ''],
  ['a\n.\r\nb\r\n.\r\n', 'a\n.\r\nb\r\n', ''],
  ['a\n..b\r\n.\r\n', 'a\n..b\r\n', ''],
  ['a\r.\r\nb\r\n.\r\n', 'a\r.\r\nb\r\n', ''],
  ['a\r\n.\nb\r\n.\r\n', 'a\r\n\nb\r\n', ''],
  ['a\r\n.\r.\r\n.\r\n', 'a\r\n\r.\r\n', ''],
  ['\r\n.\r\n', '\r\n', ''],
  ['a\r\n', 'a\r\n', null],
]

describe.each([1, 2, 3, 1000])('in pieces of %i bytes', (size) => {
  test.each(CASES)('%j', (text, content, rest) => {
    expect(decode(text, size)).toMatchObject({ content, rest })
  })
})

test('gives back what a client encoded, however it is cut', () => {
  const bytes = fc.array(fc.constantFrom('.', '\r\n', 'a', 'é', '..', '\0'), { maxLength: 60 })
  fc.assert(
    fc.property(bytes, fc.integer({ min: 1, max: 9 }), (parts, size) => {
      const message = Buffer.from(parts.join(''), 'latin1')
      const encoder = new DataEncoder()
      const sent = Buffer.concat([encoder.transform(message), encoder.finish(), Buffer.from('NEXT')])
      const whole = message.toString('latin1')
      const { content, rest } = decode(sent, size)
      expect(content).toBe(whole === '' || whole.endsWith('\r\n') ? whole : `${whole}\r\n`)
      expect(rest).toBe('NEXT')
    }),
  )
})

test.each([
  ['a\r\n.\r\n', {}],
  ['a\nb\r\n.\r\n', { bareLf: true }],
  ['\nb\r\n.\r\n', { bareLf: true }],
  ['a\rb\r\n.\r\n', { bareCr: true }],
  ['\xe9\r\n.\r\n', { eightBit: true }],
  [`${'x'.repeat(998)}\r\n${'y'.repeat(998)}\r\n.\r\n`, {}],
  [`a\r\n${'x'.repeat(999)}\r\n.\r\n`, { longLine: true }],
])('what is not as it should be: %#', (text, facts) => {
  const none = { bareLf: false, bareCr: false, eightBit: false, longLine: false }
  for (const size of [1, 7, 10_000]) expect(decode(text, size).facts).toEqual({ ...none, ...facts })
})
