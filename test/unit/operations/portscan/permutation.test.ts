import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MAX_DOMAIN, Permutation, seedOf } from '../../../../src/operations/portscan/schedule/permutation.js'

const images = (size: number, seed: number) => {
  const permutation = new Permutation(size, seed)
  return Array.from({ length: size }, (_, i) => permutation.at(i))
}

describe('Permutation', () => {
  it('is a bijection of every small domain', () => {
    for (let size = 1; size <= 2000; size++) {
      const seen = new Uint8Array(size)
      const permutation = new Permutation(size, size * 31)
      let count = 0
      for (let i = 0; i < size; i++) {
        const item = permutation.at(i)
        if (item >= 0 && item < size && seen[item] === 0) count++
        seen[item] = 1
      }
      if (count !== size) expect.fail(`of ${size} items only ${count} were reached`)
    }
  })

  it.each([65_535, 65_536, 65_537, 262_143, 262_144, 262_145, 1_048_577])('is a bijection of %i items', (size) => {
    const seen = new Uint8Array(size)
    for (const item of images(size, 7)) seen[item] = 1
    expect(seen.indexOf(0)).toBe(-1)
  })

  it('stays within large domains and repeats nothing', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2 ** 20, max: MAX_DOMAIN }), fc.integer(), fc.nat(), (size, seed, start) => {
        const permutation = new Permutation(size, seed)
        const seen = new Set<number>()
        for (let i = 0; i < 200; i++) {
          const item = permutation.at((start + i * 7919) % size)
          expect(Number.isSafeInteger(item) && item >= 0 && item < size).toBe(true)
          seen.add(item)
        }
        expect(seen.size).toBe(200)
      }),
    )
  })

  it('gives each seed an order of its own, the same each time', () => {
    const orders = Array.from({ length: 50 }, (_, seed) => images(500, seed).join())
    expect(new Set(orders).size).toBe(50)
    expect(images(500, 3).join()).toBe(orders[3])
  })

  it('spreads neighbours: a stretch of positions falls evenly over the domain', () => {
    const size = 65_535
    for (const seed of [0, 1, 2 ** 31, seedOf('127.0.0.1 1-65535')]) {
      const permutation = new Permutation(size, seed)
      const buckets = new Array<number>(16).fill(0)
      for (let i = 0; i < 4096; i++) {
        const bucket = Math.floor((permutation.at(i) * 16) / size)
        buckets[bucket] = (buckets[bucket] ?? 0) + 1
      }
      // 256 on average; with a standard deviation of about 15.5 these bounds are six of them away.
      for (const count of buckets) expect(Math.abs(count - 256)).toBeLessThan(93)
    }
  })

  it.each([0, -1, 1.5, Number.NaN, MAX_DOMAIN + 1])('refuses a domain of %d items', (size) => {
    expect(() => new Permutation(size, 1)).toThrow(RangeError)
  })
})

describe('seedOf', () => {
  it('is a 32-bit number that differs with its text', () => {
    const texts = Array.from({ length: 1000 }, (_, i) => `10.0.0.${i} 1-1024`)
    const seeds = new Set(texts.map(seedOf))
    expect(seeds.size).toBe(1000)
    for (const seed of seeds) expect(Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32).toBe(true)
  })
})
