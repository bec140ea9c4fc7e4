import { type Edns, extendedRcodeBits, readEdns } from './edns.js'
import { type DnsMessage, type Flags, type Question, type ResourceRecord, SECTIONS } from './message.js'
import { ROOT } from './name.js'
import type { Fields } from './rdata/field.js'
import { layoutOf } from './rdata/table.js'
import { type Fault, HEADER_BYTES, WireFault, WireReader } from './reader.js'
import { genericText } from './text.js'
import { TYPE } from './types.js'

/**
 * Decodes a message (RFC 1035, section 4; RFC 6891). It throws for no octets whatever: a record whose RDATA is wrong
 * keeps its octets and says what is wrong, the records after it are read; where the structure itself breaks, reading
 * ends there and the message says so. The work is bounded by the message's size. Null where there are not even the
 * twelve octets of a header.
 */
export function decodeMessage(bytes: Uint8Array): DnsMessage | null {
  if (bytes.length < HEADER_BYTES) return null
  return new Decoder(bytes).decode()
}

class Decoder {
  readonly #reader: WireReader
  readonly #questions: Question[] = []
  readonly #records: Record<'answer' | 'authority' | 'additional', ResourceRecord[]> = {
    answer: [],
    authority: [],
    additional: [],
  }
  #edns: Edns | null = null
  #rcode = 0

  constructor(bytes: Uint8Array) {
    this.#reader = new WireReader(bytes)
  }

  decode(): DnsMessage {
    const reader = this.#reader
    const id = reader.u16()
    const bits = reader.u16()
    const counts = { question: reader.u16(), answer: reader.u16(), authority: reader.u16(), additional: reader.u16() }
    this.#rcode = bits & 15
    let fault: Fault | null = null
    try {
      for (const section of SECTIONS) this.#section(section, counts[section])
    } catch (error) {
      fault = faultOf(error)
    }
    return {
      id,
      opcode: (bits >> 11) & 15,
      rcode: this.#rcode,
      flags: flagsOf(bits),
      counts,
      questions: this.#questions,
      answers: this.#records.answer,
      authorities: this.#records.authority,
      additionals: this.#records.additional,
      edns: this.#edns,
      sizeBytes: reader.end,
      trailingBytes: fault === null ? reader.left : 0,
      fault,
    }
  }

  #section(section: (typeof SECTIONS)[number], count: number): void {
    for (let at = 0; at < count; at++) {
      if (this.#reader.left === 0)
        this.#reader.fail(`${count} ${section} entries promised, the message ends after ${at}`)
      if (section === 'question') this.#questions.push(this.#question())
      else this.#record(section)
    }
  }

  #question(): Question {
    return { name: this.#reader.name(), type: this.#reader.u16(), class: this.#reader.u16() }
  }

  #record(section: 'answer' | 'authority' | 'additional'): void {
    const reader = this.#reader
    const { offset } = reader
    const question = this.#question()
    const ttl = reader.u32()
    const data = reader.within(reader.u16())
    if (question.type !== TYPE.OPT) {
      this.#records[section].push(recordOf(question, ttl, offset, data, null))
      return
    }
    const misplaced = misplacedOpt(section, question.name, this.#edns)
    if (misplaced !== null) {
      this.#records[section].push(recordOf(question, ttl, offset, data, { offset, reason: misplaced }))
      return
    }
    this.#edns = readEdns(question.class, ttl, data)
    this.#rcode |= extendedRcodeBits(ttl) << 4
  }
}

/** Why an OPT record cannot be the one of its message (RFC 6891, section 6.1.1), or null. */
function misplacedOpt(section: string, name: string, edns: Edns | null): string | null {
  if (section !== 'additional') return `OPT in the ${section} section`
  if (name !== ROOT) return 'OPT of a name that is not the root'
  return edns === null ? null : 'a second OPT'
}

/** A record whose RDATA is read unless it has a fault already. */
function recordOf(
  question: Question,
  sentTtl: number,
  offset: number,
  data: WireReader,
  known: Fault | null,
): ResourceRecord {
  const rdata = data.bytes.subarray(data.offset, data.end)
  const layout = known === null ? layoutOf(question.type, question.class) : null
  let fault = known
  let fields: Fields | null = null
  let text: string | null = null
  if (layout !== null) {
    try {
      const read: Fields = {}
      text = layout(data, read)
      if (text !== null && data.left > 0) data.fail(`${data.left} octets too many in the RDATA`)
      if (text !== null) fields = read
    } catch (error) {
      fault = faultOf(error)
      text = null
    }
  }
  // Written out: spreading objects here costs more than all the decoding.
  return {
    name: question.name,
    type: question.type,
    class: question.class,
    ttl: sentTtl >= 0x8000_0000 ? 0 : sentTtl,
    fields,
    text: text ?? genericText(rdata),
    rdata,
    offset,
    fault,
  }
}

function flagsOf(bits: number): Flags {
  const has = (bit: number) => (bits & bit) !== 0
  return {
    qr: has(0x8000),
    aa: has(0x0400),
    tc: has(0x0200),
    rd: has(0x0100),
    ra: has(0x0080),
    z: has(0x0040),
    ad: has(0x0020),
    cd: has(0x0010),
  }
}

/** What a WireFault carries; anything else is a bug, and goes on up. */
function faultOf(error: unknown): Fault {
  if (error instanceof WireFault) return error.fault
  throw error
}
