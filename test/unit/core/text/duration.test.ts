import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatDuration, formatMilliseconds, parseDuration } from '../../../../src/core/text/duration.js'

describe('parseDuration', () => {
  test.each([
    ['2', 2000],
    ['0', 0],
    ['1.5s', 1500],
    ['1.1s', 1100],
    ['500ms', 500],
    ['0.5ms', 0.5],
    ['1m', 60_000],
    ['1.5m', 90_000],
    ['2h', 7_200_000],
    ['8760h', 31_536_000_000],
  ])('%s is %d ms', (text, ms) => {
    expect(parseDuration(text, '--timeout')).toBe(ms)
  })

  test.each([
    ...[
      '',
      ' ',
      '1 s',
      ' 1',
      '1s ',
      '-1',
      '+1',
      '1e3',
      'NaN',
      'Infinity',
      '.5',
      '5.',
      '1.2.3',
      '1,5',
      '0x10',
      '1S',
      '1M',
    ],
    ...['1d', '1us', '1min', 'ms', 's', '1m30s', '１', '1\n'],
  ])('refuses %j', (text) => {
    expect(() => parseDuration(text, '--timeout')).toThrow(
      `--timeout: ${JSON.stringify(text)} is not a duration: 2, 1.5s, 500ms, 1m or 2h`,
    )
  })

  test.each(['8761h', '9'.repeat(30), '9'.repeat(400)])('refuses %s as too long', (text) => {
    expect(() => parseDuration(text, '--timeout')).toThrow('is not a duration of at most a year (8760h)')
  })

  test('reads back what a number of milliseconds says', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 31_536_000_000 }), (ms) => {
        expect(parseDuration(`${ms}ms`, '--timeout')).toBe(ms)
        expect(parseDuration(`${ms / 1000}`, '--timeout')).toBe(ms)
      }),
    )
  })
})

test.each([
  [0, '0 ms'],
  [0.42, '0.42 ms'],
  [0.0004, '0 ms'],
  [0.98765, '0.988 ms'],
  [1, '1 ms'],
  [12.345, '12.3 ms'],
  [999.4, '999 ms'],
  [999.5, '1 s'],
  [1500, '1.5 s'],
  [59_949, '59.9 s'],
  [59_950, '1 m'],
  [80_000, '1 m 20 s'],
  [3_599_400, '59 m 59 s'],
  [3_599_600, '1 h'],
  [7_500_000, '2 h 5 m'],
  [86_399_999, '1 d'],
  [273_600_000, '3 d 4 h'],
])('formatDuration(%d) is %s', (ms, text) => {
  expect(formatDuration(ms)).toBe(text)
})

test.each([
  [0, '0.00 ms'],
  [0.544, '0.54 ms'],
  [9.99, '9.99 ms'],
  [30.42, '30.4 ms'],
  [1234.56, '1234.6 ms'],
])('a step of %d ms took %s', (ms, text) => {
  expect(formatMilliseconds(ms)).toBe(text)
})
