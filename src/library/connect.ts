import { type EndpointForm, parseEndpoint } from '../core/address/endpoint.js'
import type { Run } from '../core/iterate.js'
import { UsageError } from '../core/usage-error.js'
import {
  type ConnectEvent,
  type ConnectMode,
  type ConnectSummary,
  connect as connectOperation,
  HALF_CLOSES,
  type HalfClose,
  type HostPort,
  type ProxyServer,
  STARTTLS_PROTOCOLS,
  type StarttlsProtocol,
  type Step,
} from '../operations/connect/index.js'
import { CallersInput, heedingInput } from './input.js'
import { begin, type OptionsReader, type RunOptions, readHost, shown } from './options.js'
import { type ReachOptions, readOptionalTls, readReach, type TlsOptions } from './reach.js'

/** A proxy to go through, which resolves names itself. */
export interface ProxyOptions {
  /** Default `socks5`. */
  readonly scheme?: 'socks5' | 'http' | undefined
  readonly host: string
  /** Default 1080; an http proxy has none. */
  readonly port?: number | undefined
  readonly username?: string | undefined
  readonly password?: string | undefined
}

/** What the modes of `connect` share. */
export interface ConnectSharedOptions extends RunOptions, ReachOptions {
  /** `host:port`, `[v6]:port`, `tcp://host:port` or `unix:PATH`; a list where several are meant. */
  readonly to: string | readonly string[]
}

/** Every address of every endpoint once, each with its own reason. */
export interface ConnectProbeOptions extends ConnectSharedOptions {
  readonly mode?: 'probe' | undefined
}

/** Until every endpoint has been reached, or the time is over. */
export interface ConnectWaitOptions extends ConnectSharedOptions {
  readonly mode: 'wait'
  /** Milliseconds; Infinity for as long as it takes. */
  readonly waitMs: number
}

/** One endpoint again and again, for round trips and loss. */
export interface ConnectRepeatOptions extends ConnectSharedOptions {
  readonly mode: 'repeat'
  /** How often; may be Infinity. */
  readonly count: number
  /** Milliseconds from the start of one try to that of the next. Default 1000. */
  readonly intervalMs?: number | undefined
}

/** One endpoint, and a conversation with it. */
export interface ConnectSessionOptions extends ConnectSharedOptions {
  readonly mode: 'session'
  /** `tls://` and `udp://` go here too. */
  readonly to: string
  /** What is said and expected, in turn: texts and bytes are sent, a pattern is waited for, each up to `timeoutMs`. */
  readonly steps?: readonly (string | Uint8Array | RegExp)[] | undefined
  /**
   * What is sent where there are no steps, piece by piece; its end half-closes. Nothing where it is left out. Where it
   * throws, the run ends and rejects with that; with UsageError where it hands out something else than bytes.
   */
  readonly input?: AsyncIterable<Uint8Array> | undefined
  readonly udp?: boolean | undefined
  readonly tls?: boolean | TlsOptions | undefined
  /** What is spoken in the clear before TLS begins. */
  readonly starttls?: StarttlsProtocol | undefined
  readonly proxy?: ProxyOptions | undefined
  /** Milliseconds without a byte in either direction; no bound where left out. */
  readonly idleTimeoutMs?: number | undefined
  /** Sends LF as CRLF. */
  readonly crlf?: boolean | undefined
  /**
   * When the end of what is sent is said (FIN): at once with `always`; with `never` only after the peer's; `auto`, the
   * default, once the peer has answered, or was silent for `lingerMs`, and at once after 64 KiB that it took in silence.
   */
  readonly halfClose?: HalfClose | undefined
  /** How long a peer may take to begin its answer before `auto` half-closes, in milliseconds. Default 2000. */
  readonly lingerMs?: number | undefined
  /** With `send` what comes is dropped; with `receive` nothing is sent. Default `both`. */
  readonly direction?: 'both' | 'send' | 'receive' | undefined
  /** A file that takes what comes, and one that gets both directions as JSON Lines, which `listen` plays back. */
  readonly outputFile?: string | undefined
  readonly recordFile?: string | undefined
  /** Answers the peer's FIN with ours, though there is more to send. */
  readonly endsWithPeer?: boolean | undefined
}

/** What {@link connect} takes, mode by mode. */
export type ConnectOptions = ConnectProbeOptions | ConnectWaitOptions | ConnectRepeatOptions | ConnectSessionOptions

/** All options of all modes: which of them go together is looked at as they are read. */
type AnyOptions = ConnectSharedOptions & {
  readonly [Name in KeyOfEach<ConnectOptions>]?: unknown
}
type KeyOfEach<Union> = Union extends unknown ? keyof Union : never

const MODES = ['probe', 'wait', 'repeat', 'session'] as const
const DIRECTIONS = ['both', 'send', 'receive'] as const
const DEFAULT_INTERVAL_MS = 1000
const DEFAULT_SOCKS_PORT = 1080
const FORM: EndpointForm = {
  schemes: ['tcp', 'tls', 'udp'],
  text: 'host:port, tcp://, tls:// or udp://host:port, or unix:PATH',
}

/**
 * Whether endpoints can be reached: once, again and again, or until they can; or a conversation with one. Fails with the
 * reason where one cannot be reached, with PARTIAL where some can, with EXPECTATION_UNMET where a pattern did not come; a
 * wait that is over as EAGAIN.
 *
 *     const { ok } = await connect({ to: ['db:5432', 'redis:6379'], mode: 'wait', waitMs: 60_000 })
 *     const { ok } = await connect({ to: 'redis:6379', mode: 'session', steps: ['PING\r\n', /PONG/] })
 */
export function connect(options: ConnectOptions): Run<ConnectEvent, ConnectSummary> {
  return begin('connect', connectWithInput, options as AnyOptions, (reader) => {
    const endpoints = reader.texts('to').map(readEndpoint)
    if (endpoints.length === 0) throw new UsageError('to: an endpoint is missing, host:port', 'to')
    const mode = reader.choice('mode', MODES) ?? 'probe'
    const reach = readReach(reader)
    const [first] = endpoints
    if (mode === 'session' && first) return { endpoints, reach, mode: readSession(reader, first.scheme) }
    const other = endpoints.find(({ scheme }) => scheme === 'tls' || scheme === 'udp')
    if (other) throw UsageError.of('to', `${other.scheme}://...`, `an endpoint of mode ${mode}: only a session has it`)
    return { endpoints, reach, mode: readMode(reader, mode) }
  })
}

function readMode(reader: OptionsReader<AnyOptions>, mode: (typeof MODES)[number]): ConnectMode {
  if (mode === 'wait') {
    const waitMs = reader.positive('waitMs')
    if (waitMs === undefined) throw new UsageError('waitMs is missing: how long to wait at most', 'waitMs')
    return { kind: 'wait', waitMs }
  }
  if (mode === 'repeat') {
    const count =
      reader.value('count') === Number.POSITIVE_INFINITY
        ? Number.POSITIVE_INFINITY
        : reader.integer('count', { min: 1 })
    if (count === undefined) throw new UsageError('count is missing: how often to connect', 'count')
    return { kind: 'repeat', count, intervalMs: reader.positive('intervalMs') ?? DEFAULT_INTERVAL_MS }
  }
  return { kind: 'probe' }
}

function readSession(reader: OptionsReader<AnyOptions>, scheme: string | null): ConnectMode {
  const udp = reader.boolean('udp') || scheme === 'udp'
  const starttls = reader.choice('starttls', STARTTLS_PROTOCOLS) ?? null
  const asked = readOptionalTls(reader as OptionsReader<{ tls?: boolean | TlsOptions | undefined }>)
  const tls = asked ?? (starttls !== null || scheme === 'tls' ? {} : null)
  const proxy = (reader as OptionsReader<{ proxy?: ProxyOptions }>).nested('proxy', readProxy) ?? null
  if (udp && (tls || proxy))
    throw new UsageError('udp goes without tls, starttls and proxy, which need a stream', 'udp')
  const steps = reader.value('steps')
  const input = reader.value('input')
  if (steps !== undefined && input !== undefined) throw new UsageError('steps and input exclude each other', 'input')
  return {
    kind: 'session',
    transport: udp ? 'udp' : 'tcp',
    tls,
    starttls,
    proxy,
    idleMs: reader.positive('idleTimeoutMs') ?? null,
    steps: readSteps(steps),
    input: input === undefined ? nothing() : new CallersInput(input),
    unseenFile: null,
    crlf: reader.boolean('crlf'),
    output: null,
    outputFile: reader.text('outputFile') ?? null,
    recordFile: reader.text('recordFile') ?? null,
    endsWithPeer: reader.boolean('endsWithPeer'),
    halfClose: reader.choice('halfClose', HALF_CLOSES),
    lingerMs: reader.positive('lingerMs'),
    direction: reader.choice('direction', DIRECTIONS),
  }
}

function readSteps(steps: unknown): Step[] {
  if (steps === undefined) return []
  if (!Array.isArray(steps)) throw UsageError.of('steps', shown(steps), 'a list of texts, bytes and patterns')
  return steps.map((step: unknown) => {
    if (step instanceof RegExp) return { kind: 'expect', pattern: step }
    if (typeof step === 'string') return { kind: 'send', bytes: Buffer.from(step) }
    if (step instanceof Uint8Array) return { kind: 'send', bytes: step }
    throw UsageError.of('steps', shown(step), 'a text, bytes or a pattern')
  })
}

const connectWithInput = heedingInput(connectOperation, ({ mode }) => (mode.kind === 'session' ? mode.input : null))

async function* nothing(): AsyncGenerator<Uint8Array> {}

interface Endpoint extends HostPort {
  readonly scheme: string | null
}

function readEndpoint(text: string): Endpoint {
  const { scheme, host, port, path } = parseEndpoint(text, 'to', FORM)
  if (scheme === 'unix') return { host: `unix:${path ?? ''}`, port: 0, scheme }
  if (host === null || port === null) throw UsageError.of('to', text, 'an endpoint with its port, host:port')
  return { host, port, scheme }
}

function readProxy(reader: OptionsReader<ProxyOptions>): ProxyServer {
  const scheme = reader.choice('scheme', ['socks5', 'http'] as const) ?? 'socks5'
  const host = readHost(reader.text('host') ?? '', 'host')
  const port = reader.integer('port', { min: 1, max: 65535 }) ?? (scheme === 'socks5' ? DEFAULT_SOCKS_PORT : undefined)
  if (port === undefined) throw new UsageError('port is missing: an http proxy has none of its own', 'port')
  const [username, password] = [reader.text('username'), reader.text('password')]
  if (username === undefined && password === undefined) return { scheme, host, port, credentials: null }
  const isFit = (part: string | undefined): part is string => {
    const sizeBytes = Buffer.byteLength(part ?? '')
    return sizeBytes >= 1 && sizeBytes <= 255
  }
  if (!isFit(username) || !isFit(password))
    throw new UsageError('username and password go together, 1 to 255 bytes each', 'username')
  return { scheme, host, port, credentials: { username, password } }
}
