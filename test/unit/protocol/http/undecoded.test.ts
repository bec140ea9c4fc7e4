import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ResponseEvent } from '../../../../src/protocol/http/events.js'
import { ResponseDecoder } from '../../../../src/protocol/http/response/decoder.js'
import { bytes, cut, latin1 } from './decoded.js'
import { CHUNKED_HEAD, head } from './table/row.js'

const LONG = 'HTTP/1.1 200 OK\r\nA: '.padEnd(300_000, 'a')
const cases: readonly (readonly [name: string, wire: string, undecoded: string])[] = [
  ['a head that is cut off', 'HTTP/1.1 200 OK\r\nA: b\r\nC', 'HTTP/1.1 200 OK\r\nA: b\r\nC'],
  ['a status line that is cut off', '\r\nHTT', '\r\nHTT'],
  ['a head that is too long', LONG, LONG],
  ['a status line that cannot be read', 'HTTP/1.1\r\nA: b\r\n\r\nbody', 'HTTP/1.1\r\nA: b\r\n\r\nbody'],
  ['a body behind a bad length', `${head('200 OK', 'Content-Length: 5x')}hello`, 'hello'],
  ['a bad chunk size and all behind it', `${CHUNKED_HEAD}2\r\nok\r\nzz\r\nmore\r\n`, 'zz\r\nmore\r\n'],
  ['what is no end of a chunk', `${CHUNKED_HEAD}2\r\nok\rx`, '\rx'],
  ['trailers that are cut off', `${CHUNKED_HEAD}0\r\nA: b\r\n`, 'A: b\r\n'],
  ['a chunk size that is cut off', `${CHUNKED_HEAD}2\r\nok\r\n1f`, '1f'],
  ['nothing of a message that is whole', `${CHUNKED_HEAD}2\r\nok\r\n0\r\nA: b\r\n\r\n`, ''],
  ['nothing of a body that is cut off', `${head('200 OK', 'Content-Length: 9')}hello`, ''],
]

/** What is told as undecoded, each piece where the one before it ended. */
function undecoded(pieces: readonly Uint8Array[]): { text: string; offset: number | null } {
  const decoder = new ResponseDecoder()
  decoder.expect({ method: 'GET' })
  let text = ''
  let offset: number | null = null
  const take = (events: readonly ResponseEvent[]) => {
    for (const event of events) {
      if (event.type !== 'undecoded') continue
      offset ??= event.offset
      expect(event.offset).toBe(offset + text.length)
      text += latin1(event.data)
    }
  }
  for (const piece of pieces) take(decoder.push(piece))
  take(decoder.end('fin'))
  return { text, offset }
}

describe('what could not be decoded is told as it came', () => {
  for (const [name, wire, expected] of cases) {
    it(`${name}, however it is cut`, () => {
      const whole = bytes(wire)
      const offset = expected === '' ? null : wire.length - expected.length
      expect(undecoded([whole])).toEqual({ text: expected, offset })
      const index = fc.nat({ max: whole.length })
      fc.assert(
        fc.property(fc.array(index, { maxLength: 6 }), (indexes) => {
          const pieces = cut(
            whole,
            indexes.toSorted((a, b) => a - b),
          )
          expect(undecoded(pieces)).toEqual({ text: expected, offset })
        }),
      )
    })
  }
})
