import type { SMTPServerOptions, SMTPServerSession } from 'smtp-server'
import { failureFields, fromNodeError } from '../../../core/failure.js'
import { abortedBy } from '../../../core/settle.js'
import type { MailEvent } from '../events.js'
import type { Peer, Responder, ResponderContext } from '../responder.js'
import { createSmtpEngine, type SaidNo, type SmtpEngine } from './engine.js'
import { decodeMail, saveMail } from './message.js'
import { type Refusal, refusal, SmtpPolicy } from './policy.js'
import { SmtpStream } from './stream.js'
import type { SmtpMode } from './types.js'

const ACCEPTED = 250
const TOO_BIG = 552
const SAVE_FAILED = 451
const NO_ROOM = 452
/** For lack of room the sender is to try again later, not because something is broken. */
const FULL = ['ENOSPC', 'EDQUOT', 'EFBIG']

/**
 * A mode that speaks SMTP or LMTP: smtp-server over our connections. Each mail is told as a `mail` event before it is
 * answered. `certificate` is for STARTTLS.
 */
export async function createSmtp(
  mode: SmtpMode,
  certificate: { readonly cert: string; readonly key: string } | null,
  context: ResponderContext,
): Promise<Responder> {
  const policy = new SmtpPolicy(mode, context.signal)
  const seen: Seen = { named: new WeakMap(), turnedAway: new WeakMap(), users: new WeakMap() }
  const engine = await createSmtpEngine(
    serverOptions(mode, certificate, policy, seen, context),
    (stage) => policy.judge(stage),
    (said, session) => tellNo(said, session, seen, context),
  )
  return { serve: (peer) => serve(engine, peer) }
}

/** What is known of a session besides what smtp-server keeps. */
interface Seen {
  /** Recipients that were taken. smtp-server keeps one that is named twice once; LMTP owes a reply for each (RFC 2033 section 4.2). */
  readonly named: WeakMap<SMTPServerSession['envelope'], string[]>
  readonly turnedAway: WeakMap<SMTPServerSession['envelope'], { address: string; replyCode: number }[]>
  /** Who tried to log in last. */
  readonly users: WeakMap<SMTPServerSession, string>
}

function tellNo(
  said: SaidNo,
  session: SMTPServerSession,
  { turnedAway, users }: Seen,
  { emit }: ResponderContext,
): void {
  const { command, argument, replyCode } = said
  const address = command === 'RCPT' ? /^TO:\s*<?([^>\s]*)/i.exec(argument ?? '')?.[1] : undefined
  if (address !== undefined) {
    turnedAway.set(session.envelope, [...(turnedAway.get(session.envelope) ?? []), { address, replyCode }])
  }
  const user = command === 'AUTH' ? (users.get(session) ?? null) : null
  users.delete(session)
  emit({ type: 'refusal', id: Number(session.id), user, ...said })
}

function serve(engine: SmtpEngine, peer: Peer): Promise<void> {
  const stream = new SmtpStream(peer.takeStream())
  // With half-open sockets a client that leaves without QUIT would be waited for.
  stream.once('end', () => stream.end())
  const { address, port } = peer
  engine.connect(stream, { id: String(peer.id), remoteAddress: address ?? '', remotePort: port ?? 0 })
  return abortedBy(peer.signal)
}

function serverOptions(
  mode: SmtpMode,
  certificate: { readonly cert: string; readonly key: string } | null,
  policy: SmtpPolicy,
  { named, turnedAway, users }: Seen,
  context: ResponderContext,
): SMTPServerOptions {
  const { lmtp, starttls, secure, auth, maxSizeBytes } = mode
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
    heloResponse: '%s at your service',
    hideENHANCEDSTATUSCODES: false,
    hideDSN: false,
    // No name of a stranger is worth a question to the network.
    disableReverseLookup: true,
    logger: false,
    onConnect: (_session, callback) => void policy.judge('connect').then(callback),
    onMailFrom: ({ address }, _session, callback) => void policy.judge('mail', address).then(callback),
    onRcptTo: ({ address }, { envelope }, callback) =>
      void policy.judge('rcpt', address).then((refused) => {
        if (!refused) named.set(envelope, [...(named.get(envelope) ?? []), address])
        callback(refused)
      }),
    onAuth: ({ username = '', password, validatePassword }, session, callback) => {
      users.set(session, username)
      const right =
        username === auth?.user && (password === auth.password || (!password && validatePassword(auth.password)))
      void policy.judge('auth', username).then((refused) => {
        if (refused) callback(refused)
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
        const taking = async () => {
          const refused = await policy.judge('message')
          const error = stream.sizeExceeded ? refusal(TOO_BIG, '') : refused
          return take(Buffer.concat(chunks), session, error)
        }
        void taking().then((replies) => (lmtp ? callback(null, replies) : callback(replies[0] || null)))
      })
    },
  }

  /** Keeps and tells a mail; resolves to one refusal for each recipient, or '' for one who gets it. */
  async function take(bytes: Buffer, session: SMTPServerSession, error: Refusal | null): Promise<(Refusal | '')[]> {
    const to = named.get(session.envelope) ?? []
    let verdicts = to.map((address) => error ?? (lmtp ? policy.refusalAt('message', address) : null))
    let path: string | null = null
    if (mode.directory !== null && verdicts.includes(null)) {
      try {
        path = await saveMail(mode.directory, bytes)
      } catch (cause) {
        const failed = fromNodeError(cause, 'write', { origin: 'os' })
        const told = { ...failureFields(failed), message: `cannot save to ${mode.directory}: ${failed.message}` }
        context.emit({ type: 'problem', id: Number(session.id), address: null, port: null, ...told })
        const kept = refusal(FULL.includes(failed.code) ? NO_ROOM : SAVE_FAILED, 'cannot be kept')
        verdicts = verdicts.map((verdict) => verdict ?? kept)
      }
    }
    const refused = to.flatMap((address, i) => {
      const verdict = verdicts[i]
      return verdict ? [{ address, replyCode: verdict.responseCode }] : []
    })
    context.emit({
      ...envelopeOf(session, to),
      sizeBytes: bytes.length,
      path,
      replyCode: refused.length < to.length ? ACCEPTED : (refused[0]?.replyCode ?? ACCEPTED),
      refused: [...(turnedAway.get(session.envelope) ?? []), ...(lmtp ? refused : [])],
      ...(await decodeMail(bytes)),
    })
    return verdicts.map((verdict) => verdict ?? '')
  }
}

type Envelope = Pick<MailEvent, 'type' | 'id' | 'helo' | 'from' | 'to' | 'secure' | 'user' | 'smtpUtf8' | 'eightBit'>

function envelopeOf(session: SMTPServerSession, to: readonly string[]): Envelope {
  const { envelope } = session
  return {
    type: 'mail',
    id: Number(session.id),
    helo: session.hostNameAppearsAs || null,
    from: envelope.mailFrom === false ? '' : envelope.mailFrom.address,
    to,
    secure: session.secure,
    user: typeof session.user === 'string' ? session.user : null,
    smtpUtf8: envelope.smtpUtf8 === true,
    eightBit: envelope.bodyType === '8bitmime',
  }
}
