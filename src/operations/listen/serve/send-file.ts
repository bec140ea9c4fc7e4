import { randomBytes } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import { type ByteRange, contentRange, parseByteRanges } from '../../../protocol/http/byte-ranges.js'
import {
  type ConditionalFields,
  conditionalFields,
  evaluatePreconditions,
  rangeStillApplies,
} from '../../../protocol/http/preconditions.js'
import { WholeAnswer } from '../http/answer.js'
import type { Exchange } from '../http/exchange.js'
import type { ServedFile } from './files.js'

const CHUNK_BYTES = 128 * 1024

/**
 * Answers GET or HEAD with a file: whole, in part (RFC 9110 section 14), or not modified (section 13). At once where it
 * is kept in memory; else resolves when all of it is handed over.
 */
export function sendFile(exchange: Exchange, file: ServedFile): Promise<void> | undefined {
  const asked = conditionalFields(exchange.request.headers)
  const precondition = asked && evaluatePreconditions(asked, file)
  if (precondition === 304) exchange.send(new WholeAnswer(304, file.headers))
  else if (precondition === 412) exchange.sendStatus(412)
  else return sendContent(exchange, file, exchange.request.method === 'GET' ? asked : null)
  return undefined
}

function sendContent(exchange: Exchange, file: ServedFile, asked: ConditionalFields | null): Promise<void> | undefined {
  const { content, fields, sizeBytes } = file
  const ranges = asked && askedRanges(asked, file)
  if (ranges?.length === 0) {
    exchange.sendStatus(416, ['Content-Range', `bytes */${sizeBytes}`])
    return undefined
  }
  const [range, another] = ranges ?? []
  if (range && another) return sendParts(exchange, file, ranges ?? [])
  if (range) return sendRange(exchange, file, range)
  if (content.kind === 'bytes') exchange.send(content.answer)
  else if (exchange.request.method === 'HEAD') exchange.send(new WholeAnswer(200, fields))
  else return sendStream(exchange, 200, fields, file, { first: 0, last: sizeBytes - 1 })
  return undefined
}

/** RFC 9110 section 15.3.7.1. */
function sendRange(exchange: Exchange, file: ServedFile, range: ByteRange): Promise<void> | undefined {
  const { content, contentType, headers, sizeBytes } = file
  const length = range.last - range.first + 1
  const fields = ['Content-Type', contentType, 'Content-Length', String(length), ...headers]
  fields.push('Content-Range', contentRange(range, sizeBytes))
  if (content.kind !== 'bytes') return sendStream(exchange, 206, fields, file, range)
  const { body } = content.answer
  exchange.send(new WholeAnswer(206, fields, body.subarray(range.first, range.last + 1)))
  return undefined
}

async function sendStream(
  exchange: Exchange,
  statusCode: number,
  fields: readonly string[],
  file: ServedFile,
  range: ByteRange,
): Promise<void> {
  exchange.begin(statusCode, fields)
  if (await writeRange(exchange, file, range)) exchange.end()
}

/** Null where all of it is wanted; empty where none of the ranges is inside. */
function askedRanges({ range, 'if-range': ifRange }: ConditionalFields, file: ServedFile): ByteRange[] | null {
  if (range === undefined) return null
  return rangeStillApplies(ifRange, file) ? parseByteRanges(range, file.sizeBytes) : null
}

/** RFC 9110 section 15.3.7.2. */
async function sendParts(exchange: Exchange, file: ServedFile, ranges: readonly ByteRange[]): Promise<void> {
  const boundary = `netkit-${randomBytes(12).toString('hex')}`
  const heads = ranges.map((range, index) => {
    const lines = [
      `--${boundary}`,
      `Content-Type: ${file.contentType}`,
      `Content-Range: ${contentRange(range, file.sizeBytes)}`,
    ]
    return Buffer.from(`${index === 0 ? '' : '\r\n'}${lines.join('\r\n')}\r\n\r\n`)
  })
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`)
  const length = ranges.reduce(
    (sum, { first, last }, index) => sum + (heads[index]?.length ?? 0) + last - first + 1,
    tail.length,
  )
  const type = `multipart/byteranges; boundary=${boundary}`
  exchange.begin(206, ['Content-Type', type, 'Content-Length', String(length), ...file.headers])
  for (const [index, range] of ranges.entries()) {
    if (!(await exchange.write(heads[index] ?? Buffer.alloc(0)))) return
    if (!(await writeRange(exchange, file, range))) return
  }
  if (await exchange.write(tail)) exchange.end()
}

/** False where the client is gone, or the file shorter than announced: then the connection is broken off. */
async function writeRange(exchange: Exchange, { content }: ServedFile, { first, last }: ByteRange): Promise<boolean> {
  for (let at = first; at <= last; ) {
    const length = Math.min(CHUNK_BYTES, last - at + 1)
    const chunk =
      content.kind === 'bytes'
        ? content.answer.body.subarray(at, at + length)
        : await readChunk(content.handle, at, length)
    if (chunk.length === 0) {
      exchange.breakOff()
      return false
    }
    at += chunk.length
    if (!(await exchange.write(chunk))) return false
  }
  return true
}

async function readChunk(handle: FileHandle, at: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(length), 0, length, at)
  return buffer.subarray(0, bytesRead)
}
