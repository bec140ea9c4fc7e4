import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import type { Endpoint } from '../../core/address/endpoint.js'
import { formatEndpoint } from '../../core/address/endpoint.js'
import { type Failure, fromNodeError } from '../../core/failure.js'
import { fail, type Outcome, ok } from '../../core/outcome.js'
import { stopwatch } from '../../core/timer.js'
import { Stream, type StreamSettings } from '../stream/stream.js'
import { availableDescriptors } from '../system/limits.js'
import { acceptTls, type ServerTlsOptions, type ServerTlsSession } from '../tls/server.js'
import { bindFailure, checkReusePort } from './bind-failure.js'
import { clearStaleSocket } from './unix-socket.js'

export type BindTarget =
  /** A literal address; `host` as its user wrote it. Port 0: the system chooses. */
  | {
      readonly kind: 'inet'
      readonly host: string
      readonly address: string
      readonly port: number
      /** IPV6_V6ONLY; false lets `::` take IPv4 too. */
      readonly ipv6Only?: boolean
      /** SO_REUSEPORT, where this Node can. */
      readonly reusePort?: boolean
    }
  /** A Unix socket. `force` removes a stale one: a socket on which nobody listens any more. */
  | { readonly kind: 'unix'; readonly path: string; readonly force?: boolean }

/** One end of an accepted connection, as far as the system tells; all null for a Unix socket. */
export interface Remote {
  readonly address: string | null
  readonly port: number | null
}

export interface Accepted extends Remote {
  /** What to talk through, over TLS where there is a session. */
  readonly stream: Stream
  readonly tls: ServerTlsSession | null
}

/** `denied` by the rule given; `full`: as many as were allowed; `descriptors`: this process may open no more. */
export type RefusalReason = 'denied' | 'full' | 'descriptors'

export interface BindOptions {
  /** listen(2)'s queue of connections not yet accepted; the system holds it to its own bound. */
  readonly backlog?: number | undefined
  /** At most so many at once; the next is closed as soon as it is accepted. */
  readonly maxConnections?: number | undefined
  readonly tls?: ServerTlsOptions | undefined
  /** Of each connection that is accepted. */
  readonly stream?: StreamSettings | undefined
  /** Asked before a byte is read; a connection that it denies is reset. All are admitted where it is left out. */
  readonly admit?: ((address: string | null) => boolean) | undefined
  readonly onConnection: (accepted: Accepted) => void
  readonly onRefused?: (remote: Remote, reason: RefusalReason) => void
  /** A connection that did not become a TLS session; it is closed already. */
  readonly onHandshakeFailed?: (remote: Remote, failure: Failure) => void
  /** accept(2) failed; listening goes on. */
  readonly onAcceptFailed?: (failure: Failure) => void
}

export interface Listener {
  readonly address: string | null
  readonly port: number | null
  readonly path: string | null
  /** Accepts no more; resolves when the last connection is gone. */
  close(): Promise<void>
}

/**
 * Binds and listens: bind(2), listen(2) and accept(2) of TCP and Unix sockets. Fails with EADDRINUSE and who holds the
 * port, where the system tells; with EACCES for a privileged port; with ENOTSUP for what this Node cannot do.
 */
export async function bind(target: BindTarget, options: BindOptions): Promise<Outcome<Listener>> {
  const elapsed = stopwatch()
  const endpoint = endpointOf(target)
  const refused =
    target.kind === 'inet' && target.reusePort
      ? checkReusePort(endpoint)
      : target.kind === 'unix'
        ? await clearStaleSocket(target.path, target.force === true)
        : null
  if (refused) return fail(refused, elapsed())

  const server = createServer({ allowHalfOpen: true })
  try {
    server.listen(listenOptions(target, options.backlog))
    await once(server, 'listening')
  } catch (error) {
    return fail(bindFailure(error, endpoint, 'tcp'), elapsed())
  }
  const descriptors = availableDescriptors()
  const allowed = options.maxConnections ?? Number.POSITIVE_INFINITY
  if (Math.min(allowed, descriptors) !== Number.POSITIVE_INFINITY)
    server.maxConnections = Math.min(allowed, descriptors)
  accept(server, endpoint, options, descriptors < allowed ? 'descriptors' : 'full')

  const bound = server.address()
  const inet = typeof bound === 'object' ? bound : null
  return ok(
    {
      address: inet?.address ?? null,
      port: inet?.port ?? null,
      path: target.kind === 'unix' ? target.path : null,
      close: () => new Promise((resolve) => server.close(() => resolve())),
    },
    elapsed(),
  )
}

function listenOptions(target: BindTarget, backlog: number | undefined) {
  const queue = backlog === undefined ? {} : { backlog }
  if (target.kind === 'unix') return { path: target.path, ...queue }
  const { address, port, ipv6Only, reusePort } = target
  return { host: address, port, ...(ipv6Only && { ipv6Only }), ...(reusePort && { reusePort }), ...queue }
}

function accept(server: Server, endpoint: Endpoint, options: BindOptions, overflow: RefusalReason): void {
  const { admit, tls, stream: settings, onConnection, onRefused, onHandshakeFailed, onAcceptFailed } = options
  const secure = tls && acceptTls(tls, endpoint)
  server.on('connection', (raw) => {
    const remote: Remote = { address: unmapped(raw.remoteAddress), port: raw.remotePort ?? null }
    if (admit && !admit(remote.address)) {
      raw.on('error', () => {}) // a peer that was quicker than our reset
      raw.resetAndDestroy()
      onRefused?.(remote, 'denied')
      return
    }
    const stream = new Stream(raw, settings)
    if (!secure) return onConnection({ ...remote, stream, tls: null })
    void secure(stream).then((outcome) => {
      if (outcome.ok) onConnection({ ...remote, stream, tls: outcome.value.session })
      else onHandshakeFailed?.(remote, outcome.failure)
    })
  })
  server.on('drop', (dropped) =>
    onRefused?.({ address: unmapped(dropped?.remoteAddress), port: dropped?.remotePort ?? null }, overflow),
  )
  server.on('error', (error) => onAcceptFailed?.(fromNodeError(error, 'accept', { endpoint })))
}

/** A dual-stack socket shows IPv4 peers as ::ffff:192.0.2.1; they are IPv4 peers. */
export function unmapped(address: string | undefined): string | null {
  return address?.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '') ?? null
}

function endpointOf(target: BindTarget): Endpoint {
  return target.kind === 'unix'
    ? { host: null, address: null, port: null, path: target.path }
    : { host: target.host, address: target.address, port: target.port, path: null }
}

/** `127.0.0.1:8080` or `unix:PATH`. */
export function describeListener({ address, port, path }: Pick<Listener, 'address' | 'port' | 'path'>): string {
  return path === null ? formatEndpoint(address ?? '', port ?? 0) : `unix:${path}`
}
