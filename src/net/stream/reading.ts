import type { Socket } from 'node:net'
import type { Take } from './channel.js'
import { noteLostBytes } from './guards/lost-bytes.js'
import { errorsComeAtOnce, errorsComeLast, tellLateError } from './hooks.js'
import { type LookAt, Pieces } from './pieces.js'
import { putBack, receive } from './receive.js'

/**
 * What the owner of a stream is told of its reading.
 * - `came`: bytes came.
 * - `released`: what came has been taken, after our own side took its time.
 * - `failed`: whoever takes what comes failed to.
 */
export type ReadingEvent = 'came' | 'released' | 'failed'

/** The side of a stream that is read: who takes what comes, and what came while nobody took it. */
export class Reading {
  #socket: Socket
  readonly #tell: (event: ReadingEvent, error: unknown) => void
  /** All that came, from the first. */
  #bytesIn = 0
  #take: Take | null = null
  #pieces: Pieces | null = null
  #held: Uint8Array | null = null
  /** What is being taken, while reading waits for it. */
  #taking: Promise<void> | undefined
  #goOn: (() => void) | null = null
  #stop: (() => void) | null = null

  constructor(socket: Socket, tell: (event: ReadingEvent, error: unknown) => void) {
    this.#socket = socket
    this.#tell = tell
    errorsComeLast(socket, noteLostBytes)
  }

  get bytesIn(): number {
    return this.#bytesIn
  }

  get heldBytes(): number {
    return this.#held?.length ?? 0
  }

  /** What came and nobody has taken. */
  get untakenBytes(): number {
    return this.heldBytes + (this.#pieces?.queuedBytes ?? 0)
  }

  get isTaking(): boolean {
    return this.#taking !== undefined
  }

  /** See `Stream.take`. */
  take(take: Take | null): void {
    this.#pieces?.abandon()
    this.#pieces = null
    this.#take = take
    this.#readOn()
  }

  /** What comes, for a reader that asks for one piece after the other; its owner ends it. */
  pieces(lookAt?: LookAt): Pieces {
    this.take(null)
    const pieces = new Pieces(lookAt)
    this.#pieces = pieces
    this.#readOn()
    return pieces
  }

  /** No more will come for whoever asks for {@link pieces}. */
  endPieces(): void {
    this.#pieces?.end()
  }

  /** See `Stream.unread`. */
  unread(): Uint8Array {
    const pieces = this.#pieces?.takeBack() ?? []
    const held = this.#held ?? new Uint8Array()
    this.#held = null
    const queued: Buffer | null = this.#socket.readableLength > 0 ? this.#socket.read() : null
    tellLateError(this.#socket)
    return Buffer.concat([...pieces, held, queued ?? new Uint8Array()])
  }

  /** See `Stream.putBack`. */
  putBack(bytes: Uint8Array): void {
    if (bytes.length === 0) return
    this.#held = this.#held === null ? Uint8Array.from(bytes) : Buffer.concat([bytes, this.#held])
  }

  /** Once all that came so far has been taken. */
  async allTaken(): Promise<void> {
    for (;;) {
      await this.#taking
      await this.#pieces?.allTaken()
      const { destroyed, readableLength } = this.#socket
      if (this.#take === null || this.#stop === null || destroyed || readableLength === 0) return
      await new Promise((resolve) => setImmediate(resolve)) // Node is about to hand it over
    }
  }

  /** Leaves the socket to another reader, with all that nobody has taken. */
  leave(): void {
    this.#stop?.()
    this.#stop = null
    this.#goOn = null
    errorsComeAtOnce(this.#socket)
    if (this.#held !== null) putBack(this.#socket, this.#held)
    this.#held = null
  }

  /** Reads on from another socket, for whoever took what came before. */
  moveTo(socket: Socket): void {
    this.#socket = socket
    errorsComeLast(socket)
    this.#readOn()
  }

  /** Reads on where somebody takes it, what came meanwhile first. */
  #readOn(): void {
    if (!this.#isRead) return
    const held = this.#held
    this.#held = null
    const taken = held && this.#hand(held)
    if (taken) void taken.then(() => this.#continue())
    else this.#continue()
  }

  #continue(): void {
    const goOn = this.#goOn
    this.#goOn = null
    if (goOn) goOn()
    else this.#stop ??= receive(this.#socket, this.#receive)
  }

  readonly #receive: Take = (bytes) => {
    this.#bytesIn += bytes.length
    this.#tell('came', null)
    if (this.#isRead) return this.#hand(bytes)
    this.putBack(bytes)
    return new Promise((resolve) => {
      this.#goOn = resolve
    })
  }

  get #isRead(): boolean {
    return this.#take !== null || this.#pieces !== null
  }

  #hand(bytes: Uint8Array): Promise<void> | undefined {
    const taken = this.#pieces ? this.#pieces.push(bytes) : this.#take?.(bytes)
    if (!taken) return undefined
    this.#taking = taken.then(
      () => {
        this.#taking = undefined
        this.#tell('released', null)
      },
      (error: unknown) => this.#tell('failed', error),
    )
    return this.#taking
  }
}
