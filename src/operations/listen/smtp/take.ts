import { failureFields, fromNodeError } from '../../../core/failure.js'
import type { ServerAction, ServerRefusal } from '../../../protocol/smtp/server/index.js'
import type { ResponderContext } from '../responder.js'
import { addressesOf, envelopeOf } from './envelope.js'
import { decodeMail, saveMail } from './message.js'
import type { SmtpPolicy } from './policy.js'
import type { SmtpMode } from './types.js'

const ACCEPTED = 250
const SAVE_FAILED = 451
const NO_ROOM = 452
/** For lack of room the sender is to try again later, not because something is broken. */
const FULL = ['ENOSPC', 'EDQUOT', 'EFBIG']

type Message = Extract<ServerAction, { type: 'message' }>
type Verdicts = (ServerRefusal | null)[]

/** Who takes messages: keeps them where they are to be kept, and tells of them. */
export class MailTaker {
  readonly #mode: SmtpMode
  readonly #policy: SmtpPolicy
  readonly #context: ResponderContext

  constructor(mode: SmtpMode, policy: SmtpPolicy, context: ResponderContext) {
    this.#mode = mode
    this.#policy = policy
    this.#context = context
  }

  /** Keeps and tells a mail; resolves to one refusal for each recipient, or null for one who gets it. */
  async take(id: number, { transaction, pieces, sizeBytes, refusal }: Message): Promise<Verdicts> {
    const { lmtp } = this.#mode
    const judged = await this.#policy.judge('message')
    const error = refusal ?? judged
    const to = addressesOf(transaction)
    const bytes = Buffer.concat(pieces)
    const first = to.map((address) => error ?? (lmtp ? this.#policy.refusalAt('message', address) : null))
    const { path, verdicts } = await this.#keep(id, bytes, first)
    const refused = to.flatMap((address, at) => {
      const verdict = verdicts[at]
      return verdict ? [{ address, replyCode: verdict.code }] : []
    })
    const envelope = envelopeOf(id, transaction)
    this.#context.emit({
      type: 'mail',
      ...envelope,
      sizeBytes,
      path,
      replyCode: refused.length < to.length ? ACCEPTED : (refused[0]?.replyCode ?? ACCEPTED),
      refused: [...envelope.refused, ...(lmtp ? refused : [])],
      ...(await decodeMail(bytes)),
    })
    return verdicts
  }

  /** Writes it where anybody gets it and it is to be kept; where that fails, nobody does. */
  async #keep(id: number, bytes: Uint8Array, verdicts: Verdicts): Promise<{ path: string | null; verdicts: Verdicts }> {
    const { directory } = this.#mode
    if (directory === null || !verdicts.includes(null)) return { path: null, verdicts }
    try {
      return { path: await saveMail(directory, bytes), verdicts }
    } catch (cause) {
      const failed = fromNodeError(cause, 'write', { origin: 'os' })
      const told = { ...failureFields(failed), message: `cannot save to ${directory}: ${failed.message}` }
      this.#context.emit({ type: 'problem', id, address: null, port: null, ...told })
      const kept = { code: FULL.includes(failed.code) ? NO_ROOM : SAVE_FAILED, text: 'cannot be kept' }
      return { path: null, verdicts: verdicts.map((verdict) => verdict ?? kept) }
    }
  }
}
