import { extendedRcodeBits } from '../edns.js'
import type { Question, ResourceRecord } from '../message.js'
import { addressRecord, recordOf } from '../record.js'
import { CLASS } from '../registry.js'
import { ipv4Text } from '../text.js'
import { TYPE } from '../types.js'
import { get16, get32, HEADER_BYTES, POINTER_TO_QUESTION, WireReader } from '../wire/reader.js'

/** Name, type, class, TTL and length of a record whose name is a pointer. */
const RECORD_HEAD_BYTES = 12
/** The same without the name. */
const NAMELESS_HEAD_BYTES = 10
const IPV4_BYTES = 4

/** Of the second 16 bits of the header (RFC 1035, section 4.1.1): QR, of QR, opcode, TC and response code. */
const PLAIN_BITS = 0x8000
const TELLING_BITS = 0xfa0f

const DOT = 0x2e

/**
 * The answer section of a message that readPlainAnswer takes of `answersOnly` and that answers the query of this id,
 * complete; null for every other. For whoever wants nothing else of very many messages: no reader is made, and few
 * functions are called.
 */
export function readPlainRecords(
  bytes: Uint8Array,
  end: number,
  id: number,
  question: Question,
): readonly ResourceRecord[] | null {
  if (end < HEADER_BYTES || get16(bytes, 0) !== id || get16(bytes, 4) !== 1 || question.type === TYPE.OPT) return null
  if ((get16(bytes, 2) & TELLING_BITS) !== PLAIN_BITS) return null
  let at = endOfQuestion(bytes, end, question)
  if (at < 0) return null
  const records: ResourceRecord[] = []
  for (let left = get16(bytes, 6); left > 0; left--) {
    const data = at + RECORD_HEAD_BYTES
    if (data > end || get16(bytes, at) !== POINTER_TO_QUESTION || !isOf(question, bytes, at + 2)) return null
    const next = data + get16(bytes, at + 10)
    if (next > end) return null
    const record = recordAt(bytes, end, at, next, question)
    if (record.fault !== null) return null
    records.push(record)
    at = next
  }
  const isWhole = records.length > 0 && othersEnd(bytes, end, at, get16(bytes, 8), get16(bytes, 10))
  return isWhole ? records : null
}

/** Where the question ends that stands there octet for octet as it was asked, without a need for escapes; else -1. */
function endOfQuestion(bytes: Uint8Array, end: number, question: Question): number {
  const { name } = question
  let at = HEADER_BYTES
  for (let i = 0; i < name.length; i++, at++) {
    const length = bytes[at] ?? 0
    const labelEnd = i + length
    if (length === 0 || length >= 0x40 || at + length >= end || name.charCodeAt(labelEnd) !== DOT) return -1
    for (; i < labelEnd; i++) {
      const octet = bytes[++at]
      if (octet !== name.charCodeAt(i) || octet === DOT) return -1
    }
  }
  // A backslash in the name stands for what would have to be escaped here, and never for itself alone.
  if (at + 5 > end || bytes[at] !== 0 || !isOf(question, bytes, at + 1) || name.includes('\\')) return -1
  return at + 5
}

/** Whether type and class are the question's. */
function isOf({ type, class: recordClass }: Question, bytes: Uint8Array, at: number): boolean {
  return get16(bytes, at) === type && get16(bytes, at + 2) === recordClass
}

function recordAt(bytes: Uint8Array, end: number, at: number, next: number, question: Question): ResourceRecord {
  const data = at + RECORD_HEAD_BYTES
  const ttl = get32(bytes, at + 6)
  if (question.type === TYPE.A && question.class === CLASS.IN && next - data === IPV4_BYTES) {
    return addressRecord(question, ttl, at, ipv4Text(bytes, data))
  }
  const reader = new WireReader(bytes, HEADER_BYTES, end)
  reader.skipExpected(question.name)
  reader.offset = data
  return recordOf(question, ttl, at, reader.within(next - data), null)
}

/** Whether so many records end within the message, of them at most one OPT, a plain one. */
function othersEnd(bytes: Uint8Array, end: number, start: number, authority: number, additional: number): boolean {
  let options = 0
  let at = start
  for (let nth = 0; nth < authority + additional; nth++) {
    const isOpt = bytes[at] === 0 && get16(bytes, at + 1) === TYPE.OPT
    const head = isOpt ? at + 1 : endOfName(bytes, end, at)
    if (head < 0 || head + NAMELESS_HEAD_BYTES > end) return false
    if (isOpt) {
      if (nth < authority || ++options > 1 || extendedRcodeBits(get32(bytes, head + 4)) !== 0) return false
    } else if (get16(bytes, head) === TYPE.OPT) return false
    at = head + NAMELESS_HEAD_BYTES + get16(bytes, head + 8)
    if (at > end) return false
  }
  return true
}

/** Where a name ends that is not followed; -1 where it does not. */
function endOfName(bytes: Uint8Array, end: number, start: number): number {
  let at = start
  while (at < end) {
    const length = bytes[at] ?? 0
    if (length >= 0xc0) return at + 2
    if (length >= 0x40) return -1
    at += length + 1
    if (length === 0) return at
  }
  return -1
}
