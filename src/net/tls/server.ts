import type { Socket } from 'node:net'
import { createSecureContext, TLSSocket } from 'node:tls'
import type { Endpoint } from '../../core/address/endpoint.js'
import { Deadline } from '../../core/deadline.js'
import { abortFailure, deadlineFailure, type Failure, failure, fromNodeError } from '../../core/failure.js'
import { hint } from '../../core/hint.js'
import type { Outcome } from '../../core/outcome.js'
import { settle } from '../../core/settle.js'
import type { ValueOf } from '../../core/shape.js'
import { resetBelow, Underlay } from '../stream/guards/close-notify.js'
import { tellAlerts } from '../stream/hooks.js'
import type { Stream } from '../stream/stream.js'
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
      ...hint('both are PEM, the key without passphrase, and belong together'),
    }
  }
}

/**
 * The server's TLS handshake over accepted streams, which go on over TLS. The function returned resolves to how it went,
 * for each; where it failed, the stream is ended.
 */
export function acceptTls(
  { cert, key, alpn, handshakeTimeoutMs }: ServerTlsOptions,
  endpoint: Endpoint,
): (stream: Stream) => Promise<Outcome<SecureConnection>> {
  const secureContext = createSecureContext({ cert, key })
  const onDeadline = ({ inWords }: Deadline) =>
    deadlineFailure('tls', `the TLS handshake took longer than ${inWords}`, { endpoint, ...SILENT_CLIENT })
  const onAbort = () => abortFailure('tls', 'the TLS handshake was interrupted', { endpoint })
  const handshake = (raw: Socket) =>
    settle<SecureConnection>({ deadline: Deadline.after(handshakeTimeoutMs), onDeadline, onAbort }, (done) => {
      const below = new Underlay(raw)
      const socket = new TLSSocket(below, { isServer: true, secureContext, ...(alpn && { ALPNProtocols: [...alpn] }) })
      below.carry(socket)
      const onError = (error: Error) => done.fail(handshakeFailure(error, endpoint))
      const onGone = () => {
        const reset = resetBelow(socket)
        if (reset) onError(reset)
        else done.fail(endedFailure(endpoint))
      }
      // What the server's end emits where the client's has `secureConnect`. OpenSSL is still in the handshake: an end in
      // this very turn would go out without close_notify.
      const onSecure = () => {
        tellAlerts(socket)
        // A client that had nothing to say may end at once, or break off: its stream tells.
        socket.off('end', onGone).off('close', onGone).off('error', onError)
        const early: Error[] = []
        const onEarly = (error: Error) => void early.push(error)
        socket.on('error', onEarly)
        const session = describeSession(socket)
        setImmediate(() => {
          done.ok({ socket, session })
          setImmediate(() => {
            socket.off('error', onEarly)
            for (const error of early) socket.emit('error', error)
          })
        })
      }
      socket.once('secure', onSecure).once('error', onError).once('end', onGone).once('close', onGone)
      return (outcome) => {
        socket
          .off('secure', onSecure)
          .off('error', onError)
          .off('end', onGone)
          .off('close', onGone)
          .off('error', ignore)
        if (outcome.ok) return
        socket.on('error', ignore).destroy()
        raw.destroy()
      }
    })
  return (stream) => stream.upgrade(handshake)
}

const SILENT_CLIENT = hint('it is connected, and did not finish the handshake: does it speak TLS to this port?')

/** What still comes of a connection that is given up, or is about to get another owner, who asks it. */
const ignore = () => {}

function handshakeFailure(error: Error, endpoint: Endpoint): Failure {
  const { code, syscall } = error as NodeJS.ErrnoException
  // Node calls every early end a reset; a true one names the system call that told of it.
  if (code === 'ECONNRESET' && syscall === undefined) return endedFailure(endpoint, error)
  const base = fromNodeError(error, 'tls', { endpoint, ...(syscall !== undefined && { origin: 'os' as const }) })
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
    cipher: socket.getCipher()?.standardName ?? 'unknown',
    alpn: typeof alpn === 'string' ? alpn : null,
    servername: typeof servername === 'string' ? servername : null,
  }
}
