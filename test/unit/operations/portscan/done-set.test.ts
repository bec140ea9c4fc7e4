import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DoneSet } from '../../../../src/operations/portscan/schedule/done-set.js'

const CHUNK = 32_768

function stored(set: DoneSet): DoneSet {
  return DoneSet.from(JSON.parse(JSON.stringify(set)))
}

describe('DoneSet', () => {
  it('holds what was added and nothing else, also once stored and read', () => {
    const ordinals = fc.array(fc.nat({ max: 3 * CHUNK }), { maxLength: 200 })
    fc.assert(
      fc.property(ordinals, ordinals, (first, second) => {
        const expected = new Set([...first, ...second])
        let set = new DoneSet()
        for (const ordinal of first) set.add(ordinal)
        set = stored(set)
        for (const ordinal of second) set.add(ordinal)
        const questions = [...expected, ...[...expected].flatMap((each) => [each + 1, Math.max(0, each - 1)]), 0]
        for (const each of questions) if (set.has(each) !== expected.has(each)) expect.fail(String(each))
      }),
    )
  })

  it('keeps nothing of chunks that are full, in whatever order they were filled', () => {
    let set = new DoneSet()
    for (const chunk of [2, 0]) {
      for (let offset = CHUNK - 1; offset >= 0; offset--) {
        set.add(chunk * CHUNK + offset)
        if (offset === CHUNK / 2) set = stored(set)
      }
    }
    expect(set.toJSON()).toEqual({ low: 1, full: [2], chunks: [] })
    for (let offset = 0; offset < CHUNK; offset++) set.add(CHUNK + offset)
    set.add(0) // again: nothing comes of it
    expect(set.toJSON()).toEqual({ low: 3, full: [], chunks: [] })
    expect(stored(set).has(3 * CHUNK - 1)).toBe(true)
    expect(stored(set).has(3 * CHUNK)).toBe(false)
  })
})
