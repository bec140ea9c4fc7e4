import { parseEndpoint, parsePort } from '../../core/endpoint.js'
import { checkHost } from '../../core/host-name.js'
import { UsageError } from '../../core/usage-error.js'
import {
  type ConnectEvent,
  type ConnectMode,
  type ConnectOptions,
  type ConnectSummary,
  type HostPort,
  connect as operation,
} from '../../operations/connect/index.js'
import type { Arguments } from '../arguments.js'
import type { Command } from '../command.js'
import { REACH_FLAGS } from '../flags.js'
import { positiveMs, reachOptions } from '../reach.js'
import {
  attemptFields,
  boolean,
  failureFieldsSchema,
  integer,
  nullable,
  number,
  object,
  port,
  string,
} from '../schema.js'
import { connectView } from './connect-view.js'

const DEFAULT_INTERVAL_MS = 1000
const MAX_COUNT = 1_000_000_000

export const connect: Command<ConnectOptions, ConnectEvent, ConnectSummary> = {
  name: 'connect',
  summary: 'whether a port can be reached, by which address, how fast, and if not, why not',
  positionals: [
    {
      name: 'endpoint',
      describe: 'host port, or one or more of host:port, [v6]:port, tcp://host:port',
      required: true,
      variadic: true,
    },
  ],
  flags: {
    probe: { kind: 'switch', alias: 'z', describe: 'one attempt for each address, then close' },
    count: { kind: 'value', alias: 'c', metavar: 'N', describe: 'connect N times, or inf; sums up loss and times' },
    interval: { kind: 'value', alias: 'i', metavar: 'D', describe: 'with --count: from one try to the next (1s)' },
    wait: { kind: 'value', metavar: 'D', describe: 'try until all can be reached; exit 4 when D is over' },
    ...REACH_FLAGS,
  },
  examples: [
    ['netkit connect -z localhost 5432', 'every address of the host, each with its errno and time'],
    ['netkit connect --wait 60s db:5432 redis:6379', 'in CI: until both are up, or exit 4'],
    ['netkit connect --count 10 --interval 200ms localhost 443', 'connect times and loss, as tcping shows them'],
  ],
  events: {
    attempt: { host: string, ...attemptFields },
    connected: {
      host: string,
      port,
      address: string,
      localAddress: string,
      localPort: port,
      lookupMs: number,
      connectMs: number,
    },
    unreached: { host: string, port, tries: integer, elapsedMs: number, again: boolean, ...failureFieldsSchema },
    probe: {
      host: string,
      port,
      sequence: integer,
      ok: boolean,
      address: nullable(string),
      code: nullable(string),
      errno: nullable(integer),
      connectMs: nullable(number),
    },
  },
  result: {
    reached: integer,
    endpoints: integer,
    statistics: nullable(
      object({
        sent: integer,
        received: integer,
        lossPercent: number,
        minMs: nullable(number),
        meanMs: nullable(number),
        medianMs: nullable(number),
        p95Ms: nullable(number),
        maxMs: nullable(number),
      }),
    ),
  },
  run: operation,
  resultFields: (value, options) => ({
    reached: value?.reached ?? 0,
    endpoints: value?.endpoints ?? options?.endpoints.length ?? 0,
    statistics: value?.statistics ?? null,
  }),

  toOptions(args) {
    const endpoints = readEndpoints(args.words('endpoint'))
    const mode = readMode(args, endpoints)
    const reach = reachOptions(args)
    if (reach.sourcePort !== undefined && endpoints.length > 1) {
      throw new UsageError(
        '--source-port goes with one endpoint: two connections cannot share a local port',
        '--source-port',
      )
    }
    return { endpoints, reach, mode }
  },

  view: connectView,
}

/** `host port`, or endpoints that carry their port. */
function readEndpoints(words: readonly string[]): HostPort[] {
  const [first, second] = words
  if (first === undefined) throw new UsageError('<endpoint> is missing: host port, or host:port', '<endpoint>')
  if (words.length === 2 && second !== undefined && !second.includes(':')) {
    const host = checkHost(first.replace(/^\[(.*)\]$/, '$1'), '<host>')
    return [{ host: host.kind === 'address' ? host.address : host.name, port: parsePort(second, '<port>') }]
  }
  const endpoints = words.map((word) => {
    const { scheme, host, port } = parseEndpoint(word, '<endpoint>')
    if (scheme !== null && scheme !== 'tcp')
      throw UsageError.of('<endpoint>', word, 'a TCP endpoint: host:port or tcp://host:port')
    if (host === null || port === null)
      throw UsageError.of('<endpoint>', word, 'host:port; or give the host and the port as two words')
    return { host, port }
  })
  const seen = new Set<string>()
  for (const { host, port } of endpoints) {
    const key = `${host} ${port}`
    if (seen.has(key)) throw UsageError.of('<endpoint>', `${host}:${port}`, 'given once: it stands there twice')
    seen.add(key)
  }
  return endpoints
}

function readMode(args: Arguments, endpoints: readonly HostPort[]): ConnectMode {
  const given = ['probe', 'count', 'wait'].filter((flag) => args.has(flag))
  if (given.length > 1)
    throw new UsageError(`--${given.join(' and --')} exclude each other; choose one`, `--${given[1]}`)
  if (args.has('interval') && !args.has('count')) throw new UsageError('--interval goes with --count', '--interval')
  if (args.has('wait')) return { kind: 'wait', waitMs: positiveMs(args, 'wait', 0) }
  if (!args.has('count')) return { kind: 'probe' }
  if (endpoints.length > 1) throw new UsageError('--count goes with one endpoint', '--count')
  const count =
    args.text('count') === 'inf' ? Number.POSITIVE_INFINITY : args.integer('count', { min: 1, max: MAX_COUNT }, 1)
  return { kind: 'repeat', count, intervalMs: args.durationMs('interval', DEFAULT_INTERVAL_MS) }
}
