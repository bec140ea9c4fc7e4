import { isIP, type Socket } from 'node:net'
import { connect, createSecureContext, type SecureContext, type TLSSocket } from 'node:tls'
import type { Endpoint } from '../../core/address/endpoint.js'
import type { Deadline } from '../../core/deadline.js'
import { abortFailure, deadlineFailure, type Failure, failure, fromNodeError } from '../../core/failure.js'
import { type SpokenProtocol, spokenInstead } from '../../core/first-bytes.js'
import { type Hinted, hint } from '../../core/hint.js'
import type { Outcome } from '../../core/outcome.js'
import { settle } from '../../core/settle.js'
import { firstBelow, resetBelow, Underlay } from '../stream/guards/close-notify.js'
import { resetToldElsewhere } from '../stream/guards/kept-error.js'
import type { Stream } from '../stream/stream.js'
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

type TlsCredentials = Pick<TlsOptions, 'ca' | 'cert' | 'key'>

/** Why certificate, key or authorities cannot be used, such as a key that belongs to another certificate; or null. */
export function checkTlsCredentials(credentials: TlsCredentials): Failure | null {
  const made = secureContext(credentials)
  return 'failure' in made ? made.failure : null
}

function secureContext({ ca, cert, key }: TlsCredentials): { context: SecureContext } | { failure: Failure } {
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
 * The client's TLS handshake over a stream, which goes on over TLS where it succeeds and is ended where it fails. As
 * {@link startTls} for all else.
 */
export function secure(stream: Stream, endpoint: Endpoint, options: TlsOptions = {}): Promise<Outcome<TlsSession>> {
  return stream.upgrade((raw) => startTls(raw, endpoint, options))
}

/**
 * The client's TLS handshake over a connected socket, which is destroyed where it fails. Verification is on unless
 * `insecure`. Fails with the certificate's or OpenSSL's own code, origin `tls`; where the handshake went well and the
 * certificate did not, the value still has the report. A reset or an end of the stream in the middle is the peer's.
 */
export function startTls(raw: Socket, endpoint: Endpoint, options: TlsOptions = {}): Promise<Outcome<TlsSession>> {
  const { deadline, signal, insecure = false, tellsEnd = true } = options
  const servername = options.servername ?? endpoint.host ?? ''
  const name = endpoint.host ?? endpoint.address ?? endpoint.path ?? 'the peer'
  const onDeadline = (over: Deadline) =>
    deadlineFailure('tls', `the TLS handshake with ${name} took longer than ${over.inWords}`, {
      endpoint,
      deadline: over,
    })
  const onAbort = () => abortFailure('tls', `the TLS handshake with ${name} was interrupted`, { endpoint })

  return settle<TlsSession>({ deadline, signal, onDeadline, onAbort }, (done) => {
    const giveUp = (socket: Socket) => socket.on('error', () => {}).destroy() // whatever still comes concerns nobody
    const made = secureContext(options)
    if ('failure' in made) {
      giveUp(raw)
      done.fail(made.failure)
      return undefined
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
    const onSecure = () => {
      const session = { socket, tlsMs: done.elapsed(), report: describe(socket) }
      const { authorized, authorizationError: code, chain } = session.report
      if (authorized || insecure) return done.ok(session)
      const base = fromNodeError(Object.assign(new Error(code ?? 'not verified'), { code }), 'tls', { endpoint })
      const which = whichCertificate(code ?? '', chain, servername)
      done.fail({ ...base, message: `TLS with ${name} failed: ${base.message}${which}` }, session)
    }
    const onError = (error: Error) => {
      const base = fromNodeError(error, 'tls', { endpoint })
      const plain = spokenInstead('tls', firstBelow(socket), 'server')
      if (plain) done.fail({ ...base, message: `${name} does not speak TLS: ${plain.what} came`, ...hintOf(plain) })
      else done.fail({ ...base, message: `TLS with ${name} failed: ${base.message}` })
    }
    const onEnd = () => {
      const reset = below ? resetBelow(socket) : resetToldElsewhere(socket)
      if (reset) return onError(reset)
      const message = `${name} ended the connection during the TLS handshake`
      done.fail(failure({ phase: 'tls', origin: 'tls', code: 'ECONNRESET', message, endpoint }))
    }
    // Node's own listener makes an end of whatever it was, and lets the descriptor go.
    socket.once('secureConnect', onSecure).once('error', onError).prependOnceListener('end', onEnd)
    return (outcome) => {
      socket.off('secureConnect', onSecure).off('error', onError).off('end', onEnd)
      if (outcome.ok) return
      giveUp(socket)
      raw.destroy()
    }
  })
}

/** Protocols in which TLS can begin after a word in the clear. */
const WITH_STARTTLS: ReadonlySet<SpokenProtocol> = new Set(['ftp', 'imap', 'pop3', 'postgresql', 'smtp', 'smtp-or-ftp'])

/** What to do with a port that is plain. */
function hintOf({ protocol }: { readonly protocol: SpokenProtocol }): Hinted {
  return WITH_STARTTLS.has(protocol)
    ? hint('this port begins in the clear: ask for TLS there (STARTTLS), or take the port for TLS')
    : hint('this is a plain port: speak without TLS, or take the port for TLS')
}
