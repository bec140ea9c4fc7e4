import { parseEndpoint } from '../../../core/address/endpoint.js'
import { unescapeBytes } from '../../../core/text/escapes.js'
import { UsageError } from '../../../core/usage-error.js'
import {
  type ConnectOptions,
  type ProxyServer,
  type SessionMode,
  STARTTLS_PROTOCOLS,
  type Step,
} from '../../../operations/connect/index.js'
import type { Arguments } from '../../args/arguments.js'
import { positiveMs, tlsOptions } from '../../args/flags/network.js'
import { type Flags, TLS_FLAGS } from '../../args/flags/shared.js'
import type { Environment } from '../../environment.js'
import {
  boolean,
  bytesFields,
  type Fields,
  integer,
  nullable,
  number,
  object,
  oneOf,
  string,
  tlsFields,
} from '../../schema.js'
import type { ConnectEndpoint } from './endpoints.js'

const DEFAULT_SOCKS_PORT = 1080

/** How what comes is shown: untouched, as text that is safe for a terminal, as a hex dump, or not at all. */
export type Show = 'bytes' | 'text' | 'hex' | 'nothing'

export interface ConnectCommandOptions extends ConnectOptions {
  readonly show: Show
}

const SESSION = 'Session'

export const SESSION_FLAGS: Flags = {
  send: {
    kind: 'values',
    metavar: 'TEXT',
    describe: 'say TEXT, with \\r \\n \\t \\0 \\e \\xHH \\\\, instead of stdin; then half-close and read on',
    group: SESSION,
  },
  expect: {
    kind: 'values',
    metavar: 'REGEX',
    describe: 'wait up to --timeout for REGEX, or exit 1; taken in turn with --send, as given',
    group: SESSION,
  },
  crlf: { kind: 'switch', alias: 'C', describe: 'send LF as CRLF; CRLF stays', group: SESSION },
  hex: { kind: 'switch', alias: 'x', describe: 'show both directions as hexdump -C does', group: SESSION },
  raw: { kind: 'switch', describe: 'bytes as they are, on a terminal too', group: SESSION },
  output: { kind: 'value', alias: 'o', metavar: 'FILE', describe: 'what comes goes to FILE', group: SESSION },
  record: {
    kind: 'value',
    metavar: 'FILE',
    describe: 'both directions as JSON Lines, which listen --replay plays back',
    group: SESSION,
  },
  udp: { kind: 'switch', alias: 'u', describe: 'datagrams: one for each line or piece of stdin', group: SESSION },
  tls: { kind: 'switch', describe: 'speak TLS', group: SESSION },
  starttls: {
    kind: 'value',
    metavar: 'PROTO',
    describe: `begin in the clear, then TLS: ${STARTTLS_PROTOCOLS.join(', ')}`,
    group: SESSION,
  },
  proxy: {
    kind: 'value',
    metavar: 'URL',
    describe: 'socks5://[user@]host[:port] or http://[user@]host:port, which resolves names itself',
    group: SESSION,
  },
  'proxy-password-env': {
    kind: 'value',
    metavar: 'NAME',
    describe: "environment variable with the proxy user's password",
    group: SESSION,
  },
}

/** Only a session has a use for these. */
const SESSION_ONLY = [...Object.keys(SESSION_FLAGS), ...Object.keys(TLS_FLAGS), 'idle-timeout']

export function refuseSessionFlags(args: Arguments, endpoints: readonly ConnectEndpoint[]): void {
  if (args.has('udp') && args.has('probe')) {
    const why = 'a UDP port stays silent unless it is told something that it understands'
    throw new UsageError(`--udp does not go with --probe: ${why}; say it with --send`, '--udp')
  }
  const flag = SESSION_ONLY.find((name) => args.has(name))
  if (flag !== undefined) {
    throw new UsageError(`--${flag} goes with a session: one endpoint, no --probe, --count or --wait`, `--${flag}`)
  }
  const endpoint = endpoints.find(({ scheme }) => scheme === 'tls' || scheme === 'udp')
  if (endpoint) {
    const written = `${endpoint.scheme}://${endpoint.host}:${endpoint.port}`
    throw UsageError.of('<endpoint>', written, 'a TCP endpoint or unix:PATH, which alone can be probed')
  }
}

export function readShow(args: Arguments, { stdout }: Pick<Environment, 'stdout'>): Show {
  if (args.has('hex') && args.has('raw')) throw new UsageError('--hex and --raw exclude each other', '--hex')
  if (args.has('hex')) return 'hex'
  if (args.has('output')) return 'nothing'
  return stdout.isTTY && !args.has('raw') ? 'text' : 'bytes'
}

/** Throws UsageError for flags that cannot go together. */
export function readSession(
  args: Arguments,
  [endpoint]: readonly ConnectEndpoint[],
  { input, stdout, env }: Environment,
): SessionMode {
  const udp = args.has('udp') || endpoint?.scheme === 'udp'
  const starttls = args.has('starttls') ? args.choice('starttls', STARTTLS_PROTOCOLS, 'smtp') : null
  const wantsTls = args.has('tls') || starttls !== null || endpoint?.scheme === 'tls'
  const tls = tlsOptions(args)
  const stray = Object.keys(TLS_FLAGS).find((flag) => args.has(flag))
  if (!wantsTls && stray !== undefined) throw new UsageError(`--${stray} goes with --tls or --starttls`, `--${stray}`)
  const proxy = readProxy(args, env)
  const stream = wantsTls ? 'TLS' : proxy ? '--proxy' : endpoint?.scheme === 'unix' ? 'unix:PATH' : null
  if (udp && stream) throw new UsageError(`--udp does not go with ${stream}, which needs a stream`, '--udp')
  if (proxy && endpoint?.scheme === 'unix') throw new UsageError('--proxy does not go with unix:PATH', '--proxy')
  if (args.has('output') && args.text('output') === args.text('record'))
    throw new UsageError('--output and --record name the same file', '--record')

  const show = readShow(args, { stdout })
  const raw = !args.has('json') && show === 'bytes'
  return {
    kind: 'session',
    transport: udp ? 'udp' : 'tcp',
    tls: wantsTls ? tls : null,
    starttls,
    proxy,
    idleMs: positiveMs(args, 'idle-timeout', null),
    steps: readSteps(args),
    input: input.pieces(),
    unseenFile: args.has('json') || show === 'hex' ? null : input.file,
    crlf: args.has('crlf'),
    output: {
      write: (bytes) => {
        if (raw) stdout.write(bytes)
        return stdout.drained()
      },
    },
    outputFile: args.text('output'),
    recordFile: args.text('record'),
    endsWithPeer: input.isTTY,
  }
}

function readSteps(args: Arguments): Step[] {
  return args.inOrder('send', 'expect').map(({ flag, value }) => {
    if (flag === 'send') return { kind: 'send', bytes: unescapeBytes(value, '--send') }
    try {
      return { kind: 'expect', pattern: new RegExp(value, 'm') }
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      throw new UsageError(`--expect: ${why}`, '--expect')
    }
  })
}

function readProxy(args: Arguments, env: Environment['env']): ProxyServer | null {
  const text = args.text('proxy')
  const variable = args.text('proxy-password-env')
  if (text === null) {
    if (variable !== null) throw new UsageError('--proxy-password-env goes with --proxy', '--proxy-password-env')
    return null
  }
  // Before anything quotes it.
  if (/^[^@]*:\/\/[^@/]*:[^/]*@/.test(text)) {
    const message =
      '--proxy: a password does not belong where every process list shows it; name a variable that holds it'
    throw new UsageError(`${message} with --proxy-password-env`, '--proxy')
  }
  const [, scheme = '', user, authority = ''] = /^(socks5h?|http):\/\/(?:([^@/]*)@)?([^/]+)\/?$/i.exec(text) ?? []
  if (authority === '') throw UsageError.of('--proxy', text, 'socks5://[user@]host[:port] or http://[user@]host:port')
  const kind = scheme.toLowerCase() === 'http' ? 'http' : 'socks5'
  const { host, port } = parseEndpoint(authority, '--proxy')
  const number = port ?? (kind === 'socks5' ? DEFAULT_SOCKS_PORT : null)
  if (host === null || number === null) throw UsageError.of('--proxy', text, 'a proxy with a port')
  return { scheme: kind, host, port: number, credentials: readCredentials(user, variable, env) }
}

function readCredentials(
  user: string | undefined,
  variable: string | null,
  env: Environment['env'],
): ProxyServer['credentials'] {
  if (variable === null) {
    if (!user) return null
    throw new UsageError(`--proxy names the user ${user}; --proxy-password-env says where the password is`, '--proxy')
  }
  if (!user) throw new UsageError('--proxy-password-env needs a user in --proxy', '--proxy-password-env')
  const password = env[variable]
  const flag = '--proxy-password-env'
  if (password === undefined) throw UsageError.of(flag, variable, 'a variable that is set')
  const username = decodeURIComponent(user)
  if ([username, password].some((part) => part === '' || Buffer.byteLength(part) > 255))
    throw new UsageError('user and password of the proxy are 1 to 255 bytes each', flag)
  return { username, password }
}

export const tlsSchema = object(tlsFields)

const reason = oneOf(
  'fin',
  'reset',
  'refused',
  'timeout',
  'idle',
  'max-time',
  'interrupted',
  'expectation',
  'done',
  'error',
)
const closedBy = nullable(oneOf('peer', 'self'))
const closeNotify = nullable(boolean)
const state = nullable(oneOf('open', 'closed', 'open|filtered'))

export const SESSION_EVENTS: Readonly<Record<string, Fields>> = {
  data: { direction: oneOf('sent', 'received'), ...bytesFields },
  match: { pattern: string, text: string, elapsedMs: number },
  closed: { bytesIn: integer, bytesOut: integer, reason, closedBy, closeNotify, state, elapsedMs: number },
}

export const SESSION_RESULT: Fields = {
  bytesIn: nullable(integer),
  bytesOut: nullable(integer),
  reason: nullable(reason),
  closedBy,
  closeNotify,
  state,
}
