import { failureShape } from '../../core/failure-fields.js'
import { array, boolean, type EventOf, integer, nullable, number, oneOf, text, type ValueOf } from '../../core/shape.js'
import { dnsEvents } from '../dns/events.js'

export const reverseEvents = {
  /** One name of an address. */
  name: {
    address: text,
    /** Without the final dot. */
    name: text,
    /** Of the hosts file the primary name comes first, and its aliases follow. The names that the DNS has are alike. */
    role: oneOf('primary', 'alias'),
    source: oneOf('hosts', 'dns', 'system'),
    /** Null: not from a server that was named or is set on this system. */
    server: nullable(text),
    /** Seconds; of DNS. */
    ttl: nullable(integer),
    /** Whether the name leads back to the address; null where that was not asked, or could not be found out. */
    confirmed: nullable(boolean),
    /** What the name leads to; null where it was not looked up. */
    addresses: nullable(array(text)),
    /** getnameinfo's name for the port that was asked about. */
    service: nullable(text),
    elapsedMs: number,
  },
  /** An address without a name, or with none that leads back. */
  unnamed: {
    address: text,
    /** The name of the port that was asked about, as services(5) has it. */
    service: nullable(text),
    elapsedMs: number,
    ...failureShape,
  },
  ...dnsEvents,
}

/** How far it is: for who looks on, and no line of JSON. */
const progressEvents = {
  progress: {
    done: integer,
    /** Null where the addresses come as a stream. */
    total: nullable(integer),
    named: integer,
  },
}

export const reverseResult = {
  addresses: integer,
  named: integer,
  /** With `verify`: addresses with a name that leads back. */
  confirmed: nullable(integer),
}

/** What a run of `reverse` tells. */
export type ReverseEvent = EventOf<typeof reverseEvents> | ReverseProgressEvent
/** One name of an address. */
export type NameEvent = EventOf<typeof reverseEvents, 'name'>
/** An address without a name, or with none that leads back. */
export type UnnamedEvent = EventOf<typeof reverseEvents, 'unnamed'>
/** How far it is. */
export type ReverseProgressEvent = EventOf<typeof progressEvents>
/** What a run of `reverse` came to. */
export type ReverseSummary = ValueOf<typeof reverseResult>
