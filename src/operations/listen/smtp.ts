import type { Duplex } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import type { SMTPServer, SMTPServerOptions, SMTPServerSession } from 'smtp-server'
import { failureFields, fromNodeError } from '../../core/failure.js'
import type { Peer, Responder, ResponderContext } from './responder.js'
import { decodeMail, saveMail } from './smtp-message.js'
import { SmtpStream } from './smtp-stream.js'
import type { SmtpMode, SmtpRejectStage } from './smtp-types.js'

const ACCEPTED = 250
const TOO_BIG = 552
const SAVE_FAILED = 451

/** How smtp-server is told a reply code. */
function refusal(code: number, message: string): Error {
  return Object.assign(new Error(message), { responseCode: code })
}

/**
 * A mode that speaks SMTP or LMTP: smtp-server over our connections. Each mail is told as a `mail` event before it is
 * answered. `certificate` is for STARTTLS.
 */
export async function createSmtp(
  mode: SmtpMode,
  certificate: { readonly cert: string; readonly key: string } | null,
  context: ResponderContext,
): Promise<Responder> {
  const { SMTPServer } = await import('smtp-server')
  const server = new SMTPServer(serverOptions(mode, certificate, context))
  server.on('error', () => {}) // of one connection, which tells itself how it ended
  return { serve: (peer) => serve(server, peer) }
}

function serve(server: SMTPServer, peer: Peer): Promise<void> {
  const stream = new SmtpStream(peer.takeStream())
  // With half-open sockets a client that leaves without QUIT would be waited for.
  stream.once('end', () => stream.end())
  const { address, port } = peer
  const where = { id: String(peer.id), remoteAddress: address ?? '', remotePort: port ?? 0 }
  // It asks no more of a socket than a SmtpStream has.
  server.connect(stream as Duplex as Parameters<SMTPServer['connect']>[0], where)
  return new Promise((resolve) => {
    if (peer.signal.aborted) resolve()
    else peer.signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

function serverOptions(
  mode: SmtpMode,
  certificate: { readonly cert: string; readonly key: string } | null,
  context: ResponderContext,
): SMTPServerOptions {
  const { lmtp, starttls, secure, auth, reject, delayMs, maxSizeBytes } = mode
  const answer = async (stage: SmtpRejectStage, address: string | null, callback: (error?: Error | null) => void) => {
    await pause(delayMs, context.signal)
    const rule = reject.find((each) => each.stage === stage && (each.address === null || each.address === address))
    callback(rule ? refusal(rule.code, 'rejected on purpose') : null)
  }
  return {
    lmtp,
    secure,
    secured: secure,
    ...certificate,
    size: maxSizeBytes,
    rejectOversized: true,
    disabledCommands: [...(starttls ? [] : ['STARTTLS']), ...(auth ? [] : ['AUTH'])],
    authMethods: ['PLAIN', 'LOGIN', 'CRAM-MD5'],
    authOptional: auth === null,
    // Where there is no TLS to be had, a login without is all that can be tested.
    allowInsecureAuth: !starttls && !secure,
    hideENHANCEDSTATUSCODES: false,
    hideDSN: false,
    // No name of a stranger is worth a question to the network.
    disableReverseLookup: true,
    logger: false,
    onConnect: (_session, callback) => void answer('connect', null, callback),
    onMailFrom: ({ address }, _session, callback) => void answer('mail', address, callback),
    onRcptTo: ({ address }, _session, callback) => void answer('rcpt', address, callback),
    onAuth: ({ username = '', password, validatePassword }, _session, callback) => {
      const right =
        username === auth?.user && (password === auth.password || (!password && validatePassword(auth.password)))
      void answer('auth', username, (error) => {
        if (error) callback(error)
        else if (right) callback(null, { user: username })
        else callback(refusal(535, 'user or password is wrong'))
      })
    },
    onData: (stream, session, callback) => {
      const chunks: Buffer[] = []
      // What is beyond the bound is refused anyway, and not kept.
      stream.on('data', (chunk: Buffer) => void (stream.sizeExceeded || chunks.push(chunk)))
      stream.once('error', () => {}) // it broke off: no mail, and the connection tells how it ended
      stream.once('end', () => {
        const rejected = new Promise<Error | null>((resolve) => void answer('message', null, (e) => resolve(e ?? null)))
        void rejected
          .then((error) => take(Buffer.concat(chunks), session, stream.sizeExceeded ? refusal(TOO_BIG, '') : error))
          .then((error) => callback(error))
      })
    },
  }

  /** Keeps and tells a mail; resolves to why it is refused, or null. */
  async function take(bytes: Buffer, session: SMTPServerSession, error: Error | null): Promise<Error | null> {
    let refused = error
    let path: string | null = null
    if (!refused && mode.directory !== null) {
      try {
        path = await saveMail(mode.directory, bytes)
      } catch (cause) {
        const failed = fromNodeError(cause, 'write')
        const told = { ...failureFields(failed), message: `cannot save to ${mode.directory}: ${failed.message}` }
        context.emit({ type: 'problem', id: Number(session.id), address: null, port: null, ...told })
        refused = refusal(SAVE_FAILED, 'cannot be kept')
      }
    }
    const { envelope } = session
    context.emit({
      type: 'mail',
      id: Number(session.id),
      helo: session.hostNameAppearsAs || null,
      from: envelope.mailFrom === false ? '' : envelope.mailFrom.address,
      to: envelope.rcptTo.map(({ address }) => address),
      secure: session.secure,
      user: typeof session.user === 'string' ? session.user : null,
      smtpUtf8: envelope.smtpUtf8 === true,
      eightBit: envelope.bodyType === '8bitmime',
      sizeBytes: bytes.length,
      path,
      replyCode: refused ? responseCode(refused) : ACCEPTED,
      ...(await decodeMail(bytes)),
    })
    return refused
  }
}

function responseCode(error: Error): number {
  return 'responseCode' in error && typeof error.responseCode === 'number' ? error.responseCode : SAVE_FAILED
}

/** Ends early where listening does. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (ms > 0) await sleep(ms, undefined, { signal }).catch(() => {})
}
