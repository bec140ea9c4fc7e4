import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { PortResult } from '../../../../src/operations/portscan/engine/drive.js'
import { ResultRing, SILENT, UNTIMED } from '../../../../src/operations/portscan/syscall/ring.js'
import type { PortState } from '../../../../src/operations/portscan/verdict.js'

const ALL = Number.POSITIVE_INFINITY
const nameOf = (errno: number) => `E${errno}`
const verdict = fc.record({
  position: fc.integer({ min: 0, max: 2 ** 52 }),
  hostIndex: fc.nat(),
  portIndex: fc.integer({ min: 0, max: 65_534 }),
  state: fc.constantFrom<PortState>('open', 'closed', 'filtered'),
  errno: fc.integer({ min: 0, max: 133 }),
  rttMs: fc.oneof(fc.double({ min: 0, max: 1e5, noNaN: true }), fc.constantFrom(SILENT, UNTIMED)),
  tries: fc.integer({ min: 1, max: 20 }),
})
/** As engines give them: silence has the errno of a deadline, what was skipped has neither errno nor round trip. */
const result = fc.oneof(
  verdict.map((each) => ({
    ...each,
    state: each.state as PortResult['state'],
    errno: each.rttMs === SILENT ? 11 : each.errno,
  })),
  verdict.map((each) => ({ ...each, state: 'skipped' as const, errno: 0, rttMs: UNTIMED })),
)

type Added = Pick<PortResult, 'position' | 'hostIndex' | 'portIndex' | 'state' | 'tries'> & {
  errno: number
  rttMs: number
}
const SOME: Added = { position: 0, hostIndex: 0, portIndex: 5, state: 'closed', errno: 111, rttMs: 0.5, tries: 1 }

function addTo(ring: ResultRing, { position, hostIndex, portIndex, state, errno, rttMs, tries }: Added): void {
  ring.add(position, hostIndex, portIndex, state, errno, rttMs, tries)
}

describe('ResultRing', () => {
  it('gives back what it was given', () => {
    fc.assert(
      fc.property(fc.array(result, { maxLength: 40 }), (results) => {
        const ring = new ResultRing()
        for (const each of results) addTo(ring, each)
        expect(ring.pending).toBe(results.length)
        const reader = new ResultRing(ring.memory)
        expect([...reader.take(nameOf, ALL)]).toEqual([])
        ring.publish()
        expect(ring.pending).toBe(0)
        const expected = results.map(({ errno, rttMs, ...rest }) => ({
          ...rest,
          errno: rest.state === 'skipped' ? null : errno,
          code: errno === 0 ? null : nameOf(errno),
          rttMs: rttMs < 0 ? null : rttMs,
          silent: rttMs === SILENT,
        }))
        expect([...reader.take(nameOf, ALL)]).toEqual(expected)
        expect([...reader.take(nameOf, ALL)]).toEqual([])
      }),
    )
  })

  it('goes around, and says when it is full', () => {
    const ring = new ResultRing()
    const reader = new ResultRing(ring.memory)
    let position = 0
    const fill = (most: number) => {
      let added = 0
      for (; added < most && ring.room > 0; added++) addTo(ring, { ...SOME, position: position++ })
      return added
    }
    const capacity = fill(Number.POSITIVE_INFINITY)
    expect(capacity).toBeGreaterThan(1000)
    ring.publish()
    expect(ring.room).toBe(0)
    let next = 0
    for (const size of [capacity, 3, capacity - 1, capacity, 700]) {
      for (const { position } of reader.take(nameOf, ALL)) expect(position).toBe(next++)
      expect(fill(size)).toBe(size)
      ring.publish()
    }
    for (const { position } of reader.take(nameOf, ALL)) expect(position).toBe(next++)
    expect(next).toBe(position)
  })

  it('does not keep a writer longer than asked where nobody reads', () => {
    const ring = new ResultRing()
    addTo(ring, SOME)
    ring.publish()
    ring.waitForReader(1)
    expect([...ring.take(nameOf, ALL)]).toHaveLength(1)
    expect(ring.room).toBeGreaterThan(0)
  })
})
