import { setTimeout as sleep } from 'node:timers/promises'
import type { Exchange } from '../http/exchange.js'
import { createHttpResponder } from '../http/server.js'
import type { Responder, ResponderContext } from '../responder.js'
import type { Mode } from '../types.js'

/** Of a request's body so much is kept to be shown; the rest is counted. */
const MAX_KEPT_BYTES = 1 << 20

/** Takes every request, whatever it asks for, and gives all of them the one answer. */
export function createHttp(answer: Extract<Mode, { kind: 'http' }>, context: ResponderContext): Responder {
  return createHttpResponder((exchange) => void respond(exchange, answer), context)
}

async function respond(exchange: Exchange, answer: Extract<Mode, { kind: 'http' }>): Promise<void> {
  const { request, response } = exchange
  try {
    const kept: Buffer[] = []
    let keptBytes = 0
    let sizeBytes = 0
    for await (const chunk of request as AsyncIterable<Buffer>) {
      sizeBytes += chunk.length
      const piece = chunk.subarray(0, MAX_KEPT_BYTES - keptBytes)
      keptBytes += piece.length
      if (piece.length > 0) kept.push(piece)
    }
    exchange.body = { sizeBytes, bytes: Buffer.concat(kept) }
  } catch {
    return // the client broke off inside its body; the connection's end tells how
  }
  if (answer.delayMs > 0) await sleep(answer.delayMs)
  const bodiless = request.method === 'HEAD' || answer.statusCode === 204 || answer.statusCode === 304
  response.statusCode = answer.statusCode
  for (const [name, value] of answer.headers) response.appendHeader(name, value)
  if (!response.hasHeader('content-type') && answer.body.length > 0)
    response.setHeader('Content-Type', 'text/plain; charset=utf-8')
  if (!response.hasHeader('content-length') && answer.statusCode !== 204)
    response.setHeader('Content-Length', answer.body.length)
  response.end(bodiless ? undefined : answer.body)
  exchange.sentBytes = bodiless ? 0 : answer.body.length
}
