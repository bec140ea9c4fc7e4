import { mismatch } from './match.js'
import type { DnsMessage, Question, ResourceRecord } from './message.js'
import type { Fault } from './reader.js'
import { RCODE } from './registry.js'
import { TYPE } from './types.js'

/** Octets of all messages together: a zone is held in memory. */
const MAX_BYTES = 64 * 1024 * 1024

/** Puts the messages of a zone transfer together: from the zone's SOA record to the same one again (RFC 5936, section 2.2). */
export class ZoneTransfer {
  readonly #question: Question
  readonly #answers: ResourceRecord[] = []
  #sofar: DnsMessage | null = null

  constructor(question: Question) {
    this.#question = question
  }

  /** The whole as one message, or what ended it early; null while more is to come, and for what does not belong to it. */
  take(message: DnsMessage, id: number): DnsMessage | null {
    // Only the first message must repeat the question.
    const bare = this.#sofar !== null && message.counts.question === 0 && message.flags.qr && message.id === id
    if (!bare && mismatch(message, id, this.#question) !== null) return null
    const whole = this.#join(message)
    const [first] = whole.answers
    const goesOn = whole.rcode === RCODE.NOERROR && whole.fault === null && first?.type === TYPE.SOA
    return goesOn && !endsTransfer(whole) && whole.sizeBytes < MAX_BYTES ? null : whole
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

/** What is missing in an answer to AXFR; null where it is whole. */
export function transferFault({ answers, fault, sizeBytes }: DnsMessage): Fault | null {
  if (fault !== null) return fault
  if (answers[0]?.type !== TYPE.SOA) return { offset: 0, reason: 'the transfer does not begin with an SOA record' }
  if (endsTransfer({ answers })) return null
  return { offset: sizeBytes, reason: 'the transfer does not end with the SOA record that it began with' }
}

function endsTransfer({ answers }: Pick<DnsMessage, 'answers'>): boolean {
  return answers.length > 1 && answers[0]?.type === TYPE.SOA && answers.at(-1)?.type === TYPE.SOA
}
