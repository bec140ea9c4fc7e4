import { type ClientRequest, request as requestHttp1 } from 'node:http'
import type { ClientHttp2Session, ClientHttp2Stream } from 'node:http2'
import type { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { MEDIA_TYPE } from './https-failures.js'

/** What a request tells, over either version of HTTP. */
export interface RequestEvents {
  onHead(head: Head, body: Readable): void
  /** Told by an error, or by the code of RST_STREAM: 0 for none. Also told of a request that is answered. */
  onLost(why: Error | number, isAnswering: boolean): void
}

interface Head {
  readonly status: number
  readonly type: string | undefined
  /** How long a cache has had it (RFC 9111, section 5.1). */
  readonly ageSeconds: number
}

function headersOf(message: Uint8Array) {
  return { accept: MEDIA_TYPE, 'content-type': MEDIA_TYPE, 'content-length': message.length }
}

/** POSTs a message as one stream of the session. */
export function postHttp2(
  session: ClientHttp2Session,
  path: string,
  message: Uint8Array,
  { onHead, onLost }: RequestEvents,
): ClientHttp2Stream {
  let isAnswering = false
  const stream = session.request({ ':method': 'POST', ':path': path, ...headersOf(message) })
  stream.on('response', (head) => {
    isAnswering = true
    onHead({ status: head[':status'] ?? 0, type: head['content-type'], ageSeconds: secondsOf(head.age) }, stream)
  })
  stream.on('error', (error) => onLost(stream.rstCode || error, isAnswering))
  stream.on('close', () => onLost(stream.rstCode ?? 0, isAnswering))
  return stream.end(message)
}

/** POSTs a message as the one request of a connection. */
export function postHttp1(
  connection: () => Socket,
  authority: string,
  path: string,
  message: Uint8Array,
  { onHead, onLost }: RequestEvents,
): ClientRequest {
  let isAnswering = false
  const request = requestHttp1({
    createConnection: connection,
    method: 'POST',
    path,
    headers: { host: authority, connection: 'close', ...headersOf(message) },
  })
  request.on('response', (response) => {
    isAnswering = true
    response.on('error', (error) => onLost(error, true))
    response.on('close', () => onLost(0, true))
    const { 'content-type': type, age } = response.headers
    onHead({ status: response.statusCode ?? 0, type, ageSeconds: secondsOf(age) }, response)
  })
  request.on('error', (error) => onLost(error, isAnswering))
  // Of one that is being answered the response tells.
  request.on('close', () => isAnswering || onLost(0, false))
  return request.end(message)
}

/** Reads a body to its end; null where it is longer than `most` bytes. */
export function gather(body: Readable, most: number, done: (bytes: Uint8Array | null) => void): void {
  const chunks: Uint8Array[] = []
  let size = 0
  body.on('data', (chunk: Uint8Array) => {
    size += chunk.length
    if (size <= most) chunks.push(chunk)
    else done(null)
  })
  body.on('end', () => done(Buffer.concat(chunks)))
}

/** 0 where it is none. */
function secondsOf(age: string | undefined): number {
  return age !== undefined && /^\d{1,10}$/.test(age) ? Number(age) : 0
}
