import { pause } from '../../../core/settle.js'
import type { ServerRefusal } from '../../../protocol/smtp/server/index.js'
import type { SmtpMode, SmtpRejectStage } from './types.js'

/** What the sink says and does on purpose: whom it refuses where, and how long it thinks before it answers. */
export class SmtpPolicy {
  readonly #reject: SmtpMode['reject']
  readonly #delays: SmtpMode['delays']
  readonly #signal: AbortSignal

  /** Waiting ends early with `signal`. */
  constructor({ reject, delays }: Pick<SmtpMode, 'reject' | 'delays'>, signal: AbortSignal) {
    this.#reject = reject
    this.#delays = delays
    this.#signal = signal
  }

  /** Waits as long as a stage takes, then says why it is refused, or null. */
  async judge(stage: SmtpRejectStage, address: string | null = null): Promise<ServerRefusal | null> {
    const ms = this.#delays.find((each) => each.stage === stage || each.stage === null)?.ms ?? 0
    if (ms > 0) await pause(ms, this.#signal)
    return this.refusalAt(stage, address)
  }

  /** The first rule that fits: those for everybody, and those for an address. */
  refusalAt(stage: SmtpRejectStage, address: string | null): ServerRefusal | null {
    const rule = this.#reject.find((each) => each.stage === stage && matches(each.address, address))
    return rule ? { code: rule.code, text: 'rejected on purpose' } : null
  }
}

/** Case is nothing to tell addresses apart by; `*` stands for any characters. */
function matches(pattern: string | null, address: string | null): boolean {
  if (pattern === null) return true
  const [first = '', ...rest] = pattern.toLowerCase().split('*')
  const text = address?.toLowerCase()
  if (text === undefined || !text.startsWith(first)) return false
  if (rest.length === 0) return text === first
  let at = first.length
  const last = rest.pop() ?? ''
  for (const piece of rest) {
    const found = text.indexOf(piece, at)
    if (found < 0) return false
    at = found + piece.length
  }
  return text.length - last.length >= at && text.endsWith(last)
}
