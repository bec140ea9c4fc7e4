import { isAscii } from 'node:buffer'
import { DataEncoder } from './data-encoder.js'

/** What the envelope must know of a message before it is sent. */
export interface MessageFacts {
  /** As SIZE counts it (RFC 1870). */
  readonly sizeBytes: number
  /** Bytes above 127 anywhere: BODY=8BITMIME is needed (RFC 6152). */
  readonly eightBit: boolean
  /** Bytes above 127 before the first empty line: SMTPUTF8 is needed (RFC 6531). */
  readonly eightBitHeader: boolean
  /** Without its CRLF; more than 998 is beyond what every server must take. */
  readonly longestLineBytes: number
}

const END_OF_HEADER = Buffer.from('\r\n\r\n')

/** Reads a message once, chunk by chunk, ahead of sending it. */
export class MessageScanner {
  readonly #encoder = new DataEncoder()
  #eightBit = false
  #eightBitHeader = false
  /** The last bytes of the header so far; a message that begins with an empty line has no header. */
  #tail: Uint8Array | null = Buffer.from('\r\n')

  push(chunk: Uint8Array): void {
    const ascii = isAscii(chunk)
    if (!ascii) this.#eightBit = true
    const encoded = this.#encoder.transform(chunk)
    if (this.#tail === null) return
    const text = Buffer.concat([this.#tail, encoded])
    const end = text.indexOf(END_OF_HEADER)
    if (!ascii && !isAscii(end < 0 ? text : text.subarray(0, end))) this.#eightBitHeader = true
    this.#tail = end < 0 ? text.subarray(-(END_OF_HEADER.length - 1)) : null
  }

  /** Call once, when the message is complete. */
  finish(): MessageFacts {
    this.#encoder.finish()
    const { sizeBytes, longestLineBytes } = this.#encoder
    return { sizeBytes, longestLineBytes, eightBit: this.#eightBit, eightBitHeader: this.#eightBitHeader }
  }
}
