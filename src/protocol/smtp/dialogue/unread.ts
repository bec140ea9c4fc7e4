import type { ReplyError } from '../reply-decoder.js'
import type { StrayRule } from './conversation.js'

/** What has come and is part of no reply that was taken: what a transcript shows where no reply can be made of it. */
export class UnreadReply {
  #pieces: Buffer[] = []
  /** Of the first byte that is kept, in the stream. */
  #offset = 0

  push(bytes: Uint8Array): void {
    // Copied: the caller may reuse its buffer.
    this.#pieces.push(Buffer.from(bytes))
  }

  /** Forgets what stands before that offset in the stream. */
  dropTo(offset: number): void {
    for (let first = this.#pieces[0]; first && this.#offset < offset; first = this.#pieces[0]) {
      const dropped = Math.min(first.length, offset - this.#offset)
      this.#offset += dropped
      if (dropped < first.length) this.#pieces[0] = first.subarray(dropped)
      else this.#pieces.shift()
    }
  }

  /** Hands over what is left, by `rule`; from an error on by that of the error. */
  takeStrays(rule: StrayRule, error: ReplyError | null): { readonly rule: StrayRule; readonly bytes: Buffer }[] {
    const all = Buffer.concat(this.#pieces)
    const errorAt = error === null ? all.length : error.offset - this.#offset
    this.#pieces = []
    this.#offset += all.length
    const strays = [{ rule, bytes: all.subarray(0, errorAt) }]
    if (error !== null) strays.push({ rule: error.rule, bytes: all.subarray(errorAt) })
    return strays.filter(({ bytes }) => bytes.length > 0)
  }
}
