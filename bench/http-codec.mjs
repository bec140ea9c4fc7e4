/**
 * How fast the HTTP codec decodes, without a socket: bodies in gigabytes and small heads in thousands for each
 * second of CPU time, collection of garbage on other threads included. Median and best of the rounds: on a machine with
 * neighbours the best is nearest to what the codec costs. A small head here is a status line and five fields, 142 bytes;
 * all of its fields become strings. Beside it Node's own client (llhttp) over a stream in memory, which makes a request
 * and two streams for each response too: what a program that uses it pays, not its parser alone.
 *   node scripts/build.mjs && node bench/http-codec.mjs
 */
import { request } from 'node:http'
import { Duplex } from 'node:stream'
import { ResponseDecoder } from '../dist/protocol/http/response/decoder.js'
import { median } from './measure.mjs'

const BODY_BYTES = 1024 ** 3
const HEADS = 300_000
const NODE_HEADS = 5_000
/** What one read of a socket hands over at most. */
const READ_BYTES = 64 * 1024
const ROUNDS = 5

const LARGE_HEAD = 'HTTP/1.1 200 OK\r\nServer: bench\r\n'
const SMALL = Buffer.from(
  'HTTP/1.1 200 OK\r\nServer: bench\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\nContent-Type: text/plain\r\n' +
    'ETag: "0123456789abcdef"\r\nContent-Length: 2\r\n\r\nok',
)

function decodeBody(head, piece, pieces, tail) {
  const decoder = new ResponseDecoder()
  decoder.expect({ method: 'GET' })
  let bodyBytes = 0
  const take = (bytes) => {
    for (const event of decoder.push(bytes)) if (event.type === 'body') bodyBytes += event.data.length
  }
  take(Buffer.from(head))
  for (let sent = 0; sent < pieces; sent++) take(piece)
  take(Buffer.from(tail))
  if (decoder.outstanding !== 0) throw new Error('the response is not complete')
  return bodyBytes
}

function byLength() {
  const pieces = BODY_BYTES / READ_BYTES
  return decodeBody(`${LARGE_HEAD}Content-Length: ${BODY_BYTES}\r\n\r\n`, Buffer.alloc(READ_BYTES), pieces, '')
}

function chunkedBy(chunkBytes) {
  const data = 'x'.repeat(chunkBytes)
  const chunk = `${chunkBytes.toString(16)}\r\n${data}\r\n`
  const piece = Buffer.from(chunk.repeat(Math.max(1, Math.floor(READ_BYTES / chunkBytes))))
  const pieces = Math.floor(BODY_BYTES / piece.length)
  return decodeBody(`${LARGE_HEAD}Transfer-Encoding: chunked\r\n\r\n`, piece, pieces, '0\r\n\r\n')
}

/** @param pieces the response, as the reads of a socket would give it */
function heads(pieces) {
  let headers = 0
  for (let count = 0; count < HEADS; count++) {
    const decoder = new ResponseDecoder()
    decoder.expect({ method: 'GET' })
    for (const piece of pieces) {
      for (const event of decoder.push(piece)) if (event.type === 'head') headers += event.head.headers.length
    }
  }
  if (headers !== HEADS * 5) throw new Error(`${headers} fields`)
  return HEADS
}

function keptAlive() {
  const decoder = new ResponseDecoder()
  let headers = 0
  for (let count = 0; count < HEADS; count++) {
    decoder.expect({ method: 'GET' })
    for (const event of decoder.push(SMALL)) if (event.type === 'head') headers += event.head.headers.length
  }
  if (headers !== HEADS * 5) throw new Error(`${headers} fields`)
  return HEADS
}

async function byNode() {
  let headers = 0
  for (let count = 0; count < NODE_HEADS; count++) {
    const stream = new Duplex({ read() {}, write: (_bytes, _encoding, done) => done() })
    await new Promise((resolve, reject) => {
      const sent = request({ createConnection: () => stream })
      sent.on('error', reject).on('response', (response) => {
        headers += response.rawHeaders.length / 2
        response.on('end', resolve).resume()
      })
      sent.end()
      stream.push(SMALL)
    })
    stream.destroy()
  }
  if (headers !== NODE_HEADS * 5) throw new Error(`${headers} fields`)
  return NODE_HEADS
}

async function measure(name, unit, scale, run) {
  const rates = []
  for (let round = 0; round < ROUNDS; round++) {
    const start = process.cpuUsage()
    const amount = await run()
    const { user, system } = process.cpuUsage(start)
    rates.push(amount / ((user + system) / 1e6) / scale)
  }
  const shown = [median(rates), Math.max(...rates)].map((rate) => rate.toFixed(1).padStart(9)).join('')
  console.log(`${name.padEnd(46)}${shown}  ${unit}`)
}

console.log(`${''.padEnd(46)}${'median'.padStart(9)}${'best'.padStart(9)}`)
await measure('body by Content-Length, 64 KiB reads', 'GB/s', 1e9, byLength)
await measure('body chunked by 64 KiB', 'GB/s', 1e9, () => chunkedBy(64 * 1024))
await measure('body chunked by 16 KiB', 'GB/s', 1e9, () => chunkedBy(16 * 1024))
await measure('body chunked by 1 KiB', 'GB/s', 1e9, () => chunkedBy(1024))
await measure(`heads of ${SMALL.length - 2} bytes, 5 fields, decoder each`, 'thousand/s', 1e3, () => heads([SMALL]))
await measure('the same, cut in the middle', 'thousand/s', 1e3, () =>
  heads([SMALL.subarray(0, 80), SMALL.subarray(80)]),
)
await measure('the same, on one connection', 'thousand/s', 1e3, keptAlive)
await measure("the same by Node's client, in memory", 'thousand/s', 1e3, byNode)
