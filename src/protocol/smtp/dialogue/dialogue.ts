import type { MechanismName } from '../auth/sasl.js'
import { authenticate } from './authenticate.js'
import type { Action, DialogueEvent, DialogueSteps } from './conversation.js'
import { type Introduction, readBanner, sayHello, upgradeDialogue } from './greet.js'
import { type CheckedPlan, checkPlan, type DialoguePlan } from './plan.js'
import { DialogueStop, type Problem } from './problem.js'
import { type DialogueResult, firstProblem, type MessageResult, untried } from './result.js'
import type { QuitAfter } from './stages.js'
import { transact } from './transaction.js'
import { DialogueWire } from './wire.js'

/**
 * A mail client without a network: it is told what happens on the connection and says what to do. After `close` the
 * result stands; events that come later change nothing.
 *
 *     const dialogue = new Dialogue(plan)
 *     for (const event of connection) perform(dialogue.handle(event))
 */
export class Dialogue {
  readonly #wire: DialogueWire
  readonly #steps: DialogueSteps<DialogueResult>
  #result: DialogueResult | null = null

  /** Throws a UsageError if any value of the plan could not be sent. */
  constructor(plan: DialoguePlan) {
    this.#wire = new DialogueWire(plan.usualTimeoutMs ?? null)
    this.#steps = dialogue(this.#wire, checkPlan(plan))
    this.#steps.next()
  }

  /** Null until the dialogue is over. */
  get result(): DialogueResult | null {
    return this.#result
  }

  /** What to do about an event, in order. */
  handle(event: DialogueEvent): Action[] {
    if (this.#result) return []
    const { done, value } = this.#steps.next(event)
    if (done) this.#result = value
    const { actions } = this.#wire
    this.#wire.actions = []
    return actions
  }
}

/** What the steps find out as they go. */
interface Findings extends Introduction {
  mechanism: MechanismName | null
  readonly messages: readonly MessageResult[]
}

function* dialogue(wire: DialogueWire, checked: CheckedPlan): DialogueSteps<DialogueResult> {
  const found: Findings = {
    greeting: null,
    capabilities: null,
    mechanism: null,
    messages: checked.messages.map(untried),
  }
  let problem: Problem | null = null
  let abandon = false
  try {
    yield* wire.connected()
    abandon = yield* converse(wire, checked, found)
  } catch (error) {
    if (!(error instanceof DialogueStop)) throw error
    problem = error.problem
  }
  const { reached } = wire
  yield* wire.leave(abandon, problem !== null)
  // That a server says goodbye well is no further stage of a dialogue that was over before.
  if (problem) wire.reached = reached
  return conclude(wire, checked, found, problem)
}

/** The stages in their order; returns whether to close without a word. */
function* converse(wire: DialogueWire, checked: CheckedPlan, found: Findings): DialogueSteps<boolean> {
  const { plan } = checked
  const endsAt = (stage: QuitAfter) => plan.quitAfter === stage
  if (endsAt('connect')) return true
  yield* readBanner(wire, found)
  if (endsAt('banner')) return false
  yield* sayHello(wire, checked, found)
  if (endsAt('ehlo')) return false
  yield* upgradeDialogue(wire, checked, found)
  if (endsAt('tls') || found.capabilities === null) return false
  if (plan.auth) found.mechanism = yield* authenticate(wire, plan.auth, found.capabilities)
  if (endsAt('auth')) return false
  return yield* transact(wire, plan, found.capabilities, checked.messages, found.messages)
}

function conclude(wire: DialogueWire, checked: CheckedPlan, found: Findings, stopped: Problem | null): DialogueResult {
  const { greeting, capabilities, mechanism, messages } = found
  const stop = checked.plan.quitAfter ?? null
  const problem = stopped ?? firstProblem(messages)
  const awaited = stop === null ? messages : stop === 'rcpt' || stop === 'data' ? messages.slice(0, 1) : []
  const taken = awaited.every(({ recipients }) => recipients.every(({ status }) => status === 'accepted'))
  return {
    ok: problem === null && taken,
    problem,
    reached: wire.reached,
    greeting,
    capabilities,
    secure: wire.secure,
    mechanism,
    messages,
    roundTrips: wire.roundTrips,
  }
}
