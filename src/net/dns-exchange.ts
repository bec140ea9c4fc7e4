import type { Deadline } from '../core/deadline.js'

/** A question to a DNS server, in octets, and how to know its answer. */
export interface Exchange<T> {
  /** The transport sets its id: the first two octets (RFC 1035, section 4.1.1). */
  readonly message: Uint8Array
  /** What a message that bears the question's id means; null where it is no answer all the same: waiting then goes on. */
  accept(message: Uint8Array, id: number): T | null
  readonly deadline: Deadline
}

/** What a transport brought back. */
export interface Delivery<T> {
  readonly value: T
  readonly address: string
  /** Datagrams that came from the server's own address and port and were no answer to this question. */
  readonly dropped: number
  readonly tlsProtocol: string | null
  readonly httpVersion: string | null
}

/** The id of a DNS message; 0 where there are not even two octets. */
export function messageId(message: Uint8Array): number {
  return ((message[0] ?? 0) << 8) | (message[1] ?? 0)
}

export function setMessageId(message: Uint8Array, id: number): void {
  message[0] = id >> 8
  message[1] = id & 0xff
}
