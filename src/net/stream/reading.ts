import type { Socket } from 'node:net'
import type { Take } from './channel.js'
import { Pieces } from './pieces.js'
import { putBack, receive } from './receive.js'

/** What the owner of a stream is told of its reading. */
export interface ReadingEvents {
  /** So many bytes came. */
  came(bytes: number): void
  /** What came has been taken, after our own side took its time. */
  released(): void
  /** Whoever takes what comes failed to. */
  failed(error: unknown): void
}

/** The side of a stream that is read: who takes what comes, and what came while nobody took it. */
export class Reading {
  #socket: Socket
  readonly #events: ReadingEvents
  #take: Take | null = null
  #pieces: Pieces | null = null
  #held: Uint8Array | null = null
  /** What is being taken, while reading waits for it. */
  #taking: Promise<void> | undefined
  #goOn: (() => void) | null = null
  #stop: (() => void) | null = null

  constructor(socket: Socket, events: ReadingEvents) {
    this.#socket = socket
    this.#events = events
  }

  get heldBytes(): number {
    return this.#held?.length ?? 0
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
  pieces(): Pieces {
    const pieces = new Pieces()
    this.take((bytes) => pieces.push(bytes))
    this.#pieces = pieces
    return pieces
  }

  /** See `Stream.unread`. */
  unread(): Uint8Array {
    const pieces = this.#pieces?.takeBack() ?? []
    const held = this.#held ?? new Uint8Array()
    this.#held = null
    const queued: Buffer | null = this.#socket.readableLength > 0 ? this.#socket.read() : null
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
    if (this.#held !== null) putBack(this.#socket, this.#held)
    this.#held = null
  }

  /** Reads on from another socket, for whoever took what came before. */
  moveTo(socket: Socket): void {
    this.#socket = socket
    this.#readOn()
  }

  /** Reads on where somebody takes it, what came meanwhile first. */
  #readOn(): void {
    const [take, held] = [this.#take, this.#held]
    if (take === null) return
    this.#held = null
    const taken = held && this.#hand(take, held)
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
    this.#events.came(bytes.length)
    if (this.#take) return this.#hand(this.#take, bytes)
    this.putBack(bytes)
    return new Promise((resolve) => {
      this.#goOn = resolve
    })
  }

  #hand(take: Take, bytes: Uint8Array): Promise<void> | undefined {
    const taken = take(bytes)
    if (!taken) return undefined
    this.#taking = taken.then(
      () => {
        this.#taking = undefined
        this.#events.released()
      },
      (error: unknown) => this.#events.failed(error),
    )
    return this.#taking
  }
}
