import { expect, it } from 'vitest'
import { lostBytesText } from '../../../../src/cli/render/lost-bytes.js'

it.each([
  [null, null, ''],
  [0, 0, ''],
  [2048, 0, '; the peer never acknowledged 2 KiB'],
  [null, 9, '; 9 B came and was not read'],
  [1, 1, '; the peer never acknowledged 1 B; 1 B came and was not read'],
])('tells of %s bytes not acknowledged, %s not read', (bytesUnacknowledged, bytesUnread, text) => {
  expect(lostBytesText({ bytesUnacknowledged, bytesUnread })).toBe(text)
})
