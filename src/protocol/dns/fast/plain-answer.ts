import { type Edns, extendedRcodeBits, readEdns } from '../edns.js'
import type { DnsMessage, Question, ResourceRecord } from '../message.js'
import { addressRecord, messageFlags, recordOf, wireFaultOf } from '../record.js'
import { CLASS, RCODE } from '../registry.js'
import { ipv4Text } from '../text.js'
import { TYPE } from '../types.js'
import { get16, get32, HEADER_BYTES, POINTER_TO_QUESTION, WireReader } from '../wire/reader.js'

/** Name, type, class, TTL and length of a record whose name is a pointer. */
const RECORD_HEAD_BYTES = 12
/** The same of OPT, whose name is the root. */
const OPT_HEAD_BYTES = 11
/** The same without the name. */
const NAMELESS_HEAD_BYTES = 10

/** Of the second 16 bits of the header (RFC 1035, section 4.1.1). */
const RCODE_BITS = 0x000f

const NONE: never[] = []

/**
 * Reads in one go the answer that nearly every question gets: the question as it was asked, one record or more of just
 * that name, type and class, each without a fault, and OPT or not; of `answersOnly`, whatever else is behind is walked
 * over. Null for every other message, which the decoder is to read; of this one it would make the same. A hundred small
 * steps for each of many thousand answers are what this saves.
 */
export function readPlainAnswer(
  bytes: Uint8Array,
  end: number,
  question: Question,
  answersOnly: boolean,
): DnsMessage | null {
  const counts = {
    question: get16(bytes, 4),
    answer: get16(bytes, 6),
    authority: get16(bytes, 8),
    additional: get16(bytes, 10),
  }
  const others = counts.authority + counts.additional
  const bits = get16(bytes, 2)
  if ((bits & RCODE_BITS) !== 0 || counts.question !== 1 || (others > 1 && !answersOnly)) return null
  const reader = new WireReader(bytes, HEADER_BYTES, end)
  let edns: Edns | null = null
  let answers: ResourceRecord[] | null
  try {
    answers = plainAnswers(reader, question, counts.answer)
    if (answers === null) return null
    for (let at = 0; at < others; at++) {
      if (atOpt(reader)) {
        edns = edns === null && at >= counts.authority ? plainOpt(reader) : null
        if (edns === null) return null
      } else if (!answersOnly || !skipRecord(reader)) return null
    }
  } catch (error) {
    wireFaultOf(error)
    return null
  }
  return {
    id: get16(bytes, 0),
    opcode: (bits >> 11) & 15,
    rcode: RCODE.NOERROR,
    flags: messageFlags(bits),
    counts,
    questions: [question],
    answers,
    authorities: NONE,
    additionals: NONE,
    edns,
    sizeBytes: end,
    trailingBytes: reader.left,
    fault: null,
  }
}

/** The question, as it was asked, and one record of it or more, each without a fault; else null. */
function plainAnswers(reader: WireReader, question: Question, count: number): ResourceRecord[] | null {
  if (count === 0 || !reader.skipExpected(question.name)) return null
  const { bytes } = reader
  const asked = reader.skip(4)
  if (get16(bytes, asked) !== question.type || get16(bytes, asked + 2) !== question.class) return null
  const answers: ResourceRecord[] = []
  for (let at = 0; at < count; at++) {
    const record = plainRecord(reader, question)
    if (record === null) return null
    answers.push(record)
  }
  return answers
}

/** Null where it is not of the question, or has a fault. */
function plainRecord(reader: WireReader, question: Question): ResourceRecord | null {
  const { bytes } = reader
  const at = reader.skip(RECORD_HEAD_BYTES)
  const { type } = question
  const isOwn = get16(bytes, at) === POINTER_TO_QUESTION && get16(bytes, at + 4) === question.class
  if (!isOwn || get16(bytes, at + 2) !== type || type === TYPE.OPT) return null
  const ttl = get32(bytes, at + 6)
  const length = get16(bytes, at + 10)
  if (type === TYPE.A && question.class === CLASS.IN && length === 4) {
    return addressRecord(question, ttl, at, ipv4Text(bytes, reader.skip(length)))
  }
  const record = recordOf(question, ttl, at, reader.within(length), null)
  return record.fault === null ? record : null
}

function atOpt({ bytes, offset }: WireReader): boolean {
  return bytes[offset] === 0 && get16(bytes, offset + 1) === TYPE.OPT
}

/** Null where it has further bits of the response code. */
function plainOpt(reader: WireReader): Edns | null {
  const { bytes } = reader
  const at = reader.skip(OPT_HEAD_BYTES)
  const ttl = get32(bytes, at + 5)
  const data = reader.within(get16(bytes, at + 9))
  return extendedRcodeBits(ttl) === 0 ? readEdns(get16(bytes, at + 3), ttl, data) : null
}

/** False where it is an OPT whose name is not the plain root. */
function skipRecord(reader: WireReader): boolean {
  reader.skipName()
  const at = reader.skip(NAMELESS_HEAD_BYTES)
  reader.skip(get16(reader.bytes, at + 8))
  return get16(reader.bytes, at) !== TYPE.OPT
}
