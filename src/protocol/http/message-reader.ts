import type { Rule } from './anomaly.js'
import { ContentReader } from './body/content-reader.js'
import type { EventLog } from './event-log.js'
import type { BodyFraming, EndReason, MessageEnd, MessagePart, ResponseStage, Verdict } from './events.js'
import type { Unread } from './response/head-reader.js'

/** What reads a head, and how far it has come. */
export interface HeadProgress {
  /** Whether nothing has come that belongs to a message. */
  readonly isEmpty: boolean
  /** What came, where it has made no head. */
  readonly unread: Unread | null
}

/** What a reader of messages needs of its log. */
export type ReaderLog = Pick<
  EventLog<MessagePart>,
  'add' | 'report' | 'size' | 'sortFrom' | 'hasError' | 'suppressedAnomalies' | 'reset'
>

/**
 * Reads one message from its first byte to its verdict, however its bytes are cut (RFC 9112). The heads of requests and
 * responses differ, and are read by who extends this; content and ends are the same for both. Memory is bounded: content
 * is handed out as views of what was read.
 */
export abstract class MessageReader {
  readonly #log: ReaderLog
  /** The bound of a head, and of a trailer section. */
  protected readonly maxHeadBytes: number
  #content: ContentReader | null = null
  #persistent = false
  #end: MessageEnd | null = null

  constructor(log: ReaderLog, maxHeadBytes: number) {
    this.#log = log
    this.maxHeadBytes = maxHeadBytes
  }

  /** The end, once it has been reached and added to the log. */
  get end(): MessageEnd | null {
    return this.#end
  }

  /** How far it has come. `start`: nothing that belongs to a message. */
  get stage(): ResponseStage {
    if (this.#end) return this.#end.stage
    if (this.#content) return this.#content.state === 'trailers' ? 'trailers' : 'body'
    return (this.head?.isEmpty ?? true) ? 'start' : 'head'
  }

  /** Reads on in a head that is cut or not as it should be; null where none is. */
  protected abstract readonly head: HeadProgress | null

  /** Reads of a head, and calls {@link enter} or {@link fail} where it ends; as {@link read} else. */
  protected abstract readHead(chunk: Buffer, at: number, base: number): number

  /**
   * @param base absolute offset of `chunk[0]`
   * @returns where it stopped in the chunk; to be called again unless there is an end
   */
  read(chunk: Buffer, at: number, base: number): number {
    if (this.#end) throw new Error('read after the end of the message')
    if (!this.#content) return this.readHead(chunk, at, base)
    const next = this.#content.read(chunk, at, base)
    this.#settle(base + next)
    return next
  }

  /** The connection ended after `receivedBytes`: only content that lasts to the close is complete by that. */
  endByConnection(reason: EndReason, receivedBytes: number): void {
    const { stage } = this
    const isClosed = reason === 'fin' || reason === 'no-close-notify'
    if (this.#content?.lastsToClose) {
      if (reason === 'no-close-notify') this.#log.report('no-close-notify', receivedBytes)
      if (reason === 'fin') this.#finish(receivedBytes, reason)
      else this.#addEnd(receivedBytes, 'incomplete', stage, reason)
      return
    }
    const rule = stage === 'start' ? this.nothingCame : stage === 'done' ? null : (`truncated-${stage}` as const)
    const text = this.#content?.shortfall ?? null
    if (isClosed && rule !== null) this.#log.report(rule, receivedBytes, text === null ? {} : { text })
    this.#addUnread()
    this.#addEnd(receivedBytes, 'incomplete', stage, reason)
  }

  /** The rule that is broken where the connection ends before a message; null: none. */
  protected abstract readonly nothingCame: Rule | null

  /** The head has been read: content begins at `offset`. */
  protected enter(framing: BodyFraming, persistent: boolean, offset: number, forbiddenBy: Rule | null = null): void {
    this.#persistent = persistent
    if (framing.kind === 'none' || framing.kind === 'tunnel') this.#finish(offset, null)
    else if (framing.kind === 'invalid') this.fail(offset, 'body')
    else {
      this.#content = new ContentReader(this.#log, framing, this.maxHeadBytes, forbiddenBy)
      this.#settle(offset)
    }
  }

  /** What comes behind `offset` has no meaning. */
  protected fail(offset: number, stage: ResponseStage): void {
    this.#addUnread()
    this.#addEnd(offset, 'malformed', stage, null)
  }

  /** Another message of the connection may begin. */
  protected beginAnew(): void {
    this.#log.reset()
    this.#content = null
    this.#persistent = false
    this.#end = null
  }

  #settle(offset: number): void {
    const state = this.#content?.state
    if (state === 'done') this.#finish(offset, null)
    else if (state === 'failed') this.fail(offset, 'body')
  }

  #addUnread(): void {
    const unread = this.head?.unread ?? this.#content?.unread
    if (unread) this.#log.add({ type: 'undecoded', ...unread })
  }

  #finish(offset: number, reason: EndReason | null): void {
    this.#addEnd(offset, this.#log.hasError ? 'malformed' : 'complete', 'done', reason)
  }

  #addEnd(offset: number, verdict: Verdict, stage: ResponseStage, reason: EndReason | null): void {
    this.#end = {
      type: 'end',
      offset,
      verdict,
      stage,
      reason,
      bodyBytes: this.#content?.bodyBytes ?? 0,
      persistent: this.#persistent && verdict === 'complete',
      suppressedAnomalies: this.#log.suppressedAnomalies,
    }
    this.#log.add(this.#end)
  }
}
