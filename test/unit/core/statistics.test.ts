import fc from 'fast-check'
import { expect, test } from 'vitest'
import { quantile, statistics } from '../../../src/core/statistics.js'

test('no sample: counts, and null for all that needs one', () => {
  const none = { minMs: null, meanMs: null, medianMs: null, p95Ms: null, maxMs: null }
  expect(statistics(0, [])).toEqual({ sent: 0, received: 0, lossPercent: 0, ...none })
  expect(statistics(4, [])).toEqual({ sent: 4, received: 0, lossPercent: 100, ...none })
})

test('samples in any order', () => {
  expect(statistics(5, [4, 1, 3, 2])).toEqual({
    sent: 5,
    received: 4,
    lossPercent: 20,
    minMs: 1,
    meanMs: 2.5,
    medianMs: 2.5,
    p95Ms: expect.closeTo(3.85),
    maxMs: 4,
  })
  expect(statistics(1, [7])).toMatchObject({ minMs: 7, meanMs: 7, medianMs: 7, p95Ms: 7, maxMs: 7, lossPercent: 0 })
})

test('quantiles are interpolated between neighbours', () => {
  const sorted = [10, 20, 30]
  expect([0, 0.25, 0.5, 0.75, 1].map((q) => quantile(sorted, q))).toEqual([10, 15, 20, 25, 30])
  expect(quantile([], 0.5)).toBeNull()
})

test('they are in order, and the samples are left as they were', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1 }), (samples) => {
      const before = [...samples]
      const { minMs, medianMs, p95Ms, maxMs } = statistics(samples.length, samples)
      const found = [minMs, medianMs, p95Ms, maxMs].map((each) => each ?? Number.NaN)
      expect(found).toEqual([...found].sort((a, b) => a - b))
      expect(samples).toEqual(before)
    }),
  )
})
