import type { Deadline } from '../../core/deadline.js'
import type { Failure } from '../../core/failure.js'

/** Room for any question: with a name of 255 octets, a subnet, a cookie and padding to 128 octets. */
export const MAX_QUESTION_BYTES = 512

/**
 * A question to a DNS server, and who waits for its answer: callbacks, since promises would cost more than the question.
 * Of {@link answered} and {@link failed} one is called, once.
 */
export interface DnsExchange {
  readonly deadline: Deadline
  /** When it was asked: clock of `performance.now()`. */
  readonly askedAt: number
  /** Writes the message with this id from `start`, at most {@link MAX_QUESTION_BYTES}; returns where it ends. */
  write(bytes: Uint8Array, start: number, id: number): number
  /**
   * What the message before `end`, which bears the id, is to the question; its octets are lent. After the answer
   * {@link answered} follows, else waiting goes on.
   */
  accepts(bytes: Uint8Array, end: number, id: number): Fit
  answered(from: FarEnd, sending: Sending, now: number): void
  failed(failure: Failure): void
  /** It is asked anew, as part of the same try, whose time begins again: who calls this sends it then. */
  again(): void
}

/** `part`: of an answer in several messages, of which more are to come. */
export type Fit = 'answer' | 'part' | 'other'

/**
 * One of very many questions, nearly all of which the first message answers plainly: of those nothing is kept but this.
 * Whatever else comes of it, an {@link DnsExchange} takes over.
 */
export interface PlainQuestion extends Pick<DnsExchange, 'deadline' | 'askedAt' | 'write'> {
  /** Messages that had answered nothing where it waits before it was sent: set by who sends it. */
  strangeBefore: number
  /** Whether the message before `end` is the plain answer; its octets are lent. Then {@link answered} follows. */
  accepts(bytes: Uint8Array, end: number, id: number): boolean
  answered(): void
  /** What goes on where that is not so, as if it had begun the question. */
  exchange(): DnsExchange
}

/** A question as a transport takes it: with all that there is to know of its exchange, or plain. */
export type AnyQuestion = DnsExchange | PlainQuestion

export function isPlain(asked: AnyQuestion): asked is PlainQuestion {
  return 'exchange' in asked
}

export function exchangeOf(asked: AnyQuestion): DnsExchange {
  return isPlain(asked) ? asked.exchange() : asked
}

/** The question, whose time begins again where the way to the server took all of it. */
export function inTime(asked: AnyQuestion): AnyQuestion {
  if (!asked.deadline.expired) return asked
  const exchange = exchangeOf(asked)
  exchange.again()
  return exchange
}

/** What it took to get an answer. */
export interface Sending {
  /** Datagrams from the server's own address and port that were no answer to this question. */
  readonly dropped: number
  /** How often the question was sent again. */
  readonly repeats: number
  /** How many of these sendings came to nothing before the one that was answered. */
  readonly lost: number
}

/** The sending of a question that was sent once and whose answer came first. */
export const SENT_ONCE: Sending = { dropped: 0, repeats: 0, lost: 0 }

/** Who answers, and by what. */
export interface FarEnd {
  readonly address: string
  readonly tlsProtocol: string | null
  readonly httpVersion: string | null
  /** How long ago a cache of HTTP had the answer, in seconds (RFC 9111, section 5.1); only over HTTPS. */
  readonly ageSeconds?: number
}

/** What can be written as a message. */
export type WrittenExchange = Pick<DnsExchange, 'write'>

/** The question as a message of its own. */
export function messageOf(exchange: WrittenExchange, id: number): Uint8Array {
  const bytes = new Uint8Array(MAX_QUESTION_BYTES)
  return bytes.subarray(0, exchange.write(bytes, 0, id))
}

/** The id of a DNS message (RFC 1035, section 4.1.1); 0 where there are not even two octets. */
export function messageId(bytes: Uint8Array): number {
  return ((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0)
}
