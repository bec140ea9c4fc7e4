import type { Asked } from './asked.js'
import { encodeReply, enhancedCode } from './replies.js'
import type { Abandonment, ServerPlan, ServerRefusal, ServerStage, Transaction, TransactionRecipient } from './types.js'
import { type ServerStep, type ServerWire, SessionOver } from './wire.js'

/** The service ends the session by itself (RFC 5321 section 3.8). */
const CUTS_OFF = 421

/** What is known of a session, and how it is spoken in. */
export class ServerTalk {
  readonly wire: ServerWire
  readonly plan: ServerPlan
  tlsVersion: string | null
  /** How the client introduced itself; null until it has. */
  helo: { readonly name: string; readonly extended: boolean } | null = null
  /** Who logged in. */
  user: string | null = null
  transaction: Omit<Transaction, 'recipients'> | null = null
  recipients: TransactionRecipient[] = []
  /** Of a message that is coming. */
  contentBytes = 0
  /** What is being answered; null where it is no command. */
  asked: Asked | null = null

  constructor(wire: ServerWire, plan: ServerPlan) {
    this.wire = wire
    this.plan = plan
    this.tlsVersion = plan.tlsVersion
  }

  get offersTls(): boolean {
    return this.plan.starttls && this.tlsVersion === null
  }

  /** Where there is no TLS to be had, a login without is all that can be tested. */
  get offersAuth(): boolean {
    return this.plan.auth !== null && !this.offersTls
  }

  /** A yes, with its enhanced code before each line where it has one. */
  accept(code: number, enhanced: string | null, ...lines: readonly string[]): void {
    this.wire.say(encodeReply(code, enhanced === null ? lines : lines.map((line) => `${enhanced} ${line}`)))
  }

  /** A no, which is told too. Throws {@link SessionOver} where it ends the session. */
  refuse(
    code: number,
    text: string,
    more: { stage?: ServerStage; enhanced?: string; user?: string | null } = {},
  ): void {
    const { stage = null, user = null } = more
    const enhanced = more.enhanced ?? enhancedCode(stage, code)
    const told = enhanced === null ? text : `${enhanced} ${text}`
    this.wire.say(encodeReply(code, [told]))
    const { command = null, argument = null } = this.asked ?? {}
    const cutsOff = code === CUTS_OFF || stage === 'connect'
    this.wire.push({ type: 'refused', command, argument, user, replyCode: code, text: told, cutsOff })
    if (cutsOff) throw new SessionOver('cut-off')
  }

  /** Whether a stage may be passed; where not, that has been said. */
  *mayPass(stage: ServerStage, address: string | null = null): ServerStep<boolean> {
    const refusal = yield* this.wire.judge(stage, address)
    if (refusal !== null) this.refuse(refusal.code, refusal.text, { stage })
    return refusal === null
  }

  /** What is known of the mail that is under way. */
  snapshot(): Transaction | null {
    return this.transaction && { ...this.transaction, recipients: this.recipients }
  }

  /** Ends the mail that is under way, if one is, without it having come to anything. */
  abandon(how: Abandonment): void {
    const transaction = this.snapshot()
    if (transaction) this.wire.push({ type: 'abandoned', transaction, how, sizeBytes: this.contentBytes })
    this.forget()
  }

  forget(): void {
    this.transaction = null
    this.recipients = []
    this.contentBytes = 0
  }
}

/** As a reply, with its enhanced code: for a message, each of whose verdicts is one. */
export function verdictText({ code, text }: ServerRefusal): string {
  return encodeReply(code, [`${enhancedCode('message', code)} ${text}`])
}
