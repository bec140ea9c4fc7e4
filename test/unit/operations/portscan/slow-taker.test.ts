import { describe, expect, it } from 'vitest'
import { drive, type PortResult } from '../../../../src/operations/portscan/engine/drive.js'
import type { Engine, ReportTry } from '../../../../src/operations/portscan/engine/engine.js'
import { Taker } from '../../../../src/operations/portscan/results/taker.js'
import { type Probe, Scheduler } from '../../../../src/operations/portscan/schedule/scheduler.js'
import { ProbeSpace } from '../../../../src/operations/portscan/schedule/space.js'
import { SpaceWalk } from '../../../../src/operations/portscan/schedule/walk.js'
import { runLoop } from '../../../../src/operations/portscan/syscall/loop.js'
import type { Prober, TryReport } from '../../../../src/operations/portscan/syscall/prober.js'
import { ResultRing } from '../../../../src/operations/portscan/syscall/ring.js'

const ECONNREFUSED = 111

function scheduler(ports: number): Scheduler {
  const walk = new SpaceWalk(new ProbeSpace({ hosts: 1, ports, seed: 5, inOrder: false }))
  return new Scheduler(walk, { maxInFlight: 8192, rate: null, retries: 0, timeoutMs: 600_000, skipDead: false })
}

function expectAll(results: readonly PortResult[], ports: number): void {
  expect(new Set(results.map(({ port }) => port)).size).toBe(ports)
  expect(results).toHaveLength(ports)
  expect(results.every(({ state }) => state === 'closed')).toBe(true)
}

describe('a slow taker of results', () => {
  it('has the event loop send nothing meanwhile', async () => {
    const ports = 5000
    let slow = false
    let [waits, sentWhileSlow] = [0, 0]
    const results: PortResult[] = []
    const taker = new Taker<PortResult>(
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
        const result = { code: 'ECONNREFUSED', errno: ECONNREFUSED, self: false, atMs: performance.now() }
        setImmediate(() => report(probe, result))
      },
      cancel: (probe) => expect.fail(`port ${probe.port} was answered`),
    })
    const { signal } = new AbortController()
    expect(await drive({ scheduler: scheduler(ports), engine, signal, taker })).toBeNull()
    expectAll(results, ports)
    expect(waits).toBeGreaterThan(5)
    expect(sentWhileSlow).toBe(0)
  })

  it('does not hold up an abort', async () => {
    const controller = new AbortController()
    const taker = new Taker<PortResult>(
      () => {},
      () => {
        controller.abort()
        return new Promise(() => {})
      },
    )
    const engine = (report: ReportTry): Engine => ({
      start: (probe) =>
        void setImmediate(() => report(probe, { code: null, errno: 0, self: false, atMs: performance.now() })),
      cancel: () => {},
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
    const prober = (report: TryReport) => {
      const scripted: Pick<Prober, 'start' | 'poll' | 'cancel' | 'end'> = {
        start: (probe) => {
          started++
          if (ring.room <= inFlight) tooMany++
          if (probe.port % 3 === 0) report(probe, ECONNREFUSED)
          else {
            later.push(probe)
            inFlight++
          }
          return probe.port % 3 !== 0
        },
        // Part of the answers at a time, the rest when they are asked for again.
        poll: () => {
          for (const probe of later.splice(0, 100)) {
            inFlight--
            report(probe, ECONNREFUSED)
          }
        },
        cancel: (probe) => expect.fail(`port ${probe.port} was answered`),
        end: () => {},
      }
      return scripted as Prober
    }
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
    const refused = runLoop({ scheduler: scheduler(ports), prober, ring, ringBell: () => {}, stopped })
    read(Number.POSITIVE_INFINITY)
    expect(refused).toBeNull()
    expect(held).toBeGreaterThan(10)
    expect(tooMany).toBe(0)
    expectAll(results, ports)
  })
})
