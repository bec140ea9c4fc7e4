import {
  array,
  boolean,
  type Fields,
  failureFieldsSchema,
  integer,
  nullable,
  number,
  object,
  oneOf,
  port,
  string,
} from '../../schema.js'

const state = oneOf('open', 'closed', 'filtered')
const shard = object({ index: integer, count: integer })
const tls = object({
  protocol: string,
  names: array(string),
  issuer: string,
  validTo: string,
  daysLeft: integer,
  authorized: boolean,
})

/** The events of `portscan`. */
export const PORTSCAN_EVENTS: Readonly<Record<string, Fields>> = {
  engine: { engine: oneOf('net', 'syscall'), workers: integer, maxInFlight: integer, reason: string },
  port: {
    target: string,
    address: string,
    port,
    state,
    code: nullable(string),
    errno: nullable(integer),
    origin: nullable(oneOf('os', 'deadline')),
    rttMs: nullable(number),
    tries: integer,
    service: nullable(string),
    banner: nullable(string),
    bannerBase64: nullable(string),
    tls: nullable(tls),
  },
  host: {
    target: string,
    address: nullable(string),
    open: integer,
    closed: integer,
    filtered: integer,
    skipped: integer,
    ...failureFieldsSchema,
  },
  progress: {
    done: integer,
    total: integer,
    open: integer,
    elapsedMs: number,
    perSecond: integer,
    leftMs: nullable(number),
  },
  broken: {
    target: string,
    port,
    expected: oneOf('open', 'not open'),
    state: oneOf('open', 'closed', 'filtered', 'unknown'),
    code: nullable(string),
  },
  change: {
    target: string,
    address: string,
    port,
    change: oneOf('opened', 'closed', 'changed'),
    stateBefore: nullable(state),
    state: nullable(state),
    bannerBefore: nullable(string),
    bannerBeforeBase64: nullable(string),
    banner: nullable(string),
    bannerBase64: nullable(string),
  },
}

export const PORTSCAN_RESULT: Fields = {
  scan: nullable(string),
  targets: nullable(string),
  ports: nullable(string),
  shard: nullable(shard),
  total: integer,
  scanned: integer,
  open: integer,
  closed: integer,
  filtered: integer,
  skipped: integer,
  hosts: integer,
  unresolved: integer,
  reasons: array(object({ state, code: nullable(string), count: integer })),
  seed: nullable(integer),
  engine: nullable(oneOf('net', 'syscall')),
  probesSent: integer,
}
