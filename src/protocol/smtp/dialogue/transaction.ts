import type { Capabilities } from '../capabilities.js'
import { loneDot } from '../command.js'
import type { Reply } from '../reply.js'
import type { DialogueSteps } from './conversation.js'
import { envelopeCommands, lacks } from './envelope.js'
import type { CheckedMessage, DialoguePlan } from './plan.js'
import { refused } from './problem.js'
import { type MessageResult, type RecipientResult, settleRecipient } from './result.js'
import { type DialogueWire, QUIT, type Staged } from './wire.js'

/** A message that the server can take, with its place in the plan. */
interface Sendable {
  readonly index: number
  readonly message: CheckedMessage
  readonly result: MessageResult
}

/** What the server made of an envelope: it waits for content (of use to somebody or not), or the transaction is off. */
type OpenedTransaction =
  | { readonly state: 'content'; readonly accepted: readonly RecipientResult[] }
  | { readonly state: 'unwanted' }
  | { readonly state: 'off'; readonly reset: boolean }
  | { readonly state: 'ended' }

/**
 * Commands whose replies are taken one by one. With PIPELINING (RFC 2920) all are written at once and every reply has
 * to be taken; without, each is written when its reply is asked for.
 */
class Group {
  readonly #wire: DialogueWire
  readonly #commands: readonly Staged[]
  readonly pipelined: boolean
  #next = 0

  constructor(wire: DialogueWire, commands: readonly Staged[], pipelined: boolean) {
    this.#wire = wire
    this.#commands = commands
    this.pipelined = pipelined
    if (pipelined) wire.send(commands)
  }

  /** Whether the reply to be taken next belongs to that stage. */
  isAt(stage: Staged['stage']): boolean {
    return this.#commands[this.#next]?.stage === stage
  }

  *next(): DialogueSteps<Reply> {
    const staged = this.#commands[this.#next++]
    if (staged === undefined) throw new RangeError('no command is left in the group')
    return yield* this.pipelined ? this.#wire.reply(staged.stage) : this.#wire.ask(staged.stage, staged.command)
  }
}

/**
 * Sends the messages. With PIPELINING the content of one, the envelope of the next (or QUIT) are one group, so that each
 * message costs one round trip beyond the first (RFC 2920 section 3.1). Returns whether the connection is to be
 * dropped with a message begun and not ended, so that the server throws it away.
 */
export function* transact(
  wire: DialogueWire,
  plan: DialoguePlan,
  capabilities: Capabilities,
  messages: readonly CheckedMessage[],
  results: readonly MessageResult[],
): DialogueSteps<boolean> {
  const pipelined = capabilities.pipelining && plan.pipelining !== false
  const quitAfter = plan.quitAfter ?? null
  const queue = sendables(capabilities, messages, results)
  const open = (sendable: Sendable, reset: boolean) =>
    new Group(wire, envelopeCommands(sendable.message, capabilities, reset, quitAfter), pipelined)

  let ahead: Group | null = null
  let reset = false
  for (const [at, sendable] of queue.entries()) {
    if (!ahead) wire.refuseSurplus('mail')
    const opened: OpenedTransaction = yield* readEnvelope(ahead ?? open(sendable, reset), sendable)
    ahead = null
    reset = opened.state === 'off' && opened.reset
    if (opened.state === 'ended') return false
    if (opened.state === 'off') {
      if (quitAfter === null) continue
      return false
    }
    if (quitAfter === 'data') {
      if (opened.state === 'content') for (const recipient of opened.accepted) recipient.status = 'accepted'
      return true
    }
    if (opened.state === 'content') wire.sendContent(sendable.index, sendable.message.plan.sizeBytes ?? null)
    else wire.send([{ stage: 'message', command: loneDot() }])
    const next = queue[at + 1]
    if (pipelined && next) ahead = open(next, false)
    else if (pipelined) wire.send([QUIT])
    if (opened.state === 'content') yield* finishMessage(wire, plan.lmtp ?? false, opened.accepted, sendable.result)
    // LMTP answers once for each accepted recipient (RFC 2033 section 4.2): here, not at all.
    else if (!plan.lmtp) yield* wire.reply('message')
  }
  return false
}

/** What the server says that it cannot take is never begun. */
function sendables(
  capabilities: Capabilities,
  messages: readonly CheckedMessage[],
  results: readonly MessageResult[],
): Sendable[] {
  const queue: Sendable[] = []
  for (const [index, message] of messages.entries()) {
    const result = results[index]
    if (result === undefined) continue
    result.problem = lacks(message, capabilities)
    if (result.problem === null) queue.push({ index, message, result })
  }
  return queue
}

function* readEnvelope(group: Group, { result }: Sendable): DialogueSteps<OpenedTransaction> {
  if (group.isAt('rset')) yield* group.next()
  const mail = yield* group.next()
  const taken = mail.code < 400
  if (!taken) {
    result.problem = refused('mail', mail)
    if (!group.pipelined) return { state: 'off', reset: false }
  }
  const accepted: RecipientResult[] = []
  for (const recipient of result.recipients) {
    if (!group.isAt('rcpt')) break
    const reply = yield* group.next()
    // Without a sender a recipient is refused whoever it is: that says nothing of it.
    if (!taken) continue
    settleRecipient(recipient, 'rcpt', reply, 'not-reached')
    if (reply.code < 400) accepted.push(recipient)
  }
  if (group.isAt('quit')) {
    for (const recipient of accepted) recipient.status = 'accepted'
    return { state: 'ended' }
  }
  if (accepted.length === 0 && !group.pipelined) return { state: 'off', reset: true }
  const data = yield* group.next()
  if (data.code >= 400) {
    if (accepted.length > 0) result.problem = refused('data', data)
    for (const recipient of accepted) settleRecipient(recipient, 'data', data, 'not-reached')
    return { state: 'off', reset: taken }
  }
  return accepted.length > 0 ? { state: 'content', accepted } : { state: 'unwanted' }
}

function* finishMessage(
  wire: DialogueWire,
  lmtp: boolean,
  accepted: readonly RecipientResult[],
  result: MessageResult,
): DialogueSteps<void> {
  yield* wire.contentSent()
  for (const recipient of accepted) recipient.status = 'unconfirmed'
  if (lmtp) {
    for (const recipient of accepted) settleRecipient(recipient, 'message', yield* wire.reply('message'), 'accepted')
    return
  }
  const reply = yield* wire.reply('message')
  if (reply.code >= 400) result.problem = refused('message', reply)
  for (const recipient of accepted) settleRecipient(recipient, 'message', reply, 'accepted')
}
