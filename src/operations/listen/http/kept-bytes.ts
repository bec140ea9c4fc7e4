const NOTHING = Buffer.alloc(0)
/** Of what came so much is kept to be shown; the rest is counted. */
const MAX_KEPT_BYTES = 1 << 20

/** What came, as far as it is shown. */
export class KeptBytes {
  #pieces: Buffer[] | null = null
  #keptBytes = 0
  #sizeBytes = 0

  /** Of all that came. */
  get sizeBytes(): number {
    return this.#sizeBytes
  }

  get isEmpty(): boolean {
    return this.#sizeBytes === 0
  }

  /** Takes a copy, as far as there is room. */
  add(bytes: Uint8Array): void {
    this.#sizeBytes += bytes.length
    const piece = bytes.subarray(0, MAX_KEPT_BYTES - this.#keptBytes)
    if (piece.length === 0) return
    this.#pieces ??= []
    this.#pieces.push(Buffer.from(piece))
    this.#keptBytes += piece.length
  }

  bytes(): Buffer {
    return this.#pieces === null ? NOTHING : Buffer.concat(this.#pieces)
  }
}
