import { plainCommand, type SmtpCommand } from '../command.js'
import type { Reply } from '../reply.js'
import type { Action, DialogueEvent, DialogueSteps, StrayRule, TranscriptItem } from './conversation.js'
import { Inbox } from './inbox.js'
import {
  aborted,
  DialogueStop,
  lost,
  type Problem,
  protocolError,
  refused,
  refusedUnasked,
  timedOut,
  undecodable,
  unexpectedReply,
} from './problem.js'
import { Secrets } from './secrets.js'
import { isExpected, STAGES, type Stage, stageName, stageTimeoutMs } from './stages.js'

/** Of bytes that are no reply: enough to see what they are. */
const MAX_STRAY_BYTES = 1024

/** Beyond those that were asked for so many replies may wait: one by one they break the protocol, together they fill memory. */
const MAX_SURPLUS = 1000

/** A command and the stage that its reply belongs to. */
export interface Staged {
  readonly stage: Stage
  readonly command: SmtpCommand
}

export const QUIT: Staged = { stage: 'quit', command: plainCommand('QUIT') }

/** The connection as the steps of a dialogue see it: they send commands and take replies. */
export class DialogueWire {
  readonly secrets = new Secrets()
  /** Filled by the steps, emptied by whoever performs it. */
  actions: Action[] = []
  secure = false
  /** How often the client had to wait for the server. */
  roundTrips = 0
  /** The furthest stage that went well. */
  reached: Stage | null = null
  readonly #usualMs: number | null
  #waitedMs = 0
  #inbox = new Inbox()
  /** Why no further reply can come. */
  #end: ((stage: Stage) => Problem) | null = null
  /** `mute`: nothing that we say now would be read as a command. */
  #state: 'open' | 'out-of-step' | 'mute' = 'open'
  /** What the server was not content with, since it was the last time. */
  #lastRefusal: Problem | null = null
  #quitSent = false
  /** Of commands. */
  #sent = 0
  /** The verb of the last of EHLO, HELO and LHLO. */
  #hello = stageName('ehlo')
  #waiting = false

  constructor(usualMs: number | null) {
    this.#usualMs = usualMs
  }

  /** Waits for the connection itself. */
  *connected(): DialogueSteps<void> {
    for (;;) {
      const event = yield
      if (event.type === 'connected') {
        this.secure = event.secure
        this.advance('connect')
        return
      }
      this.#absorb(event, 'connect')
      this.#state = 'mute'
      this.#throwIfEnded('connect')
    }
  }

  /** Writes a group of commands at once. */
  send(group: readonly Staged[]): void {
    this.#sent += group.length
    for (const { stage, command } of group) {
      this.note({ what: 'command', stage, text: command.shown, elided: command.elided, secure: this.secure })
      if (stage === 'quit') this.#quitSent = true
      if (stage === 'ehlo') this.#hello = command.shown.split(' ', 1)[0] ?? this.#hello
    }
    this.actions.push({ type: 'write', bytes: Buffer.concat(group.map(({ command }) => command.bytes)) })
    this.#waiting = false
  }

  /** A command on its own: what the server said before it was asked is no answer to it. */
  *ask(stage: Stage, command: SmtpCommand): DialogueSteps<Reply> {
    this.refuseSurplus(stage)
    this.send([{ stage, command }])
    return yield* this.reply(stage)
  }

  /** Throws where the server has said more than it was asked, and where it has ended the dialogue. */
  refuseSurplus(stage: Stage): void {
    const { first } = this.#inbox
    const ended = this.#end?.(stage).kind ?? null
    // A server may say unasked that it is about to close (RFC 5321 section 3.8): that is why it ends.
    if (first && first.code >= 400 && (ended === null || ended === 'lost')) {
      const reply = this.#take(stage, first)
      if (this.#state !== 'mute') this.#state = 'out-of-step'
      throw new DialogueStop(refusedUnasked(stage, reply, this.nameOf(stage)))
    }
    this.#throwIfEnded(stage)
    if (this.#inbox.isEmpty) return
    this.#state = 'out-of-step'
    this.#noteStray(stage, 'unsolicited')
    const message = `the server said more than it was asked for before ${this.nameOf(stage)}`
    throw new DialogueStop(protocolError(stage, 'SMTP_UNSOLICITED', message))
  }

  /** The next reply: what the protocol expects at that stage, or a refusal. Everything else ends the dialogue. */
  *reply(stage: Stage): DialogueSteps<Reply> {
    if (!this.#inbox.first && this.#end === null) yield* this.#await(stage)
    const raw = this.#inbox.first
    if (raw === undefined) this.#stop(stage)
    const reply = this.#take(stage, raw)
    // A challenge is no text to show, but one to be answered: byte for byte.
    return stage === 'auth' && raw.code === 334 ? raw : reply
  }

  /** Takes the first of the replies that have come. */
  #take(stage: Stage, raw: Reply): Reply {
    this.#inbox.drop()
    const expected = isExpected(stage, raw.code)
    const reply = this.secrets.elide(raw)
    this.note({ what: 'reply', stage, reply, unexpected: !expected, secure: this.secure })
    if (raw.code === 421) {
      // The server is about to close (RFC 5321 section 3.8); what it has said already still counts.
      this.#end ??= () => refused(stage, reply, this.nameOf(stage))
      this.#state = 'mute'
    }
    if (!expected && raw.code < 400) {
      this.#state = 'out-of-step'
      throw new DialogueStop(unexpectedReply(stage, reply, this.nameOf(stage)))
    }
    // "I do not know that" (RFC 5321 section 4.2.1: x0z) is no reason to be gone.
    if (expected) this.#lastRefusal = null
    else if (Math.trunc(raw.code / 10) % 10 !== 0) this.#lastRefusal = refused(stage, reply, this.nameOf(stage))
    if (expected) this.advance(stage)
    return reply
  }

  *#await(stage: Stage): DialogueSteps<void> {
    if (!this.#waiting) this.roundTrips++
    this.#waiting = true
    this.actions.push({ type: 'await', stage, timeoutMs: this.#patience(stage) })
    while (!this.#inbox.first && this.#end === null) this.#absorb(yield, stage)
  }

  /** Starts TLS and forgets what was received in plaintext. */
  *startTls(): DialogueSteps<void> {
    // Bytes that follow the 220 were slipped in by somebody on the way, to be read as if TLS protected them.
    if (!this.#inbox.isEmpty || this.#end) this.#injected(null)
    this.#state = 'mute'
    this.actions.push({ type: 'startTls', timeoutMs: this.#patience('tls') })
    for (;;) {
      const event = yield
      if (event.type === 'secured') break
      if (event.type === 'bytes') this.#injected(event.bytes)
      this.#absorb(event, 'tls')
      this.#throwIfEnded('tls')
    }
    this.#state = 'open'
    this.#inbox = new Inbox()
    this.secure = true
    this.note({ what: 'tls' })
    this.advance('tls')
  }

  #injected(bytes: Uint8Array | null): never {
    this.#state = 'mute'
    if (bytes) this.#inbox.pushStray(bytes)
    this.#noteStray('starttls', 'plaintext')
    const message =
      'plaintext came after the server agreed to STARTTLS and before the handshake: somebody may have slipped it in'
    throw new DialogueStop(protocolError('starttls', 'SMTP_STARTTLS_INJECTION', message))
  }

  /** Asks for the content of a message; what is sent before `contentSent` goes out behind it. */
  sendContent(message: number, sizeBytes: number | null): void {
    if (!this.#inbox.first) this.#throwIfEnded('message')
    this.note({ what: 'message', message, sizeBytes, secure: this.secure })
    this.actions.push({ type: 'sendMessage', message, timeoutMs: this.#patience('block') })
    this.#state = 'mute'
    this.#waiting = false
  }

  /** Waits until the content is out; an early reply is kept, and read even if the connection ends meanwhile. */
  *contentSent(): DialogueSteps<void> {
    for (;;) {
      const event = yield
      if (event.type === 'messageSent') break
      this.#absorb(event, 'message')
      if (!this.#inbox.first) this.#throwIfEnded('message')
      if (this.#end) return
    }
    if (!this.#end) this.#state = 'open'
  }

  /** Leaves: QUIT wherever the server could read it as such, and its reply where one can be expected. */
  *leave(abandon: boolean, failed: boolean): DialogueSteps<void> {
    if (!abandon && this.#state !== 'mute' && !this.#quitSent) this.send([QUIT])
    // Where the connection has ended behind a QUIT nothing is waited for: its reply is there, or never comes.
    const tells = this.#state === 'open' || (this.#end !== null && !failed)
    if (!abandon && this.#quitSent && tells) yield* this.#farewell()
    this.actions.push({ type: 'close' })
  }

  *#farewell(): DialogueSteps<void> {
    try {
      yield* this.reply('quit')
    } catch (error) {
      // The mail is decided by now: how the server says goodbye changes nothing, and the transcript has it.
      if (!(error instanceof DialogueStop)) throw error
      const { problem } = error
      const unanswered = problem.kind === 'timeout' || problem.kind === 'lost'
      if (unanswered) this.note({ what: 'unanswered', stage: 'quit', problem, secure: this.secure })
    }
  }

  #absorb(event: DialogueEvent, stage: Stage): void {
    switch (event.type) {
      case 'bytes': {
        const error = this.#inbox.push(event.bytes, this.#end === null)
        if (error) this.#over('out-of-step', (at) => undecodable(at, error))
        // As many as were asked for in all, of which LMTP answers some twice.
        if (this.#inbox.waiting > 2 * this.#sent + MAX_SURPLUS) this.#flooded(stage)
        return
      }
      case 'lost': {
        const pending = this.#inbox.pendingBytes
        this.#over('mute', (at) => lost(at, this.nameOf(at), event.code, pending))
        return
      }
      case 'timeout':
        this.#over('out-of-step', () => timedOut(stage, this.nameOf(stage), this.#waitedMs))
        return
      case 'abort':
        this.#over('out-of-step', () => aborted(stage, this.nameOf(stage), event.reason))
        return
      default:
        throw new Error(`the event ${event.type} has no place at ${stage}`)
    }
  }

  #flooded(stage: Stage): never {
    this.#noteStray(stage, 'unsolicited')
    this.#state = 'mute'
    const message = `the server said far more than it was asked for at ${this.nameOf(stage)}`
    throw new DialogueStop(protocolError(stage, 'SMTP_UNSOLICITED', message))
  }

  /** How long the next step may take, kept for what is said where it takes longer. */
  #patience(stage: Parameters<typeof stageTimeoutMs>[0]): number {
    this.#waitedMs = stageTimeoutMs(stage, this.#usualMs)
    return this.#waitedMs
  }

  #throwIfEnded(stage: Stage): void {
    if (this.#end) this.#stop(stage)
  }

  #stop(stage: Stage): never {
    this.#noteStray(stage, this.#inbox.first ? 'unsolicited' : 'unfinished')
    const problem = this.#end?.(stage) ?? timedOut(stage, this.nameOf(stage), this.#waitedMs)
    // What a server says before it is gone is why, though not of a QUIT.
    const why = problem.kind === 'lost' && stage !== 'quit' ? this.#lastRefusal : null
    throw new DialogueStop(why ? { ...why, aftermath: problem } : problem)
  }

  /** Notes what has come and was taken as no reply. */
  #noteStray(stage: Stage, rule: StrayRule): void {
    for (const stray of this.#inbox.takeStrays(rule)) {
      const shown = this.secrets.elideBytes(stray.bytes)
      const bytes = shown.subarray(0, MAX_STRAY_BYTES)
      this.note({ what: 'stray', stage, rule: stray.rule, bytes, sizeBytes: shown.length, secure: this.secure })
    }
  }

  #over(state: 'out-of-step' | 'mute', end: (stage: Stage) => Problem): void {
    this.#end ??= end
    if (this.#state !== 'mute') this.#state = state
  }

  /** A stage in words, by the command that was sent. */
  nameOf(stage: Stage): string {
    return stage === 'ehlo' ? this.#hello : stageName(stage)
  }

  note(item: TranscriptItem): void {
    this.actions.push({ type: 'note', item })
  }

  /** Notes that a stage went well. */
  advance(stage: Stage): void {
    if (this.reached === null || STAGES.indexOf(stage) > STAGES.indexOf(this.reached)) this.reached = stage
  }
}
