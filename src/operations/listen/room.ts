import { type Failure, failureFields } from '../../core/failure.js'
import type { OperationContext } from '../../core/operation.js'
import type { Accepted, RefusalReason, Remote } from '../../net/listen/bind.js'
import type { Responder } from './responder.js'
import { type Closed, type OwnedPeer, StreamPeer } from './stream-peer.js'
import type { ListenEvent, ListenOptions, ListenSummary } from './types.js'

/** Everyone who is connected: who comes, who leaves, and what it all came to. */
export class Room {
  readonly #options: ListenOptions
  readonly #responder: Responder
  readonly emit: (event: ListenEvent) => void
  readonly #context: Pick<OperationContext<ListenEvent>, 'emit' | 'drained'>
  readonly #peers = new Set<OwnedPeer>()
  #stopped = false
  #connections = 0
  /** Of what `count` bounds: connections, or datagrams. */
  #counted = 0
  #peak = 0
  #refused = 0
  #bytesIn = 0
  #bytesOut = 0
  #isFull: () => void = () => {}
  #isEmpty: (() => void) | null = null
  /** Why the conversation that ended last did not end well; null where it did. */
  lastFailure: Failure | null = null
  readonly #full = new Promise<void>((resolve) => {
    this.#isFull = resolve
  })

  constructor(
    options: ListenOptions,
    responder: Responder,
    context: Pick<OperationContext<ListenEvent>, 'emit' | 'drained'>,
  ) {
    this.#options = options
    this.#responder = responder
    this.emit = context.emit
    this.#context = context
  }

  /** The id of whoever comes next. */
  get nextId(): number {
    return this.#connections + 1
  }

  /** Whether another may come; false once `count` are here. */
  get isOpen(): boolean {
    return !this.#stopped && this.#counted < this.#options.count
  }

  accept(accepted: Accepted): void {
    if (!this.isOpen) return void accepted.stream.end('interrupted', null)
    const { idleTimeoutMs, fault } = this.#options
    const peer = new StreamPeer(this.nextId, accepted, { idleTimeoutMs, fault }, this.#context)
    this.enter(peer, accepted.tls)
    this.count()
  }

  /** One more of those that are waited for has come. */
  count(): void {
    this.#counted++
    if (!this.isOpen) this.#isFull()
  }

  /** How many of those that are waited for have come. */
  get counted(): number {
    return this.#counted
  }

  enter(peer: OwnedPeer, tls: Accepted['tls']): void {
    const { id, address, port } = peer
    this.#connections++
    this.#peers.add(peer)
    this.#peak = Math.max(this.#peak, this.#peers.size)
    this.emit({ type: 'connection', id, address, port, tls })
    void peer.closed.then((closed) => this.#leave(peer, closed))
    void this.#responder.serve(peer).then(() => {
      peer.end()
      peer.drain()
    })
  }

  refuse({ address, port }: Remote, reason: RefusalReason): void {
    this.#refused++
    this.emit({ type: 'refused', address, port, reason })
  }

  problem(failed: Failure, { address, port }: Remote = { address: null, port: null }): void {
    this.emit({ type: 'problem', id: null, address, port, ...failureFields(failed) })
  }

  /** Ends every conversation now. */
  stop(): void {
    this.#stopped = true
    for (const peer of this.#peers) peer.stop()
  }

  /** Once `count` have come. */
  full(): Promise<void> {
    return this.#full
  }

  /** Once nobody is here; to be asked when nobody can come any more. */
  empty(): Promise<void> {
    if (this.#peers.size === 0) return Promise.resolve()
    return new Promise((resolve) => {
      const before = this.#isEmpty
      this.#isEmpty = () => {
        before?.()
        resolve()
      }
    })
  }

  summary(): ListenSummary {
    return {
      connections: this.#connections,
      peak: this.#peak,
      refused: this.#refused,
      bytesIn: this.#bytesIn,
      bytesOut: this.#bytesOut,
    }
  }

  #leave(peer: OwnedPeer, closed: Closed): void {
    const { id, address, port } = peer
    const { reason, code, closeNotify, command, failure, bytesIn, bytesOut, elapsedMs } = closed
    const { bytesUnacknowledged, bytesUnread } = closed
    this.#peers.delete(peer)
    this.#bytesIn += bytesIn
    this.#bytesOut += bytesOut
    this.lastFailure = command?.failure ?? failure
    const { exitStatus = null, exitSignal = null } = command ?? {}
    const ended = { reason, code, closeNotify, exitStatus, exitSignal, elapsedMs }
    const counts = { bytesIn, bytesOut, bytesUnacknowledged, bytesUnread }
    this.emit({ type: 'closed', id, address, port, ...counts, ...ended })
    if (this.#peers.size === 0) this.#isEmpty?.()
  }
}
