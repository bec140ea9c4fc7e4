import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { endsOfRequests } from '../../../../../src/protocol/http/request/ends.js'

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'
const HEAD = 'HEAD / HTTP/1.1\r\nHost: a\r\n\r\n'
const POST = 'POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello'
const CHUNKED = 'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\nT: t\r\n\r\n'
const EXPECT = 'PUT / HTTP/1.1\r\nExpect: 100-continue\r\ncontent-length: 2\r\n\r\nok'
const BARE = 'GET / HTTP/1.1\nHost: a\n\n'
const KEPT = 'GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n'

/** Where each of `parts` ends. */
function ends(parts: readonly string[]): number[] {
  let end = 0
  return parts.map((part) => {
    end += part.length
    return end
  })
}

function split(text: string): number[] {
  return endsOfRequests(Buffer.from(text, 'latin1'))
}

describe('requests behind one another', () => {
  it('each end where their length, their chunks or their head says', () => {
    const framed = fc.constantFrom(GET, HEAD, POST, CHUNKED, EXPECT, BARE, KEPT)
    fc.assert(
      fc.property(fc.array(framed, { minLength: 1, maxLength: 8 }), (parts) => {
        expect(split(parts.join(''))).toEqual(ends(parts))
      }),
    )
  })

  it('may have empty lines between them, and at the end', () => {
    expect(split(`${GET}\r\n${POST}\r\n\r\n`)).toEqual(ends([GET, `\r\n${POST}\r\n\r\n`]))
  })

  it.each([
    ['a request that asks to close', `GET / HTTP/1.1\r\nConnection: x, Close\r\n\r\n`],
    ['HTTP/1.0 that does not ask to keep', 'GET / HTTP/1.0\r\n\r\n'],
    ['CONNECT', 'CONNECT a:1 HTTP/1.1\r\n\r\n'],
    ['a length that is none', 'POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n'],
    ['lengths that differ', 'POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n'],
    ['a coding that is not chunked', 'POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n'],
    ['chunks that are none', 'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n'],
  ])('are no more behind %s', (_, first) => {
    expect(split(`${GET}${first}${GET}`)).toEqual(ends([GET, `${first}${GET}`]))
  })

  it.each([
    'hi\r\n',
    'GET /\r\n',
    'SSH-2.0-x\r\n',
    '\r\n',
    `${POST} and more`,
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    'GET / HTTP/1.1\r\nHost: a',
    POST.slice(0, -1),
    CHUNKED.slice(0, -3),
  ])('are one where there is no second: %j', (text) => {
    expect(split(text)).toEqual([text.length])
  })

  it('are found in whatever bytes, in ascending order and to the last byte', () => {
    const piece = fc.oneof(fc.constantFrom(GET, POST, CHUNKED, '\r\n', 'x'), fc.string({ maxLength: 20 }))
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 10 }), (pieces) => {
        const bytes = Buffer.from(pieces.join(''), 'latin1')
        const found = endsOfRequests(bytes)
        expect(found).toEqual([...new Set(found)].sort((a, b) => a - b))
        expect(found.at(-1) ?? 0).toBe(bytes.length)
      }),
    )
  })
})
