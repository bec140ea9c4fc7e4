/** So much is read ahead of whoever takes it. */
const AHEAD_BYTES = 65_536

/** Looks at a piece when it is handed out; its reader waits for the promise. */
export type LookAt = (piece: Uint8Array) => Promise<void> | undefined

/**
 * What came, for a reader that asks for one piece after the other. No generator: that would cost each of thousands of
 * silent peers as much as its socket.
 */
export class Pieces implements AsyncIterableIterator<Uint8Array, void, undefined> {
  readonly #lookAt: LookAt | undefined
  readonly #queue: Uint8Array[] = []
  #queuedBytes = 0
  /** A piece has been handed out, and its reader has not come back for the next. */
  #isTaking = false
  #ended = false
  /** Who waits for the next. */
  #waiting: ((next: IteratorResult<Uint8Array, void> | Promise<IteratorResult<Uint8Array, void>>) => void) | null = null
  #room: (() => void) | null = null
  #drained: (() => void) | null = null
  #draining: Promise<void> | undefined

  constructor(lookAt?: LookAt) {
    this.#lookAt = lookAt
  }

  /** What came and was not asked for. */
  get queuedBytes(): number {
    return this.#queuedBytes
  }

  /** What reading is to wait for, where enough has been read. */
  push(bytes: Uint8Array): Promise<void> | undefined {
    if (this.#ended) return undefined
    const waiting = this.#waiting
    if (waiting) {
      this.#waiting = null
      waiting(this.#handOut(bytes))
    } else {
      this.#queue.push(bytes)
      this.#queuedBytes += bytes.length
    }
    if (this.#queuedBytes + (waiting ? bytes.length : 0) < AHEAD_BYTES) return undefined
    return new Promise((resolve) => {
      this.#room = resolve
    })
  }

  /** What came and was not asked for yet, for somebody else. */
  takeBack(): Uint8Array[] {
    this.#queuedBytes = 0
    const pieces = this.#queue.splice(0)
    this.#giveRoom()
    return pieces
  }

  /** No more will come. */
  end(): void {
    this.#ended = true
    this.#tellEnd()
  }

  /** Once the reader has come back after the last piece so far; undefined where it has. */
  allTaken(): Promise<void> | undefined {
    if (this.#queue.length === 0 && !this.#isTaking) return undefined
    this.#draining ??= new Promise((resolve) => {
      this.#drained = resolve
    })
    return this.#draining
  }

  next(): Promise<IteratorResult<Uint8Array, void>> {
    this.#isTaking = false
    if (this.#queuedBytes < AHEAD_BYTES) this.#giveRoom()
    const piece = this.#queue.shift()
    if (piece) {
      this.#queuedBytes -= piece.length
      return this.#handOut(piece)
    }
    this.#letGo()
    if (this.#ended) return Promise.resolve({ done: true, value: undefined })
    return new Promise((resolve) => {
      this.#waiting = resolve
    })
  }

  return(): Promise<IteratorResult<Uint8Array, void>> {
    this.abandon()
    return Promise.resolve({ done: true, value: undefined })
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  /** Nobody comes back: what still comes is dropped. */
  abandon(): void {
    this.#isTaking = false
    this.#ended = true
    this.#queue.length = 0
    this.#giveRoom()
    this.#letGo()
    this.#tellEnd()
  }

  #handOut(piece: Uint8Array): Promise<IteratorResult<Uint8Array, void>> {
    this.#isTaking = true
    const next = { done: false, value: piece } as const
    return this.#lookAt?.(piece)?.then(() => next) ?? Promise.resolve(next)
  }

  #tellEnd(): void {
    this.#waiting?.({ done: true, value: undefined })
    this.#waiting = null
  }

  #giveRoom(): void {
    this.#room?.()
    this.#room = null
  }

  #letGo(): void {
    this.#drained?.()
    this.#drained = null
    this.#draining = undefined
  }
}
