import { expect, test } from 'vitest'
import { counted, groupDigits } from '../../../../src/core/text/digits.js'

test.each([
  [0, '0'],
  [999, '999'],
  [1000, '1,000'],
  [65_535, '65,535'],
  [1_234_567, '1,234,567'],
  [-1000, '-1,000'],
])('%d is %s', (value, text) => {
  expect(groupDigits(value)).toBe(text)
})

test.each([
  [0, 'byte', undefined, '0 bytes'],
  [1, 'byte', undefined, '1 byte'],
  [2048, 'byte', undefined, '2,048 bytes'],
  [1, 'address', 'addresses', '1 address'],
  [2, 'address', 'addresses', '2 addresses'],
])('%d of %s: %4$s', (count, one, many, text) => {
  expect(counted(count, one, many)).toBe(text)
})
