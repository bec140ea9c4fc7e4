import { mismatch } from './match.js'
import type { DnsMessage, Question, ResourceRecord } from './message.js'
import { RCODE } from './registry.js'
import { TYPE } from './types.js'
import type { Fault } from './wire/reader.js'

/** Octets of all messages together: a zone is held in memory. */
const MAX_BYTES = 64 * 1024 * 1024

/** Questions whose answer is a zone, or what changed in it: over streams alone, and in as many messages as it takes. */
export function isTransfer(type: number): boolean {
  return type === TYPE.AXFR || type === TYPE.IXFR
}

/**
 * Puts the messages of a zone transfer together: from the zone's SOA record to the same one again (RFC 5936, section 2.2;
 * with the differences between, RFC 1995, section 4).
 */
export class ZoneTransfer {
  readonly #question: Question
  /** Of IXFR: the serial from which on changes are wanted. */
  readonly #since: number | null
  readonly #answers: ResourceRecord[] = []
  #sofar: DnsMessage | null = null

  constructor(question: Question, since: number | null = null) {
    this.#question = question
    this.#since = since
  }

  /** The whole as one message, or what ended it early; `part` while more is to come, `other` for what is none of it. */
  take(message: DnsMessage, id: number): DnsMessage | 'part' | 'other' {
    // Only the first message must repeat the question.
    const bare = this.#sofar !== null && message.counts.question === 0 && message.flags.qr && message.id === id
    if (!bare && mismatch(message, id, this.#question) !== null) return 'other'
    const whole = this.#join(message)
    const [first] = whole.answers
    const goesOn = whole.rcode === RCODE.NOERROR && whole.fault === null && first?.type === TYPE.SOA
    return goesOn && !this.#isWhole(whole) && whole.sizeBytes < MAX_BYTES ? 'part' : whole
  }

  #isWhole(whole: DnsMessage): boolean {
    // One SOA record alone: there is nothing newer than what the client has.
    const nothingNew =
      this.#since !== null && whole.answers.length === 1 && !isNewer(serialOf(whole.answers[0]), this.#since)
    return nothingNew || endsTransfer(whole)
  }

  #join(message: DnsMessage): DnsMessage {
    for (const record of message.answers) this.#answers.push(record)
    const { counts, sizeBytes } = this.#sofar ?? { counts: { ...message.counts, answer: 0 }, sizeBytes: 0 }
    this.#sofar = {
      ...(this.#sofar ?? message),
      rcode: message.rcode,
      counts: { ...counts, answer: counts.answer + message.counts.answer },
      answers: this.#answers,
      sizeBytes: sizeBytes + message.sizeBytes,
      fault: message.fault,
    }
    return this.#sofar
  }
}

/** What is missing in an answer to AXFR or IXFR; null where it is whole. */
export function transferFault({ type }: Question, { answers, fault, sizeBytes }: DnsMessage): Fault | null {
  if (fault !== null) return fault
  if (answers[0]?.type !== TYPE.SOA) return { offset: 0, reason: 'the transfer does not begin with an SOA record' }
  if (endsTransfer({ answers }) || (type === TYPE.IXFR && answers.length === 1)) return null
  return { offset: sizeBytes, reason: 'the transfer does not end with the SOA record that it began with' }
}

/**
 * Between the two SOA records of the zone as it is, each difference has one of the zone before it and one of the zone
 * after it: their number is even only at the end.
 */
function endsTransfer({ answers }: Pick<DnsMessage, 'answers'>): boolean {
  const [first] = answers
  const last = answers.at(-1)
  if (answers.length < 2 || first?.type !== TYPE.SOA || last?.type !== TYPE.SOA) return false
  if (serialOf(first) !== serialOf(last)) return false
  return answers.filter(({ type }) => type === TYPE.SOA).length % 2 === 0
}

function serialOf(soa: ResourceRecord | undefined): number {
  const serial = soa?.fields?.['serial']
  return typeof serial === 'number' ? serial : 0
}

/** As serial numbers compare (RFC 1982, section 3.2). */
function isNewer(serial: number, than: number): boolean {
  return ((serial - than) | 0) > 0
}
