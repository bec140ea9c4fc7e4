import fc from 'fast-check'
import { expect, test } from 'vitest'
import { jsonLine } from '../../../../src/cli/render/json.js'

const read = (event: object) => JSON.parse(jsonLine(event))

test('one event is one line', () => {
  expect(jsonLine({ type: 'x', text: 'a\nb\r\n' })).toBe('{"type":"x","text":"a\\nb\\r\\n"}\n')
})

test('absent and not finite is null, never missing', () => {
  const values = { a: undefined, b: Number.NaN, c: Number.POSITIVE_INFINITY, d: Number.NEGATIVE_INFINITY, e: null }
  expect(read({ ...values, deep: [{ f: undefined }, undefined] })).toEqual({
    a: null,
    b: null,
    c: null,
    d: null,
    e: null,
    deep: [{ f: null }, null],
  })
})

test('milliseconds keep three decimals, other numbers all', () => {
  expect(read({ elapsedMs: 1.23456, deep: { rttMs: 0.0004 }, ratio: 1.23456 })).toEqual({
    elapsedMs: 1.235,
    deep: { rttMs: 0 },
    ratio: 1.23456,
  })
})

test('bytes are data where they are UTF-8 and dataBase64 where not', () => {
  const utf8 = new TextEncoder().encode('grüße\0\ufeff')
  expect(read({ type: 'data', bytes: utf8 })).toEqual({ type: 'data', data: 'grüße\0\ufeff', dataBase64: null })
  const binary = Uint8Array.of(0xff, 0x00, 0x80)
  expect(read({ bytes: binary })).toEqual({ data: null, dataBase64: '/wCA' })
  expect(read({ bytes: Buffer.from(binary) })).toEqual({ data: null, dataBase64: '/wCA' })
  expect(read({ bytes: new Uint8Array() })).toEqual({ data: '', dataBase64: null })
  expect(read({ parts: [{ bytes: binary }] })).toEqual({ parts: [{ data: null, dataBase64: '/wCA' }] })
})

test('a view of a larger buffer gives only its own bytes', () => {
  const whole = Uint8Array.of(1, 0xff, 0xfe, 2)
  expect(read({ bytes: whole.subarray(1, 3) })).toEqual({ data: null, dataBase64: '//4=' })
})

test('a number under the key bytes stays one', () => {
  expect(read({ bytes: 7 })).toEqual({ bytes: 7 })
})

test('what a terminal does not deserve is escaped, and reads back the same', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const line = jsonLine({ text, [text]: 1 })
      expect(line.slice(0, -1)).not.toMatch(/[\p{Cc}\p{Bidi_Control}\u2028\u2029\u200b\ufeff]/u)
      expect(JSON.parse(line)).toEqual({ text, [text]: 1 })
    }),
  )
})
