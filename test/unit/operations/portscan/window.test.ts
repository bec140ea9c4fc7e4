import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Window } from '../../../../src/operations/portscan/schedule/window.js'

describe('Window', () => {
  it('starts as told, but never above its maximum', () => {
    expect(new Window(50, 1000).size).toBe(50)
    expect(new Window(50, 10).size).toBe(10)
    expect(new Window(50, 0).size).toBe(1)
  })

  it('doubles in one round trip of answers, until it was cut for the first time', () => {
    const window = new Window(50, 1000)
    for (let i = 0; i < 50; i++) window.grow(window.size)
    expect(window.size).toBe(100)
    window.cut(0.5, 0, 10)
    expect(window.size).toBe(50)
    for (let i = 0; i < 50; i++) window.grow(window.size)
    expect(window.size).toBeGreaterThanOrEqual(50)
    expect(window.size).toBeLessThanOrEqual(54)
  })

  it('does not open while it is not made use of', () => {
    const window = new Window(50, 1000)
    for (let i = 0; i < 500; i++) window.grow(24)
    expect(window.size).toBe(50)
    window.grow(25)
    expect(window.size).toBe(51)
  })

  it('lets an answer speak for probes that cannot answer', () => {
    const window = new Window(50, 1000)
    window.grow(50, 30)
    expect(window.size).toBe(80)
  })

  it('gives way once for each window of probes', () => {
    const window = new Window(50, 1000)
    while (window.size < 800) window.grow(window.size)
    window.cut(0.5, 100, 150)
    window.cut(0.5, 101, 151)
    window.cut(0.5, 149, 152)
    expect(window.size).toBe(400)
    window.cut(0.5, 150, 200)
    expect(window.size).toBe(200)
  })

  it('does not give way to less than it began with, and opens by a sixteenth a round trip after that', () => {
    const window = new Window(50, 10_000)
    for (let now = 0; now < 20; now++) window.cut(0.5, now, now)
    expect(window.size).toBe(50)
    for (let i = 0; i < 50; i++) window.grow(window.size)
    expect(window.size).toBe(53)
    for (let i = 0; i < 2000; i++) window.grow(window.size)
    expect(window.size).toBe(178)
  })

  it('gives way to what this machine can do, and never grows by that', () => {
    const window = new Window(50, 1000)
    window.shrinkTo(20)
    expect(window.size).toBe(20)
    window.shrinkTo(500)
    expect(window.size).toBe(20)
  })

  it('stays between its floor and its maximum, whatever happens', () => {
    const step = fc.oneof(
      fc.record({
        kind: fc.constant('grow' as const),
        inFlight: fc.nat(5000),
        weight: fc.integer({ min: 1, max: 50 }),
      }),
      fc.record({ kind: fc.constant('cut' as const), factor: fc.constantFrom(0.5, 0.7) }),
      fc.record({ kind: fc.constant('shrink' as const), to: fc.integer({ min: -1, max: 5000 }) }),
    )
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 3000 }),
        fc.integer({ min: 1, max: 300 }),
        fc.array(step),
        (max, initial, steps) => {
          const window = new Window(initial, max)
          const floor = Math.min(4, max, initial)
          let now = 0
          for (const each of steps) {
            now++
            if (each.kind === 'grow') window.grow(each.inFlight, each.weight)
            else if (each.kind === 'cut') window.cut(each.factor, now, now)
            else window.shrinkTo(each.to)
            expect(window.size).toBeGreaterThanOrEqual(floor)
            expect(window.size).toBeLessThanOrEqual(max)
          }
        },
      ),
    )
  })
})
