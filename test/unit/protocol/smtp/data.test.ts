import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DataEncoder } from '../../../../src/protocol/smtp/data-encoder.js'
import { MessageScanner } from '../../../../src/protocol/smtp/message-scanner.js'
import { cutAt } from './helpers.js'

const latin1 = (text: string) => Buffer.from(text, 'latin1')

function encode(...chunks: Uint8Array[]): { text: string; sizeBytes: number; longestLineBytes: number } {
  const encoder = new DataEncoder()
  const parts = chunks.map((chunk) => Buffer.from(encoder.transform(chunk)))
  const text = Buffer.concat([...parts, encoder.finish()]).toString('latin1')
  return { text, sizeBytes: encoder.sizeBytes, longestLineBytes: encoder.longestLineBytes }
}

/** What a server makes of the wire, byte by byte and by the letter of RFC 5321 4.5.2: independent of the encoder. */
function naiveReceive(wire: string): string {
  const lines = wire.split('\r\n')
  const end = lines.indexOf('.')
  expect(end).toBe(lines.length - 2)
  expect(lines.at(-1)).toBe('')
  return lines
    .slice(0, end)
    .map((line) => `${line.startsWith('.') ? line.slice(1) : line}\r\n`)
    .join('')
}

/** Line ends as the encoder promises them, spelled out with a regular expression. */
function canonical(text: string): string {
  const lines = text.replace(/\r\n|\r|\n/g, '\r\n')
  return lines === '' || lines.endsWith('\r\n') ? lines : `${lines}\r\n`
}

const message = fc
  .array(fc.constantFrom('\r', '\n', '\r\n', '.', '..', 'a', 'text', '\0', '\x80', '\xff', ' ', '\r\n.\r\n'), {
    maxLength: 60,
  })
  .map((parts) => parts.join(''))
const cuts = fc.array(fc.nat(100), { maxLength: 8 })

describe('data', () => {
  test.each([
    ['', '.\r\n', 0],
    ['a', 'a\r\n.\r\n', 3],
    ['a\r\n', 'a\r\n.\r\n', 3],
    ['a\n', 'a\r\n.\r\n', 3],
    ['a\r', 'a\r\n.\r\n', 3],
    ['\n\r', '\r\n\r\n.\r\n', 4],
    ['\r\r\n', '\r\n\r\n.\r\n', 4],
    ['.', '..\r\n.\r\n', 3],
    ['.\r\n', '..\r\n.\r\n', 3],
    ['a\r\n.\r\nb', 'a\r\n..\r\nb\r\n.\r\n', 9],
    ['a\n.b', 'a\r\n..b\r\n.\r\n', 7],
    ['a\r.b', 'a\r\n..b\r\n.\r\n', 7],
    ['a.b..', 'a.b..\r\n.\r\n', 7],
    ['\0\x80\xff', '\0\x80\xff\r\n.\r\n', 5],
  ])('%j', (input, wire, sizeBytes) => {
    expect(encode(latin1(input))).toMatchObject({ text: wire, sizeBytes })
  })

  test('a server reads what was meant, wherever the input was cut', () => {
    fc.assert(
      fc.property(message, cuts, (text, places) => {
        const encoded = encode(...cutAt(latin1(text), places))
        expect(naiveReceive(encoded.text)).toBe(canonical(text))
        expect(encoded).toEqual(encode(latin1(text)))
        expect(encoded.sizeBytes).toBe(canonical(text).length)
        const lengths = canonical(text)
          .split('\r\n')
          .map((line) => line.length)
        expect(encoded.longestLineBytes).toBe(Math.max(...lengths))
      }),
      { numRuns: 1000 },
    )
  })

  test('any bytes at all', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), cuts, (input, places) => {
        const text = Buffer.from(input).toString('latin1')
        expect(naiveReceive(encode(...cutAt(input, places)).text)).toBe(canonical(text))
      }),
    )
  })

  test('a chunk that needs no change is not copied', () => {
    const chunk = latin1('a\r\nb.c\r\n')
    expect(new DataEncoder().transform(chunk).buffer).toBe(chunk.buffer)
  })
})

describe('facts of a message', () => {
  function scan(...chunks: Uint8Array[]) {
    const scanner = new MessageScanner()
    for (const chunk of chunks) scanner.push(chunk)
    return scanner.finish()
  }

  test.each([
    ['Subject: a\r\n\r\nbody\r\n', { sizeBytes: 20, eightBit: false, eightBitHeader: false, longestLineBytes: 10 }],
    ['Subject: a\n\nb\xe9', { sizeBytes: 18, eightBit: true, eightBitHeader: false }],
    ['Subject: \xe9\n\nb', { eightBit: true, eightBitHeader: true }],
    ['\r\n\xe9', { eightBit: true, eightBitHeader: false }],
    ['\xe9', { eightBit: true, eightBitHeader: true }],
    ['', { sizeBytes: 0, eightBit: false, eightBitHeader: false, longestLineBytes: 0 }],
  ])('%j', (text, facts) => {
    const whole = latin1(text)
    expect(scan(whole)).toMatchObject(facts)
    for (const at of whole.keys()) expect(scan(whole.subarray(0, at), whole.subarray(at))).toMatchObject(facts)
  })
})
