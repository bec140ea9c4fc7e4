import { UsageError } from '../../core/usage-error.js'
import { endsOfRequests } from '../../protocol/http/request/ends.js'
import { encodeChunk, encodeRequestHead, LAST_CHUNK } from '../../protocol/http/request-encoder.js'
import type { RawHttpRequestEvent, RequestSpec } from './types.js'

/** Of a chunk that is sent; small enough that chunking is seen to work, large enough not to cost. */
const CHUNK_BYTES = 16_384
const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE'])
const SHOWN_BYTES = 65_536
/** A request is written in pieces, so that a peer that reads slowly is not taken for a silent one. */
const WRITE_BYTES = 65_536

/** What one answer is expected to. */
export interface RequestToSend {
  /** As sent; what the length of the response's body depends on. `GET` where raw bytes name none. */
  readonly method: string
  /** How many bytes have been sent once all of it has. */
  readonly endsAt: number
  /** Whether something stands behind its head. */
  readonly hasBody: boolean
  /** Whether to hear it twice is the same as once (RFC 9110 9.2.2). */
  readonly idempotent: boolean
  event(sequence: number, whole: boolean): RawHttpRequestEvent
}

export interface EncodedRequest {
  readonly pieces: readonly Uint8Array[]
  /** One, or in the order of their answers those that are sent in one go. */
  readonly questions: readonly RequestToSend[]
  readonly closes: boolean
}

/** The bytes of a request. Throws UsageError for what cannot be sent. @param keepAlive another one follows */
export function encodeRequest(spec: RequestSpec, keepAlive: boolean): EncodedRequest {
  const pieces = spec.kind === 'bytes' ? [spec.bytes] : encodeFields(spec, keepAlive)
  const sizeBytes = sizeOf(pieces)
  if (sizeBytes === 0) throw new UsageError('request: there is nothing in it to send', 'request')
  const questions = spec.kind === 'bytes' ? questionsIn(spec.bytes) : [question(pieces, sizeBytes)]
  return { pieces, questions, closes: !keepAlive && spec.kind === 'fields' && spec.defaults !== null }
}

function questionsIn(bytes: Uint8Array): RequestToSend[] {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  const ends = endsOfRequests(all)
  return ends.map((end, index) => question([all.subarray(ends[index - 1] ?? 0, end)], end))
}

function question(pieces: readonly Uint8Array[], endsAt: number): RequestToSend {
  const [first = new Uint8Array()] = pieces
  const line = requestLine(first)
  const sizeBytes = sizeOf(pieces)
  const headEnd = Buffer.from(first.buffer, first.byteOffset, first.length).indexOf('\r\n\r\n') + 4
  return {
    method: line.method ?? 'GET',
    endsAt,
    hasBody: headEnd >= 4 && headEnd < sizeBytes,
    idempotent: line.method !== null && IDEMPOTENT.has(line.method),
    event: (sequence, whole) => ({
      type: 'request',
      sequence,
      ...line,
      sizeBytes,
      bytes: firstBytes(pieces, whole ? sizeBytes : SHOWN_BYTES),
    }),
  }
}

function sizeOf(pieces: readonly Uint8Array[]): number {
  return pieces.reduce((sum, piece) => sum + piece.length, 0)
}

function encodeFields(spec: RequestSpec & { kind: 'fields' }, keepAlive: boolean): Uint8Array[] {
  const { method, target, httpVersion, headers, defaults, body, chunked } = spec
  // HTTP/1.1 keeps a connection unless told otherwise, HTTP/1.0 the other way round (RFC 9112 9.3).
  const connection = keepAlive ? (httpVersion === '1.0' ? 'keep-alive' : null) : 'close'
  const head = encodeRequestHead({
    method,
    target,
    httpVersion,
    headers,
    defaults: defaults && { ...defaults, connection },
    body: chunked ? { kind: 'chunked' } : body ? { kind: 'length', sizeBytes: body.length } : { kind: 'none' },
  })
  if (!chunked) return body && body.length > 0 ? [head, body] : [head]
  const pieces: Uint8Array[] = [head]
  for (let at = 0; body && at < body.length; at += CHUNK_BYTES) {
    pieces.push(...encodeChunk(body.subarray(at, at + CHUNK_BYTES)))
  }
  pieces.push(LAST_CHUNK)
  return pieces
}

/** What raw bytes say they are, behind empty lines (RFC 9112 2.2). */
function requestLine(bytes: Uint8Array): Pick<RawHttpRequestEvent, 'method' | 'target' | 'httpVersion'> {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, SHOWN_BYTES)).toString()
  const match = /^[\r\n]*([^\s]+) ([^\r\n]+?)(?: HTTP\/([^\s]+))?\r?\n/.exec(text)
  return { method: match?.[1] ?? null, target: match?.[2] ?? null, httpVersion: match?.[3] ?? null }
}

function firstBytes(pieces: readonly Uint8Array[], limit: number): Uint8Array {
  const taken: Uint8Array[] = []
  let left = limit
  for (const piece of pieces) {
    if (left <= 0) break
    taken.push(piece.subarray(0, left))
    left -= piece.length
  }
  return Buffer.concat(taken)
}

/** What stands in `pieces`, so that a short request goes out at once and a long one in parts. */
export function* inWrites(pieces: readonly Uint8Array[]): Generator<Uint8Array> {
  let held: Uint8Array[] = []
  let heldBytes = 0
  for (const piece of pieces) {
    for (let at = 0; at < piece.length; at += WRITE_BYTES) {
      const part = piece.subarray(at, at + WRITE_BYTES)
      held.push(part)
      heldBytes += part.length
      if (heldBytes < WRITE_BYTES) continue
      yield Buffer.concat(held)
      held = []
      heldBytes = 0
    }
  }
  if (heldBytes > 0) yield Buffer.concat(held)
}
