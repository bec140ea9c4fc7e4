import { UsageError } from '../../../core/usage-error.js'

/** TCP and TLS carry a message behind its length (RFC 1035, section 4.2.2). */
export const LENGTH_BYTES = 2

/** Writes at `start` the length of the message between there and `end`. UsageError for more than 65535 octets. */
export function putLength(bytes: Uint8Array, start: number, end: number): void {
  const length = end - start - LENGTH_BYTES
  if (length > 0xffff) throw new UsageError(`a message of ${length} octets (at most 65535)`)
  bytes[start] = length >> 8
  bytes[start + 1] = length & 0xff
}

/** A message as TCP and TLS carry it. UsageError for more than 65535 octets. */
export function frameMessage(message: Uint8Array): Uint8Array {
  const framed = new Uint8Array(message.length + LENGTH_BYTES)
  putLength(framed, 0, framed.length)
  framed.set(message, LENGTH_BYTES)
  return framed
}

/** Finds the messages in a byte stream that may be cut anywhere, between the two octets of a length too (RFC 7766). */
export class MessageAssembler {
  #head = 0
  #headBytes = 0
  #message: Uint8Array | null = null
  #filled = 0

  /** Octets of a message, or of its length, whose end has not come; not 0 at the stream's end means it was cut off. */
  get pendingBytes(): number {
    return this.#headBytes + this.#filled
  }

  /** The messages that `chunk` completes, in order; a length of zero gives an empty one. */
  push(chunk: Uint8Array): Uint8Array[] {
    const complete: Uint8Array[] = []
    for (let at = 0; at < chunk.length; ) {
      if (this.#message === null) {
        this.#head = (this.#head << 8) | (chunk[at] ?? 0)
        this.#headBytes += 1
        at += 1
        if (this.#headBytes < 2) continue
        this.#message = new Uint8Array(this.#head)
      } else {
        const part = chunk.subarray(at, at + this.#message.length - this.#filled)
        this.#message.set(part, this.#filled)
        this.#filled += part.length
        at += part.length
      }
      if (this.#filled === this.#message.length) {
        complete.push(this.#message)
        this.#head = 0
        this.#headBytes = 0
        this.#message = null
        this.#filled = 0
      }
    }
    return complete
  }
}
