import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RttEstimator, TIMEOUT_FLOOR_MS } from '../../../src/core/rtt.js'

/** nmap's formula as its documentation gives it, over the whole list at once. */
function byFormula(samples: readonly number[], first: number, ceiling: number): number {
  const [head, ...rest] = samples
  if (head === undefined) return Math.min(first, ceiling)
  let srtt = head
  let rttvar = Math.min(2000, Math.max(5, head))
  for (const sample of rest) {
    const delta = sample - srtt
    srtt = srtt + delta / 8
    rttvar = rttvar + (Math.abs(delta) - rttvar) / 4
  }
  return Math.min(ceiling, Math.max(TIMEOUT_FLOOR_MS, srtt + 4 * rttvar))
}

function fed(samples: readonly number[], ceiling = 10_000): RttEstimator {
  const rtt = new RttEstimator(1000, ceiling)
  for (const sample of samples) rtt.sample(sample)
  return rtt
}

describe('RttEstimator', () => {
  it.each<[string, number[], number, number | null]>([
    ['nothing is known: the first timeout holds', [], 1000, null],
    ['one short round trip: the variance is held at 5 ms, the timeout at 100', [0.1], 100, 0.1],
    ['one of 40 ms: 40 + 4 x 40', [40], 200, 40],
    ['one of 3 s: the variance is held at 2 s', [3000], 10_000, 3000],
    ['one of 1 s', [1000], 5000, 1000],
    // srtt 40 + 8/8 = 41, rttvar 40 + (8 - 40)/4 = 32
    ['40 then 48', [40, 48], 41 + 4 * 32, 41],
    // then srtt 41 - 9/8 = 39.875, rttvar 32 + (9 - 32)/4 = 26.25
    ['40, 48, 32', [40, 48, 32], 39.875 + 4 * 26.25, 39.875],
  ])('%s', (_, samples, timeoutMs, srttMs) => {
    const rtt = fed(samples)
    expect(rtt.timeoutMs).toBe(timeoutMs)
    expect(rtt.srttMs).toBe(srttMs)
  })

  it('keeps the first timeout and every later one below the ceiling', () => {
    expect(new RttEstimator(1000, 300).timeoutMs).toBe(300)
    expect(fed([5000], 700).timeoutMs).toBe(700)
  })

  it('remembers the shortest round trip', () => {
    expect(fed([30, 7, 90]).minMs).toBe(7)
  })

  it('agrees with the formula for any samples', () => {
    const samples = fc.array(fc.double({ min: 0, max: 5000, noNaN: true }), { maxLength: 50 })
    fc.assert(
      fc.property(samples, fc.integer({ min: 100, max: 20_000 }), (list, ceiling) => {
        expect(fed(list, ceiling).timeoutMs).toBeCloseTo(byFormula(list, 1000, ceiling), 6)
      }),
    )
  })
})
