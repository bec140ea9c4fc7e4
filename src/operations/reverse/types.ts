import type { TargetList } from '../../core/address/targets.js'
import type { AskRequest, DnsServer } from '../dns/index.js'

export type * from './events.js'

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
