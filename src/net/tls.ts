import { isIP, type Socket } from 'node:net'
import { connect, type DetailedPeerCertificate, type TLSSocket } from 'node:tls'
import { Deadline } from '../core/deadline.js'
import type { Endpoint } from '../core/endpoint.js'
import { abortFailure, deadlineFailure, failure, fromNodeError } from '../core/failure.js'
import { fail, type Outcome, ok } from '../core/outcome.js'
import { Underlay } from './close-notify.js'

export interface TlsOptions {
  /** Name to ask for (SNI) and to verify; the host that was dialled where left out. Empty sends none. */
  readonly servername?: string | undefined
  /** PEM. Trusted instead of the system's authorities. */
  readonly ca?: string | undefined
  /** PEM of the client's certificate chain and key. */
  readonly cert?: string | undefined
  readonly key?: string | undefined
  readonly alpn?: readonly string[] | undefined
  /** Goes on where verification fails, and reports why it did. */
  readonly insecure?: boolean | undefined
  readonly deadline?: Deadline | undefined
  readonly signal?: AbortSignal | undefined
}

export interface Certificate {
  readonly subject: string
  readonly issuer: string
  readonly altNames: readonly string[]
  /** RFC 3339, UTC. */
  readonly validFrom: string
  readonly validTo: string
  readonly daysLeft: number
  readonly serialNumber: string
  readonly fingerprint256: string
}

export interface TlsReport {
  readonly protocol: string
  readonly cipher: string
  readonly alpn: string | null
  readonly servername: string | null
  readonly authorized: boolean
  /** Why verification failed under `insecure`: a code such as CERT_HAS_EXPIRED; else null. */
  readonly authorizationError: string | null
  /** As the peer sent it, leaf first. */
  readonly chain: readonly Certificate[]
}

export interface TlsSession {
  readonly socket: TLSSocket
  readonly tlsMs: number
  readonly report: TlsReport
}

/**
 * The client's TLS handshake over a connected socket, which is destroyed where it fails. Verification is on unless
 * `insecure`. Fails with the certificate's or OpenSSL's own code, origin `tls`; a reset or an end of the stream in the
 * middle is the peer's.
 */
export function startTls(raw: Socket, endpoint: Endpoint, options: TlsOptions = {}): Promise<Outcome<TlsSession>> {
  const started = performance.now()
  const elapsed = () => performance.now() - started
  const { deadline = Deadline.never, signal, insecure = false } = options
  const servername = options.servername ?? endpoint.host ?? ''
  const name = endpoint.host ?? endpoint.address ?? endpoint.path ?? 'the peer'

  return new Promise((resolve) => {
    const below = new Underlay(raw)
    const socket = connect({
      socket: below,
      rejectUnauthorized: !insecure,
      // An address is never sent as SNI (RFC 6066 3), but it is what the certificate must name.
      ...(servername !== '' && (isIP(servername) ? { host: servername } : { host: servername, servername })),
      ...(options.ca !== undefined && { ca: options.ca }),
      ...(options.cert !== undefined && { cert: options.cert }),
      ...(options.key !== undefined && { key: options.key }),
      ...(options.alpn !== undefined && { ALPNProtocols: [...options.alpn] }),
    })
    below.carry(socket)
    const settle = (outcome: Outcome<TlsSession>) => {
      callOff()
      signal?.removeEventListener('abort', onAbort)
      socket.off('secureConnect', onSecure)
      socket.off('error', onError)
      socket.off('end', onEnd)
      if (!outcome.ok) {
        socket.on('error', () => {}) // whatever still comes from a connection that is given up
        socket.destroy()
        raw.destroy()
      }
      resolve(outcome)
    }
    const onSecure = () => settle(ok({ socket, tlsMs: elapsed(), report: describe(socket) }, elapsed()))
    const onError = (error: Error) => {
      const base = fromNodeError(error, 'tls', { endpoint })
      settle(fail({ ...base, message: `TLS with ${name} failed: ${base.message}` }, elapsed()))
    }
    const onEnd = () => {
      const message = `${name} ended the connection during the TLS handshake`
      settle(fail(failure({ phase: 'tls', origin: 'tls', code: 'ECONNRESET', message, endpoint }), elapsed()))
    }
    const onAbort = () =>
      settle(fail(abortFailure('tls', `the TLS handshake with ${name} was interrupted`, { endpoint }), elapsed()))
    const callOff = deadline.onExpire(() =>
      settle(
        fail(
          deadlineFailure('tls', `the TLS handshake with ${name} took longer than the time allowed`, { endpoint }),
          elapsed(),
        ),
      ),
    )
    socket.once('secureConnect', onSecure)
    socket.once('error', onError)
    socket.once('end', onEnd)
    if (signal?.aborted) return onAbort()
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}

function describe(socket: TLSSocket): TlsReport {
  const alpn = socket.alpnProtocol
  // Node's types promise a string here and its documentation null; the error itself is an Error in practice.
  const problem: unknown = socket.authorizationError
  return {
    protocol: socket.getProtocol() ?? 'unknown',
    cipher: socket.getCipher().standardName,
    alpn: typeof alpn === 'string' ? alpn : null,
    servername: 'servername' in socket && typeof socket.servername === 'string' ? socket.servername : null,
    authorized: socket.authorized,
    authorizationError:
      socket.authorized || !problem ? null : problem instanceof Error ? codeOf(problem) : String(problem),
    chain: chainOf(socket.getPeerCertificate(true)),
  }
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message
}

/** Node links each certificate to its issuer, and the root to itself. */
function chainOf(leaf: DetailedPeerCertificate): Certificate[] {
  const chain: Certificate[] = []
  const seen = new Set<string>()
  let each: DetailedPeerCertificate | undefined = leaf
  while (each?.fingerprint256 && !seen.has(each.fingerprint256)) {
    seen.add(each.fingerprint256)
    const validTo = new Date(each.valid_to)
    chain.push({
      subject: distinguishedName(each.subject),
      issuer: distinguishedName(each.issuer),
      altNames: each.subjectaltname?.split(', ') ?? [],
      validFrom: new Date(each.valid_from).toISOString(),
      validTo: validTo.toISOString(),
      daysLeft: Math.floor((validTo.getTime() - Date.now()) / 86_400_000),
      serialNumber: each.serialNumber,
      fingerprint256: each.fingerprint256,
    })
    each = each.issuerCertificate
  }
  return chain
}

/** RFC 4514 in spirit: the parts in the certificate's order. */
function distinguishedName(name: object): string {
  return Object.entries(name)
    .flatMap(([key, value]) => [value].flat().map((each) => `${key}=${String(each)}`))
    .join(', ')
}
