const FIRST_CAPACITY = 256
const EMPTY = Buffer.alloc(0)

/** Holds the bytes of a line or a section that is cut by the end of a chunk, never more than its limit. */
export class Carry {
  readonly #limit: number
  #held = EMPTY
  #size = 0

  constructor(limitBytes: number) {
    this.#limit = limitBytes
  }

  /** How many of the bytes that {@link join} returns came before the chunk. */
  get size(): number {
    return this.#size
  }

  /** A view of what is held. */
  get held(): Buffer {
    return this.#held.subarray(0, this.#size)
  }

  get isFull(): boolean {
    return this.#size === this.#limit
  }

  /** What is held followed by `chunk` from `at` on, at most the limit of them; a view where nothing is held. */
  join(chunk: Buffer, at: number): Buffer {
    if (this.#size === 0) {
      return at === 0 && chunk.length <= this.#limit ? chunk : chunk.subarray(at, at + this.#limit)
    }
    const size = Math.min(this.#limit, this.#size + chunk.length - at)
    if (size > this.#held.length) this.#grow(size)
    chunk.copy(this.#held, this.#size, at, at + size - this.#size)
    return this.#held.subarray(0, size)
  }

  /** Keeps what {@link join} returned for the next chunk. */
  keep(run: Buffer): void {
    if (this.#size === 0) {
      this.#held = Buffer.allocUnsafe(Math.min(this.#limit, Math.max(FIRST_CAPACITY, run.length * 2)))
      run.copy(this.#held)
    }
    this.#size = run.length
  }

  /** Lets go of all; views of it stay valid. */
  clear(): void {
    if (this.#size === 0) return
    this.#held = EMPTY
    this.#size = 0
  }

  #grow(size: number): void {
    const grown = Buffer.allocUnsafe(Math.min(this.#limit, Math.max(size, this.#held.length * 2)))
    this.#held.copy(grown, 0, 0, this.#size)
    this.#held = grown
  }
}
