import { describe, expect, it } from 'vitest'
import { drive, type PortResult } from '../../../../src/operations/portscan/engine/drive.js'
import { CONNECTED, type Engine, endByCode, type ReportTry } from '../../../../src/operations/portscan/engine/engine.js'
import { ResultTaker } from '../../../../src/operations/portscan/results/taker.js'
import { type Probe, Scheduler } from '../../../../src/operations/portscan/schedule/scheduler.js'
import { ProbeSpace } from '../../../../src/operations/portscan/schedule/space.js'
import { SpaceWalk } from '../../../../src/operations/portscan/schedule/walk.js'
import { type PolledEngine, runLoop } from '../../../../src/operations/portscan/syscall/loop.js'
import { ResultRing } from '../../../../src/operations/portscan/syscall/ring.js'

const REFUSED = endByCode('ECONNREFUSED')

function scheduler(ports: number): Scheduler {
  const walk = new SpaceWalk(new ProbeSpace({ hosts: 1, ports, seed: 5, inOrder: false }))
  return new Scheduler(walk, { maxInFlight: 8192, rate: null, retries: 0, timeoutMs: 600_000, skipDead: false })
}

function expectAll(results: readonly PortResult[], ports: number): void {
  expect(new Set(results.map(({ portIndex }) => portIndex)).size).toBe(ports)
  expect(results).toHaveLength(ports)
  expect(results.every(({ state }) => state === 'closed')).toBe(true)
}

describe('a slow taker of results', () => {
  it('has the event loop send nothing meanwhile', async () => {
    const ports = 5000
    let slow = false
    let [waits, sentWhileSlow] = [0, 0]
    const results: PortResult[] = []
    const taker = new ResultTaker<PortResult>(
      (result) => void results.push(result),
      () => {
        slow = true
        waits++
        return new Promise((resolve) =>
          setTimeout(() => {
            slow = false
            resolve()
          }, 1),
        )
      },
    )
    const engine = (report: ReportTry): Engine => ({
      start(probe) {
        if (slow) sentWhileSlow++
        const atMs = performance.now()
        setImmediate(() => report(probe, REFUSED, atMs))
        return true
      },
      cancel: (probe) => expect.fail(`port ${probe.portIndex} was answered`),
      end: () => {},
    })
    const { signal } = new AbortController()
    expect(await drive({ scheduler: scheduler(ports), engine, signal, taker })).toBeNull()
    expectAll(results, ports)
    expect(waits).toBeGreaterThan(5)
    expect(sentWhileSlow).toBe(0)
  })

  it('does not hold up an abort', async () => {
    const controller = new AbortController()
    const taker = new ResultTaker<PortResult>(
      () => {},
      () => {
        controller.abort()
        return new Promise(() => {})
      },
    )
    const engine = (report: ReportTry): Engine => ({
      start(probe) {
        setImmediate(() => report(probe, CONNECTED, performance.now()))
        return true
      },
      cancel: () => null,
      end: () => {},
    })
    const { signal } = controller
    expect(await drive({ scheduler: scheduler(5000), engine, signal, taker })).toBeNull()
    expect(signal.aborted).toBe(true)
  })

  it('has a worker send nothing that its ring has no room for, and lose no answer', () => {
    const ports = 60_000
    const results: PortResult[] = []
    const ring = new ResultRing()
    const later: Probe[] = []
    let [inFlight, started, rounds, held, tooMany] = [0, 0, 0, 0, 0]
    const engine = (report: ReportTry): PolledEngine => ({
      start: (probe) => {
        started++
        if (ring.room <= inFlight) tooMany++
        if (probe.portIndex % 3 === 0) report(probe, REFUSED, performance.now())
        else {
          later.push(probe)
          inFlight++
        }
        return probe.portIndex % 3 !== 0
      },
      // Part of the answers at a time, the rest when they are asked for again.
      poll: () => {
        for (const probe of later.splice(0, 100)) {
          inFlight--
          report(probe, REFUSED, performance.now())
        }
      },
      cancel: (probe) => expect.fail(`port ${probe.portIndex} was answered`),
      end: () => {},
    })
    const read = (most: number) => {
      for (const result of ring.take(() => 'ECONNREFUSED', most)) results.push(result)
    }
    // Asked once in each round: reads now and then, and less than could be sent meanwhile.
    const stopped = () => {
      if (started === 0) held++
      started = 0
      if (++rounds % 16 === 0) read(1500)
      return rounds > 100_000
    }
    const refused = runLoop({ scheduler: scheduler(ports), engine, ring, ringBell: () => {}, stopped })
    read(Number.POSITIVE_INFINITY)
    expect(refused).toBeNull()
    expect(held).toBeGreaterThan(10)
    expect(tooMany).toBe(0)
    expectAll(results, ports)
  })
})
