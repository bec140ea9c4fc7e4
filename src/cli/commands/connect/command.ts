import { UsageError } from '../../../core/usage-error.js'
import {
  type ConnectEvent,
  type ConnectMode,
  type ConnectSummary,
  connect as operation,
} from '../../../operations/connect/index.js'
import type { Arguments } from '../../args/arguments.js'
import { checkFamily, positiveMs, reachOptions } from '../../args/flags/network.js'
import { CONVERSATION_FLAGS, REACH_FLAGS, TLS_FLAGS } from '../../args/flags/shared.js'
import type { Command } from '../../command.js'
import type { Environment } from '../../environment.js'
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
} from '../../schema.js'
import { type ConnectEndpoint, readEndpoints } from './endpoints.js'
import { HABITS, refuseHabits } from './habits.js'
import {
  type ConnectCommandOptions,
  readSession,
  readShow,
  refuseSessionFlags,
  SESSION_EVENTS,
  SESSION_FLAGS,
  SESSION_RESULT,
  tlsSchema,
} from './session.js'
import { sessionView } from './session-view.js'
import { connectView } from './view.js'

const DEFAULT_INTERVAL_MS = 1000
const MAX_COUNT = 1_000_000_000

export const connect: Command<ConnectCommandOptions, ConnectEvent, ConnectSummary> = {
  name: 'connect',
  summary: 'talk to a port, from a terminal or a pipe; or whether it can be reached, and why not',
  positionals: [
    {
      name: 'endpoint',
      describe:
        'host port, or host:port, [v6]:port, tcp://, tls://, udp://host:port, unix:PATH; several with -z or --wait',
      required: true,
      variadic: true,
    },
  ],
  flags: {
    probe: { kind: 'switch', alias: 'z', describe: 'one attempt for each address, then close' },
    count: { kind: 'value', alias: 'c', metavar: 'N', describe: 'connect N times, or inf; sums up loss and times' },
    interval: { kind: 'value', alias: 'i', metavar: 'D', describe: 'with --count: from one try to the next (1s)' },
    wait: { kind: 'value', metavar: 'D', describe: 'try until all can be reached; exit 4 when D is over' },
    ...SESSION_FLAGS,
    ...TLS_FLAGS,
    ...REACH_FLAGS,
    ...CONVERSATION_FLAGS,
  },
  habits: HABITS,
  examples: [
    ['netkit connect localhost 25', 'talk to a server: ^D ends what you say, ^C ends it all'],
    ['netkit connect db:6379 --send "PING\\r\\n" --expect PONG', 'a health check for any text protocol'],
    ['cat request | netkit connect --tls -v localhost 443', 'bytes untouched; the certificates on stderr'],
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
      localAddress: nullable(string),
      localPort: nullable(port),
      lookupMs: number,
      connectMs: number,
      proxy: nullable(string),
      proxyMs: nullable(number),
      tlsMs: nullable(number),
      tls: nullable(tlsSchema),
    },
    untrusted: { host: string, port, tls: tlsSchema },
    ...SESSION_EVENTS,
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
    ...SESSION_RESULT,
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
    bytesIn: value?.session?.bytesIn ?? null,
    bytesOut: value?.session?.bytesOut ?? null,
    reason: value?.session?.reason ?? null,
    closedBy: value?.session?.closedBy ?? null,
    closeNotify: value?.session?.closeNotify ?? null,
    state: value?.session?.state ?? null,
  }),

  toOptions(args, environment) {
    refuseHabits(args, args.words('endpoint'))
    const endpoints = readEndpoints(args.words('endpoint'))
    const mode = readMode(args, endpoints, environment)
    const reach = reachOptions(args)
    if (reach.sourcePort !== undefined && endpoints.length > 1) {
      throw new UsageError(
        '--source-port goes with one endpoint: two connections cannot share a local port',
        '--source-port',
      )
    }
    for (const { host } of endpoints) checkFamily(host, '<endpoint>', reach)
    if (
      endpoints.some(({ scheme }) => scheme === 'unix') &&
      (args.family() ?? reach.sourceAddress ?? reach.sourcePort)
    ) {
      throw new UsageError('-4, -6, --source and --source-port mean nothing for a Unix socket', '<endpoint>')
    }
    return { endpoints, reach, mode, show: readShow(args, environment) }
  },

  view: (screen, options) =>
    options.mode.kind === 'session' ? sessionView(screen, options) : connectView(screen, options),
}

function readMode(args: Arguments, endpoints: readonly ConnectEndpoint[], environment: Environment): ConnectMode {
  const given = ['probe', 'count', 'wait'].filter((flag) => args.has(flag))
  if (given.length > 1)
    throw new UsageError(`--${given.join(' and --')} exclude each other; choose one`, `--${given[1]}`)
  if (args.has('interval') && !args.has('count')) throw new UsageError('--interval goes with --count', '--interval')
  if (given.length === 0 && endpoints.length > 1) {
    throw new UsageError('several endpoints go with --probe (-z) or --wait; a conversation has one', '<endpoint>')
  }
  if (given.length > 0) refuseSessionFlags(args, endpoints)
  if (args.has('wait')) return { kind: 'wait', waitMs: positiveMs(args, 'wait', 0) }
  if (!args.has('count')) {
    return args.has('probe') ? { kind: 'probe' } : readSession(args, endpoints, environment)
  }
  if (endpoints.length > 1) throw new UsageError('--count goes with one endpoint', '--count')
  const count =
    args.text('count') === 'inf' ? Number.POSITIVE_INFINITY : args.integer('count', { min: 1, max: MAX_COUNT }, 1)
  return { kind: 'repeat', count, intervalMs: args.durationMs('interval', DEFAULT_INTERVAL_MS) }
}
