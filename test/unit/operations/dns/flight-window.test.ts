import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FlightWindow } from '../../../../src/operations/dns/flight-window.js'

const answered = (window: FlightWindow, times: number) => {
  for (let i = 0; i < times; i++) window.answered()
  return window.size
}

describe('the window of questions in flight', () => {
  it('is as wide as it may be until something is lost', () => {
    const window = new FlightWindow(100)
    expect(window.size).toBe(100)
    expect(answered(window, 1000)).toBe(100)
  })

  it('is left as it is by what networks lose at random', () => {
    const window = new FlightWindow(100)
    for (let i = 1; i <= 10_000; i++) {
      if (i % 6 === 0) window.lost(i, i)
      else window.answered()
    }
    expect(window.size).toBe(100)
  })

  it('is halved once for all that one flight lost', () => {
    const window = new FlightWindow(100)
    for (let i = 0; i < 100; i++) window.lost(10, 1000)
    expect(window.size).toBe(50)
    for (let i = 0; i < 40; i++) window.lost(1001, 2000)
    expect(window.size).toBe(25)
  })

  it('stays open enough to learn that the way is free', () => {
    const window = new FlightWindow(100)
    for (let now = 0; now < 1000; now++) window.lost(now, now)
    expect(window.size).toBe(4)
    const single = new FlightWindow(1)
    for (let now = 0; now < 100; now++) single.lost(now, now)
    expect(single.size).toBe(1)
  })

  it('opens by one for each window that is answered', () => {
    const window = new FlightWindow(16)
    for (let i = 0; i < 40; i++) window.lost(0, 1)
    expect(window.size).toBe(8)
    expect(answered(window, 9)).toBe(9)
    expect(answered(window, 10)).toBe(10)
    expect(answered(window, 1000)).toBe(16)
  })

  it('settles where the server keeps up: not much more in flight than it holds', () => {
    fc.assert(
      fc.property(fc.integer({ min: 8, max: 80 }), (holds) => {
        const window = new FlightWindow(100)
        let [lost, total] = [0, 0]
        for (let flight = 1; flight <= 400; flight++) {
          const sent = window.size
          const over = Math.max(0, sent - holds)
          answered(window, sent - over)
          for (let i = 0; i < over; i++) window.lost(flight - 0.5, flight)
          if (flight <= 20) continue
          total += sent
          lost += over
        }
        // Of very few it takes several flights to learn that they are too many.
        expect(lost / total).toBeLessThan(holds < 32 ? 0.4 : 0.25)
        expect(total / 380).toBeGreaterThan(holds * 0.6)
      }),
    )
  })
})
