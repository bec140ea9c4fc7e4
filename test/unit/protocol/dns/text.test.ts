import { expect, test } from 'vitest'
import { timeText } from '../../../../src/protocol/dns/text.js'

const IN_2026 = 1_790_000_000
const IN_2110 = 4_420_000_000

test.each([
  [0, IN_2026, '19700101000000'],
  [1_700_000_000, IN_2026, '20231114221320'],
  [0xffff_ffff, IN_2026, '19691231235959'],
  [0x8000_0001, IN_2026, '20380119031409'],
  [0, IN_2110, '21060207062816'],
  [0xffff_ffff, IN_2110, '21060207062815'],
])('%d, read at %d, is %s', (seconds, now, text) => {
  expect(timeText(seconds, now)).toBe(text)
})
