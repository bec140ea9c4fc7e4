import type { Duplex } from 'node:stream'
import { nodeErrorName } from '../../core/errno/index.js'
import type { OperationContext } from '../../core/operation.js'
import type { Accepted } from '../../net/listen/bind.js'
import { hiddenReset } from '../../net/stream/hidden-reset.js'
import { type RefusalWatch, watchForRefusal } from '../../net/stream/refused-writes.js'
import { faulty } from './fault.js'
import type { CommandEnd, Peer } from './responder.js'
import type { Fault, ListenCloseReason, ListenEvent } from './types.js'

/** How a conversation ended. */
export interface Closed {
  readonly reason: ListenCloseReason
  readonly code: string | null
  readonly error: Error | null
  /** Null where no command was run for it, or it outlived the conversation. */
  readonly command: CommandEnd | null
  readonly bytesIn: number
  readonly bytesOut: number
  readonly elapsedMs: number
}

/** What every kind of peer offers to the operation, beside what a mode sees. */
export interface OwnedPeer extends Peer {
  readonly closed: Promise<Closed>
  /** Listening is over. */
  stop(): void
  /** Reads and drops what still comes; for when the mode is done. */
  drain(): void
}

const nothing = (): void => {}

export interface StreamPeerOptions {
  readonly idleTimeoutMs: number | null
  readonly fault: Fault | null
  /** How long its end waits for one more acknowledgement of what was sent last. */
  readonly patienceMs: number
}

/** A TCP, TLS or Unix connection. */
export class StreamPeer implements OwnedPeer {
  readonly id: number
  readonly address: string | null
  readonly port: number | null
  readonly closed: Promise<Closed>
  readonly #accepted: Accepted
  readonly #stream: Duplex
  readonly #emit: (event: ListenEvent) => void
  readonly #drained: () => Promise<void> | undefined
  readonly #refusals: RefusalWatch | null
  /** Made when asked for: of ten thousand peers hardly any needs one, and it is a tenth of what each costs. */
  #gone: AbortController | null = null
  #isGone = false
  #error: Error | null = null
  #reason: ListenCloseReason | null = null
  #command: CommandEnd | null = null
  #peerIsDone = false
  /** By a protocol that says its own goodbyes, such as TLS after STARTTLS, which nobody may be left to hear. */
  #isTaken = false
  /** Whether what is sent is shown; what a protocol of Node's own sends is not. */
  #tells = false
  #wake = nothing

  constructor(
    id: number,
    accepted: Accepted,
    options: StreamPeerOptions,
    { emit, drained = () => undefined }: Pick<OperationContext<ListenEvent>, 'emit' | 'drained'>,
  ) {
    const started = performance.now()
    this.id = id
    this.address = accepted.address
    this.port = accepted.port
    this.#accepted = accepted
    this.#emit = emit
    this.#drained = drained
    const { stream } = accepted
    const { fault } = options
    this.#stream = fault === null ? stream : this.#withFault(fault)
    if (options.idleTimeoutMs !== null) stream.setTimeout(options.idleTimeoutMs, () => this.#expire())
    stream.on('error', (error) => this.#fail(error))
    this.#refusals = watchForRefusal(stream, accepted.raw, options.patienceMs, (error) => {
      if (!this.#isTaken) this.#fail(error)
    })
    stream.on('end', () => {
      const onEnd = () => {
        this.#refusals?.peerEnded()
        this.#onEnd()
      }
      // TLS has an end of its own, behind which a reset takes nothing away that was received.
      if (accepted.tls) onEnd()
      else hiddenReset(stream, (reset) => (reset ? void stream.destroy(reset) : onEnd()))
    })
    this.closed = new Promise((resolve) => {
      stream.on('close', () => {
        resolve(this.#describe(performance.now() - started))
        if (this.#stream !== stream) this.#stream.destroy()
        this.#isGone = true
        this.#gone?.abort()
        this.#wake()
      })
    })
  }

  get signal(): AbortSignal {
    this.#gone ??= new AbortController()
    if (this.#isGone) this.#gone.abort()
    return this.#gone.signal
  }

  get queuedBytes(): number {
    return this.#stream.writableLength
  }

  async *received(quiet = false): AsyncGenerator<Uint8Array, void, undefined> {
    const stream = this.#stream
    const wake = () => this.#wake()
    stream.on('readable', wake)
    stream.on('end', wake)
    while (!stream.destroyed) {
      let chunk: Buffer | null = stream.read()
      if (chunk !== null) {
        if (!quiet) {
          this.#emit({ type: 'data', id: this.id, direction: 'received', bytes: chunk })
          // Who reads our output slowly slows the peer down: else the rest would gather in memory.
          await this.#drained()
        }
        yield chunk
        chunk = null // or it would be held for as long as nothing more comes
      } else if (stream.readableEnded) break
      else
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
    }
    stream.off('readable', wake)
  }

  async send(bytes: Uint8Array, quiet = false): Promise<boolean> {
    const stream = this.#stream
    if (!stream.writable) return false
    this.#tells = !quiet
    // A fault decides what of it goes out.
    if (stream === this.#accepted.stream) this.#tellSent(bytes)
    if (stream.write(bytes)) return true
    await new Promise<void>((resolve) => {
      const done = () => {
        stream.off('drain', done)
        stream.off('close', done)
        resolve()
      }
      stream.on('drain', done)
      stream.on('close', done)
    })
    return stream.writable
  }

  end(): void {
    if (!this.#peerIsDone) this.#reason ??= 'ended'
    this.#stream.end()
  }

  reset(): void {
    this.#break('ended')
  }

  stop(): void {
    this.#reason = 'stopped'
    this.#refusals?.giveUp()
    this.#accepted.stream.destroy()
  }

  drain(): void {
    this.#stream.removeAllListeners('readable')
    this.#stream.resume()
  }

  commandEnded(end: CommandEnd): void {
    this.#command = end
  }

  takeStream(): Duplex {
    this.#isTaken = true
    // Short replies, one by one: each would wait for the acknowledgement of the one before.
    this.#accepted.raw.setNoDelay(true)
    return this.#stream
  }

  #withFault(fault: Fault): Duplex {
    return faulty(this.#accepted.stream, fault, {
      tell: (bytes) => this.#tellSent(bytes),
      breakOff: () => this.#break('fault'),
    })
  }

  #tellSent(bytes: Uint8Array): void {
    if (this.#tells) this.#emit({ type: 'data', id: this.id, direction: 'sent', bytes })
  }

  #onEnd(): void {
    this.#peerIsDone = true
    this.#reason ??= 'fin'
  }

  #expire(): void {
    this.#reason = 'idle'
    this.#accepted.stream.destroy()
  }

  #break(reason: ListenCloseReason): void {
    this.#reason = reason
    if (!this.#accepted.raw.destroyed) this.#accepted.raw.resetAndDestroy()
    this.#accepted.stream.destroy()
  }

  #fail(error: Error): void {
    this.#error ??= error
    this.#wake()
  }

  #describe(elapsedMs: number): Closed {
    const { stream } = this.#accepted
    const error = this.#reason === 'idle' || this.#reason === 'fault' || this.#reason === 'stopped' ? null : this.#error
    const code = error && nodeErrorName(error)
    const reason =
      code === null ? (this.#reason ?? 'ended') : code === 'ECONNRESET' || code === 'EPIPE' ? 'reset' : 'error'
    // What is still queued was never handed to the system.
    const bytesOut = Math.max(0, stream.bytesWritten - stream.writableLength)
    return { reason, code, error, command: this.#command, bytesIn: stream.bytesRead, bytesOut, elapsedMs }
  }
}
