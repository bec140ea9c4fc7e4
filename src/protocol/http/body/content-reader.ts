import type { Rule } from '../anomaly.js'
import type { MessageLog } from '../event-log.js'
import type { BodyFraming } from '../events.js'
import type { Unread } from '../response/head-reader.js'
import { ChunkedBody } from './chunked-body.js'

/** How the content of a message ends where it has any: `close` with its connection. */
export type ContentFraming = Extract<BodyFraming, { kind: 'length' | 'chunked' | 'close' }>

/** Reads the content of a message, request or response, as it is framed (RFC 9112 6.3), and tells it piece by piece. */
export class ContentReader {
  readonly #log: MessageLog
  readonly #framing: ContentFraming
  readonly #chunked: ChunkedBody | null
  /** The rule that its first byte breaks. */
  readonly #forbiddenBy: Rule | null
  #bodyBytes = 0

  constructor(log: MessageLog, framing: ContentFraming, maxTrailerBytes: number, forbiddenBy: Rule | null = null) {
    this.#log = log
    this.#framing = framing
    this.#chunked = framing.kind === 'chunked' ? new ChunkedBody(log, maxTrailerBytes) : null
    this.#forbiddenBy = forbiddenBy
  }

  /** Bytes that were handed out. */
  get bodyBytes(): number {
    return this.#bodyBytes
  }

  /** Whether it lasts as long as its connection. */
  get lastsToClose(): boolean {
    return this.#framing.kind === 'close'
  }

  get state(): 'body' | 'trailers' | 'done' | 'failed' {
    if (this.#framing.kind === 'length') return this.#bodyBytes === this.#framing.lengthBytes ? 'done' : 'body'
    const state = this.#chunked?.state
    return state === 'done' || state === 'failed' || state === 'trailers' ? state : 'body'
  }

  /** Of what frames the content, what came and could not be read, or not yet. */
  get unread(): Unread | null {
    return this.#chunked?.unread ?? null
  }

  /** How much of a promised length came; null where none was promised. */
  get shortfall(): string | null {
    if (this.#framing.kind !== 'length') return null
    return `The connection was closed after ${this.#bodyBytes} of ${this.#framing.lengthBytes} bytes of the body.`
  }

  /**
   * @param base absolute offset of `chunk[0]`
   * @returns where it stopped in the chunk; to be called again while there is more of it
   */
  read(chunk: Buffer, at: number, base: number): number {
    if (this.#chunked) return this.#readChunked(this.#chunked, chunk, at, base)
    const left = this.#framing.kind === 'length' ? this.#framing.lengthBytes - this.#bodyBytes : chunk.length
    return this.#hand(chunk, at, Math.min(chunk.length, at + left), base)
  }

  #readChunked(chunked: ChunkedBody, chunk: Buffer, at: number, base: number): number {
    const dataBytes = Math.min(chunked.remainingBytes, chunk.length - at)
    if (dataBytes === 0) return chunked.readFraming(chunk, at, base)
    chunked.consumeData(dataBytes)
    return this.#hand(chunk, at, at + dataBytes, base)
  }

  #hand(chunk: Buffer, from: number, to: number, base: number): number {
    if (this.#forbiddenBy !== null && this.#bodyBytes === 0) this.#log.report(this.#forbiddenBy, base + from)
    this.#bodyBytes += to - from
    this.#log.add({ type: 'body', offset: base + from, data: chunk.subarray(from, to) })
    return to
  }
}
