import type { RequestContext } from '../body/framing.js'
import { EventLog } from '../event-log.js'
import type { EndReason, ResponseEvent } from '../events.js'
import { ResponseReader } from './reader.js'

/** Heads and trailer sections beyond this are refused. */
const MAX_HEAD_BYTES = 256 * 1024

export interface DecoderLimits {
  /** For a head, and for a trailer section. Default {@link MAX_HEAD_BYTES}. */
  readonly maxHeadBytes?: number
}

/**
 * Decodes what one peer sends on one connection: the responses to the requests that were announced with
 * {@link ResponseDecoder.expect}, in order, however the bytes are cut (RFC 9112). Memory is bounded by the limits;
 * bodies are handed out as views of what was pushed.
 */
export class ResponseDecoder {
  readonly #maxHeadBytes: number
  readonly #log = new EventLog()
  readonly #waiting: RequestContext[] = []
  #reader: ResponseReader | null = null
  /** `failed`: what follows has no meaning; `tunnel`: it is not HTTP. */
  #state: 'http' | 'tunnel' | 'failed' | 'ended' = 'http'
  #receivedBytes = 0
  #reusable = true
  #rest: { readonly rule: 'unsolicited-bytes' | 'bytes-after-end' | 'body-not-allowed'; reported: boolean } = {
    rule: 'unsolicited-bytes',
    reported: false,
  }

  constructor(limits: DecoderLimits = {}) {
    this.#maxHeadBytes = limits.maxHeadBytes ?? MAX_HEAD_BYTES
  }

  /** Bytes pushed so far: the offset that the next one will have. */
  get receivedBytes(): number {
    return this.#receivedBytes
  }

  /** Announced requests whose response has not ended. */
  get outstanding(): number {
    return this.#waiting.length + (this.#reader ? 1 : 0)
  }

  /** Whether another request may be sent: the last response allows it and nothing unexpected has come behind it. */
  get reusable(): boolean {
    return this.#reusable
  }

  /** Announces a request that is about to be sent. */
  expect(request: RequestContext): void {
    this.#waiting.push(request)
    this.#startNext()
  }

  /** Takes the next bytes; `chunk` must stay unchanged as long as views of it are used. */
  push(chunk: Uint8Array): ResponseEvent[] {
    if (this.#state === 'ended') throw new Error('push after end')
    const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    const base = this.#receivedBytes
    for (let at = 0; at < bytes.length; ) at = this.#step(bytes, at, base)
    this.#receivedBytes = base + bytes.length
    return this.#log.take()
  }

  /** No more bytes will come: ends every outstanding response, each with its verdict. */
  end(reason: EndReason): ResponseEvent[] {
    this.#state = 'ended'
    this.#reusable = false
    this.#reader?.endByConnection(reason, this.#receivedBytes)
    this.#reader = null
    for (const request of this.#waiting.splice(0)) this.#newReader(request).endByConnection(reason, this.#receivedBytes)
    return this.#log.take()
  }

  #step(chunk: Buffer, at: number, base: number): number {
    const reader = this.#reader
    if (reader) {
      const next = reader.read(chunk, at, base)
      if (reader.end) this.#finish(reader, reader.end.persistent)
      return next
    }
    if (this.#state === 'http') this.#reportRest(base + at)
    const type = this.#state === 'failed' ? 'undecoded' : 'rest'
    this.#log.add({ type, offset: base + at, data: chunk.subarray(at) })
    return chunk.length
  }

  #finish(reader: ResponseReader, persistent: boolean): void {
    this.#reader = null
    this.#reusable = persistent
    this.#rest = { rule: reader.framing === 'none' ? 'body-not-allowed' : 'bytes-after-end', reported: false }
    if (reader.framing === 'tunnel') this.#state = 'tunnel'
    else if (reader.end?.stage !== 'done') this.#state = 'failed'
    else this.#startNext()
  }

  /** After a response that closes the connection no other can follow, whatever still comes (RFC 9112 9.6). */
  #startNext(): void {
    if (this.#reader || !this.#reusable) return
    const request = this.#waiting.shift()
    if (request) this.#reader = this.#newReader(request)
  }

  #newReader(request: RequestContext): ResponseReader {
    const isFirst = this.#rest.rule === 'unsolicited-bytes'
    return new ResponseReader(request, this.#log, this.#maxHeadBytes, isFirst)
  }

  #reportRest(offset: number): void {
    this.#reusable = false
    if (this.#rest.reported) return
    this.#rest.reported = true
    this.#log.report(this.#rest.rule, offset)
  }
}
