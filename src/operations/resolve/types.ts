import type { DnsServer } from '../dns/server.js'
import type { AskRequest } from '../dns/types.js'

export type { Status } from '../dns/events.js'
export type * from './events.js'

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
