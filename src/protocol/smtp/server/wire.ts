import { octetText } from '../../../core/text/octet-text.js'
import type { ClientDeviation, ServerAction, ServerRefusal, ServerStage, SmtpServerEvent } from './types.js'

const LF = 0x0a
const CR = 0x0d
const NOTHING = new Uint8Array()
/** RFC 4954 section 4: a line of an AUTH exchange, which is the longest that there may be. */
const MAX_LINE_BYTES = 12_288
/** RFC 5321 section 4.5.3.1.4, with what the extensions of MAIL add to it. */
const MAX_COMMAND_BYTES = 512 + 26 + 17 + 10 + 107 + 500

/** Steps that wait for events. */
export type ServerStep<T> = Generator<void, T, SmtpServerEvent>

/** The client is gone, or is to be: thrown through the steps of a session. */
export class SessionOver extends Error {
  readonly how: 'left' | 'cut-off'

  constructor(how: 'left' | 'cut-off') {
    super(how)
    this.how = how
  }
}

/** What has come and was not read yet, and what is to be done: the session's side of the connection. */
export class ServerWire {
  actions: ServerAction[] = []
  #held: Uint8Array = NOTHING
  #at = 0
  #isEnded = false
  readonly #told = new Set<ClientDeviation>()

  /** Whether the client said more than has been read. */
  get hasMore(): boolean {
    return this.#at < this.#held.length
  }

  push(action: ServerAction): void {
    this.actions.push(action)
  }

  say(text: string): void {
    this.push({ type: 'send', bytes: Buffer.from(text) })
  }

  /** Tells once where the client does not keep to the RFCs. */
  deviates(rule: ClientDeviation, command: string | null = null): void {
    if (this.#told.has(rule)) return
    this.#told.add(rule)
    this.push({ type: 'deviation', rule, command })
  }

  /** Drops what came and was not read; returns how many bytes that were. */
  drop(): number {
    const dropped = this.#held.length - this.#at
    this.#held = NOTHING
    this.#at = 0
    return dropped
  }

  /** A line without its line break; null where it is longer than any may be. Throws {@link SessionOver} at the client's end. */
  *line(): ServerStep<string | null> {
    for (let from = this.#at; ; ) {
      const end = this.#held.indexOf(LF, from)
      if ((end < 0 ? this.#held.length : end) - this.#at > MAX_LINE_BYTES) return null
      if (end >= 0) return this.#takeLine(end)
      from = this.#held.length - this.#at
      yield* this.#more()
    }
  }

  /** What comes next, whatever it is. Throws {@link SessionOver} at the client's end. */
  *piece(): ServerStep<Uint8Array> {
    if (!this.hasMore) yield* this.#more()
    const piece = this.#held.subarray(this.#at)
    this.drop()
    return piece
  }

  /** Puts back what was read too far. */
  putBack(bytes: Uint8Array): void {
    this.#held = bytes
    this.#at = 0
  }

  *judge(stage: ServerStage, address: string | null = null): ServerStep<ServerRefusal | null> {
    this.push({ type: 'judge', stage, address })
    const { refusal } = yield* this.answer('judged')
    return refusal
  }

  /** Waits for the answer to what was asked last. */
  *answer<T extends SmtpServerEvent['type']>(type: T): ServerStep<Extract<SmtpServerEvent, { type: T }>> {
    for (;;) {
      const event = yield* this.#next()
      if (event.type === type) return event as Extract<SmtpServerEvent, { type: T }>
    }
  }

  #takeLine(end: number): string {
    const isCrlf = end > this.#at && this.#held[end - 1] === CR
    const octets = Buffer.from(this.#held.subarray(this.#at, isCrlf ? end - 1 : end)).toString('latin1')
    if (!isCrlf) this.deviates('bare-lf', verbOf(octets))
    if (end - this.#at > MAX_COMMAND_BYTES && !/^AUTH /i.test(octets)) this.deviates('long-command', verbOf(octets))
    this.#at = end + 1
    return octetText(octets)
  }

  *#more(): ServerStep<void> {
    const left = this.#held.length - this.#at
    while (this.#held.length - this.#at === left) {
      if (this.#isEnded) {
        this.deviates('no-quit')
        throw new SessionOver('left')
      }
      yield* this.#next()
    }
  }

  *#next(): ServerStep<SmtpServerEvent> {
    const event = yield
    if (event.type === 'lost') throw new SessionOver('left')
    if (event.type === 'ended') this.#isEnded = true
    if (event.type === 'received') {
      const left = this.#held.subarray(this.#at)
      this.#held = left.length === 0 ? event.bytes : Buffer.concat([left, event.bytes])
      this.#at = 0
    }
    return event
  }
}

/** The first word of a line, where it is short enough to be a verb. */
function verbOf(line: string): string | null {
  return /^[A-Za-z]{1,10}(?= |$)/.exec(line)?.[0].toUpperCase() ?? null
}
