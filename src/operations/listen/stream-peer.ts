import { nodeErrorName } from '../../core/errno/index.js'
import type { Failure } from '../../core/failure.js'
import type { OperationContext } from '../../core/operation.js'
import type { Accepted } from '../../net/listen/bind.js'
import { Pieces } from '../../net/stream/pieces.js'
import type { Stream, StreamEnd } from '../../net/stream/stream.js'
import { FaultyWriter, faultyStream } from './fault.js'
import type { CommandEnd, Peer, PeerStream } from './responder.js'
import type { ListenCloseReason, ListenEvent, ListenFault } from './types.js'

/** How a conversation ended. */
export interface Closed {
  readonly reason: ListenCloseReason
  readonly code: string | null
  /** Null where it ended as it should. */
  readonly failure: Failure | null
  /** As `ConversationEnd` has it. */
  readonly closeNotify: boolean | null
  /** Null where no command was run for it, or it outlived the conversation. */
  readonly command: CommandEnd | null
  readonly bytesIn: number
  readonly bytesOut: number
  readonly bytesUnacknowledged: number | null
  readonly bytesUnread: number | null
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

/** So much may wait to be sent before whoever sends it has to. */
const QUEUE_BYTES = 65_536

export interface StreamPeerOptions {
  readonly idleTimeoutMs: number | null
  readonly fault: ListenFault | null
}

/** A TCP, TLS or Unix connection. */
export class StreamPeer implements OwnedPeer {
  readonly id: number
  readonly address: string | null
  readonly port: number | null
  readonly tls: Accepted['tls']
  readonly closed: Promise<Closed>
  readonly #stream: Stream
  /** What misbehaves in the stream's place, where it is to. */
  readonly #faulty: FaultyWriter | null
  readonly #emit: (event: ListenEvent) => void
  readonly #drained: () => Promise<void> | undefined
  /** Made when asked for: of ten thousand peers hardly any needs one, and it is a tenth of what each costs. */
  #gone: AbortController | null = null
  #isGone = false
  /** Why this side ended it, where that was not the conversation's own end. */
  #reason: ListenCloseReason | null = null
  #command: CommandEnd | null = null
  #isTaken = false
  #isSettled = false
  /** Whether what is sent is shown; of HTTP the exchange is. */
  #tells = false

  constructor(
    id: number,
    { stream, address, port, tls }: Accepted,
    { idleTimeoutMs, fault }: StreamPeerOptions,
    { emit, drained = () => undefined }: Pick<OperationContext<ListenEvent>, 'emit' | 'drained'>,
  ) {
    this.id = id
    this.address = address
    this.port = port
    this.tls = tls
    this.#stream = stream
    this.#emit = emit
    this.#drained = drained
    stream.begin({ name: 'the peer', idleMs: idleTimeoutMs })
    this.#faulty = fault === null ? null : this.#withFault(fault)
    this.closed = stream.ended.then((end) => {
      this.#isGone = true
      this.#gone?.abort()
      return this.#describe(end)
    })
  }

  get signal(): AbortSignal {
    this.#gone ??= new AbortController()
    if (this.#isGone) this.#gone.abort()
    return this.#gone.signal
  }

  get queuedBytes(): number {
    return this.#faulty?.queuedBytes ?? this.#stream.queuedBytes
  }

  received(quiet = false): AsyncIterableIterator<Uint8Array, void, undefined> {
    if (this.#faulty?.reads === false) return this.#nothing()
    if (quiet) return this.#stream.pieces()
    return this.#stream.pieces((bytes) => {
      this.#emit({ type: 'data', id: this.id, direction: 'received', bytes })
      // Who reads our output slowly slows the peer down: else the rest would gather in memory.
      return this.#drained()
    })
  }

  async send(bytes: Uint8Array, quiet = false): Promise<boolean> {
    this.#tells = !quiet
    const [stream, instead] = [this.#stream, this.#faulty]
    if (instead) {
      if (!instead.writable) return false
      await instead.write(bytes) // the fault decides what of it goes out
      return instead.writable
    }
    if (!stream.writable) return false
    this.#tellSent(bytes)
    const taken = stream.write(bytes)
    if (taken && stream.queuedBytes >= QUEUE_BYTES) await taken
    return stream.writable
  }

  end(): void {
    if (this.#isTaken) return
    if (this.#faulty) this.#faulty.end()
    else this.#stream.halfClose()
  }

  reset(): void {
    this.#break('ended')
  }

  stop(): void {
    this.#reason = 'stopped'
    this.#stream.end('interrupted', null)
  }

  drain(): void {
    if (!this.#isTaken && this.#faulty?.reads !== false) this.#stream.take(() => undefined)
  }

  settled(): void {
    this.#isSettled = true
  }

  commandEnded(end: CommandEnd): void {
    this.#command = end
  }

  takeStream(): PeerStream {
    this.#isTaken = true
    return this.#faulty ? faultyStream(this.#stream, this.#faulty) : this.#stream
  }

  async upgrade(accept: Parameters<OwnedPeer['upgrade']>[0]): ReturnType<OwnedPeer['upgrade']> {
    const droppedBytes = this.#stream.unread().length
    return { outcome: await accept(this.#stream), droppedBytes }
  }

  #nothing(): Pieces {
    const nothing = new Pieces()
    void this.#stream.ended.then(() => nothing.end())
    return nothing
  }

  #withFault(fault: ListenFault): FaultyWriter {
    return new FaultyWriter(this.#stream, fault, {
      tell: (bytes) => this.#tellSent(bytes),
      breakOff: () => this.#break('fault'),
    })
  }

  #tellSent(bytes: Uint8Array): void {
    if (this.#tells) this.#emit({ type: 'data', id: this.id, direction: 'sent', bytes })
  }

  #break(reason: ListenCloseReason): void {
    this.#reason = reason
    this.#stream.reset('done', null)
  }

  #describe({ reason, closedBy, failure, error, ...end }: StreamEnd): Closed {
    const { closeNotify, bytesIn, bytesOut, bytesUnacknowledged, bytesUnread, elapsedMs } = end
    const counts = { bytesIn, bytesOut, bytesUnacknowledged, bytesUnread }
    const common = { command: this.#command, closeNotify, ...counts, elapsedMs }
    if (this.#reason) return { reason: this.#reason, code: null, failure: null, ...common }
    if (reason === 'idle') return { reason, code: null, failure, ...common }
    if (reason === 'reset' && this.#isSettled) return { reason: 'ended', code: null, failure: null, ...common }
    if (reason === 'reset' && failure?.code === 'ECONNRESET') {
      // Whichever of our calls met it first: it is one reset.
      return { reason, code: failure.code, failure: { ...failure, phase: 'read', syscall: 'read' }, ...common }
    }
    if (error) return { reason: reason === 'reset' ? 'reset' : 'error', code: nodeErrorName(error), failure, ...common }
    if (reason === 'error') return { reason, code: failure?.code ?? null, failure, ...common }
    return { reason: closedBy === 'peer' ? 'fin' : 'ended', code: null, failure, ...common }
  }
}
