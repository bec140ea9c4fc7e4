import type { Socket } from 'node:net'
import { Deadline } from '../../core/deadline.js'
import { type Failure, fromNodeError } from '../../core/failure.js'
import type { Outcome } from '../../core/outcome.js'
import type { FileSender } from '../syscall/send-file.js'
import { Announcement } from './announcement.js'
import { Bounds } from './bounds.js'
import type { Channel, CloseReason, ConversationEnd, ConversationOptions, Take } from './channel.js'
import { interrupted } from './channel.js'
import { closeNotifyOf, cutInRecord } from './guards/close-notify.js'
import { type LostBytes, lostBytesOf } from './guards/lost-bytes.js'
import { errorsComeAtOnce } from './hooks.js'
import { silentFor } from './idle-watch.js'
import { lossOf } from './loss.js'
import type { LookAt } from './pieces.js'
import { Reading, type ReadingEvent } from './reading.js'
import { Wire, type WireEvent } from './wire.js'
import { Writing, type WritingEvent } from './writing.js'

/** For one more acknowledgement of what was sent last, once the peer is done. */
const PATIENCE_MS = 1000
/** How long the end of a connection that a write has failed on may be in coming: the system has it already. */
const END_MS = 1000

type StreamEvent = WireEvent | ReadingEvent | WritingEvent

const NO_CONVERSATION: ConversationOptions = { name: 'the peer' }

export interface StreamEnd extends ConversationEnd {
  /** What ended it, as the system told it and without the words of a conversation; null where it ended in order. */
  readonly error: Error | null
}

export interface StreamSettings {
  /** How long its end waits for one more acknowledgement of what was sent last, in milliseconds. */
  readonly patienceMs?: number | undefined
}

/**
 * The one owner of a connected socket: TCP or a Unix socket, with TLS over it or without, dialled or accepted. What is
 * written waits for the peer, what comes waits for its taker, and the end of one direction leaves the other open. A
 * failed write does not end the reading, and the end tells who ended it and how: also what the kernel or Node would
 * keep to themselves, such as a reset right behind data, data that the peer refused, and a TLS session that was cut off.
 *
 * Nothing is read before somebody asks for it: {@link take}, {@link pieces} or {@link begin}.
 */
export class Stream implements Channel {
  /** The connection beneath TLS; the socket itself where there is none. */
  readonly raw: Socket
  readonly #patienceMs: number
  #options = NO_CONVERSATION
  #started = performance.now()
  /** What came before the conversation, and was taken then. */
  #bytesBefore = 0
  #closedBy: 'peer' | 'self' | null = null
  readonly #reading: Reading
  readonly #writing: Writing
  readonly #tell: (event: StreamEvent, error: unknown) => void
  #wire: Wire
  #bounds: Bounds | null = null
  #callOffEnd: (() => void) | null = null
  /** Spoken through by a protocol of Node's own, which reads and writes the socket itself. */
  #isLent = false
  /** The peer will say no more, and all that it said has been taken. */
  #peerDone = false
  #finished = false
  readonly #peerEnd = new Announcement<void>()
  readonly #end = new Announcement<StreamEnd>()

  constructor(socket: Socket, { patienceMs = PATIENCE_MS }: StreamSettings = {}) {
    this.raw = socket
    this.#patienceMs = patienceMs
    this.#tell = (event, error) => this.#hear(event, error)
    this.#reading = new Reading(socket, this.#tell)
    this.#writing = new Writing(socket, this.#tell)
    // Whoever takes turns would wait for the acknowledgement of what was said before (Nagle, RFC 9293 3.7.4).
    socket.setNoDelay(true)
    this.#wire = this.#wireOver(socket)
  }

  get ended(): Promise<StreamEnd> {
    return this.#end.promise
  }

  get peerEnded(): Promise<void> {
    return this.#peerEnd.promise
  }

  get over(): boolean {
    return this.#finished
  }

  /** Whether something can still be said: nothing failed, and we have not said that it was all. */
  get writable(): boolean {
    return !this.#finished && this.#writing.isOpen
  }

  /** What could not be written, and why; what the peer said before may still be to come. */
  get writeError(): Error | null {
    return this.#writing.error
  }

  get bytesIn(): number {
    return this.#isLent ? this.#socket.bytesRead : this.#reading.bytesIn - this.#bytesBefore
  }

  get bytesOut(): number {
    if (!this.#isLent) return this.#writing.bytesOut
    // What is still queued was never handed to the system.
    return Math.max(0, this.#socket.bytesWritten - this.#socket.writableLength)
  }

  /** Handed to {@link write} and not yet to the system. */
  get queuedBytes(): number {
    return this.#writing.queuedBytes
  }

  /** Over TLS, whether the peer closed in order; null where it has not closed, and for plain TCP. */
  get closeNotify(): boolean | null {
    return closeNotifyOf(this.#socket)
  }

  /** Starts a conversation: bytes and time are counted from here, and its bounds hold from here on. */
  begin(options: ConversationOptions): this {
    this.#options = options
    this.#started = performance.now()
    this.#bytesBefore = this.#reading.bytesIn - this.#reading.heldBytes
    this.#writing.begin()
    this.#bounds = new Bounds(
      options,
      (reason, failure) => this.end(reason, failure),
      () => this.#reading.isTaking && this.#socket.writableLength === 0,
    )
    if (options.received) this.take(options.received)
    if (options.signal?.aborted) this.end('interrupted', interrupted(options.name))
    return this
  }

  /** Who takes what comes from here on, what came meanwhile first; null: nobody, and nothing more is read. */
  take(take: Take | null): void {
    if (!this.#finished) this.#reading.take(take)
  }

  /**
   * What comes, one by one, until the peer is done or gone. To be asked once.
   * @param lookAt is shown each when its reader asks for it, who waits for the promise
   */
  pieces(lookAt?: LookAt): AsyncIterableIterator<Uint8Array, void, undefined> {
    const pieces = this.#reading.pieces(lookAt)
    if (this.#peerEnd.isTold || this.#end.isTold) pieces.end()
    return pieces
  }

  /** Bytes that came and that nobody has taken; they are the caller's then. */
  unread(): Uint8Array {
    return this.#reading.unread()
  }

  /** Puts bytes back before all that is to come. */
  putBack(bytes: Uint8Array): void {
    this.#reading.putBack(bytes)
  }

  write(bytes: Uint8Array): Promise<void> | undefined {
    if (this.#finished) return undefined
    return this.#writing.isOpen ? this.#writing.write(bytes) : this.ended.then(() => {})
  }

  /** What is written meanwhile leaves in one go. */
  together(write: () => void): void {
    this.#writing.together(write)
  }

  /** What `send` takes from its file at once, once all that was written has gone. */
  sendFile(send: FileSender): void {
    if (!this.#finished) this.#writing.sendFile(send)
  }

  halfClose(): void {
    if (this.#finished || this.#writing.error || this.#socket.writableEnded) return
    this.#closedBy ??= 'self'
    this.#socket.end()
  }

  end(reason: CloseReason, failure: Failure | null, error: Error | null = null): void {
    if (this.#finished) return
    this.#finished = true
    const lost = this.#lostBytes(failure)
    this.#bounds?.release()
    this.#callOffEnd?.()
    this.#wire.giveUp()
    this.#socket.destroy()
    const { bytesIn, bytesOut, closeNotify } = this
    const elapsedMs = performance.now() - this.#started
    const counts = { bytesIn, bytesOut, bytesUnacknowledged: lost.unacknowledged, bytesUnread: lost.unread }
    const end = { reason, closedBy: this.#closedBy, closeNotify, ...counts, elapsedMs, failure, error }
    // A protocol of Node's own tells first what it knows of its end.
    const tell = () => setImmediate(() => this.#tellEnd(end))
    if (!this.#isLent) this.#tellEnd(end)
    else if (this.#wire.isClosed) tell()
    else this.#socket.once('close', tell)
  }

  /** Breaks off with a reset (RST), for a reason that is not the network's. */
  reset(reason: CloseReason, failure: Failure | null): void {
    if (!this.raw.destroyed) this.raw.resetAndDestroy()
    this.end(reason, failure)
  }

  /**
   * The socket, for a protocol of Node's own to speak through: it reads and writes from here on, and what becomes of the
   * connection is still told here.
   */
  lend(): Socket {
    this.#isLent = true
    errorsComeAtOnce(this.#socket)
    const { idleMs = null, name } = this.#options
    if (idleMs !== null) {
      this.#bounds?.allowSilence()
      this.#socket.setTimeout(idleMs, () => this.end('idle', silentFor(name, idleMs)))
    }
    return this.#socket
  }

  /**
   * Lets TLS take the place of what was spoken so far: `secure` has the bare connection, from which nothing has been
   * read that was not taken. Where it fails, the stream is ended.
   */
  async upgrade<T extends { readonly socket: Socket }>(
    secure: (raw: Socket) => Promise<Outcome<T>>,
  ): Promise<Outcome<T>> {
    const raw = this.#socket
    this.#wire.release()
    this.#reading.leave()
    const outcome = await secure(raw)
    if (!outcome.ok) {
      raw.on('error', () => {}) // of a connection that is given up
      const { failure } = outcome
      const isReset = failure.code === 'ECONNRESET' && failure.origin === 'os'
      this.end(isReset ? 'reset' : 'error', failure)
    } else if (this.#finished) {
      outcome.value.socket.on('error', () => {}).destroy()
    } else {
      this.#wire = this.#wireOver(outcome.value.socket)
      this.#writing.moveTo(this.#socket)
      this.#reading.moveTo(this.#socket)
    }
    return outcome
  }

  get #socket(): Socket {
    return this.#wire.socket
  }

  #wireOver(socket: Socket): Wire {
    return new Wire(socket, this.raw, this.#patienceMs, this.#tell)
  }

  #hear(event: StreamEvent, error: unknown): void {
    if (event === 'came' || event === 'released' || event === 'went') this.#bounds?.touch()
    else if (event === 'failed') this.end('error', fromNodeError(error, 'write'))
    else if (event === 'peer-ended') void this.#endPeer()
    else if (event === 'lost') void this.#lose(error instanceof Error ? error : null)
    else if (event === 'finished') {
      this.#closedBy ??= 'self'
      this.#endOnceBothAreDone()
    } else if (error instanceof Error && !(event === 'refused' && this.#isLent)) {
      // A protocol of Node's own says its goodbyes itself, which nobody may be left to hear.
      this.#failWriting(error)
    }
  }

  /** Asked where it went wrong: an end of ours that is none of the network's need not be accounted for. */
  #lostBytes(failure: Failure | null): LostBytes {
    if (failure === null) {
      const { unacknowledgedBytes } = this.#wire
      return { unacknowledged: unacknowledgedBytes, unread: this.#peerEnd.isTold ? 0 : null }
    }
    const { unacknowledged, unread } = lostBytesOf(this.raw)
    const aboveTls = this.#socket === this.raw ? 0 : this.#socket.readableLength
    return { unacknowledged, unread: unread === null ? null : unread + aboveTls + this.#reading.untakenBytes }
  }

  #tellEnd(end: StreamEnd): void {
    this.#end.tell(end)
    this.#reading.endPieces()
  }

  async #endPeer(): Promise<void> {
    this.#closedBy ??= 'peer'
    await this.#reading.allTaken()
    this.#peerDone = true
    if (this.#writing.error) return this.#lose(this.#writing.error)
    this.#peerEnd.tell()
    this.#reading.endPieces()
    this.#endOnceBothAreDone()
  }

  #endOnceBothAreDone(): void {
    if (!this.#peerDone || !this.#socket.writableFinished) return
    this.#bounds?.allowSilence()
    if (!this.#wire.isClosing) void this.#lose(null)
  }

  #failWriting(error: Error): void {
    this.#writing.fail(error)
    if (this.#peerDone) return void this.#lose(error)
    this.#awaitEnd()
  }

  #awaitEnd(): void {
    const { bytesIn } = this
    this.#callOffEnd = Deadline.after(END_MS).onExpire(() => {
      // Whoever takes what came before may take time.
      if (this.#reading.isTaking || this.bytesIn !== bytesIn) this.#awaitEnd()
      else void this.#lose(null)
    })
  }

  /** The connection is gone. What came before is taken first. */
  async #lose(last: Error | null): Promise<void> {
    await this.#reading.allTaken()
    if (this.#finished) return
    const loss = lossOf(last, {
      name: this.#options.name,
      writeError: this.#writing.error,
      isOver: this.#peerDone || this.#isLent,
      isCut: cutInRecord(this.#socket),
      bytesIn: this.bytesIn,
      bytesOut: this.bytesOut,
    })
    // Our FIN may have gone before: it left the other direction open, which the reset closed.
    if (loss.reason === 'reset') this.#closedBy = 'peer'
    this.end(loss.reason, loss.failure, loss.error)
  }
}
