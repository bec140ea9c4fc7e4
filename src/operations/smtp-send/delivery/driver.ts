import type { Endpoint } from '../../../core/address/endpoint.js'
import { Deadline } from '../../../core/deadline.js'
import { abortFailure, deadlineFailure, type Failure } from '../../../core/failure.js'
import { RUN_OVER } from '../../../core/hint.js'
import type { Socket } from '../../../net/connect/attempt.js'
import { startTls, type TlsOptions, type TlsSession } from '../../../net/tls/client.js'
import type { Action, Dialogue, DialogueEvent, DialogueResult, TranscriptItem } from '../../../protocol/smtp/index.js'
import { writeContent } from '../message/write-content.js'
import { Line } from './line.js'

/** How long a connection that is over may take to hand out its last bytes. */
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
 * Performs a dialogue on a connected socket, which it owns: actions in their order, what follows a message waits until
 * that is out. Never rejects for the network.
 */
export class Driver {
  readonly #dialogue: Dialogue
  readonly #options: DriverOptions
  #line: Line
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
  #bytesIn = 0
  #bytesOut = 0
  #finish: (end: DriverEnd) => void = () => {}

  constructor(dialogue: Dialogue, socket: Socket, options: DriverOptions) {
    this.#dialogue = dialogue
    this.#options = options
    this.#line = this.#lineOver(socket)
  }

  run(): Promise<DriverEnd> {
    const { signal, deadline, secure } = this.#options
    const ended = new Promise<DriverEnd>((resolve) => {
      this.#finish = resolve
    })
    const { endpoint } = this.#options
    const onAbort = () => this.#abandon(abortFailure('read', 'interrupted', { endpoint }))
    const callOff = deadline.onExpire(() =>
      this.#abandon(deadlineFailure('read', 'the time allowed for the whole run is over', { endpoint, ...RUN_OVER })),
    )
    signal.addEventListener('abort', onAbort, { once: true })
    this.#handle({ type: 'connected', secure })
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

  #lineOver(socket: Socket): Line {
    return new Line(socket, {
      endpoint: this.#options.endpoint,
      heard: (bytes) => this.#hear(bytes),
      muted: () => this.#breakOff(),
      lost: (failure) => this.#lose(failure),
    })
  }

  #hear(bytes: Uint8Array): void {
    this.#bytesIn += bytes.length
    this.#handle({ type: 'bytes', bytes })
  }

  #lose(failure: Failure | null): void {
    this.#failure ??= failure
    this.#breakOff()
    this.#handle({ type: 'lost', code: failure?.code ?? null })
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
    this.#queue.push(...actions)
    this.#perform()
  }

  #perform(): void {
    if (this.#performing) return
    this.#performing = true
    const { socket } = this.#line
    // One group of commands, one segment.
    socket.cork()
    for (let action = this.#next(); action; action = this.#next()) this.#do(action)
    socket.uncork()
    this.#performing = false
    if (!this.#sentInSegment) return
    this.#sentInSegment = false
    if (this.#canSay) this.#handle({ type: 'messageSent' })
  }

  get #canSay(): boolean {
    return !this.#cut && !this.#line.mute
  }

  #next(): Action | undefined {
    return this.#busy ? undefined : this.#queue.shift()
  }

  #do(action: Action): void {
    switch (action.type) {
      case 'write':
        if (this.#canSay) this.#write(action.bytes)
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
        this.#close()
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
    const sent = writeContent(this.#line.socket, {
      pieces: this.#options.content(message),
      blockTimeoutMs,
      signal: sending.signal,
      write: (bytes) => this.#write(bytes),
    })
    // What fits goes out with the commands behind it, in one segment.
    if (sent === true) settle(true)
    else void sent.then(settle)
  }

  #write(bytes: Uint8Array): boolean {
    if (this.#line.mute) return true
    this.#bytesOut += bytes.length
    return this.#line.socket.write(bytes)
  }

  async #secure(timeoutMs: number): Promise<void> {
    const { socket: raw } = this.#line
    raw.uncork()
    this.#line.release()
    raw.on('error', () => {}) // from here on the TLS session tells of it
    raw.pause()
    const early: Buffer | null = raw.read()
    if (early !== null) {
      this.#busy = false
      return this.#hear(early)
    }
    const { endpoint, tls, signal, deadline } = this.#options
    const outcome = await startTls(raw, endpoint, { ...tls, signal, deadline: deadline.within(timeoutMs) })
    this.#busy = false
    if (outcome.ok) {
      this.#line = this.#lineOver(outcome.value.socket)
      this.#options.onSecured(outcome.value)
      return this.#handle({ type: 'secured' })
    }
    this.#failure ??= outcome.failure
    const late = outcome.failure.origin === 'deadline'
    this.#handle(late ? { type: 'timeout' } : { type: 'lost', code: outcome.failure.code })
  }

  #close(): void {
    this.#closed = true
    this.#callOffAwait()
    this.#line.release()
    const { socket } = this.#line
    socket.on('error', () => {}) // of a connection that is over
    const { result } = this.#dialogue
    if (result === null) throw new Error('the dialogue closed without a result')
    if (!this.#canSay) socket.destroy()
    else {
      const impatient = setTimeout(() => socket.destroy(), LINGER_MS)
      socket.once('close', () => clearTimeout(impatient))
      socket.uncork()
      socket.destroySoon()
    }
    this.#finish({ result, failure: this.#failure, bytesIn: this.#bytesIn, bytesOut: this.#bytesOut })
  }
}
