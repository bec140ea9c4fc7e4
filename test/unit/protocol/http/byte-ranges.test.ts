import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { contentRange, parseByteRanges } from '../../../../src/protocol/http/byte-ranges.js'

describe('a Range field for 1000 bytes', () => {
  test.each([
    ['bytes=0-499', [[0, 499]]],
    ['bytes=500-999', [[500, 999]]],
    ['bytes=990-', [[990, 999]]],
    ['bytes=-10', [[990, 999]]],
    ['bytes=-5000', [[0, 999]]],
    ['bytes=0-9999', [[0, 999]]],
    ['BYTES = 0-0', [[0, 0]]],
    [
      'bytes=0-0,-1',
      [
        [0, 0],
        [999, 999],
      ],
    ],
    [
      'bytes= 1-2 , , 5-6',
      [
        [1, 2],
        [5, 6],
      ],
    ],
    ['bytes=0-1,5000-', [[0, 1]]],
  ])('%s', (field, expected) => {
    expect(parseByteRanges(field, 1000)?.map(({ first, last }) => [first, last])).toEqual(expected)
  })

  test.each(['bytes=1000-', 'bytes=5000-6000', 'bytes=-0'])('%s: nothing of it exists', (field) => {
    expect(parseByteRanges(field, 1000)).toEqual([])
  })

  test.each([
    'items=0-1',
    'bytes',
    'bytes=',
    'bytes=,',
    'bytes=5-1',
    'bytes=a-b',
    'bytes=-',
    'bytes=1-2-3',
    'bytes=0x1-2',
    'bytes=--1',
    'bytes=0-,0-,0-',
    `bytes=${'0-0,'.repeat(33)}1-1`,
  ])('%s: ignored', (field) => {
    expect(parseByteRanges(field, 1000)).toBeNull()
  })
})

test('of an empty representation nothing can be satisfied', () => {
  expect(parseByteRanges('bytes=0-', 0)).toEqual([])
  expect(parseByteRanges('bytes=-1', 0)).toEqual([])
})

test('what is given lies inside, whatever is asked for', () => {
  fc.assert(
    fc.property(fc.string(), fc.nat(5000), (text, size) => {
      for (const { first, last } of parseByteRanges(`bytes=${text}`, size) ?? []) {
        expect(first).toBeGreaterThanOrEqual(0)
        expect(last).toBeGreaterThanOrEqual(first)
        expect(last).toBeLessThan(size)
      }
    }),
  )
  fc.assert(
    fc.property(fc.nat(3000), fc.nat(3000), fc.integer({ min: 1, max: 2000 }), (first, more, size) => {
      const expected = first < size ? [{ first, last: Math.min(first + more, size - 1) }] : []
      expect(parseByteRanges(`bytes=${first}-${first + more}`, size)).toEqual(expected)
    }),
  )
})

test('Content-Range', () => {
  expect(contentRange({ first: 42, last: 1233 }, 1234)).toBe('bytes 42-1233/1234')
})
