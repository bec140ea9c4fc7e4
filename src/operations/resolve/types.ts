import type { Attempt, FailureFields } from '../../core/failure.js'
import type { Fields } from '../../protocol/dns/index.js'
import type { DnsServer, Transport } from '../dns/server.js'
import type { AskRequest, SilentEvent, Status } from '../dns/types.js'

export type { SilentEvent, Status }

/** A service as getaddrinfo takes it: by number, or by a name that stands for a port of some protocols. */
export interface Service {
  readonly text: string
  readonly tcpPort: number | null
  readonly udpPort: number | null
  /** Given as a number, which fits every socket type. */
  readonly numeric: boolean
}

export type ResolveMode =
  /** getaddrinfo(3), as programs see it. */
  | { readonly kind: 'system'; readonly service: Service | null; readonly canonical: boolean }
  /** The DNS itself, from the first of the servers that answers. */
  | { readonly kind: 'dns'; readonly servers: Servers; readonly search: boolean }
  /** The same question to getaddrinfo and to every server. */
  | { readonly kind: 'compare'; readonly servers: Servers }
  /** From the root downwards. */
  | { readonly kind: 'trace'; readonly roots: readonly DnsServer[] }
  /** Names that cannot exist, below these domains as well. */
  | { readonly kind: 'hijack'; readonly servers: Servers; readonly system: boolean }

/** Null: those of this system. */
export type Servers = readonly DnsServer[] | null

export interface ResolveOptions {
  /** As typed: names, addresses where PTR is asked for. May be a stream without end, of single names or of several at a time. */
  readonly names: Iterable<string> | AsyncIterable<string | readonly string[]>
  readonly mode: ResolveMode
  /** QTYPEs. */
  readonly types: readonly number[]
  /** QCLASS. */
  readonly class: number
  readonly ask: AskRequest
  /** Authority and additional records too. */
  readonly sections: boolean
  /** Values that must all be among the answers. */
  readonly expect: readonly string[]
  /** There must be no answer: NXDOMAIN or NODATA. */
  readonly expectNone: boolean
  /** Names asked for at once. */
  readonly concurrency: number
}

/** One record, or one address of getaddrinfo's. */
export interface AnswerEvent {
  readonly type: 'answer'
  /** As it was asked for. */
  readonly name: string
  /** Whose record it is; the same, or what the name is an alias for. */
  readonly owner: string
  readonly recordType: string
  readonly recordClass: string
  /** Seconds; null from getaddrinfo, which does not tell. */
  readonly ttl: number | null
  /** As zone files have it. */
  readonly value: string
  /** Of A, AAAA and getaddrinfo. */
  readonly address: string | null
  /** The value's parts by name, where its type is known. */
  readonly fields: Fields | null
  /** Why the value cannot be read, or null. */
  readonly fault: string | null
  readonly section: 'answer' | 'authority' | 'additional'
  /** Null: getaddrinfo. */
  readonly server: string | null
  /** Where getaddrinfo has it from, as far as that is known. */
  readonly source: Source | null
  readonly socketType: 'stream' | 'dgram' | 'raw' | null
  readonly protocol: 'tcp' | 'udp' | 'ip' | null
  readonly port: number | null
}

export type Source = 'hosts' | 'dns' | 'literal'

/** Who answered, how, how long; also where there was no answer. */
export interface ServerEvent extends FailureFields {
  readonly type: 'server'
  readonly name: string
  /** Null where getaddrinfo was asked for any address. */
  readonly recordType: string | null
  /** Null: getaddrinfo. */
  readonly server: string | null
  readonly transport: Transport | 'getaddrinfo'
  readonly address: string | null
  readonly port: number | null
  readonly status: Status
  readonly rcode: string | null
  readonly aa: boolean | null
  readonly tc: boolean | null
  readonly rd: boolean | null
  readonly ra: boolean | null
  readonly ad: boolean | null
  readonly cd: boolean | null
  /** Records in each section. */
  readonly answers: number
  readonly authorities: number
  readonly additionals: number
  readonly sizeBytes: number | null
  /** Octets behind the message, which belong to nothing. */
  readonly trailingBytes: number
  /** Where the message cannot be read any further, and why; null where it is whole. */
  readonly fault: string | null
  readonly tries: number
  /** How often the question was sent again in the last of them: where much is asked, as soon as it seems lost. */
  readonly repeats: number
  /** UDP was cut short, TCP asked. */
  readonly truncated: boolean
  readonly ednsRefused: boolean
  readonly dropped: number
  readonly edns: EdnsReport | null
  /** Seconds that a denial may be kept. */
  readonly negativeTtl: number | null
  readonly tlsProtocol: string | null
  readonly httpVersion: string | null
  /** Other tries of the question, at this server or another, that came to nothing. */
  readonly attempts: readonly Attempt[]
  readonly source: Source | null
  readonly canonicalName: string | null
  readonly canonicalSource: Source | null
  readonly elapsedMs: number
}

export interface EdnsReport {
  readonly version: number
  readonly udpPayloadBytes: number
  readonly dnssecOk: boolean
  readonly nsid: string | null
  /** `192.0.2.0/24/24`: the subnet with source and scope prefix. */
  readonly clientSubnet: string | null
  readonly extendedErrors: readonly {
    readonly infoCode: number
    readonly meaning: string | null
    readonly extraText: string | null
  }[]
}

/** One name came to nothing. */
export interface UnresolvedEvent extends FailureFields {
  readonly type: 'unresolved'
  readonly name: string
  readonly status: Status | 'unexpected' | 'invalid'
}

/** One value that was expected. */
export interface ExpectationEvent {
  readonly type: 'expectation'
  readonly name: string
  /** Null: no answer at all was expected. */
  readonly expected: string | null
  readonly met: boolean
}

/** Who says what, with `compare`. */
export interface ComparisonEvent {
  readonly type: 'comparison'
  readonly name: string
  readonly recordType: string
  readonly agree: boolean
  readonly groups: readonly ComparisonGroup[]
}

export interface ComparisonGroup {
  /** `getaddrinfo`, or servers by name. */
  readonly servers: readonly string[]
  readonly status: Status
  /** Why there is no answer; null where there is one. */
  readonly code: string | null
  /** What the name is an alias for, step by step; empty where it is none, or getaddrinfo alone answered. */
  readonly aliases: readonly string[]
  readonly values: readonly string[]
}

/** One step down from the root. */
export interface ReferralEvent {
  readonly type: 'referral'
  readonly name: string
  /** Which the name servers below are for. */
  readonly zone: string
  /** Who referred. */
  readonly server: string
  readonly address: string
  readonly elapsedMs: number
  readonly nameServers: readonly { readonly name: string; readonly addresses: readonly string[] }[]
}

/** What a resolver said to a name that cannot exist. */
export interface HijackEvent {
  readonly type: 'hijack'
  readonly server: string
  readonly name: string
  readonly status: Status
  /** Why there is no answer and no denial; null where there is one of them. */
  readonly code: string | null
  readonly hijacked: boolean
  readonly values: readonly string[]
  readonly elapsedMs: number
}

export type ResolveEvent =
  | AnswerEvent
  | ServerEvent
  | UnresolvedEvent
  | ExpectationEvent
  | ComparisonEvent
  | ReferralEvent
  | HijackEvent
  | SilentEvent

export interface ResolveSummary {
  readonly names: number
  readonly resolved: number
}
