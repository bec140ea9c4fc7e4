import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { PortResult } from '../../../src/operations/portscan/drive.js'
import { ResultPacker, SILENT, UNTIMED, unpack } from '../../../src/operations/portscan/syscall/protocol.js'
import type { PortState } from '../../../src/operations/portscan/verdict.js'

const nameOf = (errno: number) => `E${errno}`
const verdict = fc.record({
  position: fc.integer({ min: 0, max: 2 ** 52 }),
  host: fc.nat(),
  port: fc.integer({ min: 0, max: 65_534 }),
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

describe('ResultPacker', () => {
  it('gives back what it was given', () => {
    fc.assert(
      fc.property(fc.array(result, { maxLength: 40 }), (results) => {
        const packer = new ResultPacker()
        for (const { position, host, port, state, errno, rttMs, tries } of results)
          packer.add(position, host, port, state, errno, rttMs, tries)
        expect(packer.size).toBe(results.length)
        const expected = results.map(({ errno, rttMs, ...rest }) => ({
          ...rest,
          errno: errno === 0 ? null : errno,
          code: errno === 0 ? null : nameOf(errno),
          rttMs: rttMs < 0 ? null : rttMs,
          silent: rttMs === SILENT,
        }))
        expect([...unpack(packer.take(), nameOf)]).toEqual(expected)
        expect(packer.size).toBe(0)
      }),
    )
  })

  it('grows past its first size, and starts over after each batch', () => {
    const packer = new ResultPacker()
    for (const batch of [1500, 3, 700]) {
      for (let i = 0; i < batch; i++) packer.add(i, 0, i, 'closed', 111, 0.5, 1)
      const positions = [...unpack(packer.take(), nameOf)].map(({ position }) => position)
      expect(positions).toEqual(Array.from({ length: batch }, (_, i) => i))
    }
  })
})
