import { attemptShape, failureShape } from '../../core/failure-fields.js'
import {
  array,
  boolean,
  type EventOf,
  integer,
  nullable,
  number,
  object,
  oneOf,
  port,
  record,
  text,
  type ValueOf,
} from '../../core/shape.js'
import { dnsEvents, STATUSES } from '../dns/events.js'

const status = oneOf(...STATUSES)
const source = nullable(oneOf('hosts', 'dns', 'literal'))
const flag = nullable(boolean)

const edns = {
  version: integer,
  udpPayloadBytes: integer,
  dnssecOk: boolean,
  nsid: nullable(text),
  /** `192.0.2.0/24/24`: the subnet with source and scope prefix. */
  clientSubnet: nullable(text),
  extendedErrors: array(object({ infoCode: integer, meaning: nullable(text), extraText: nullable(text) })),
}

const group = {
  /** `getaddrinfo`, or servers by name. */
  servers: array(text),
  status,
  /** Why there is no answer; null where there is one. */
  code: nullable(text),
  /** What the name is an alias for, step by step; empty where it is none, or getaddrinfo alone answered. */
  aliases: array(text),
  values: array(text),
}

export const resolveEvents = {
  /** One record, or one address of getaddrinfo's. */
  answer: {
    /** As it was asked for. */
    name: text,
    /** Whose record it is; the same, what the name is an alias for, or the name below a search domain that was found. */
    owner: text,
    recordType: text,
    recordClass: text,
    /** Seconds, as sent: from 2147483648 on they count as 0 (RFC 2181). Null from getaddrinfo, which does not tell. */
    ttl: nullable(integer),
    /** As zone files have it. */
    value: text,
    /** Of A, AAAA and getaddrinfo. */
    address: nullable(text),
    /** The value's parts by name, as the RFC of its type calls them, where that is known. */
    fields: nullable(record),
    /** Why the value cannot be read. */
    fault: nullable(text),
    section: oneOf('answer', 'authority', 'additional'),
    /** Null: getaddrinfo. */
    server: nullable(text),
    /** Where getaddrinfo has it from, as far as that is known. */
    source,
    socketType: nullable(oneOf('stream', 'dgram', 'raw')),
    protocol: nullable(oneOf('tcp', 'udp', 'ip')),
    port: nullable(port),
    /** Of getaddrinfo's first tuple, where that was asked for. */
    canonicalName: nullable(text),
  },
  /** Who answered, how, how long; also where there was no answer. */
  server: {
    name: text,
    /** Null where getaddrinfo was asked for any address. */
    recordType: nullable(text),
    /** Null: getaddrinfo. */
    server: nullable(text),
    transport: oneOf('udp', 'tcp', 'tls', 'https', 'getaddrinfo'),
    address: nullable(text),
    port: nullable(port),
    status,
    rcode: nullable(text),
    aa: flag,
    tc: flag,
    rd: flag,
    ra: flag,
    ad: flag,
    cd: flag,
    /** Records in each section. */
    answers: integer,
    authorities: integer,
    additionals: integer,
    sizeBytes: nullable(integer),
    /** Octets behind the message, which belong to nothing. */
    trailingBytes: integer,
    /** Where the message cannot be read any further, and why; null where it is whole. */
    fault: nullable(text),
    tries: integer,
    /** How often the question was sent again in the last of them: where much is asked, as soon as it seems lost. */
    repeats: integer,
    /** UDP was cut short, TCP asked. */
    truncated: boolean,
    ednsRefused: boolean,
    dropped: integer,
    edns: nullable(object(edns)),
    /** Seconds that a denial may be kept. */
    negativeTtl: nullable(integer),
    tlsProtocol: nullable(text),
    httpVersion: nullable(text),
    /** How long a cache of HTTP has had the answer, in seconds: the TTLs are less by that (RFC 8484, section 5.1). */
    ageSeconds: integer,
    /** Other tries of the question, at this server or another, that came to nothing. */
    attempts: array(object(attemptShape)),
    source,
    canonicalName: nullable(text),
    canonicalSource: source,
    elapsedMs: number,
    ...failureShape,
  },
  /** One name came to nothing. */
  unresolved: { name: text, status: oneOf(...STATUSES, 'unexpected', 'invalid'), ...failureShape },
  /** One value that was expected. */
  expectation: {
    name: text,
    /** Null: no answer at all was expected. */
    expected: nullable(text),
    met: boolean,
  },
  /** Who says what, with `compare`. */
  comparison: { name: text, recordType: text, agree: boolean, groups: array(object(group)) },
  /** One step down from the root. */
  referral: {
    name: text,
    /** Which the name servers below are for. */
    zone: text,
    /** Who referred. */
    server: text,
    address: text,
    elapsedMs: number,
    nameServers: array(object({ name: text, addresses: array(text) })),
  },
  /** What a resolver said to a name that cannot exist. */
  hijack: {
    server: text,
    /** That was lied about; else the first that was asked for. */
    name: text,
    /** Of the question that was answered with a lie; null where there is none, and from getaddrinfo. */
    recordType: nullable(text),
    /** Whether that question had EDNS. */
    edns: flag,
    status,
    /** Why there is no answer and no denial; null where there is one of them. */
    code: nullable(text),
    hijacked: boolean,
    values: array(text),
    elapsedMs: number,
  },
  ...dnsEvents,
}

export const resolveResult = { names: integer, resolved: integer }

/** What a run of `resolve` tells. */
export type ResolveEvent = EventOf<typeof resolveEvents>
/** One record, or one address of getaddrinfo's. */
export type AnswerEvent = EventOf<typeof resolveEvents, 'answer'>
/** Who answered, how, how long; also where there was no answer. */
export type ResolveServerEvent = EventOf<typeof resolveEvents, 'server'>
/** One name came to nothing. */
export type UnresolvedEvent = EventOf<typeof resolveEvents, 'unresolved'>
/** One value that was expected. */
export type ExpectationEvent = EventOf<typeof resolveEvents, 'expectation'>
/** Who says what, with `compare`. */
export type ComparisonEvent = EventOf<typeof resolveEvents, 'comparison'>
export type ComparisonGroup = ValueOf<typeof group>
/** One step down from the root. */
export type ReferralEvent = EventOf<typeof resolveEvents, 'referral'>
/** What a resolver said to a name that cannot exist. */
export type HijackEvent = EventOf<typeof resolveEvents, 'hijack'>
/** Where getaddrinfo has an address from. */
export type Source = NonNullable<AnswerEvent['source']>
/** What EDNS said (RFC 6891). */
export type EdnsReport = ValueOf<typeof edns>
/** What a run of `resolve` came to. */
export type ResolveSummary = ValueOf<typeof resolveResult>
