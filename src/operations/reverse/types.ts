import type { TargetList } from '../../core/address/targets.js'
import type { FailureFields } from '../../core/failure.js'
import type { AskRequest, DnsServer, SilentEvent } from '../dns/index.js'

export interface ReverseOptions {
  /**
   * Lists, expanded lazily one after the other, whose names are not looked at. Or addresses, blocks and ranges as they
   * come, without end if need be: each is expanded in its turn, and what is none of them fails alone.
   */
  readonly targets: TargetList | readonly TargetList[] | AsyncIterable<string>
  /** Asked alone where given; else the hosts file, then the DNS of this system. */
  readonly servers: readonly DnsServer[] | null
  readonly ask: AskRequest
  /** Whether each name leads back to the address (RFC 1912, section 2.1), by A and AAAA. */
  readonly verify: boolean
  /** getnameinfo(3) for this TCP port too; null leaves it out. */
  readonly servicePort: number | null
  /** Addresses asked for at once. */
  readonly concurrency: number
}

/** One name of an address. */
export interface NameEvent {
  readonly type: 'name'
  readonly address: string
  /** Without the final dot. */
  readonly name: string
  /** The primary name comes first, as gethostbyaddr(3) gives it; the others are its aliases. */
  readonly role: 'primary' | 'alias'
  readonly source: 'hosts' | 'dns' | 'system'
  /** Null: not from a server that was named or is set on this system. */
  readonly server: string | null
  /** Seconds; of DNS. */
  readonly ttl: number | null
  /** Whether the name leads back to the address; null where that was not asked, or could not be found out. */
  readonly confirmed: boolean | null
  /** What the name leads to; null where it was not looked up. */
  readonly addresses: readonly string[] | null
  /** getnameinfo's name for the port that was asked about. */
  readonly service: string | null
  readonly elapsedMs: number
}

/** An address without a name, or with none that leads back. */
export interface UnnamedEvent extends FailureFields {
  readonly type: 'unnamed'
  readonly address: string
  readonly elapsedMs: number
}

export interface ReverseProgressEvent {
  readonly type: 'progress'
  readonly done: number
  /** Null where the addresses come as a stream. */
  readonly total: number | null
  readonly named: number
}

export type ReverseEvent = NameEvent | UnnamedEvent | SilentEvent | ReverseProgressEvent

export interface ReverseSummary {
  readonly addresses: number
  readonly named: number
  /** With `verify`: addresses with a name that leads back. */
  readonly confirmed: number | null
}
