import { failureShape } from '../../core/failure-fields.js'
import {
  array,
  boolean,
  type EventOf,
  integer,
  known,
  nullable,
  number,
  object,
  oneOf,
  port,
  text,
  type ValueOf,
} from '../../core/shape.js'

const state = oneOf('open', 'closed', 'filtered')
const engine = oneOf('net', 'syscall')

const tls = {
  protocol: text,
  /** Names in the certificate. */
  names: array(text),
  issuer: text,
  /** RFC 3339, UTC. */
  validTo: text,
  daysLeft: integer,
  /** Whether this system's authorities vouch for it and for the name that was scanned. */
  authorized: boolean,
}

const banner = {
  /** The first bytes that the service said, as UTF-8 where they are, else as Latin-1; null for silence. */
  banner: nullable(text),
  /** The same bytes where they are no UTF-8. */
  bannerBase64: nullable(text),
}

const shard = { index: integer, count: integer }

const reason = {
  state,
  /** Null for open ports. */
  code: nullable(text),
  count: integer,
}

export const portscanEvents = {
  /** Which engine scans, and why that one. */
  engine: {
    engine,
    /** Worker threads; 0 for none. */
    workers: integer,
    maxInFlight: integer,
    reason: text,
  },
  /** The verdict on one port. */
  port: {
    /** As its user wrote it. */
    target: text,
    address: text,
    port,
    state,
    code: nullable(text),
    errno: nullable(integer),
    origin: nullable(oneOf('os', 'deadline')),
    rttMs: nullable(number),
    tries: integer,
    /** IANA's name for the port, which need not be what runs there. */
    service: nullable(text),
    ...banner,
    tls: nullable(object(tls)),
  },
  /** One address is done, or a target could not be resolved. */
  host: {
    target: text,
    address: nullable(text),
    open: integer,
    closed: integer,
    filtered: integer,
    /** Ports left out because the host was given up. */
    skipped: integer,
    ...failureShape,
  },
  /** How far a scan is. */
  progress: {
    done: integer,
    total: integer,
    open: integer,
    elapsedMs: number,
    /** Verdicts a second, of late. */
    perSecond: integer,
    leftMs: nullable(number),
  },
  /** An expectation that was not met. */
  broken: {
    target: text,
    port,
    expected: oneOf('open', 'not open'),
    state: oneOf('open', 'closed', 'filtered', 'unknown'),
    code: nullable(text),
  },
  /** A difference to an earlier scan. */
  change: {
    target: text,
    address: text,
    port,
    /** `changed`: open before and now, with another banner; or closed and filtered have changed places. */
    change: oneOf('opened', 'closed', 'changed'),
    /** Null where the earlier scan did not write it, which says that it was not open. */
    stateBefore: nullable(state),
    /** Null where its host was given up. */
    state: nullable(state),
    bannerBefore: nullable(text),
    bannerBeforeBase64: nullable(text),
    ...banner,
  },
}

export const portscanResult = {
  /** Identity of the scan: the same for the same targets, addresses, ports, seed and order. */
  scan: known(text),
  /** Canonical texts. */
  targets: known(text),
  ports: known(text),
  shard: nullable(object(shard)),
  /** Addresses times ports, or the shard's part of them. */
  total: integer,
  scanned: integer,
  open: integer,
  closed: integer,
  filtered: integer,
  skipped: integer,
  hosts: integer,
  unresolved: integer,
  /** How many ports came to one state for one reason. */
  reasons: array(object(reason)),
  seed: known(integer),
  engine: nullable(engine),
  probesSent: integer,
}

/** What a run of `portscan` tells. */
export type PortscanEvent = EventOf<typeof portscanEvents>
/** Which engine scans, and why that one. */
export type EngineEvent = EventOf<typeof portscanEvents, 'engine'>
/** The verdict on one port. */
export type PortEvent = EventOf<typeof portscanEvents, 'port'>
/** One address is done, or a target could not be resolved. */
export type HostEvent = EventOf<typeof portscanEvents, 'host'>
/** How far a scan is. */
export type ProgressEvent = EventOf<typeof portscanEvents, 'progress'>
/** An expectation that was not met. */
export type PortscanBrokenEvent = EventOf<typeof portscanEvents, 'broken'>
/** A difference to an earlier scan. */
export type ChangeEvent = EventOf<typeof portscanEvents, 'change'>
/** What a scan came to. */
export type PortscanSummary = ValueOf<typeof portscanResult>
/** How many ports came to one state for one reason. */
export type Reason = ValueOf<typeof reason>
/** Part `index` of `count`, from 1. */
export type Shard = ValueOf<typeof shard>
export type PortTls = ValueOf<typeof tls>
/** What a service said by itself, after TLS or after an empty line. */
export type PortBanner = Pick<PortEvent, 'banner' | 'bannerBase64' | 'tls'>
