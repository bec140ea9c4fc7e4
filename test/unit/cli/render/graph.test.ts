import fc from 'fast-check'
import { expect, test } from 'vitest'
import { histogram, sparkline } from '../../../../src/cli/render/graph.js'

test('a sparkline has a bar for each value, the highest full', () => {
  expect(sparkline([])).toBe('')
  expect(sparkline([0, 0])).toBe('▁▁')
  expect(sparkline([5])).toBe('█')
  expect(sparkline([0, 1, 2, 3, 4, 5, 6, 7, 8])).toBe('▁▂▃▄▅▆▇██')
})

test('a histogram counts every value once, in steps that cover all', () => {
  expect(histogram([1, 1, 1], 40)).toHaveLength(1)
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 5000, noNaN: true }), { minLength: 1, maxLength: 300 }), (values) => {
      const lines = histogram(values, 60)
      expect(lines.length).toBeLessThanOrEqual(10)
      const counts = lines.map((line) => Number(/(\d+)$/.exec(line)?.[1]))
      expect(counts.reduce((sum, each) => sum + each, 0)).toBe(values.length)
      expect(new Set(lines.map((line) => line.indexOf(' ms'))).size).toBe(1)
      for (const line of lines) expect(line.length).toBeLessThanOrEqual(60)
    }),
  )
})
