import { hostname } from 'node:os'
import { failureFields } from '../../../core/failure.js'
import { acceptTls } from '../../../net/tls/server.js'
import {
  type ServerAction,
  type ServerPlan,
  ServerSession,
  type SmtpServerEvent,
} from '../../../protocol/smtp/server/index.js'
import type { Certified } from '../certificate.js'
import type { Peer, Responder, ResponderContext } from '../responder.js'
import { envelopeOf } from './envelope.js'
import { SmtpPolicy } from './policy.js'
import { MailTaker } from './take.js'
import type { SmtpMode } from './types.js'

const HANDSHAKE_TIMEOUT_MS = 10_000

/**
 * A mode that speaks SMTP or LMTP. Each mail is told as a `mail` event before it is answered. `certificate` is for
 * STARTTLS.
 */
export function createSmtp(mode: SmtpMode, certificate: Certified | null, context: ResponderContext): Responder {
  const policy = new SmtpPolicy(mode, context.signal)
  const taker = new MailTaker(mode, policy, context)
  const { lmtp, starttls, auth, maxSizeBytes } = mode
  const plan = { name: hostname(), lmtp, starttls, auth, maxSizeBytes }
  return {
    serve: (peer) =>
      new Sink(
        peer,
        { ...plan, tlsVersion: peer.tls?.protocol ?? null },
        { policy, taker, certificate, context },
      ).serve(),
  }
}

interface SinkMeans {
  readonly policy: SmtpPolicy
  readonly taker: MailTaker
  readonly certificate: Certified | null
  readonly context: ResponderContext
}

/** One session over its connection: does what it says, one thing after the other. */
class Sink {
  readonly #peer: Peer
  readonly #session: ServerSession
  readonly #means: SinkMeans

  constructor(peer: Peer, plan: ServerPlan, means: SinkMeans) {
    this.#peer = peer
    this.#session = new ServerSession(plan)
    this.#means = means
  }

  async serve(): Promise<void> {
    // Told before the connection's end is.
    this.#peer.signal.addEventListener('abort', () => this.#tell(this.#session.handle({ type: 'lost' })), {
      once: true,
    })
    await this.#go({ type: 'connected' })
    for await (const bytes of this.#peer.received(true)) {
      // It is lent, and a session keeps what it has not read.
      await this.#go({ type: 'received', bytes: Uint8Array.from(bytes) })
      if (this.#session.isOver) return this.#peer.settled()
    }
    await this.#go({ type: 'ended' })
  }

  /** What an event leads to, until the session waits for the client again. */
  async #go(event: SmtpServerEvent): Promise<void> {
    for (let next: SmtpServerEvent | null = event; next !== null; ) {
      const actions: ServerAction[] = this.#session.handle(next)
      next = null
      for (const action of actions) next = (await this.#perform(action)) ?? next
    }
  }

  /** The answer, where it is a question. */
  async #perform(action: ServerAction): Promise<SmtpServerEvent | null> {
    const { policy, taker } = this.#means
    switch (action.type) {
      case 'send':
        await this.#peer.send(action.bytes, true)
        return null
      case 'judge':
        return { type: 'judged', refusal: await policy.judge(action.stage, action.address) }
      case 'message':
        return { type: 'taken', verdicts: await taker.take(this.#peer.id, action) }
      case 'start-tls':
        return this.#startTls()
      default:
        this.#tell([action])
        return null
    }
  }

  async #startTls(): Promise<SmtpServerEvent> {
    const { certificate, context } = this.#means
    const { id, address, port } = this.#peer
    if (certificate === null) throw new Error('STARTTLS was offered without a certificate')
    const endpoint = { host: null, address, port, path: null }
    const accept = acceptTls({ ...certificate, handshakeTimeoutMs: HANDSHAKE_TIMEOUT_MS }, endpoint)
    const { outcome, droppedBytes } = await this.#peer.upgrade(accept)
    if (!outcome.ok) {
      context.emit({ type: 'problem', id, address, port, ...failureFields(outcome.failure) })
      return { type: 'lost' }
    }
    return { type: 'secured', tlsVersion: outcome.value.session.protocol, droppedBytes }
  }

  /** Actions that are no more than news. */
  #tell(actions: readonly ServerAction[]): void {
    const { emit } = this.#means.context
    const { id } = this.#peer
    for (const action of actions) {
      if (action.type === 'refused') emit({ ...action, type: 'refusal', id })
      else if (action.type === 'deviation') emit({ type: 'deviation', id, rule: action.rule, command: action.command })
      else if (action.type === 'abandoned') {
        const { transaction, how, sizeBytes } = action
        emit({ type: 'transaction', ...envelopeOf(id, transaction), outcome: how, sizeBytes })
      }
    }
  }
}
