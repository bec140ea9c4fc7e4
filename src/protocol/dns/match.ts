import type { DnsMessage, Question } from './message.js'
import { RCODE } from './registry.js'
import { sameName } from './wire/name.js'

/** Why a message does not answer a query. */
export type Mismatch = 'id' | 'not a response' | 'opcode' | 'question' | 'question unreadable'

/** Servers that refuse a query may leave its question out. */
const BARE_RCODES: ReadonlySet<number> = new Set([RCODE.FORMERR, RCODE.SERVFAIL, RCODE.NOTIMP, RCODE.REFUSED])

/**
 * Whether a message answers the query of that id and question (RFC 5452, section 9.1): null where it does, else the
 * first thing that does not fit. That it came from the right address and port, to the right one, is the caller's to see.
 */
export function mismatch(message: DnsMessage, id: number, question: Question): Mismatch | null {
  if (message.id !== id) return 'id'
  if (!message.flags.qr) return 'not a response'
  if (message.opcode !== 0) return 'opcode'
  const [asked] = message.questions
  if (asked === undefined) {
    if (message.counts.question > 0) return 'question unreadable'
    // The header alone, cut short: over TCP it is to come whole.
    return message.flags.tc || BARE_RCODES.has(message.rcode) ? null : 'question'
  }
  const same = asked.type === question.type && asked.class === question.class && sameName(asked.name, question.name)
  return same && message.counts.question === 1 ? null : 'question'
}
