/** Ordinals in one chunk; a chunk that is full takes no memory. */
const CHUNK = 32_768

/** As it stands in a state file. */
export interface StoredDone {
  readonly full: readonly number[]
  /** Every chunk below this one is full. */
  readonly low: number
  readonly chunks: readonly (readonly [index: number, base64: string])[]
}

/** Which of the ordinals 0, 1, 2 ... are done. They are done nearly in order, but for those of silent hosts. */
export class DoneSet {
  #low = 0
  readonly #full = new Set<number>()
  readonly #open = new Map<number, { readonly bits: Uint8Array; count: number }>()

  add(ordinal: number): void {
    const index = Math.floor(ordinal / CHUNK)
    if (index < this.#low || this.#full.has(index)) return
    const chunk = this.#open.get(index) ?? { bits: new Uint8Array(CHUNK / 8), count: 0 }
    this.#open.set(index, chunk)
    const offset = ordinal % CHUNK
    const byte = offset >> 3
    const bit = 1 << (offset & 7)
    const before = chunk.bits[byte] ?? 0
    if (before & bit) return
    chunk.bits[byte] = before | bit
    if (++chunk.count < CHUNK) return
    this.#open.delete(index)
    this.#full.add(index)
    while (this.#full.delete(this.#low)) this.#low++
  }

  has(ordinal: number): boolean {
    const index = Math.floor(ordinal / CHUNK)
    if (index < this.#low || this.#full.has(index)) return true
    const offset = ordinal % CHUNK
    return ((this.#open.get(index)?.bits[offset >> 3] ?? 0) & (1 << (offset & 7))) !== 0
  }

  toJSON(): StoredDone {
    const chunks = [...this.#open].map(([index, { bits }]) => [index, Buffer.from(bits).toString('base64')] as const)
    return { low: this.#low, full: [...this.#full], chunks }
  }

  static from({ low, full, chunks }: StoredDone): DoneSet {
    const set = new DoneSet()
    set.#low = low
    for (const index of full) set.#full.add(index)
    for (const [index, base64] of chunks) {
      const bits = new Uint8Array(CHUNK / 8)
      bits.set(Buffer.from(base64, 'base64').subarray(0, bits.length))
      set.#open.set(index, { bits, count: bits.reduce((sum, byte) => sum + popcount(byte), 0) })
    }
    return set
  }
}

function popcount(byte: number): number {
  let count = 0
  for (let rest = byte; rest !== 0; rest &= rest - 1) count++
  return count
}
