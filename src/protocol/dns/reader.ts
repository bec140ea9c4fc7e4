import { MAX_NAME_BYTES, type Name, ROOT } from './name.js'
import { labelText } from './text.js'

/** Where a message, a record or an option breaks the protocol, and in what. */
export interface Fault {
  /** Octets from the start of the message. */
  readonly offset: number
  readonly reason: string
}

/** Carries a {@link Fault} up to whoever isolates it; it never leaves the codec. */
export class WireFault extends Error {
  readonly fault: Fault

  constructor(offset: number, reason: string) {
    super(reason)
    this.fault = { offset, reason }
  }
}

/** The fixed header of every message (RFC 1035, section 4.1.1). */
export const HEADER_BYTES = 12

/** A name of 255 octets has 127 labels: more pointers than that lead nowhere new. */
const MAX_POINTERS = 127

const TOO_LONG = `a name is longer than ${MAX_NAME_BYTES} octets`

/** The end of a name. */
interface Labels {
  /** Each label with its dot; empty for the root. */
  readonly text: string
  /** Octets that they take uncompressed, the root's included. */
  readonly size: number
  readonly pointers: number
  /** The first octet after the name, where it starts. */
  readonly next: number
}

/** A cursor over a message that cannot leave its bounds; only a compressed name may look back before them. */
export class WireReader {
  readonly bytes: Uint8Array
  offset: number
  /** The first octet that is not this reader's. */
  readonly end: number

  /** What pointers have led to so far, for this message. */
  readonly #names: Map<number, Labels>

  constructor(bytes: Uint8Array, offset = 0, end = bytes.length, names = new Map<number, Labels>()) {
    this.bytes = bytes
    this.offset = offset
    this.end = end
    this.#names = names
  }

  get left(): number {
    return this.end - this.offset
  }

  fail(reason: string, offset = this.offset): never {
    throw new WireFault(offset, reason)
  }

  u8(): number {
    const at = this.#advance(1)
    return this.bytes[at] ?? 0
  }

  u16(): number {
    const at = this.#advance(2)
    return ((this.bytes[at] ?? 0) << 8) | (this.bytes[at + 1] ?? 0)
  }

  u32(): number {
    return this.u16() * 0x10000 + this.u16()
  }

  u48(): number {
    return this.u16() * 0x1_0000_0000 + this.u32()
  }

  take(length: number): Uint8Array {
    const at = this.#advance(length)
    return this.bytes.subarray(at, at + length)
  }

  rest(): Uint8Array {
    return this.take(this.left)
  }

  /** A character string: one length octet and as many octets (RFC 1035, section 3.3). */
  string(): Uint8Array {
    return this.take(this.u8())
  }

  /** A reader of the next `length` octets alone, which this one skips. */
  within(length: number): WireReader {
    const at = this.#advance(length)
    return new WireReader(this.bytes, at, at + length, this.#names)
  }

  /** A domain name. Pointers lead strictly backwards, so that every name ends (RFC 1035, section 4.1.4). */
  name(): Name {
    const labels = this.#labels(this.offset, this.end, 0)
    const { text, next } = labels
    // The question's name, to which nearly every answer points.
    if (this.offset === HEADER_BYTES) this.#names.set(HEADER_BYTES, labels)
    this.offset = next
    return text === '' ? ROOT : text
  }

  /** A domain name that must stand in full: a list of pointers could stand for far more than the message holds. */
  uncompressedName(): Name {
    const { text, next, pointers } = this.#labels(this.offset, this.end, 0)
    if (pointers > 0) this.fail('a compressed name where none may be')
    this.offset = next
    return text === '' ? ROOT : text
  }

  /** The labels from `start` to the root or, by way of a pointer, to the end of another name. */
  #labels(start: number, end: number, hops: number): Labels {
    const { bytes } = this
    let at = start
    let text = ''
    for (;;) {
      const length = at < end ? (bytes[at] ?? 0) : this.fail('a name runs past the end', at)
      if (length === 0) return { text, size: at - start + 1, pointers: 0, next: at + 1 }
      if (length >= 0xc0) break
      if (length >= 0x40) this.fail(`a label of unknown type 0x${length.toString(16)}`, at)
      if (at + 1 + length > end) this.fail('a label runs past the end', at)
      if (at + length - start + 2 > MAX_NAME_BYTES) this.fail(TOO_LONG, start)
      text += `${labelText(bytes, at + 1, at + 1 + length)}.`
      at += length + 1
    }
    if (at + 1 >= end) this.fail('a compression pointer runs past the end', at)
    const target = (((bytes[at] ?? 0) & 0x3f) << 8) | (bytes[at + 1] ?? 0)
    if (target >= start) this.fail(`a compression pointer to ${target}, which is not backwards`, at)
    if (target < HEADER_BYTES) this.fail(`a compression pointer to ${target}, into the header`, at)
    const rest = this.#pointedTo(target, at, hops + 1)
    const size = at - start + rest.size
    if (size > MAX_NAME_BYTES) this.fail(TOO_LONG, start)
    return { text: text + rest.text, size, pointers: rest.pointers + 1, next: at + 2 }
  }

  /** What a pointer at `at` leads to, which is read once for the whole message. */
  #pointedTo(target: number, at: number, hops: number): Labels {
    const known = this.#names.get(target)
    if (hops + (known?.pointers ?? 0) > MAX_POINTERS) {
      this.fail(`a name takes more than ${MAX_POINTERS} compression pointers`, at)
    }
    if (known !== undefined) return known
    const labels = this.#labels(target, this.bytes.length, hops)
    this.#names.set(target, labels)
    return labels
  }

  /** Where the next `length` octets start, which are thereby read. */
  #advance(length: number): number {
    const at = this.offset
    if (length > this.end - at) this.fail(`${length} octets expected, ${this.end - at} left`)
    this.offset = at + length
    return at
  }
}
