import { counted } from '../../../core/text/digits.js'
import { labelText } from '../text.js'
import { MAX_NAME_BYTES, type Name, ROOT } from './name.js'

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

const POINTER_BYTES = 2
/** The pointer to the name right behind the header, which is the question's. */
export const POINTER_TO_QUESTION = 0xc000 | HEADER_BYTES

const DOT = 0x2e

const TOO_LONG = `a name is longer than ${MAX_NAME_BYTES} octets`

/** 16 bits from `at`, which must be there. */
export function get16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
}

/** 32 bits from `at`, which must be there. */
export function get32(bytes: Uint8Array, at: number): number {
  return get16(bytes, at) * 0x10000 + get16(bytes, at + 2)
}

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

/** What all readers of one message share. */
interface Message {
  /** The first octet after it. */
  readonly end: number
  /** The question's name, to which nearly every answer points. */
  question: Labels | null
  /** What other pointers have led to so far, by where they point. */
  names: Map<number, Labels> | null
}

/** A cursor over a message that cannot leave its bounds; only a compressed name may look back before them. */
export class WireReader {
  readonly bytes: Uint8Array
  offset: number
  /** The first octet that is not this reader's. */
  readonly end: number

  readonly #message: Message

  constructor(bytes: Uint8Array, offset = 0, end = bytes.length, message: Message | null = null) {
    this.bytes = bytes
    this.offset = offset
    this.end = end
    this.#message = message ?? { end, question: null, names: null }
  }

  get left(): number {
    return this.end - this.offset
  }

  fail(reason: string, offset = this.offset): never {
    throw new WireFault(offset, reason)
  }

  u8(): number {
    return this.bytes[this.skip(1)] ?? 0
  }

  u16(): number {
    const at = this.skip(2)
    return get16(this.bytes, at)
  }

  u32(): number {
    return get32(this.bytes, this.skip(4))
  }

  u48(): number {
    return this.u16() * 0x1_0000_0000 + this.u32()
  }

  take(length: number): Uint8Array {
    const at = this.skip(length)
    return this.bytes.subarray(at, at + length)
  }

  /** Skips the next `length` octets; returns where they start. */
  skip(length: number): number {
    const at = this.offset
    if (length > this.end - at) this.fail(`${counted(length, 'octet')} expected, ${this.end - at} left`)
    this.offset = at + length
    return at
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
    const at = this.skip(length)
    return new WireReader(this.bytes, at, at + length, this.#message)
  }

  /**
   * A domain name. Pointers lead strictly backwards, so that every name ends (RFC 1035, section 4.1.4). It is not decoded
   * where it is, octet for octet, the one that is `expected`.
   */
  name(expected: Name | null = null): Name {
    const { offset } = this
    if (offset !== HEADER_BYTES) {
      const labels = this.#pointedToQuestion() ?? this.#labels(offset, this.end, 0)
      this.offset = labels === this.#message.question ? offset + POINTER_BYTES : labels.next
      return labels.text === '' ? ROOT : labels.text
    }
    const labels = (expected === null ? null : this.#plainLabels(expected)) ?? this.#labels(offset, this.end, 0)
    this.#message.question = labels
    this.offset = labels.next
    return labels.text === '' ? ROOT : labels.text
  }

  /** Skips the question's name where it is, octet for octet, the one that is expected; else stays and returns false. */
  skipExpected(name: Name): boolean {
    const labels = this.#plainLabels(name)
    if (labels === null) return false
    this.#message.question = labels
    this.offset = labels.next
    return true
  }

  /** Skips a name without following it. */
  skipName(): void {
    for (;;) {
      const length = this.u8()
      if (length === 0) return
      if (length >= 0xc0) {
        this.skip(1)
        return
      }
      if (length >= 0x40) this.fail(`a label of unknown type 0x${length.toString(16)}`, this.offset - 1)
      this.skip(length)
    }
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

  /** Where nothing but a pointer to the question's name stands here, as in nearly every answer. */
  #pointedToQuestion(): Labels | null {
    const { bytes, offset, end } = this
    if (offset + POINTER_BYTES > end) return null
    return get16(bytes, offset) === POINTER_TO_QUESTION ? this.#message.question : null
  }

  /** The labels of `name` where they stand here, uncompressed and without a need for escapes; else null. */
  #plainLabels(name: Name): Labels | null {
    const { bytes, offset, end } = this
    let at = offset
    for (let i = 0; i < name.length; ) {
      const length = at < end ? (bytes[at] ?? 0) : 0
      if (length === 0 || length >= 0x40 || at + length >= end) return null
      const labelEnd = i + length
      if (name.charCodeAt(labelEnd) !== DOT) return null
      for (; i < labelEnd; i++) {
        at++
        const octet = bytes[at] ?? 0
        if (octet !== name.charCodeAt(i) || octet === DOT) return null
      }
      i++
      at++
    }
    // A backslash in the name stands for what would have to be escaped here, and never for itself alone.
    return at < end && bytes[at] === 0 && !name.includes('\\')
      ? { text: name, size: at - offset + 1, pointers: 0, next: at + 1 }
      : null
  }

  /** What a pointer at `at` leads to, which is read once for the whole message. */
  #pointedTo(target: number, at: number, hops: number): Labels {
    const message = this.#message
    const known = target === HEADER_BYTES ? message.question : message.names?.get(target)
    if (hops + (known?.pointers ?? 0) > MAX_POINTERS) {
      this.fail(`a name takes more than ${MAX_POINTERS} compression pointers`, at)
    }
    if (known) return known
    const labels = this.#labels(target, message.end, hops)
    if (target === HEADER_BYTES) message.question = labels
    else {
      message.names ??= new Map()
      message.names.set(target, labels)
    }
    return labels
  }
}
