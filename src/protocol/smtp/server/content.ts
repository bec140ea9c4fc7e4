import { isAscii } from 'node:buffer'

const CRLF_DOT = Buffer.from('\r\n.')
const CR = 0x0d
const LF = 0x0a
const DOT = 0x2e
const NOTHING = new Uint8Array()
const BARE_LF = /(?:^|[^\r])\n/
/** The last byte may still be followed by LF. */
const BARE_CR = /\r(?=[^\n])/
/** RFC 5321 section 4.5.3.1.6: a line of text with its CRLF. */
const MAX_LINE_BYTES = 1000

/** What of a message's form is not as RFC 5321 has it. */
export interface ContentFacts {
  readonly bareLf: boolean
  readonly bareCr: boolean
  readonly eightBit: boolean
  /** Some line is longer than RFC 5321 section 4.5.3.1.6 allows. */
  readonly longLine: boolean
}

/**
 * What comes behind DATA, without the dots that were doubled (RFC 5321 section 4.5.2). Only CRLF begins a line: a dot
 * behind a bare LF is content like any other, and does not end it (section 4.1.1.4).
 */
export class ContentDecoder {
  /** The start of something that the next piece decides on. */
  #carried: Uint8Array = NOTHING
  #atLineStart = true
  /** Of the content so far: its last byte, and how long the line is that has not ended. */
  #lastByte = -1
  #lineBytes = 0
  #facts: ContentFacts = { bareLf: false, bareCr: false, eightBit: false, longLine: false }

  get facts(): ContentFacts {
    return this.#facts
  }

  /**
   * Takes a piece. `content` is what it adds to the message, in memory of its own; `rest` what stands behind the final
   * dot, or null while that has not come.
   */
  push(piece: Uint8Array): { readonly content: Uint8Array; readonly rest: Uint8Array | null } {
    const bytes = Buffer.concat([this.#carried, piece])
    this.#carried = NOTHING
    let [at, length] = [0, 0]
    const content = Buffer.allocUnsafe(bytes.length)
    const keep = (to: number) => {
      content.set(bytes.subarray(at, to), length)
      length += to - at
      at = to
    }
    const done = (rest: Uint8Array | null) => {
      this.#look(content.subarray(0, length))
      return { content: content.subarray(0, length), rest }
    }
    while (at < bytes.length) {
      if (this.#atLineStart && bytes[at] === DOT) {
        const [next, last] = [bytes[at + 1], bytes[at + 2]]
        if (next === CR && last === LF) return done(bytes.subarray(at + 3))
        if (next === undefined || (next === CR && last === undefined)) {
          this.#carried = bytes.subarray(at)
          return done(null)
        }
        at++
      }
      const found = bytes.indexOf(CRLF_DOT, at)
      this.#atLineStart = found >= 0
      if (found >= 0) keep(found + 2)
      else if (bytes.at(-1) === CR) {
        this.#carried = bytes.subarray(-1)
        keep(bytes.length - 1)
        break
      } else {
        this.#atLineStart = bytes.at(-1) === LF && bytes[bytes.length - 2] === CR && bytes.length - 2 >= at
        keep(bytes.length)
      }
    }
    return done(null)
  }

  #look(content: Uint8Array): void {
    if (content.length === 0) return
    const { bareLf, bareCr, eightBit, longLine } = this.#facts
    // A line break may lie across two pieces.
    const text = `${this.#lastByte === CR ? '\r' : ''}${Buffer.from(content).toString('latin1')}`
    this.#facts = {
      bareLf: bareLf || BARE_LF.test(text),
      bareCr: bareCr || BARE_CR.test(text),
      eightBit: eightBit || !isAscii(content),
      longLine: longLine || this.#hasLongLine(content),
    }
    this.#lastByte = content.at(-1) ?? -1
  }

  /** Looks for the last LF within the longest that a line may be, from where the line before ended. */
  #hasLongLine(content: Uint8Array): boolean {
    const bytes = Buffer.from(content.buffer, content.byteOffset, content.length)
    for (let start = -this.#lineBytes; ; ) {
      const most = start + MAX_LINE_BYTES
      const end = most > 0 ? bytes.lastIndexOf(LF, Math.min(most, bytes.length) - 1) : -1
      if (end >= Math.max(start, 0)) start = end + 1
      else {
        this.#lineBytes = bytes.length - start
        return this.#lineBytes > MAX_LINE_BYTES
      }
    }
  }
}
