import { type Edns, extendedRcodeBits, readEdns } from '../edns.js'
import { readPlainAnswer } from '../fast/plain-answer.js'
import type { DnsMessage, Question, ResourceRecord } from '../message.js'
import { messageFlags, recordOf, wireFaultOf } from '../record.js'
import { TYPE } from '../types.js'
import { ROOT, sameName } from './name.js'
import { type Fault, get16, HEADER_BYTES, WireReader } from './reader.js'

/** What the reader of an answer knows before, and cares for. */
export interface Expected {
  readonly question: Question
  /**
   * Once the answer section answers the question, the records behind it are not wanted: they are walked over, and the
   * sections are empty. Of a message without a fault the answer is the same.
   */
  readonly answersOnly: boolean
}

/**
 * Decodes a message (RFC 1035, section 4; RFC 6891). It throws for no octets whatever: a record whose RDATA is wrong
 * keeps its octets and says what is wrong, the records after it are read; where the structure itself breaks, reading
 * ends there and the message says so. The work is bounded by the message's size. Null where there are not even the
 * twelve octets of a header. The message is what stands before `end`; none of its octets is kept, so that they may be
 * written over.
 */
export function decodeMessage(
  bytes: Uint8Array,
  end = bytes.length,
  expected: Expected | null = null,
): DnsMessage | null {
  if (end < HEADER_BYTES) return null
  const plain = expected && readPlainAnswer(bytes, end, expected.question, expected.answersOnly)
  return plain ?? new Decoder(new WireReader(bytes, 0, end), expected).decode()
}

class Decoder {
  readonly #reader: WireReader
  readonly #expected: Expected | null
  #questions: readonly Question[] = NONE
  #edns: Edns | null = null
  #rcode = 0

  constructor(reader: WireReader, expected: Expected | null) {
    this.#reader = reader
    this.#expected = expected
  }

  decode(): DnsMessage {
    const reader = this.#reader
    const { bytes } = reader
    reader.skip(HEADER_BYTES)
    const id = get16(bytes, 0)
    const bits = get16(bytes, 2)
    const counts = {
      question: get16(bytes, 4),
      answer: get16(bytes, 6),
      authority: get16(bytes, 8),
      additional: get16(bytes, 10),
    }
    this.#rcode = bits & 15
    const records: Sections = { answer: NONE, authority: NONE, additional: NONE }
    let fault: Fault | null = null
    try {
      this.#readQuestions(counts.question)
      this.#readRecords('answer', counts.answer, records)
      const enough = this.#isAnswered(records.answer)
      if (enough) this.#skipRecords('authority', counts.authority)
      else this.#readRecords('authority', counts.authority, records)
      if (enough) this.#skipRecords('additional', counts.additional)
      else this.#readRecords('additional', counts.additional, records)
    } catch (error) {
      fault = wireFaultOf(error)
    }
    return {
      id,
      opcode: (bits >> 11) & 15,
      rcode: this.#rcode,
      flags: messageFlags(bits),
      counts,
      questions: this.#questions,
      answers: records.answer,
      authorities: records.authority,
      additionals: records.additional,
      edns: this.#edns,
      sizeBytes: reader.end,
      trailingBytes: fault === null ? reader.left : 0,
      fault,
    }
  }

  #readQuestions(count: number): void {
    if (count === 0) return
    const questions: Question[] = []
    this.#questions = questions
    for (let at = 0; at < count; at++) {
      this.#checkLeft('question', count, at)
      questions.push(this.#entry())
    }
  }

  /** Each is there as soon as it is read: those before a fault are kept. */
  #readRecords(section: keyof Sections, count: number, sections: Sections): void {
    for (let at = 0; at < count; at++) {
      this.#checkLeft(section, count, at)
      const record = this.#record(section)
      if (record === null) continue
      if (sections[section] === NONE) sections[section] = [record]
      else sections[section].push(record)
    }
  }

  /** Over all but OPT, which has a part of the response code. */
  #skipRecords(section: keyof Sections, count: number): void {
    const reader = this.#reader
    for (let at = 0; at < count; at++) {
      this.#checkLeft(section, count, at)
      const { offset } = reader
      reader.skipName()
      if (reader.u16() === TYPE.OPT) {
        reader.offset = offset
        this.#record(section)
      } else {
        reader.skip(6)
        reader.skip(reader.u16())
      }
    }
  }

  #checkLeft(section: string, count: number, at: number): void {
    if (this.#reader.left === 0) this.#reader.fail(`${count} ${section} entries promised, the message ends after ${at}`)
  }

  /** Whether nothing that follows can change what the answer is, but for OPT. */
  #isAnswered(answers: readonly ResourceRecord[]): boolean {
    const expected = this.#expected
    if (!expected?.answersOnly || this.#rcode !== 0) return false
    const { question } = expected
    return answers.some(
      ({ fault, type, class: recordClass, name }) =>
        fault === null && type === question.type && recordClass === question.class && sameName(name, question.name),
    )
  }

  /** What questions and records begin with. */
  #entry(): Question {
    const reader = this.#reader
    return { name: reader.name(this.#expected?.question.name ?? null), type: reader.u16(), class: reader.u16() }
  }

  /** Null for the OPT record of its message, which is no record but says more of the message. */
  #record(section: keyof Sections): ResourceRecord | null {
    const reader = this.#reader
    const { offset } = reader
    const entry = this.#entry()
    const ttl = reader.u32()
    const data = reader.within(reader.u16())
    if (entry.type !== TYPE.OPT) return recordOf(entry, ttl, offset, data, null)
    const misplaced = misplacedOpt(section, entry.name, this.#edns)
    if (misplaced !== null) return recordOf(entry, ttl, offset, data, { offset, reason: misplaced })
    this.#edns = readEdns(entry.class, ttl, data)
    this.#rcode |= extendedRcodeBits(ttl) << 4
    return null
  }
}

interface Sections {
  answer: ResourceRecord[]
  authority: ResourceRecord[]
  additional: ResourceRecord[]
}

/** A section without entries. */
const NONE: never[] = []

/** Why an OPT record cannot be the one of its message (RFC 6891, section 6.1.1), or null. */
function misplacedOpt(section: string, name: string, edns: Edns | null): string | null {
  if (section !== 'additional') return `OPT in the ${section} section`
  if (name !== ROOT) return 'OPT of a name that is not the root'
  return edns === null ? null : 'a second OPT'
}
