import { isAddress } from '../core/address/address.js'
import { parseAddressRanges } from '../core/address/target-syntax.js'
import type { Run } from '../core/iterate.js'
import { UsageError } from '../core/usage-error.js'
import {
  type ListenEvent,
  type ListenFault,
  type ListenSummary,
  type ListenTarget,
  listen as listenOperation,
  type Mode,
  type ListenOptions as ReadOptions,
} from '../operations/listen/index.js'
import { CallersInput, heedingInput } from './input.js'
import { type ListenMode, readMode } from './listen-mode.js'
import { begin, type OptionsReader, type RunOptions, readHost, readOptions } from './options.js'

/** A certificate of one's own; one is made on the spot where there is none. */
export interface ListenTlsOptions {
  /** PEM: the certificate, then those that lead to its authority. */
  readonly cert?: string | undefined
  /** PEM, without passphrase. */
  readonly key?: string | undefined
  /** Protocols offered in ALPN (RFC 7301), the best first. */
  readonly alpn?: readonly string[] | undefined
}

/** What {@link listen} takes; all of it may be left out. */
export interface ListenOptions extends RunOptions {
  /** Default 0: the system chooses one, and the `listening` event tells it. */
  readonly port?: number | undefined
  /** A name or an address to bind. Default `127.0.0.1`; `0.0.0.0` and `::` open the port to others. */
  readonly host?: string | undefined
  /** The path of a Unix socket, in place of `port` and `host`. */
  readonly path?: string | undefined
  /** Removes a stale Unix socket at `path`. */
  readonly force?: boolean | undefined
  /** Datagrams; each sender is a peer. */
  readonly udp?: boolean | undefined
  /** With an IPv6 host, no IPv4. */
  readonly ipv6Only?: boolean | undefined
  /** Shares the port with others that do (SO_REUSEPORT). */
  readonly reusePort?: boolean | undefined
  /** What is said to a peer. Default `conversation`: what comes is told, and `input` is sent. */
  readonly mode?: ListenMode | undefined
  /** Of the modes `conversation` and `chat`: what is sent, to the first peer or to all. */
  readonly input?: AsyncIterable<Uint8Array> | undefined
  /** How to misbehave towards a client. */
  readonly fault?: ListenFault | undefined
  readonly tls?: boolean | ListenTlsOptions | undefined
  /** Ends after so many conversations, once the last of them is over; goes on where it is left out. */
  readonly count?: number | undefined
  /** At most so many at once. */
  readonly maxConnections?: number | undefined
  /** The queue of connections that are not accepted yet. Default 511. */
  readonly backlog?: number | undefined
  /** Milliseconds of silence that end a conversation; none where left out, over UDP 60 s. */
  readonly idleTimeoutMs?: number | undefined
  /** Who may connect: addresses, blocks, ranges. Everyone where left out. */
  readonly allow?: string | readonly string[] | undefined
  /** Who may not, also where `allow` says so. */
  readonly deny?: string | readonly string[] | undefined
}

const listenWithInput = heedingInput(listenOperation, ({ input }) => input?.chunks ?? null)

const FAULTS = ['reset', 'close', 'stall', 'garbage', 'slow'] as const

/**
 * Listens, and talks with whoever comes until its signal is aborted, the time is over, or `count` conversations are. Being ended
 * so is success. Fails where it cannot listen; with `count` 1 as that one conversation failed.
 *
 *     for await (const event of listen({ port: 8080, mode: 'echo' })) {
 *       if (event.type === 'listening') console.log(`listening on ${event.port}`)
 *       if (event.type === 'data' && event.direction === 'received') console.log(event.id, event.bytes)
 *     }
 */
export function listen(options: ListenOptions = {}): Run<ListenEvent, ListenSummary> {
  return begin('listen', listenWithInput, options, (reader) => {
    const target = readTarget(reader)
    const tls = readTls(reader.value('tls'))
    const mode = readMode(reader.value('mode'), tls !== null)
    const input = reader.value('input')
    if (input !== undefined && mode.kind !== 'conversation' && mode.kind !== 'chat')
      throw new UsageError(`input does not go with mode ${mode.kind}`, 'input')
    const fault = reader.nested('fault', readFault) ?? null
    if (target.kind === 'udp') refuseStream(mode, tls !== null, fault !== null)
    return {
      target,
      mode,
      fault,
      // STARTTLS needs a certificate too.
      tls: tls ?? (mode.kind === 'smtp' && mode.starttls ? { certificate: null, alpn: undefined } : null),
      count: reader.integer('count', { min: 1 }) ?? Number.POSITIVE_INFINITY,
      maxConnections: reader.integer('maxConnections', { min: 1 }),
      backlog: reader.integer('backlog', { min: 1, max: 65_535 }),
      idleTimeoutMs: reader.positive('idleTimeoutMs') ?? null,
      allow: parseAddressRanges(reader.texts('allow'), 'allow'),
      deny: parseAddressRanges(reader.texts('deny'), 'deny'),
      input: input === undefined ? null : { isTTY: false, chunks: new CallersInput(input) },
    }
  })
}

function refuseStream({ kind }: Mode, tls: boolean, fault: boolean): void {
  const stream = ['http', 'serve', 'smtp', 'exec'].includes(kind)
    ? `mode ${kind}`
    : tls
      ? 'tls'
      : fault
        ? 'fault'
        : null
  if (stream !== null) throw new UsageError(`udp does not go with ${stream}, which needs a stream`, 'udp')
}

function readTarget(reader: OptionsReader<ListenOptions>): ListenTarget {
  const path = reader.text('path')
  const port = reader.integer('port', { max: 65535 })
  const host = reader.text('host')
  const [udp, ipv6Only, reusePort] = [reader.boolean('udp'), reader.boolean('ipv6Only'), reader.boolean('reusePort')]
  const force = reader.boolean('force')
  if (path !== undefined) {
    const stray = (['port', 'host', 'udp', 'ipv6Only', 'reusePort'] as const).find((name) => reader.value(name))
    if (stray) throw new UsageError(`${stray} has no meaning for a Unix socket`, stray)
    if (path === '' || path.includes('\0')) throw UsageError.of('path', path, 'the path of a socket')
    return { kind: 'unix', path, force }
  }
  if (force) throw new UsageError('force goes with path', 'force')
  const bound = readHost(host ?? '127.0.0.1', 'host')
  if (ipv6Only && isAddress(bound) !== 6) throw new UsageError('ipv6Only goes with an IPv6 host', 'ipv6Only')
  return { kind: udp ? 'udp' : 'tcp', host: bound, port: port ?? 0, ipv6Only, reusePort }
}

function readTls(tls: ListenOptions['tls']): ReadOptions['tls'] {
  if (tls === undefined || tls === false) return null
  return readOptions('tls', tls === true ? {} : tls, (reader: OptionsReader<ListenTlsOptions>) => {
    const [cert, key] = [reader.text('cert'), reader.text('key')]
    if ((cert === undefined) !== (key === undefined)) throw new UsageError('cert and key go together', 'cert')
    const alpn = reader.value('alpn') === undefined ? undefined : reader.texts('alpn')
    return { certificate: cert !== undefined && key !== undefined ? { cert, key } : null, alpn }
  })
}

type FaultOptions = {
  readonly kind: ListenFault['kind']
  readonly afterBytes?: number
  readonly bytesPerSecond?: number
}

function readFault(reader: OptionsReader<FaultOptions>): ListenFault {
  const kind = reader.choice('kind', FAULTS)
  if (kind === undefined) throw new UsageError(`kind is missing: one of ${FAULTS.join(', ')}`, 'kind')
  if (kind !== 'slow') return { kind, afterBytes: reader.integer('afterBytes') ?? 0 }
  const bytesPerSecond = reader.integer('bytesPerSecond', { min: 1 })
  if (bytesPerSecond === undefined) throw new UsageError('bytesPerSecond is missing', 'bytesPerSecond')
  return { kind, bytesPerSecond }
}
