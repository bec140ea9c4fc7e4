import type { Failure } from '../../core/failure.js'
import type { DatagramListener } from '../../net/datagram/bind.js'
import type { PeerStream } from './responder.js'
import type { Closed, OwnedPeer } from './stream-peer.js'
import type { ListenCloseReason, ListenEvent } from './types.js'

/** Datagrams kept for a mode that is slower than its peer; the newest are dropped beyond, as the system does it. */
const MAX_QUEUED = 256

/** One address and port that datagrams come from. It ends when it was silent for long enough: UDP has no other end. */
export class DatagramPeer implements OwnedPeer {
  readonly id: number
  readonly address: string
  readonly port: number
  readonly tls = null
  readonly closed: Promise<Closed>
  readonly queuedBytes = 0
  readonly #listener: DatagramListener
  readonly #emit: (event: ListenEvent) => void
  readonly #gone = new AbortController()
  readonly #started = performance.now()
  readonly #idle: NodeJS.Timeout
  #resolve: (closed: Closed) => void = () => {}
  #wake: () => void = () => {}
  #queue: Uint8Array[] = []
  #quiet = false
  /** No more will be taken: what has come is still answered. */
  #isLast = false
  #bytesIn = 0
  #bytesOut = 0

  constructor(
    id: number,
    from: { readonly address: string; readonly port: number },
    listener: DatagramListener,
    idleTimeoutMs: number,
    emit: (event: ListenEvent) => void,
  ) {
    this.id = id
    this.address = from.address
    this.port = from.port
    this.#listener = listener
    this.#emit = emit
    this.#idle = setTimeout(() => this.#finish('idle'), idleTimeoutMs)
    this.closed = new Promise((resolve) => {
      this.#resolve = resolve
    })
  }

  get signal(): AbortSignal {
    return this.#gone.signal
  }

  /** A datagram of this peer has come. */
  push(bytes: Uint8Array): void {
    this.#idle.refresh()
    this.#bytesIn += bytes.length
    if (!this.#quiet) this.#emit({ type: 'data', id: this.id, direction: 'received', bytes })
    if (this.#queue.length < MAX_QUEUED) this.#queue.push(bytes)
    this.#wake()
  }

  async *received(quiet = false): AsyncGenerator<Uint8Array, void, undefined> {
    this.#quiet = quiet
    while (!this.signal.aborted) {
      const next = this.#queue.shift()
      if (next !== undefined) yield next
      else if (this.#isLast) return
      else
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
    }
  }

  async send(bytes: Uint8Array, quiet = false): Promise<boolean> {
    if (this.signal.aborted) return false
    this.#idle.refresh()
    if (!quiet) this.#emit({ type: 'data', id: this.id, direction: 'sent', bytes })
    const failed = await this.#listener.send(bytes, this.address, this.port)
    if (failed) this.#finish('error', failed)
    else this.#bytesOut += bytes.length
    return failed === null
  }

  /** There is nothing to end: the next datagram may be the same peer's. */
  end(): void {}

  reset(): void {
    this.#finish('ended')
  }

  stop(): void {
    this.#finish('stopped')
  }

  drain(): void {
    this.#queue = []
    if (this.#isLast) this.#finish('ended')
  }

  /** Listening takes no more datagrams: the conversation ends once those that came are answered. */
  last(): void {
    this.#isLast = true
    this.#wake()
  }

  /** Commands are for streams. */
  commandEnded(): void {}

  settled(): void {}

  upgrade(): never {
    throw new Error('datagrams are no stream')
  }

  takeStream(): PeerStream {
    throw new Error('datagrams are no stream')
  }

  #finish(reason: ListenCloseReason, failure: Failure | null = null): void {
    if (this.signal.aborted) return
    clearTimeout(this.#idle)
    this.#gone.abort()
    this.#wake()
    const elapsedMs = performance.now() - this.#started
    const lost = { bytesUnacknowledged: null, bytesUnread: null }
    const counts = { bytesIn: this.#bytesIn, bytesOut: this.#bytesOut, ...lost }
    this.#resolve({
      reason,
      code: failure?.code ?? null,
      failure,
      closeNotify: null,
      command: null,
      ...counts,
      elapsedMs,
    })
  }
}
