import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatSize, parseSize } from '../../../../src/core/text/size.js'

describe('parseSize', () => {
  test.each([
    ['0', 0],
    ['123', 123],
    ['123B', 123],
    ['64k', 65_536],
    ['64K', 65_536],
    ['64kB', 65_536],
    ['64KiB', 65_536],
    ['10M', 10_485_760],
    ['1G', 1_073_741_824],
    ['1.5k', 1536],
    ['2T', 2_199_023_255_552],
    ['9007199254740991', Number.MAX_SAFE_INTEGER],
  ])('%s is %d bytes', (text, bytes) => {
    expect(parseSize(text, '--limit')).toBe(bytes)
  })

  test.each([
    ...[
      '',
      ' ',
      'k',
      '-1',
      '+1',
      '1e3',
      'NaN',
      'Infinity',
      '1 k',
      ' 1',
      '1k ',
      '.5k',
      '1.k',
      '0x10',
      '1P',
      '12iB',
      '1kk',
      '1.5',
    ],
    ...['0.3k', '9007199254740992', '8192T', '9'.repeat(400)],
  ])('refuses %j', (text) => {
    expect(() => parseSize(text, '--limit')).toThrow('is not a size in bytes: 123, 64k, 10M or 1G')
  })

  test('reads back any number of bytes', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (bytes) => {
        expect(parseSize(String(bytes), '--limit')).toBe(bytes)
      }),
    )
  })
})

test.each([
  [0, '0 B'],
  [512, '512 B'],
  [1000, '1000 B'],
  [1024, '1 KiB'],
  [1536, '1.5 KiB'],
  [65_536, '64 KiB'],
  [1_048_575, '1 MiB'],
  [1_073_741_824, '1 GiB'],
  [123_456_789, '118 MiB'],
  [Number.MAX_SAFE_INTEGER, '8 PiB'],
])('formatSize(%d) is %s', (bytes, text) => {
  expect(formatSize(bytes)).toBe(text)
})
