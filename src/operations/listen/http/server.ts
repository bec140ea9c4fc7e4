import { type Failure, failureFields } from '../../../core/failure.js'
import { octetText } from '../../../core/text/octet-text.js'
import { type MessageEnd, octetPairs } from '../../../protocol/http/events.js'
import type { Peer, Responder, ResponderContext } from '../responder.js'
import type { ListenEvent, ListenRequestEvent } from '../types.js'
import { type HttpHandler, HttpServerConnection } from './connection.js'
import type { Exchange } from './exchange.js'
import type { KeptBytes } from './kept-bytes.js'
import { requestFailure } from './refusal.js'

const KEEP_ALIVE_MS = 30_000
/** How often it is looked for clients that are too slow. */
const LOOK_MS = 500

/** How a mode answers requests; see `HttpHandler`. */
export type Answerer = Pick<HttpHandler, 'answer' | 'answersEarly'>

/**
 * A mode that speaks HTTP/1 over the streams of its peers. Each exchange is told as a `request` event when it is over. What
 * cannot be read is answered 400, 408, 414 or 431, and told as it came.
 */
export function createHttpResponder(answerer: Answerer, { emit, idleTimeoutMs }: ResponderContext): Responder {
  const connections = new Set<HttpServerConnection>()
  const keepAliveMs = idleTimeoutMs ?? KEEP_ALIVE_MS
  // Where the user bounds the silence the stream looks for it itself.
  const idleMs = idleTimeoutMs === null ? KEEP_ALIVE_MS : null
  const looking = setInterval(() => {
    const nowMs = performance.now()
    for (const connection of connections) connection.look(nowMs, idleMs)
  }, LOOK_MS).unref()

  const handler: HttpHandler = {
    answer: answerer.answer,
    answersEarly: answerer.answersEarly,
    over(peer, exchange, end, undecoded) {
      if (!undecoded.isEmpty) emit(received(peer, undecoded))
      const failed = failureOf(exchange, end, undecoded)
      if (failed) emit(problem(peer, failed))
      emit(requestEvent(peer, exchange, end))
    },
    stray: (peer, bytes) => emit(received(peer, bytes)),
  }
  return {
    async serve(peer) {
      const connection = new HttpServerConnection(peer, handler, keepAliveMs)
      connections.add(connection)
      await connection.serve()
      connections.delete(connection)
    },
    close: () => clearInterval(looking),
  }
}

/** A client that is gone is told of by the end of its connection. */
function failureOf({ anomalies, isWhole }: Exchange, end: MessageEnd, undecoded: KeptBytes): Failure | null {
  if (isWhole || end.reason === 'reset' || end.reason === 'abort') return null
  return requestFailure(anomalies, end, undecoded.bytes())
}

function received({ id }: Peer, bytes: KeptBytes): ListenEvent {
  return { type: 'data', id, direction: 'received', bytes: bytes.bytes() }
}

function problem({ id, address, port }: Peer, failed: Failure): ListenEvent {
  return { type: 'problem', id, address, port, ...failureFields(failed) }
}

function requestEvent({ id }: Peer, exchange: Exchange, end: MessageEnd): ListenRequestEvent {
  const { request, content, trailers, anomalies, statusCode, sentBytes, isWhole, isAnswered, startedMs } = exchange
  return {
    type: 'request',
    id,
    method: octetText(request.method),
    target: octetText(request.target),
    httpVersion: octetText(request.httpVersion),
    headers: octetPairs(request.headers),
    bodySizeBytes: content.sizeBytes,
    bytes: content.bytes(),
    trailers: octetPairs(trailers),
    anomalies,
    suppressedAnomalies: end.suppressedAnomalies,
    statusCode,
    responseSizeBytes: sentBytes,
    complete: isWhole && isAnswered,
    elapsedMs: performance.now() - startedMs,
  }
}
