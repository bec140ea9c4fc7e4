/**
 * How fast the HTTP codec decodes, without a socket: bodies in gigabytes and small heads in thousands for each
 * second of CPU time.
 *   node scripts/build.mjs && node bench/http-codec.mjs
 */
import { ResponseDecoder } from '../dist/protocol/http/response-decoder.js'

const BODY_BYTES = 1024 ** 3
const HEADS = 300_000
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

function heads(cut) {
  let headers = 0
  for (let count = 0; count < HEADS; count++) {
    const decoder = new ResponseDecoder()
    decoder.expect({ method: 'GET' })
    const pieces = cut === 0 ? [SMALL] : [SMALL.subarray(0, cut), SMALL.subarray(cut)]
    for (const piece of pieces) {
      for (const event of decoder.push(piece)) if (event.type === 'head') headers += event.head.headers.length
    }
  }
  if (headers !== HEADS * 5) throw new Error(`${headers} fields`)
  return HEADS
}

function keptAlive() {
  const decoder = new ResponseDecoder()
  let ends = 0
  for (let count = 0; count < HEADS; count++) {
    decoder.expect({ method: 'GET' })
    for (const event of decoder.push(SMALL)) if (event.type === 'end') ends++
  }
  return ends
}

/** The best of a few rounds, by the CPU time that this process used: neighbours on the machine count least that way. */
function measure(name, unit, scale, run) {
  let best = 0
  for (let round = 0; round < ROUNDS; round++) {
    const start = process.cpuUsage()
    const amount = run()
    const { user, system } = process.cpuUsage(start)
    best = Math.max(best, amount / ((user + system) / 1e6))
  }
  console.log(`${name.padEnd(48)} ${(best / scale).toFixed(1).padStart(10)} ${unit}`)
}

measure('body by Content-Length, 64 KiB reads', 'GB/s', 1e9, byLength)
measure('body chunked by 64 KiB', 'GB/s', 1e9, () => chunkedBy(64 * 1024))
measure('body chunked by 16 KiB', 'GB/s', 1e9, () => chunkedBy(16 * 1024))
measure('body chunked by 1 KiB', 'GB/s', 1e9, () => chunkedBy(1024))
measure(`heads of ${SMALL.length - 2} bytes, 5 fields, decoder each`, 'thousand/s', 1e3, () => heads(0))
measure('the same, cut in the middle', 'thousand/s', 1e3, () => heads(80))
measure('the same, on one connection', 'thousand/s', 1e3, keptAlive)
