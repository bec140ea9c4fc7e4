import { failureShape } from '../../core/failure-fields.js'
import {
  array,
  boolean,
  type EventOf,
  integer,
  nullable,
  number,
  oneOf,
  port,
  text,
  type ValueOf,
} from '../../core/shape.js'

export const localEvents = {
  /** What this machine is called. */
  host: {
    hostName: text,
    fqdn: text,
    /**
     * By which step getfqdn(3)-like tools find the fully qualified name: the primary name of the host's address has a
     * dot; the first of its aliases that has one; none has one, the primary name as it is; the address or its name is
     * not known, the host name as it is.
     */
    fqdnStep: oneOf('primary name', 'alias', 'primary name without a dot', 'host name'),
    /** That the host name resolves to, and whose names were looked at; null where it does not resolve. */
    fqdnAddress: nullable(text),
  },
  /** One address of one network interface. */
  interface: {
    name: text,
    address: nullable(text),
    family: nullable(oneOf(4, 6)),
    netmask: nullable(text),
    prefixLength: nullable(integer),
    /** The other end of a point-to-point link. */
    peerAddress: nullable(text),
    scopeId: nullable(integer),
    mac: nullable(text),
    mtuBytes: nullable(integer),
    internal: nullable(boolean),
    /** up, down, unknown ... as the system says it. */
    state: nullable(text),
  },
  /** A DNS server that this system asks. */
  resolver: { address: text, port },
  /** How this system resolves names, and the limits of its sockets. */
  settings: {
    search: array(text),
    ndots: nullable(integer),
    resolverTimeoutMs: nullable(number),
    resolverAttempts: nullable(integer),
    resolverPath: nullable(text),
    /** nsswitch.conf's order for host names. */
    nameServices: nullable(array(text)),
    ephemeralPortFirst: nullable(port),
    ephemeralPortLast: nullable(port),
    /** SOMAXCONN: the longest queue of connections not yet accepted. */
    backlogMax: nullable(integer),
    /** Of this process; the runtime raises the soft limit to the hard one as it starts. */
    descriptorsSoft: nullable(integer),
    descriptorsHard: nullable(integer),
  },
  /** One line of the hosts file. */
  hosts: { address: text, name: text, aliases: array(text) },
  /** The source address toward a host. */
  source: {
    /** As it was asked for. */
    to: text,
    toAddress: nullable(text),
    sourceAddress: nullable(text),
    interfaceName: nullable(text),
    ...failureShape,
  },
}

export const localResult = { interfaces: integer }

/** What a run of `local` tells. */
export type LocalEvent = EventOf<typeof localEvents>
/** What this machine is called. */
export type HostNameEvent = EventOf<typeof localEvents, 'host'>
/** One address of one network interface. */
export type InterfaceEvent = EventOf<typeof localEvents, 'interface'>
/** A DNS server that this system asks. */
export type ResolverEvent = EventOf<typeof localEvents, 'resolver'>
/** How this system resolves names, and the limits of its sockets. */
export type SettingsEvent = EventOf<typeof localEvents, 'settings'>
/** One line of the hosts file. */
export type HostsEntryEvent = EventOf<typeof localEvents, 'hosts'>
/** The source address toward a host. */
export type RouteEvent = EventOf<typeof localEvents, 'source'>
/** What a run of `local` came to. */
export type LocalSummary = ValueOf<typeof localResult>
