import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ProgressMeter } from '../../../../src/operations/portscan/results/progress.js'
import type { ProgressEvent } from '../../../../src/operations/portscan/types.js'

describe('ProgressMeter', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('tells four times a second how far it is, how fast, and how long it will take', () => {
    const events: ProgressEvent[] = []
    let done = 0
    const meter = new ProgressMeter(
      () => ({ done, total: 1000, open: 2 }),
      (event) => events.push(event),
    )
    done = 100
    vi.advanceTimersByTime(250)
    expect(events).toEqual([
      { type: 'progress', done: 100, total: 1000, open: 2, elapsedMs: 250, perSecond: 400, leftMs: 2250 },
    ])
    done = 150 // 200 a second for a moment: the rate follows by three tenths
    vi.advanceTimersByTime(250)
    expect(events[1]).toMatchObject({ elapsedMs: 500, perSecond: 340, leftMs: 2500 })
    done = 151 // 4 a second for a moment
    vi.advanceTimersByTime(250)
    expect(events[2]).toMatchObject({ perSecond: 239, leftMs: expect.closeTo((1000 * 849) / 239.2) })
    meter.stop()
    vi.advanceTimersByTime(1000)
    expect(events).toHaveLength(3)
  })

  it('does not guess how long it will take before anything is done', () => {
    const events: ProgressEvent[] = []
    const meter = new ProgressMeter(
      () => ({ done: 0, total: 10, open: 0 }),
      (event) => events.push(event),
    )
    vi.advanceTimersByTime(250)
    meter.stop()
    expect(events).toMatchObject([{ perSecond: 0, leftMs: null }])
  })
})
