import { type Chain, followChain } from './cname.js'
import type { DnsMessage, Question, ResourceRecord } from './message.js'
import { RCODE } from './registry.js'
import { isTransfer, transferFault } from './transfer.js'
import { keptSeconds } from './ttl.js'
import { TYPE, typeName } from './types.js'
import { sameName } from './wire/name.js'
import type { Fault } from './wire/reader.js'

/**
 * What a response says about the question:
 * - `answer`: there are records of the type asked for, at the end of the chain of aliases
 * - `nodata`: the name exists, records of that type do not (RFC 2308, section 2.2)
 * - `nxdomain`: the name, or the one that it stands for, does not exist (RFC 2308, section 2.1)
 * - `referral`: another server is to be asked, named in the authority section (RFC 1034, section 4.3.1)
 * - `incomplete`: the name is an alias, and this server does not say for what
 * - `lame`: nothing at all, from a server that is neither an authority for the name nor a resolver
 * - `servfail`, `refused`: by their response codes; `error`: any other response code
 * - `broken`: the message cannot be read far enough to say, its answer section is not whole, all records of the answer
 *   have a fault, or what is there is no answer to the question: records of other names alone, or of a name that it denies
 * - `loop`: the chain of aliases bites its tail
 */
export type AnswerKind =
  | 'answer'
  | 'nodata'
  | 'nxdomain'
  | 'referral'
  | 'incomplete'
  | 'lame'
  | 'servfail'
  | 'refused'
  | 'error'
  | 'broken'
  | 'loop'

export interface Answer {
  readonly kind: AnswerKind
  readonly chain: Chain
  /** How long a denial may be kept, in seconds: the lesser of the SOA's TTL and minimum (RFC 2308, section 5). */
  readonly negativeTtl: number | null
  /** What is broken, where `kind` is `broken`. */
  readonly fault: Fault | null
}

/**
 * Classifies a response that is known to answer `question`. A truncated one is judged by the records that it holds: that
 * others are missing proves nothing (RFC 2181, section 9).
 */
export function classifyAnswer(question: Question, message: DnsMessage): Answer {
  if (isTransfer(question.type)) return classifyTransfer(question, message)
  const chain = followChain(question, message.answers)
  const kind = kindOf(message, chain)
  const fault = kind === 'broken' ? firstFault(chain, message) : null
  const denies = kind === 'nodata' || kind === 'nxdomain'
  return { kind, chain, negativeTtl: denies ? denialTtl(soaOf(message)) : null, fault }
}

/** A zone is all of its records, whole or not at all. */
function classifyTransfer(question: Question, message: DnsMessage): Answer {
  const chain: Chain = { links: [], end: question.name, records: message.answers, broken: null }
  const failed = message.rcode !== RCODE.NOERROR || message.answers.length === 0
  if (failed) return { kind: kindOf(message, chain), chain, negativeTtl: null, fault: message.fault }
  const fault = transferFault(question, message)
  return { kind: fault ? 'broken' : 'answer', chain, negativeTtl: null, fault }
}

const CUT_SHORT: Fault = { offset: 2, reason: 'it is cut short (TC)' }

function kindOf(message: DnsMessage, chain: Chain): AnswerKind {
  switch (message.rcode) {
    case RCODE.NOERROR:
      break
    case RCODE.NXDOMAIN:
      if (chain.broken === 'loop') return 'loop'
      return chain.links.length === 0 && chain.records.length > 0 ? 'broken' : 'nxdomain'
    case RCODE.SERVFAIL:
      return 'servfail'
    case RCODE.REFUSED:
      return 'refused'
    default:
      return 'error'
  }
  if (chain.broken === 'loop') return 'loop'
  if (message.fault !== null && message.answers.length < message.counts.answer) return 'broken'
  for (const { fault } of chain.records) if (fault === null) return 'answer'
  if (chain.records.length > 0 || chain.broken !== null || message.fault !== null) return 'broken'
  if (message.flags.tc) return 'broken'
  if (soaOf(message) !== undefined) return 'nodata'
  // Only a server that was asked to follow the alias, and does such things, says by its silence that nothing is there.
  if (chain.links.length > 0) return message.flags.rd && message.flags.ra ? 'nodata' : 'incomplete'
  if (message.answers.length > 0 && !message.answers.some(({ name }) => sameName(name, chain.end))) return 'broken'
  const refers = !message.flags.aa && message.authorities.some(({ type }) => type === TYPE.NS)
  if (refers) return 'referral'
  // As the GNU C library tells it: an authority answers with AA, or with the SOA that denies; a resolver has RA.
  return message.flags.aa || message.flags.ra || message.answers.length > 0 ? 'nodata' : 'lame'
}

/** Of the zone that denies. */
function soaOf({ authorities }: DnsMessage): ResourceRecord | undefined {
  return authorities.find(({ type }) => type === TYPE.SOA)
}

function firstFault(chain: Chain, message: DnsMessage): Fault | null {
  const faulty = [...chain.records, ...message.answers].find(({ fault }) => fault !== null)
  return faulty?.fault ?? message.fault ?? (message.flags.tc ? CUT_SHORT : contradiction(chain, message))
}

function contradiction(chain: Chain, { answers }: DnsMessage): Fault | null {
  const [first] = answers
  if (first === undefined) return null
  const denied = chain.records.length > 0
  return {
    offset: first.offset,
    reason: denied
      ? 'it denies the name (NXDOMAIN), and has records of it'
      : `its answer section is about another name: ${typeName(first.type)} of ${first.name}`,
  }
}

function denialTtl(soa: ResourceRecord | undefined): number | null {
  const minimum = soa?.fields?.['minimum']
  return soa !== undefined && typeof minimum === 'number' ? Math.min(keptSeconds(soa.ttl), keptSeconds(minimum)) : null
}
