import { UsageError } from '../../../core/usage-error.js'
import type { ConnectMode, ConnectOptions } from '../../../operations/connect/index.js'
import { checkFamily, networkOptions, readFamily } from '../../args/flags/network.js'
import { TLS_FLAG_NAMES } from '../../args/flags/tls.js'
import type { Environment } from '../../environment.js'
import { type ConnectEndpoint, readEndpoints } from './endpoints.js'
import { type ConnectArguments, SESSION_FLAGS } from './flags.js'
import { refuseHabits } from './habits.js'
import { readSession, readShow, type Show } from './session-options.js'

export interface ConnectCommandOptions extends ConnectOptions {
  readonly show: Show
}

const SESSION_ONLY = [
  ...(Object.keys(SESSION_FLAGS) as (keyof typeof SESSION_FLAGS)[]),
  ...TLS_FLAG_NAMES,
  'idle-timeout' as const,
]

/** Throws UsageError. */
export function readConnect(args: ConnectArguments, environment: Environment): ConnectCommandOptions {
  refuseHabits(args, args.words('endpoint'))
  const endpoints = readEndpoints(args.words('endpoint'))
  const mode = readMode(args, endpoints, environment)
  const reach = networkOptions(args)
  if (reach.sourcePort !== undefined && endpoints.length > 1) {
    throw new UsageError(
      '--source-port goes with one endpoint: two connections cannot share a local port',
      '--source-port',
    )
  }
  for (const { host } of endpoints) checkFamily(host, '<endpoint>', reach)
  if (
    endpoints.some(({ scheme }) => scheme === 'unix') &&
    (readFamily(args) ?? reach.sourceAddress ?? reach.sourcePort)
  ) {
    throw new UsageError('-4, -6, --source and --source-port mean nothing for a Unix socket', '<endpoint>')
  }
  return { endpoints, reach, mode, show: readShow(args, environment) }
}

function readMode(
  args: ConnectArguments,
  endpoints: readonly ConnectEndpoint[],
  environment: Environment,
): ConnectMode {
  const chosen = args.firstOf(['probe', 'count', 'wait'])
  if (chosen === null && endpoints.length > 1) {
    throw new UsageError('several endpoints go with --probe (-z) or --wait; a conversation has one', '<endpoint>')
  }
  if (chosen === null) return readSession(args, endpoints, environment)
  refuseSessionFlags(args, endpoints)
  if (chosen === 'wait') return { kind: 'wait', waitMs: args.value('wait') ?? 0 }
  if (chosen === 'probe') return { kind: 'probe' }
  if (endpoints.length > 1) throw new UsageError('--count goes with one endpoint', '--count')
  return { kind: 'repeat', count: args.value('count') ?? 1, intervalMs: args.value('interval') }
}

function refuseSessionFlags(args: ConnectArguments, endpoints: readonly ConnectEndpoint[]): void {
  if (args.has('udp') && args.has('probe')) {
    const why = 'a UDP port stays silent unless it is told something that it understands'
    throw new UsageError(`--udp does not go with --probe: ${why}; say it with --send`, '--udp')
  }
  const flag = args.firstOf(SESSION_ONLY)
  if (flag !== null) {
    throw new UsageError(`--${flag} goes with a session: one endpoint, no --probe, --count or --wait`, `--${flag}`)
  }
  const endpoint = endpoints.find(({ scheme }) => scheme === 'tls' || scheme === 'udp')
  if (endpoint) {
    const written = `${endpoint.scheme}://${endpoint.host}:${endpoint.port}`
    throw UsageError.of('<endpoint>', written, 'a TCP endpoint or unix:PATH, which alone can be probed')
  }
}
