import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { drive, type PortResult } from '../../../../src/operations/portscan/engine/drive.js'
import { CONNECTED, type Engine, endByCode, type ReportTry } from '../../../../src/operations/portscan/engine/engine.js'
import { ResultTaker } from '../../../../src/operations/portscan/results/taker.js'
import { Scheduler } from '../../../../src/operations/portscan/schedule/scheduler.js'
import { ProbeSpace } from '../../../../src/operations/portscan/schedule/space.js'
import { SpaceWalk } from '../../../../src/operations/portscan/schedule/walk.js'

const PORTS = 40

/** Time that passes as timers run, and by `stepMs` with every look at the clock: what a busy machine does between any two lines. */
function busyClock(stepMs: number): void {
  let nowMs = 0
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => {
    nowMs += stepMs
    return nowMs
  })
  const run = (callback: () => void, delayMs = 0) => {
    const dueMs = nowMs + delayMs
    return setImmediate(() => {
      nowMs = Math.max(nowMs, dueMs)
      callback()
    })
  }
  const timers = [
    vi.spyOn(globalThis, 'setTimeout').mockImplementation(run as never),
    vi.spyOn(globalThis, 'clearTimeout').mockImplementation(clearImmediate as never),
  ]
  onTestFinished(() => {
    for (const spy of [clock, ...timers]) spy.mockRestore()
  })
}

async function scan(rate: number | null, code: () => string | null): Promise<[string | null, PortResult[]]> {
  const walk = new SpaceWalk(new ProbeSpace({ hosts: 1, ports: PORTS, seed: 5, inOrder: false }))
  const scheduler = new Scheduler(walk, { maxInFlight: 100, rate, retries: 0, timeoutMs: 60_000, skipDead: false })
  const engine = (report: ReportTry): Engine => ({
    start(probe) {
      setImmediate(() => {
        const said = code()
        report(probe, said === null ? CONNECTED : endByCode(said), performance.now())
      })
      return true
    },
    cancel: () => null,
    end: () => {},
  })
  const results: PortResult[] = []
  const signal = new AbortController().signal
  const taker = new ResultTaker((result: PortResult) => void results.push(result))
  const refused = await drive({ scheduler, engine, signal, taker })
  return [refused, results]
}

describe.each([0.3, 1.7, 5, 7, 11, 19, 60])('on a clock that leaps by %d ms', (stepMs) => {
  it('a rate that is over by the time it is looked for is not waited for again', async () => {
    busyClock(stepMs)
    const [refused, results] = await scan(30, () => null)
    expect(refused).toBe(null)
    expect(results.map(({ state }) => state)).toEqual(new Array(PORTS).fill('open'))
  })

  it('nor is a pause that this machine needed', async () => {
    busyClock(stepMs)
    let refusals = 0
    const [refused, results] = await scan(null, () => (++refusals <= PORTS + 3 ? 'EADDRNOTAVAIL' : null))
    expect(refused).toBe(null)
    expect(results.map(({ state }) => state)).toEqual(new Array(PORTS).fill('open'))
  })

  it('a machine that goes on refusing is taken at its word', async () => {
    busyClock(stepMs)
    expect(await scan(null, () => 'EADDRNOTAVAIL')).toEqual(['EADDRNOTAVAIL', []])
  })
})
