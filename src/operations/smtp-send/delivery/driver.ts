import type { Endpoint } from '../../../core/address/endpoint.js'
import { Deadline } from '../../../core/deadline.js'
import { abortFailure, deadlineFailure, type Failure, fromNodeError } from '../../../core/failure.js'
import { RUN_OVER } from '../../../core/hint.js'
import { isBehindFin } from '../../../net/stream/loss.js'
import type { Stream, StreamEnd } from '../../../net/stream/stream.js'
import { secure, type TlsOptions, type TlsSession } from '../../../net/tls/client.js'
import type { Action, Dialogue, DialogueEvent, DialogueResult, TranscriptItem } from '../../../protocol/smtp/index.js'
import { writeContent } from '../message/write-content.js'

/** How long a server may take to close a connection that is over. */
const LINGER_MS = 1000

export interface DriverOptions {
  readonly endpoint: Endpoint
  readonly secure: boolean
  readonly tls: Omit<TlsOptions, 'deadline' | 'signal'>
  readonly signal: AbortSignal
  readonly deadline: Deadline
  /** The pieces of the message with that index. */
  content(message: number): readonly Uint8Array[]
  onNote(item: TranscriptItem): void
  onSecured(session: TlsSession): void
}

export interface DriverEnd {
  readonly result: DialogueResult
  /** Why the connection or the handshake was lost, or who gave up; null where the peer closed it, or nobody did. */
  readonly failure: Failure | null
  /** Of the dialogue itself, without what TLS adds. */
  readonly bytesIn: number
  readonly bytesOut: number
}

/**
 * Performs a dialogue on a stream, which it owns: actions in their order, what follows a message waits until that is
 * out. Never rejects for the network.
 */
export class Driver {
  readonly #dialogue: Dialogue
  readonly #stream: Stream
  readonly #options: DriverOptions
  #queue: Action[] = []
  /** A message or a handshake is under way: the queue waits. */
  #busy = false
  #performing = false
  /** A message broke off: whatever is written now would be read as a part of it. */
  #cut = false
  /** A command was not said for that. */
  #unsaid = false
  /** A message is out as far as we know: that shows when its segment is written. */
  #sentInSegment = false
  #closed = false
  #sending: AbortController | null = null
  #failure: Failure | null = null
  #callOffAwait = () => {}
  #finish: (end: DriverEnd) => void = () => {}

  constructor(dialogue: Dialogue, stream: Stream, options: DriverOptions) {
    this.#dialogue = dialogue
    this.#stream = stream
    this.#options = options
  }

  run(): Promise<DriverEnd> {
    const { signal, deadline, secure, endpoint } = this.#options
    const ended = new Promise<DriverEnd>((resolve) => {
      this.#finish = resolve
    })
    const onAbort = () => this.#abandon(abortFailure('read', 'interrupted', { endpoint }))
    const callOff = deadline.onExpire(() =>
      this.#abandon(deadlineFailure('read', 'the time allowed for the whole run is over', { endpoint, ...RUN_OVER })),
    )
    signal.addEventListener('abort', onAbort, { once: true })
    this.#handle({ type: 'connected', secure })
    this.#stream.begin({ name: 'the server', received: this.#hear })
    void this.#stream.peerEnded.then(() => this.#lose(null))
    void this.#stream.ended.then((end) => this.#onEnd(end))
    if (signal.aborted) onAbort()
    return ended.finally(() => {
      callOff()
      signal.removeEventListener('abort', onAbort)
    })
  }

  #abandon(failure: Failure): void {
    this.#failure ??= failure
    this.#breakOff()
    this.#handle({ type: 'abort', reason: failure.message })
  }

  readonly #hear = (bytes: Uint8Array) => {
    this.#handle({ type: 'bytes', bytes })
    return undefined
  }

  #onEnd({ failure, error }: StreamEnd): void {
    if (failure === null || isBehindFin(error)) this.#lose(null)
    else this.#lose(error ? fromNodeError(error, failure.phase, { endpoint: this.#options.endpoint }) : failure)
  }

  /** The connection is gone: why, or null where the server closed it in order. */
  #lose(failure: Failure | null): void {
    this.#failure ??= failure
    this.#breakOff()
    this.#busy = false
    const late = failure?.origin === 'deadline'
    this.#handle(late ? { type: 'timeout' } : { type: 'lost', code: failure?.code ?? null })
  }

  /** Gives up the message that is on its way. */
  #breakOff(): void {
    if (!this.#sending) return
    this.#cut = true
    this.#sending.abort()
    this.#sending = null
    this.#busy = false
  }

  #handle(event: DialogueEvent): void {
    if (this.#closed) return
    const actions = this.#dialogue.handle(event)
    // A wait ends with the reply that it was for, not with any byte.
    if (actions.length > 0) this.#callOffAwait()
    // It is over amid a message: the rest of that is of no use.
    if (this.#dialogue.result !== null) this.#breakOff()
    this.#queue.push(...actions)
    this.#perform()
  }

  #perform(): void {
    if (this.#performing) return
    this.#performing = true
    // One group of commands, one segment.
    this.#stream.together(() => {
      for (let action = this.#next(); action; action = this.#next()) this.#do(action)
    })
    this.#performing = false
    if (this.#closed) this.#close()
    if (!this.#sentInSegment) return
    this.#sentInSegment = false
    if (this.#canSay) this.#handle({ type: 'messageSent' })
  }

  get #canSay(): boolean {
    return !this.#cut && this.#stream.writable
  }

  #next(): Action | undefined {
    return this.#busy ? undefined : this.#queue.shift()
  }

  #do(action: Action): void {
    switch (action.type) {
      case 'write':
        if (this.#canSay) void this.#stream.write(action.bytes)
        return
      case 'await':
        this.#callOffAwait = Deadline.after(action.timeoutMs).onExpire(() => this.#handle({ type: 'timeout' }))
        return
      case 'note':
        this.#note(action.item)
        return
      case 'sendMessage':
        if (this.#canSay) this.#send(action.message, action.timeoutMs)
        return
      case 'startTls':
        this.#busy = true
        void this.#secure(action.timeoutMs)
        return
      case 'close':
        this.#closed = true
    }
  }

  /** What cannot be said any more is no part of the story. */
  #note(item: TranscriptItem): void {
    const says = item.what === 'command' || item.what === 'message'
    if (says && !this.#canSay) this.#unsaid = true
    else if (item.what !== 'unanswered' || !this.#unsaid) this.#options.onNote(item)
  }

  #send(message: number, blockTimeoutMs: number): void {
    const sending = new AbortController()
    const settle = (sent: boolean) => {
      if (sending.signal.aborted) return
      // The end of the connection is still to come, behind what the server said before.
      if (!this.#stream.writable) return this.#breakOff()
      if (!sent) {
        this.#breakOff()
        return this.#handle({ type: 'timeout' })
      }
      this.#sending = null
      this.#busy = false
      if (this.#performing) this.#sentInSegment = true
      else this.#handle({ type: 'messageSent' })
    }
    this.#busy = true
    this.#sending = sending
    const { signal } = sending
    const sent = writeContent(this.#stream, { pieces: this.#options.content(message), blockTimeoutMs, signal })
    // What fits goes out with the commands behind it, in one segment.
    if (sent === true) settle(true)
    else void sent.then(settle)
  }

  async #secure(timeoutMs: number): Promise<void> {
    this.#stream.take(null)
    const early = this.#stream.unread()
    if (early.length > 0) {
      this.#busy = false
      return this.#handle({ type: 'bytes', bytes: early })
    }
    const { endpoint, tls, signal, deadline } = this.#options
    const outcome = await secure(this.#stream, endpoint, { ...tls, signal, deadline: deadline.within(timeoutMs) })
    if (!outcome.ok) return // which the end of the stream tells
    this.#busy = false
    this.#options.onSecured(outcome.value)
    this.#handle({ type: 'secured' })
    this.#stream.take(this.#hear)
  }

  /** Our own end, behind the last word: the server's is waited for, or its system would be told of a reset. */
  #close(): void {
    this.#callOffAwait()
    const { result } = this.#dialogue
    if (result === null) throw new Error('the dialogue closed without a result')
    const stream = this.#stream
    if (this.#canSay) stream.halfClose()
    else stream.end('done', null)
    void stream.ended.then(Deadline.after(LINGER_MS).onExpire(() => stream.end('done', null)))
    const { bytesIn, bytesOut } = stream
    this.#finish({ result, failure: this.#failure, bytesIn, bytesOut })
  }
}
