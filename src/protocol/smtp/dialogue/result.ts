import type { MechanismName } from '../auth/sasl.js'
import type { Capabilities } from '../capabilities.js'
import type { Reply } from '../reply.js'
import type { CheckedMessage } from './plan.js'
import { type Problem, refused } from './problem.js'
import type { Stage } from './stages.js'

export interface RecipientResult {
  readonly address: string
  /**
   * `accepted`: the server took the message for it (or the recipient, where the dialogue was to end before the message).
   * `unconfirmed`: the whole message went out, but no reply came: it may have been delivered or not.
   */
  status: 'accepted' | 'refused' | 'unconfirmed' | 'not-reached'
  /** Where that was decided: the stage of `reply`; null if the recipient was never named to the server. */
  stage: Stage | null
  /** SMTP_550 and its kin; null unless refused. */
  code: string | null
  /** The last reply that concerns it. */
  reply: Reply | null
}

export interface MessageResult {
  readonly recipients: readonly RecipientResult[]
  /** Why the message as a whole came to nothing; a refused recipient alone is none. */
  problem: Problem | null
}

export interface DialogueResult {
  /** Everything asked for was done, for every recipient. */
  readonly ok: boolean
  /** What ended the dialogue before its end, else the first refusal of a message or a recipient. */
  readonly problem: Problem | null
  /** The furthest stage that went well. */
  readonly reached: Stage | null
  readonly greeting: Reply | null
  /** After STARTTLS those of the second EHLO. */
  readonly capabilities: Capabilities | null
  readonly secure: boolean
  /** The mechanism that AUTH succeeded with. */
  readonly mechanism: MechanismName | null
  readonly messages: readonly MessageResult[]
  /** How often the client had to wait for the server. */
  readonly roundTrips: number
}

/** Nothing is known yet of any recipient. */
export function untried(message: CheckedMessage): MessageResult {
  const recipients = message.to.map(
    ({ mailbox }): RecipientResult => ({
      address: mailbox.address,
      status: 'not-reached',
      stage: null,
      code: null,
      reply: null,
    }),
  )
  return { recipients, problem: null }
}

/** Writes down what a reply means for a recipient; `status` is what a positive one makes of it. */
export function settleRecipient(
  recipient: RecipientResult,
  stage: Stage,
  reply: Reply,
  status: RecipientResult['status'],
): void {
  recipient.stage = stage
  recipient.reply = reply
  recipient.status = reply.code < 400 ? status : 'refused'
  recipient.code = reply.code < 400 ? null : `SMTP_${reply.code}`
}

/** The first thing that went wrong among the messages. */
export function firstProblem(messages: readonly MessageResult[]): Problem | null {
  for (const { problem, recipients } of messages) {
    if (problem) return problem
    const first = recipients.find(({ status }) => status === 'refused')
    if (first?.stage && first.reply) return refused(first.stage, first.reply)
  }
  return null
}
