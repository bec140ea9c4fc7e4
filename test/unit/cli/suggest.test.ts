import { expect, test } from 'vitest'
import { nearest } from '../../../src/cli/suggest.js'

const KNOWN = ['connect', 'listen', 'resolve', 'errno', 'timeout', 'max-time', '4']

test.each([
  ['conect', 'connect'],
  ['connnect', 'connect'],
  ['ocnnect', 'connect'], // neighbours swapped are one slip
  ['CONNECT', 'connect'],
  ['resolv', 'resolve'],
  ['max-tme', 'max-time'],
  ['er', null],
  ['zzzzzz', null],
  ['', null],
  ['x', null], // one letter replaced is another flag, not a slip
  ['4', '4'],
  ['connectconnect', null],
])('%j is near %j', (word, near) => {
  expect(nearest(word, KNOWN)).toBe(near)
})

test('of equals the first wins, and of none there is none', () => {
  expect(nearest('cat', ['bat', 'rat'])).toBe('bat')
  expect(nearest('cat', [])).toBeNull()
})
