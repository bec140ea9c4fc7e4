import { pause } from '../../../core/settle.js'
import { encodeChunk, LAST_CHUNK } from '../../../protocol/http/request-encoder.js'
import { fieldValue, WholeAnswer } from '../http/answer.js'
import type { Exchange } from '../http/exchange.js'
import { createHttpResponder } from '../http/server.js'
import type { Responder, ResponderContext } from '../responder.js'
import type { Mode } from '../types.js'

type HttpMode = Extract<Mode, { kind: 'http' }>

/** Takes every request, whatever it asks for, and gives all of them the one answer. */
export function createHttp(mode: HttpMode, context: ResponderContext): Responder {
  const { delayMs } = mode
  const whole = answerOf(mode)
  const answer = (exchange: Exchange) => {
    if (delayMs > 0) void pause(delayMs, exchange.signal).then(() => exchange.send(whole))
    else exchange.send(whole)
  }
  return createHttpResponder({ answer, answersEarly: () => false }, context)
}

/** With what its fields leave out: the type of the body, and where it ends. */
function answerOf({ statusCode, headers, body }: HttpMode): WholeAnswer {
  const fields = headers.flat()
  const isEmpty = statusCode < 200 || statusCode === 204
  const codings = fieldValue(fields, 'transfer-encoding')
  if (fieldValue(fields, 'content-type') === undefined && body.length > 0)
    fields.push('Content-Type', 'text/plain; charset=utf-8')
  if (codings === undefined && fieldValue(fields, 'content-length') === undefined && !isEmpty)
    fields.push('Content-Length', String(body.length))
  if (isEmpty || statusCode === 304) return new WholeAnswer(statusCode, fields)
  const isChunked = /(^|,)[ \t]*chunked[ \t]*$/i.test(codings ?? '')
  return new WholeAnswer(statusCode, fields, Buffer.concat(isChunked ? [...encodeChunk(body), LAST_CHUNK] : [body]))
}
