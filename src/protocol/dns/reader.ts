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

/** A cursor over a message that cannot leave its bounds; only a compressed name may look back before them. */
export class WireReader {
  readonly bytes: Uint8Array
  offset: number
  /** The first octet that is not this reader's. */
  readonly end: number

  constructor(bytes: Uint8Array, offset = 0, end = bytes.length) {
    this.bytes = bytes
    this.offset = offset
    this.end = end
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
    return new WireReader(this.bytes, at, at + length)
  }

  /** A domain name. Pointers lead strictly backwards, so that every name ends (RFC 1035, section 4.1.4). */
  name(): Name {
    return this.#name(true)
  }

  /** A domain name that must stand in full: a list of pointers could stand for far more than the message holds. */
  uncompressedName(): Name {
    return this.#name(false)
  }

  #name(mayPoint: boolean): Name {
    const { bytes } = this
    let at = this.offset
    let end = this.end
    let segment = at
    let size = 1
    let pointers = 0
    let name = ''
    for (;;) {
      const length = at < end ? (bytes[at] ?? 0) : this.fail('a name runs past the end', at)
      if (length === 0) break
      if (length < 0x40) {
        size += length + 1
        if (size > MAX_NAME_BYTES) this.fail(`a name is longer than ${MAX_NAME_BYTES} octets`)
        if (at + 1 + length > end) this.fail('a label runs past the end', at)
        name += `${labelText(bytes, at + 1, at + 1 + length)}.`
        at += length + 1
      } else if (length >= 0xc0) {
        if (!mayPoint) this.fail('a compressed name where none may be', at)
        if (at + 1 >= end) this.fail('a compression pointer runs past the end', at)
        const target = ((length & 0x3f) << 8) | (bytes[at + 1] ?? 0)
        if (target >= segment) this.fail(`a compression pointer to ${target}, which is not backwards`, at)
        if (target < HEADER_BYTES) this.fail(`a compression pointer to ${target}, into the header`, at)
        pointers += 1
        if (pointers > MAX_POINTERS) this.fail(`a name takes more than ${MAX_POINTERS} compression pointers`, at)
        if (pointers === 1) this.offset = at + 2
        segment = target
        at = target
        end = bytes.length
      } else {
        this.fail(`a label of unknown type 0x${length.toString(16)}`, at)
      }
    }
    if (pointers === 0) this.offset = at + 1
    return name === '' ? ROOT : name
  }

  /** Where the next `length` octets start, which are thereby read. */
  #advance(length: number): number {
    const at = this.offset
    if (length > this.end - at) this.fail(`${length} octets expected, ${this.end - at} left`)
    this.offset = at + length
    return at
  }
}
