import { expect, test } from 'vitest'
import { nearest } from '../../../../src/cli/args/suggest.js'

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

const COMMANDS = ['resolve', 'reverse', 'portscan', 'connect', 'listen', 'raw-http', 'smtp-send', 'errno', 'local']
const FLAGS = ['server', 'servername', 'dns-server', 'max-time', 'max-body', 'idle-timeout']

test.each([
  [COMMANDS, 'raw', 'raw-http'],
  [COMMANDS, 'smtp', 'smtp-send'],
  [COMMANDS, 'http', 'raw-http'],
  [COMMANDS, 'SCAN', 'portscan'],
  [COMMANDS, 'rev', 'reverse'],
  [COMMANDS, 're', null],
  [COMMANDS, 'e', null],
  [FLAGS, 'serv', 'server'],
  [FLAGS, 'dns', 'dns-server'],
  [FLAGS, 'idle', 'idle-timeout'],
  [FLAGS, 'max', null], // which of the two?
] as const)('of %j, the beginning or a part: %j is %j', (known, word, near) => {
  expect(nearest(word, known)).toBe(near)
})

test('of equals the first wins, and of none there is none', () => {
  expect(nearest('cat', ['bat', 'rat'])).toBe('bat')
  expect(nearest('cat', [])).toBeNull()
})
