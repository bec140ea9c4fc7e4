import { isIP, type Socket } from 'node:net'
import { connect, createSecureContext, type SecureContext, type TLSSocket } from 'node:tls'
import type { Endpoint } from '../../core/address/endpoint.js'
import { Deadline } from '../../core/deadline.js'
import { abortFailure, deadlineFailure, type Failure, failure, fromNodeError } from '../../core/failure.js'
import { fail, type Outcome, ok } from '../../core/outcome.js'
import { Underlay } from '../stream/close-notify.js'
import { describe, type TlsReport, whichCertificate } from './report.js'

export type { TlsReport } from './report.js'

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
  /**
   * Whether TLS's own end is told from that of the connection, see {@link closeNotifyOf}; default true. False for HTTP/2,
   * which since Node 24 loses answers where its TLS does not run over the socket itself.
   */
  readonly tellsEnd?: boolean | undefined
  readonly deadline?: Deadline | undefined
  readonly signal?: AbortSignal | undefined
}

export interface TlsSession {
  readonly socket: TLSSocket
  readonly tlsMs: number
  readonly report: TlsReport
}

type Credentials = Pick<TlsOptions, 'ca' | 'cert' | 'key'>

/** Why certificate, key or authorities cannot be used, such as a key that belongs to another certificate; or null. */
export function checkCredentials(credentials: Credentials): Failure | null {
  const made = secureContext(credentials)
  return 'failure' in made ? made.failure : null
}

function secureContext({ ca, cert, key }: Credentials): { context: SecureContext } | { failure: Failure } {
  const given = {
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
  }
  try {
    return { context: createSecureContext(given) }
  } catch (error) {
    const base = fromNodeError(error, 'options')
    const message = `what was given for TLS (${Object.keys(given).join(', ')}) cannot be used: ${base.message}`
    return { failure: { ...base, origin: 'os', message } }
  }
}

/**
 * The client's TLS handshake over a connected socket, which is destroyed where it fails. Verification is on unless
 * `insecure`. Fails with the certificate's or OpenSSL's own code, origin `tls`; where the handshake went well and the
 * certificate did not, the value still has the report. A reset or an end of the stream in the middle is the peer's.
 */
export function startTls(raw: Socket, endpoint: Endpoint, options: TlsOptions = {}): Promise<Outcome<TlsSession>> {
  const started = performance.now()
  const elapsed = () => performance.now() - started
  const { deadline = Deadline.never, signal, insecure = false, tellsEnd = true } = options
  const servername = options.servername ?? endpoint.host ?? ''
  const name = endpoint.host ?? endpoint.address ?? endpoint.path ?? 'the peer'

  return new Promise((resolve) => {
    const made = secureContext(options)
    if ('failure' in made) {
      raw.on('error', () => {}).destroy()
      return resolve(fail(made.failure, elapsed()))
    }
    const below = tellsEnd ? new Underlay(raw) : null
    const socket = connect({
      socket: below ?? raw,
      secureContext: made.context,
      // Node would destroy the socket, and with it the chain that shows what is wrong: onSecure refuses it instead.
      rejectUnauthorized: false,
      // An address is never sent as SNI (RFC 6066 3), but it is what the certificate must name.
      ...(servername !== '' && (isIP(servername) ? { host: servername } : { host: servername, servername })),
      ...(options.alpn !== undefined && { ALPNProtocols: [...options.alpn] }),
    })
    below?.carry(socket)
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
    const onSecure = () => {
      const session = { socket, tlsMs: elapsed(), report: describe(socket) }
      const { authorized, authorizationError: code, chain } = session.report
      if (authorized || insecure) return settle(ok(session, elapsed()))
      const base = fromNodeError(Object.assign(new Error(code ?? 'not verified'), { code }), 'tls', { endpoint })
      const which = whichCertificate(code ?? '', chain, servername)
      settle(fail({ ...base, message: `TLS with ${name} failed: ${base.message}${which}` }, elapsed(), session))
    }
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
