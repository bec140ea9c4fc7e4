import { describe, expect, it } from 'vitest'
import { drive, type PortResult } from '../../../../src/operations/portscan/engine/drive.js'
import {
  CONNECTED,
  type Engine,
  endByCode,
  endByErrno,
  type ReportTry,
  type TryEnd,
} from '../../../../src/operations/portscan/engine/engine.js'
import { ResultTaker } from '../../../../src/operations/portscan/results/taker.js'
import { type Probe, Scheduler } from '../../../../src/operations/portscan/schedule/scheduler.js'
import { ProbeSpace } from '../../../../src/operations/portscan/schedule/space.js'
import { SpaceWalk } from '../../../../src/operations/portscan/schedule/walk.js'
import { type PolledEngine, runLoop } from '../../../../src/operations/portscan/syscall/loop.js'
import { ResultRing } from '../../../../src/operations/portscan/syscall/ring.js'

/** What says nothing of the target (connect(2)): this machine lacks something for the moment. */
const DOUBTFUL = ['EMFILE', 'ENFILE', 'EAGAIN', 'EADDRNOTAVAIL', 'EADDRINUSE', 'ENOBUFS', 'ENOMEM'].map(endByCode)
const PORTS = 70

function scheduler(): Scheduler {
  const walk = new SpaceWalk(new ProbeSpace({ hosts: 1, ports: PORTS, seed: 5, inOrder: false }))
  return new Scheduler(walk, { maxInFlight: 1000, rate: null, retries: null, timeoutMs: 2000, skipDead: false })
}

/** Port n is refused with the n-th of them at its first try, every third one also at its second, and answers then. */
function script() {
  const tries = new Map<number, number>()
  return (port: number): TryEnd => {
    const count = (tries.get(port) ?? 0) + 1
    tries.set(port, count)
    const doubtful = DOUBTFUL[port % DOUBTFUL.length]
    if (doubtful && count <= (port % 3 === 0 ? 2 : 1)) return doubtful
    return port % 2 === 0 ? CONNECTED : endByCode('ECONNREFUSED')
  }
}

function expectEachOnce(results: readonly PortResult[]): void {
  expect(results.map(({ portIndex }) => portIndex).sort((a, b) => a - b)).toEqual(
    Array.from({ length: PORTS }, (_, i) => i),
  )
  for (const { portIndex, state, code, tries } of results) {
    const open = portIndex % 2 === 0
    const expected = { portIndex, state: open ? 'open' : 'closed', code: open ? null : 'ECONNREFUSED', tries: 1 }
    expect({ portIndex, state, code, tries }).toEqual(expected)
  }
}

describe('a doubtful answer is asked again, and its try does not count', () => {
  it('on the event loop', async () => {
    const answer = script()
    const engine = (report: ReportTry): Engine => ({
      start(probe) {
        const end = answer(probe.portIndex)
        setImmediate(() => report(probe, end, performance.now()))
        return true
      },
      cancel: (probe) => expect.fail(`port ${probe.portIndex} was answered`),
      end: () => {},
    })
    const results: PortResult[] = []
    const signal = new AbortController().signal
    const taker = new ResultTaker((result: PortResult) => void results.push(result))
    const refused = await drive({ scheduler: scheduler(), engine, signal, taker })
    expect(refused).toBeNull()
    expectEachOnce(results)
  })

  it('in a worker, at once and later', () => {
    const answer = script()
    const results: PortResult[] = []
    const ring = new ResultRing()
    const later: Probe[] = []
    const engine = (report: ReportTry): PolledEngine => {
      const tell = (probe: Probe) => report(probe, answer(probe.portIndex), performance.now())
      return {
        start: (probe) => {
          const onItsWay = probe.portIndex % 5 !== 0
          if (onItsWay) later.push(probe)
          else tell(probe)
          return onItsWay
        },
        poll: () => later.splice(0).forEach(tell),
        cancel: (probe) => expect.fail(`port ${probe.portIndex} was answered`),
        end: () => {},
      }
    }
    const nameOf = (errno: number) => endByErrno(errno).code
    const ringBell = () => results.push(...ring.take(nameOf, Number.POSITIVE_INFINITY))
    const refused = runLoop({ scheduler: scheduler(), engine, ring, ringBell, stopped: () => false })
    expect(refused).toBeNull()
    expectEachOnce(results)
  })
})
