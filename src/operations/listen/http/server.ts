// biome-ignore lint/style/noRestrictedImports: a parser over connections that net has accepted; it listens nowhere itself
import { createServer, type IncomingMessage, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { failure, failureFields } from '../../../core/failure.js'
import { NO_HINT } from '../../../core/hint.js'
import { abortedBy } from '../../../core/settle.js'
import { octetPairs } from '../../../protocol/http/events.js'
import type { Peer, Responder, ResponderContext } from '../responder.js'
import type { ListenEvent, RequestEvent } from '../types.js'
import { type Exchange, NO_BODY } from './exchange.js'
import { Turns } from './turns.js'
import { WholeAnswer, WholeResponse } from './whole-response.js'

/** A head that is not complete by then, and a request that is not, are given up: slow clients hold nobody up. */
const HEAD_TIMEOUT_MS = 60_000
const REQUEST_TIMEOUT_MS = 300_000
const KEEP_ALIVE_MS = 30_000
/** From outside the range of any real answer: nothing was answered. */
const NO_STATUS = 0
const TIMEOUT = 'ERR_HTTP_REQUEST_TIMEOUT'
/** Up to here head and body go out together; more is written on its own, without a copy. */
const MAX_WHOLE_BYTES = 16 * 1024

/**
 * A mode that speaks HTTP: Node's own server and parser over our connections. Each exchange is told as a `request`
 * event when it is over. What the parser refuses is answered 400, 408 or 431 and told as it came.
 */
export function createHttpResponder(
  handle: (exchange: Exchange) => void,
  { emit, idleTimeoutMs }: ResponderContext,
): Responder {
  const turns = new WeakMap<Duplex, Turns>()
  const idOf = (socket: Duplex) => turns.get(socket)?.peer.id ?? 0
  const keepAliveMs = idleTimeoutMs ?? KEEP_ALIVE_MS
  const server = createServer<typeof IncomingMessage, typeof WholeResponse>(
    {
      ServerResponse: WholeResponse,
      keepAliveTimeout: keepAliveMs,
      headersTimeout: HEAD_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      // Node would answer without a word to us.
      requireHostHeader: false,
    },
    (request, response) => {
      const exchange: Exchange = {
        request,
        response,
        keepAliveMs,
        startedMs: performance.now(),
        body: NO_BODY,
        sentBytes: 0,
      }
      turns.get(request.socket)?.take(exchange)
    },
  )
  const answer = (exchange: Exchange) => {
    if (hostIsUnclear(exchange.request)) sendStatus(exchange, 400)
    else handle(exchange)
  }
  const tell = (id: number, exchange: Exchange) => emit(requestEvent(id, exchange))
  // Not in Node's types: a client that has said all it has to say still gets its answer, as nc and a piped connect do.
  Object.assign(server, { httpAllowHalfOpen: true })
  // It sets the sockets' timers anew with each request.
  server.timeout = idleTimeoutMs ?? 0
  // It never listens itself, but counts the time of its requests only once it believes so.
  server.emit('listening')
  server.on('connect', (request, socket) => {
    emit(bareRequest(idOf(socket), request, 405))
    socket.end(statusOnly(405))
  })
  server.on('clientError', (error: NodeJS.ErrnoException & { rawPacket?: Buffer }, socket) => {
    const known = turns.get(socket)
    if (!known || !isRequestFault(error)) return void socket.destroy()
    if (error.code === TIMEOUT && known.isWaiting) return // we do not read: it is not the client that is slow
    for (const event of brokenRequest(known.peer, error)) emit(event)
    if (socket.writable) socket.end(statusOnly(statusFor(error.code)))
    else socket.destroy()
  })
  return {
    async serve(peer) {
      const stream = peer.takeStream()
      const own = new Turns(peer, stream, answer, tell)
      turns.set(stream, own)
      server.emit('connection', stream)
      await abortedBy(peer.signal)
      own.end()
    },
    close: () => server.close(),
  }
}

/** Of the parser, or of a request that took too long; else it is the connection that failed, whose owner tells of it. */
function isRequestFault({ code = '' }: NodeJS.ErrnoException): boolean {
  return code.startsWith('HPE_') || code.startsWith('ERR_HTTP_')
}

/** RFC 9112, section 3.2: HTTP/1.1 asks for one Host field, no fewer and no more. */
function hostIsUnclear({ httpVersion, rawHeaders }: IncomingMessage): boolean {
  let fields = 0
  for (let at = 0; at < rawHeaders.length; at += 2) if (/^host$/i.test(rawHeaders[at] ?? '')) fields++
  return httpVersion === '1.1' ? fields !== 1 : fields > 1
}

/** Answers with all there is to say, at once. HEAD gets no body. */
export function sendWhole(exchange: Exchange, whole: WholeAnswer): void {
  const { request, response, keepAliveMs } = exchange
  const { statusCode, fields } = whole
  const answer = request.method === 'HEAD' ? new WholeAnswer(statusCode, fields) : whole
  const { body } = answer
  exchange.sentBytes = body.length
  if (body.length <= MAX_WHOLE_BYTES && response.sendWhole(answer, keepAliveMs)) return
  response.writeHead(statusCode, [...fields])
  response.end(body.length > 0 ? body : undefined)
}

/** Answers with the status alone, as a short text. */
export function sendStatus(exchange: Exchange, statusCode: number, fields: readonly string[] = []): void {
  const body = Buffer.from(`${statusCode} ${STATUS_CODES[statusCode] ?? ''}\n`)
  const own = ['Content-Type', 'text/plain; charset=utf-8', 'Content-Length', String(body.length)]
  sendWhole(exchange, new WholeAnswer(statusCode, [...own, ...fields], body))
}

function requestEvent(id: number, { request, response, startedMs, body, sentBytes }: Exchange): RequestEvent {
  const statusCode = response.headersSent || response.wholeSent ? response.statusCode : NO_STATUS
  return {
    ...bareRequest(id, request, statusCode),
    bodySizeBytes: body.sizeBytes,
    bytes: body.bytes,
    responseSizeBytes: sentBytes,
    complete: response.writableFinished || response.wholeSent,
    elapsedMs: performance.now() - startedMs,
  }
}

function bareRequest(id: number, request: IncomingMessage, statusCode: number): RequestEvent {
  const { method = '', url = '', httpVersion, rawHeaders } = request
  const headers: [string, string][] = []
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) headers.push([rawHeaders[at] ?? '', rawHeaders[at + 1] ?? ''])
  return {
    type: 'request',
    id,
    method,
    target: url,
    httpVersion,
    headers: octetPairs(headers),
    bodySizeBytes: 0,
    bytes: NO_BODY.bytes,
    statusCode,
    responseSizeBytes: 0,
    complete: true,
    elapsedMs: 0,
  }
}

/** The bytes that were no request, and what the parser says of them. */
function brokenRequest(
  { id, address, port }: Peer,
  error: NodeJS.ErrnoException & { rawPacket?: Buffer },
): ListenEvent[] {
  const { code = 'ERROR', message, rawPacket } = error
  const failed = failure({
    phase: 'protocol',
    origin: 'peer',
    code,
    message: `no HTTP request that can be read: ${message}`,
    ...NO_HINT,
  })
  const problem: ListenEvent = { type: 'problem', id, address, port, ...failureFields(failed) }
  return rawPacket ? [{ type: 'data', id, direction: 'received', bytes: rawPacket }, problem] : [problem]
}

function statusFor(code: string | undefined): number {
  return code === 'HPE_HEADER_OVERFLOW' ? 431 : code === TIMEOUT ? 408 : 400
}

function statusOnly(statusCode: number): string {
  const allow = statusCode === 405 ? 'Allow: GET, HEAD\r\n' : ''
  return `HTTP/1.1 ${statusCode} ${STATUS_CODES[statusCode]}\r\n${allow}Content-Length: 0\r\nConnection: close\r\n\r\n`
}
