import type { Socket } from 'node:net'
import { createSecureContext, TLSSocket } from 'node:tls'
import type { Endpoint } from '../../core/address/endpoint.js'
import { Deadline } from '../../core/deadline.js'
import { deadlineFailure, type Failure, failure, fromNodeError } from '../../core/failure.js'
import { fail, type Outcome, ok } from '../../core/outcome.js'
import type { ValueOf } from '../../core/shape.js'
import type { sessionShape } from './report-fields.js'

export interface ServerTlsOptions {
  /** PEM: the certificate, then those that lead to its authority. */
  readonly cert: string
  /** PEM, without passphrase. */
  readonly key: string
  /** Protocols offered in ALPN (RFC 7301), the best first; none where left out. */
  readonly alpn?: readonly string[] | undefined
  /** How long a handshake may take. */
  readonly handshakeTimeoutMs: number
}

/** What the two ends agreed on. */
export type ServerTlsSession = ValueOf<typeof sessionShape>

export interface SecureConnection {
  readonly socket: TLSSocket
  readonly session: ServerTlsSession
}

/** Why certificate and key cannot serve, or null: unreadable PEM, a key that belongs to another certificate. */
export function checkServerCertificate(cert: string, key: string): Failure | null {
  try {
    createSecureContext({ cert, key })
    return null
  } catch (error) {
    const base = fromNodeError(error, 'options')
    return {
      ...base,
      origin: 'os',
      message: `certificate and key cannot be used: ${error instanceof Error ? error.message : base.message}`,
      hint: 'both are PEM, the key without passphrase, and belong together',
    }
  }
}

/**
 * The server's TLS handshake over accepted connections. The function returned resolves to how it went, for each; where
 * it failed, the connection is closed.
 */
export function acceptTls(
  { cert, key, alpn, handshakeTimeoutMs }: ServerTlsOptions,
  endpoint: Endpoint,
): (raw: Socket) => Promise<Outcome<SecureConnection>> {
  const secureContext = createSecureContext({ cert, key })
  return (raw) =>
    new Promise((resolve) => {
      const started = performance.now()
      const elapsed = () => performance.now() - started
      raw.on('error', () => {}) // the TLS session tells of it
      const socket = new TLSSocket(raw, { isServer: true, secureContext, ...(alpn && { ALPNProtocols: [...alpn] }) })
      const release = () => {
        callOff()
        socket.off('error', onError)
        socket.off('end', onGone)
        socket.off('close', onGone)
      }
      const refuse = (failed: Failure) => {
        release()
        socket.on('error', () => {}) // whatever still comes from a connection that is given up
        socket.destroy()
        raw.destroy()
        resolve(fail(failed, elapsed()))
      }
      const onError = (error: Error) => refuse(handshakeFailure(error, endpoint))
      const onGone = () => refuse(endedFailure(endpoint))
      const callOff = Deadline.after(handshakeTimeoutMs).onExpire(() =>
        refuse(deadlineFailure('tls', 'the TLS handshake took longer than the time allowed', { endpoint })),
      )
      socket.once('error', onError)
      socket.once('end', onGone)
      socket.once('close', onGone)
      // What the server's end emits where the client's has `secureConnect`.
      socket.once('secure', () => {
        socket.off('end', onGone)
        // OpenSSL is still in the handshake: an end in this very turn would go out without close_notify.
        setImmediate(() => {
          if (socket.destroyed) return
          release()
          resolve(ok({ socket, session: describeSession(socket) }, elapsed()))
          // A client that had nothing to say may have ended meanwhile: who takes the socket is to hear of it.
          if (socket.readableEnded) setImmediate(() => socket.emit('end'))
        })
      })
    })
}

function handshakeFailure(error: Error, endpoint: Endpoint): Failure {
  if ((error as NodeJS.ErrnoException).code === 'ECONNRESET') return endedFailure(endpoint, error)
  const base = fromNodeError(error, 'tls', { endpoint })
  return { ...base, message: `the TLS handshake failed: ${base.message}` }
}

function endedFailure(endpoint: Endpoint, cause?: Error): Failure {
  const message = 'the client ended the connection during the TLS handshake'
  return failure({ phase: 'tls', origin: 'tls', code: 'ECONNRESET', message, endpoint, cause })
}

function describeSession(socket: TLSSocket): ServerTlsSession {
  const alpn = socket.alpnProtocol
  const servername: unknown = 'servername' in socket ? socket.servername : null
  return {
    protocol: socket.getProtocol() ?? 'unknown',
    cipher: socket.getCipher().standardName,
    alpn: typeof alpn === 'string' ? alpn : null,
    servername: typeof servername === 'string' ? servername : null,
  }
}
