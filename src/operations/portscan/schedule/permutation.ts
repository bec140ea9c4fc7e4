/** Largest domain: indices stay exact, and each half of the network fits 32-bit arithmetic. */
export const MAX_DOMAIN = 2 ** 52
const ROUNDS = 6

/**
 * A seeded pseudo-random permutation of 0 .. size-1 in constant memory: a balanced Feistel network over the next power
 * of four, walked until it lands inside the domain again (Black and Rogaway, "Ciphers with Arbitrary Finite Domains").
 * It spreads probes; it is no cipher.
 */
export class Permutation {
  readonly size: number
  readonly #half: number
  readonly #mask: number
  readonly #keys: Int32Array

  /** `seed` is any 32-bit integer. Throws RangeError for a size out of 1 .. 2^52. */
  constructor(size: number, seed: number) {
    if (!Number.isSafeInteger(size) || size < 1 || size > MAX_DOMAIN)
      throw new RangeError(`no permutation of ${size} items`)
    this.size = size
    const bits = Math.max(1, Math.ceil(Math.log2(size) / 2))
    // log2 rounds for large sizes: one bit more never harms, one less would lose items.
    this.#half = 2 ** (4 ** bits < size ? bits + 1 : bits)
    this.#mask = this.#half - 1
    this.#keys = Int32Array.from({ length: ROUNDS }, (_, round) => mix((seed | 0) + Math.imul(round + 1, 0x9e3779b9)))
  }

  /** Where position `index` leads; each item is reached from exactly one position. */
  at(index: number): number {
    let item = index
    do item = this.#encrypt(item)
    while (item >= this.size)
    return item
  }

  #encrypt(item: number): number {
    let left = Math.floor(item / this.#half)
    let right = item % this.#half
    for (const key of this.#keys) {
      const next = (left ^ mix(right + key)) & this.#mask
      left = right
      right = next
    }
    return left * this.#half + right
  }
}

/** A 32-bit integer hash with good avalanche (the finaliser of MurmurHash3, public domain). */
export function mix(value: number): number {
  let hash = value | 0
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return hash ^ (hash >>> 16)
}

/** A 32-bit seed from text: the same text gives the same order on every machine. */
export function seedOf(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return mix(hash) >>> 0
}
