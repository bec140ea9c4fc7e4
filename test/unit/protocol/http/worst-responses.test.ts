import { expect, test } from 'vitest'
import { codingsOf } from '../../../../src/operations/raw-http/body-decoder.js'
import { ResponseDecoder } from '../../../../src/protocol/http/response/decoder.js'

const SIZE = 4 << 20
const PIECE = 65_536
const fill = (unit: string) => unit.repeat(Math.ceil(SIZE / unit.length))
const field = (name: string, value: string) => `HTTP/1.1 200 OK\r\n${name}: ${value}\r\n\r\n`
const chunked = (rest: string) => `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${rest}`

/** What a backtracking expression, or a search that begins anew with each piece, would take hours for. */
const PATTERNS = [
  '"\\',
  '"',
  ',',
  ' ',
  '\t',
  '=',
  ';',
  '"a\\"',
  'a,',
  'W/"',
  '0',
  '1,',
  ', \t',
  '-',
  ':',
  '/',
  'a=b;',
  '%',
]
const NAMES = [
  ...['Accept-Ranges', 'Age', 'Allow', 'Connection', 'Content-Encoding', 'Content-Length', 'Content-Range'],
  ...['Content-Type', 'Date', 'ETag', 'Expires', 'Keep-Alive', 'Last-Modified', 'Location', 'Proxy-Authenticate'],
  ...['Retry-After', 'Trailer', 'Transfer-Encoding', 'Upgrade', 'Vary', 'Via', 'WWW-Authenticate', 'X-Any'],
]

/** Runs out of the test's time where the work is not linear. */
function decodes(wire: string): void {
  const bytes = Buffer.from(wire, 'latin1')
  const decoder = new ResponseDecoder({ maxHeadBytes: Number.MAX_SAFE_INTEGER })
  decoder.expect({ method: 'GET' })
  for (let at = 0; at < bytes.length; at += PIECE) decoder.push(bytes.subarray(at, at + PIECE))
  expect(decoder.end('fin').length).toBeLessThan(1000)
  expect(decoder.receivedBytes).toBe(bytes.length)
}

test.each(NAMES)(
  'a field %s of 4 MB takes linear time, whatever it is full of',
  (name) => {
    for (const pattern of PATTERNS) decodes(field(name, fill(pattern)))
  },
  60_000,
)

test.each<[string, string]>([
  ['a status line without end', `HTTP/1.1 200 ${fill('a')}`],
  ['a version without end', `HTTP/${fill('1')}`],
  ['a status line of spaces', `HTTP/1.1${fill(' ')}200 OK\r\n\r\n`],
  ['empty lines', fill('\r\n')],
  ['bare carriage returns', `HTTP/1.1 200 ${fill('\r')}\n\r\n`],
  ['fields of two bytes', `HTTP/1.1 200 OK\r\n${fill('a:\r\n')}\r\n`],
  ['lines without a colon', `HTTP/1.1 200 OK\r\n${fill('a\n')}\r\n`],
  ['folded lines', `HTTP/1.1 200 OK\r\nX: a\r\n${fill(' b\r\n')}\r\n`],
  ['a name of spaces', `HTTP/1.1 200 OK\r\n${fill('a ')}: b\r\n\r\n`],
  ['informational responses', fill('HTTP/1.1 103 Early Hints\r\n\r\n')],
  ['chunks of one byte', chunked(fill('1\r\na\r\n'))],
  ['a chunk size without end', chunked(fill('0'))],
  ['chunk extensions', chunked(`1${fill(';a="b"')}\r\n`)],
  ['chunk extensions that open a string', chunked(fill('1;a="\\"\r\na\r\n'))],
  ['trailers', chunked(`0\r\n${fill('a:\r\n')}\r\n`)],
])('%s, 4 MB of it, takes linear time', (_, wire) => decodes(wire), 60_000)

test('a list of codings takes linear time', () => {
  for (const pattern of PATTERNS) codingsOf([['Content-Encoding', fill(pattern)]], [])
}, 60_000)
