import { type IncomingMessage, request } from 'node:http'
import { type AddressInfo, createServer, type Server } from 'node:net'
import type { Duplex } from 'node:stream'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { cut, type Decoded, decode, expectation } from './decoded.js'
import { rows } from './table/rows.js'

interface Case {
  readonly method: string
  readonly wire: Buffer
}

/** What Node's client makes of the bytes that a bare server sends. */
interface Read {
  status: number
  headers: string[]
  body: string
  trailers: string[]
  informational: number[]
}

let server: Server
let wire: Buffer

beforeAll(async () => {
  server = createServer((socket) => {
    socket.on('error', () => socket.destroy())
    socket.once('data', () => socket.end(wire))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})

afterAll(() => {
  server.close()
})

function pairs(raw: readonly string[]): string[] {
  return raw.flatMap((name, index) => (index % 2 === 0 ? [`${name}: ${raw[index + 1]}`] : []))
}

function readWithNode(method: string): Promise<Read> {
  const { port } = server.address() as AddressInfo
  return new Promise((resolve, reject) => {
    const informational: number[] = []
    const sent = request({ host: '127.0.0.1', port, method, agent: false, insecureHTTPParser: false })
    sent.on('information', ({ statusCode }) => informational.push(statusCode))
    sent.on('error', reject)
    // A tunnel or another protocol begins: the socket is handed over, and is not HTTP's any more.
    const handOver = (response: IncomingMessage, socket: Duplex) => {
      socket.destroy()
      const { statusCode = 0, rawHeaders } = response
      resolve({ status: statusCode, headers: pairs(rawHeaders), body: '', trailers: [], informational })
    }
    sent.on('upgrade', handOver).on('connect', handOver)
    sent.on('response', (response: IncomingMessage) => {
      const pieces: Buffer[] = []
      response.on('data', (piece: Buffer) => pieces.push(piece))
      response.on('error', reject)
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: pairs(response.rawHeaders),
          body: Buffer.concat(pieces).toString('latin1'),
          trailers: pairs(response.rawTrailers),
          informational,
        }),
      )
    })
    sent.end()
  })
}

const token = fc.stringMatching(/^X[!#$%&'*+.^_`|~0-9A-Za-z-]{1,12}$/)
const value = fc.stringMatching(/^([!-~\xa1-\xff]([ \t!-~\xa1-\xff]{0,20}[!-~\xa1-\xff])?)?$/)
const field = fc
  .tuple(token, fc.constantFrom(':', ': ', ':\t ', ':  '), value)
  .map(([name, colon, text]) => `${name}${colon}${text}\r\n`)
const fields = fc.array(field, { maxLength: 6 }).map((lines) => lines.join(''))
const bytes = fc.uint8Array({ maxLength: 60 }).map((data) => Buffer.from(data).toString('latin1'))
const extension = fc.constantFrom('', ';a', ';a=b', ';a="b;c"', ';a;b=c')
const chunk = fc
  .tuple(fc.uint8Array({ minLength: 1, maxLength: 60 }), extension, fc.boolean())
  .map(([data, ext, upper]) => {
    const size = data.length.toString(16)
    return `${upper ? size.toUpperCase() : `0${size}`}${ext}\r\n${Buffer.from(data).toString('latin1')}\r\n`
  })
const chunkedBody = fc
  .tuple(fc.array(chunk, { maxLength: 5 }), fields)
  .map(([chunks, trailers]) => `${chunks.join('')}0\r\n${trailers}\r\n`)
const framed = fc.oneof(
  bytes.map((body) => `Content-Length: ${body.length}\r\n\r\n${body}`),
  bytes.map((body) => `\r\n${body}`),
  chunkedBody.map((body) => `Transfer-Encoding: chunked\r\n\r\n${body}`),
)
const interim = fc.array(
  fc.constantFrom('HTTP/1.1 102 Processing\r\n\r\n', 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n'),
  { maxLength: 3 },
)
const reason = fc.stringMatching(/^[ -~]{0,12}$/)
const withBody = fc
  .tuple(interim, fc.constantFrom(200, 201, 203, 206, 301, 404, 410, 500, 503, 599), reason, fields, framed)
  .map(
    ([heads, status, phrase, lines, rest]): Case => ({
      method: 'GET',
      wire: Buffer.from(`${heads.join('')}HTTP/1.1 ${status} ${phrase}\r\n${lines}${rest}`, 'latin1'),
    }),
  )
const bodyless = fc.oneof(
  fields.map((lines): Case => ({ method: 'GET', wire: Buffer.from(`HTTP/1.1 204 \r\n${lines}\r\n`, 'latin1') })),
  fields.map(
    (lines): Case => ({
      method: 'GET',
      wire: Buffer.from(`HTTP/1.1 304 Not Modified\r\n${lines}Content-Length: 7\r\n\r\n`, 'latin1'),
    }),
  ),
  fields.map(
    (lines): Case => ({
      method: 'HEAD',
      wire: Buffer.from(`HTTP/1.1 200 OK\r\n${lines}Content-Length: 7\r\n\r\n`, 'latin1'),
    }),
  ),
)

describe("agreement with Node's parser", () => {
  it('holds for every valid response, whole and cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof({ weight: 4, arbitrary: withBody }, { weight: 1, arbitrary: bodyless }),
        fc.array(fc.nat(), { maxLength: 6 }),
        async ({ method, wire: sent }, cuts) => {
          wire = sent
          const node = await readWithNode(method)
          const at = cuts.map((each) => each % (sent.length + 1)).sort((a, b) => a - b)
          const { status, headers, body, trailers, informational, result } = decode(cut(sent, at), method)
          expect({ status, headers, body, trailers, informational }).toEqual(node)
          expect(result).toBe('ok')
        },
      ),
      { numRuns: 300 },
    )
  })
})

describe("the table, read by Node's parser in its strict way", () => {
  /** What is valid by the RFC, and why Node has it otherwise. */
  const VALID_OTHERWISE: Readonly<Record<string, string>> = {
    'empty elements of the list are skipped': 'Content-Length is no list to it (RFC 9110 5.6.1.2 and 8.6)',
    'empty elements before chunked': 'it looks for the one word, and reads to the close',
    'chunks: whitespace in an extension': 'bad whitespace has to be tolerated (RFC 9112 7.1.1)',
    'methods are case-sensitive: head is not HEAD': 'it makes upper case of a method, and expects no body',
    'head of exactly 256 KiB': 'its bound is 16 KiB',
    'CONNECT 407 has a body': 'it hands over the socket whatever the status is',
  }
  /** What is malformed to us, and still read by Node to some end. */
  const MALFORMED_OTHERWISE: Readonly<Record<string, string>> = {
    'chunked with a parameter': 'it reads to the close; chunked has no parameters (RFC 9112 7.1)',
    'status line: HTTP/2.0': 'it reads any of 0.9, 1.0, 1.1 and 2.0',
    'status line: HTTP/0.9 as a status line': 'as above',
  }

  const known = Object.keys({ ...VALID_OTHERWISE, ...MALFORMED_OTHERWISE })

  async function both(name: string): Promise<{ node: Read | null; ours: Decoded }> {
    const row = rows.find((each) => each.name === name)
    if (!row) throw new Error(`no row ${name}`)
    const { method = 'GET' } = row
    wire = expectation(row).wire
    return { node: await readWithNode(method).catch(() => null), ours: decode([wire], method) }
  }

  it('names only rows that there are', () => {
    const names = new Set(rows.map(({ name }) => name))
    expect(known.filter((name) => !names.has(name))).toEqual([])
  })

  it.each(rows.map(({ name }) => name).filter((name) => !known.includes(name)))('%s', async (name) => {
    const { node, ours } = await both(name)
    if (node === null) {
      // Whatever it refuses has a name here.
      expect(ours.anomalies).not.toEqual([])
      return
    }
    // And whatever it reads is what we read; where the RFC is broken we say so on top.
    const { status, body, informational, result } = ours
    expect({ status, body, informational }).toEqual({
      status: node.status,
      body: node.body,
      informational: node.informational,
    })
    expect(['ok', 'deviates']).toContain(result)
  })
})
