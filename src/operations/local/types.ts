import type { FailureFields } from '../../core/failure.js'

export interface LocalOptions {
  /** Hosts toward which the default source address is asked for: checked names or literal addresses. */
  readonly to: readonly string[]
  readonly family: 4 | 6 | undefined
  /** Milliseconds for each lookup. */
  readonly timeoutMs: number
}

/** By which step getfqdn(3)-like tools find the fully qualified name. */
export type FqdnStep =
  /** The primary name of the host's address has a dot. */
  | 'primary name'
  /** The first of its aliases with a dot. */
  | 'alias'
  /** None has a dot: the primary name as it is. */
  | 'primary name without a dot'
  /** The address, or its name, is not known: the host name as it is. */
  | 'host name'

export interface HostNameEvent {
  readonly type: 'host'
  readonly hostName: string
  readonly fqdn: string
  readonly fqdnStep: FqdnStep
  /** That the host name resolves to, and whose names were looked at; null where it does not resolve. */
  readonly fqdnAddress: string | null
}

export interface InterfaceEvent {
  readonly type: 'interface'
  readonly name: string
  readonly address: string | null
  readonly family: 4 | 6 | null
  readonly netmask: string | null
  readonly prefixLength: number | null
  /** The other end of a point-to-point link. */
  readonly peerAddress: string | null
  readonly scopeId: number | null
  readonly mac: string | null
  readonly mtuBytes: number | null
  readonly internal: boolean | null
  /** up, down, unknown ... as the system says it. */
  readonly state: string | null
}

export interface ResolverEvent {
  readonly type: 'resolver'
  readonly address: string
  readonly port: number
}

export interface SettingsEvent {
  readonly type: 'settings'
  readonly search: readonly string[]
  readonly ndots: number | null
  readonly resolverTimeoutMs: number | null
  readonly resolverAttempts: number | null
  readonly resolverPath: string | null
  /** nsswitch.conf's order for host names. */
  readonly nameServices: readonly string[] | null
  readonly ephemeralPortFirst: number | null
  readonly ephemeralPortLast: number | null
  /** SOMAXCONN: the longest queue of connections not yet accepted. */
  readonly backlogMax: number | null
  /** Of this process; the runtime raises the soft limit to the hard one as it starts. */
  readonly descriptorsSoft: number | null
  readonly descriptorsHard: number | null
}

export interface HostsEntryEvent {
  readonly type: 'hosts'
  readonly address: string
  readonly name: string
  readonly aliases: readonly string[]
}

export interface RouteEvent extends FailureFields {
  readonly type: 'source'
  /** As it was asked for. */
  readonly to: string
  readonly toAddress: string | null
  readonly sourceAddress: string | null
  readonly interfaceName: string | null
}

export type LocalEvent = HostNameEvent | InterfaceEvent | ResolverEvent | SettingsEvent | HostsEntryEvent | RouteEvent

export interface LocalSummary {
  readonly interfaces: number
}
