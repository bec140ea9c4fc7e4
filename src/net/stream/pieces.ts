/** So much is read ahead of whoever takes it. */
const AHEAD_BYTES = 65_536

/** What came, for a reader that asks for one piece after the other. */
export class Pieces {
  readonly #queue: Uint8Array[] = []
  #queuedBytes = 0
  /** A piece has been handed out, and its reader has not come back for the next. */
  #isTaking = false
  #ended = false
  #wake = () => {}
  #room: (() => void) | null = null
  #drained: (() => void) | null = null
  #draining: Promise<void> | undefined

  /** What reading is to wait for, where enough has been read. */
  push(bytes: Uint8Array): Promise<void> | undefined {
    if (this.#ended) return undefined
    this.#queue.push(bytes)
    this.#queuedBytes += bytes.length
    this.#wake()
    if (this.#queuedBytes < AHEAD_BYTES) return undefined
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
    this.#wake()
  }

  /** Once the reader has come back after the last piece so far; undefined where it has. */
  allTaken(): Promise<void> | undefined {
    if (this.#queue.length === 0 && !this.#isTaking) return undefined
    this.#draining ??= new Promise((resolve) => {
      this.#drained = resolve
    })
    return this.#draining
  }

  async *taken(): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      for (;;) {
        let piece = this.#queue.shift()
        if (piece) {
          this.#queuedBytes -= piece.length
          this.#isTaking = true
          yield piece
          this.#isTaking = false
          piece = undefined // or it would be held for as long as nothing more comes
        } else {
          this.#letGo()
          if (this.#ended) return
          await new Promise<void>((resolve) => {
            this.#wake = resolve
          })
        }
        if (this.#queuedBytes < AHEAD_BYTES) this.#giveRoom()
      }
    } finally {
      this.abandon()
    }
  }

  /** Nobody comes back: what still comes is dropped. */
  abandon(): void {
    this.#isTaking = false
    this.#ended = true
    this.#queue.length = 0
    this.#giveRoom()
    this.#letGo()
    this.#wake()
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
