import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RULES } from '../../../../src/protocol/http/anomaly.js'
import { cut, decode, expectation } from './decoded.js'
import { rows } from './table/rows.js'

/** Cutting a row at every byte and every pair of bytes is quadratic: longer rows are cut by the property alone. */
const EXHAUSTIVE_BYTES = 2000
const TWO_CUT_BYTES = 160

describe('responses as the RFC reads them', () => {
  it('has no two rows of one name and a row for each rule but those of the connection', () => {
    expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length)
    const covered = new Set(rows.flatMap(({ anomalies }) => anomalies ?? []))
    const missing = Object.keys(RULES).filter((rule) => !covered.has(rule))
    expect(missing).toEqual(['no-close-notify', 'unsolicited-bytes', 'bytes-after-coding'])
  })

  for (const row of rows) {
    const { wire, expected } = expectation(row)

    it(`${row.name}`, () => {
      expect(decode([wire], row.method)).toEqual(expected)
    })

    it(`${row.name}, however it is cut`, () => {
      if (wire.length <= EXHAUSTIVE_BYTES) {
        expect(decode(cut(wire, [...wire.keys()]), row.method)).toEqual(expected)
      }
      if (wire.length <= TWO_CUT_BYTES) {
        for (let first = 0; first <= wire.length; first++) {
          for (let second = first; second <= wire.length; second++) {
            const decoded = decode(cut(wire, [first, second]), row.method)
            if (JSON.stringify(decoded) !== JSON.stringify(expected))
              expect({ first, second, ...decoded }).toEqual(expected)
          }
        }
      }
      const cuts = fc.array(fc.nat({ max: wire.length }), { maxLength: 12 })
      fc.assert(
        fc.property(cuts, (indexes) => {
          const ascending = indexes.sort((a, b) => a - b)
          expect(decode(cut(wire, ascending), row.method)).toEqual(expected)
        }),
        { numRuns: wire.length > EXHAUSTIVE_BYTES ? 10 : 20 },
      )
    })
  }
})
