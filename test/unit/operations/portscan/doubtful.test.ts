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

/** What says nothing of the target (connect(2)): this machine lacks something for the moment. */
const DOUBTFUL = [
  ['EMFILE', 24],
  ['ENFILE', 23],
  ['EAGAIN', 11],
  ['EADDRNOTAVAIL', 99],
  ['EADDRINUSE', 98],
  ['ENOBUFS', 105],
  ['ENOMEM', 12],
] as const
const PORTS = 70

function scheduler(): Scheduler {
  const walk = new SpaceWalk(new ProbeSpace({ hosts: 1, ports: PORTS, seed: 5, inOrder: false }))
  return new Scheduler(walk, { maxInFlight: 1000, rate: null, retries: null, timeoutMs: 2000, skipDead: false })
}

/** Port n is refused with the n-th of them at its first try, every third one also at its second, and answers then. */
function script() {
  const tries = new Map<number, number>()
  return (port: number): readonly [code: string | null, errno: number] => {
    const count = (tries.get(port) ?? 0) + 1
    tries.set(port, count)
    const doubtful = DOUBTFUL[port % DOUBTFUL.length]
    if (doubtful && count <= (port % 3 === 0 ? 2 : 1)) return doubtful
    return port % 2 === 0 ? [null, 0] : ['ECONNREFUSED', 111]
  }
}

function expectEachOnce(results: readonly PortResult[]): void {
  expect(results.map(({ port }) => port).sort((a, b) => a - b)).toEqual(Array.from({ length: PORTS }, (_, i) => i))
  for (const { port, state, code, tries } of results) {
    const open = port % 2 === 0
    const expected = { port, state: open ? 'open' : 'closed', code: open ? null : 'ECONNREFUSED', tries: 1 }
    expect({ port, state, code, tries }).toEqual(expected)
  }
}

describe('a doubtful answer is asked again, and its try does not count', () => {
  it('on the event loop', async () => {
    const answer = script()
    const engine = (report: ReportTry): Engine => ({
      start(probe) {
        const [code, errno] = answer(probe.port)
        setImmediate(() => report(probe, { code, errno, self: false, atMs: performance.now() }))
      },
      cancel: (probe) => expect.fail(`port ${probe.port} was answered`),
    })
    const results: PortResult[] = []
    const signal = new AbortController().signal
    const taker = new Taker((result: PortResult) => void results.push(result))
    const refused = await drive({ scheduler: scheduler(), engine, signal, taker })
    expect(refused).toBeNull()
    expectEachOnce(results)
  })

  it('in a worker, at once and later', () => {
    const answer = script()
    const results: PortResult[] = []
    const ring = new ResultRing()
    const names = new Map<number, string>([[111, 'ECONNREFUSED']])
    const later: Probe[] = []
    const prober = (report: TryReport) => {
      const tell = (probe: Probe) => report(probe, answer(probe.port)[1])
      const scripted: Pick<Prober, 'start' | 'poll' | 'cancel' | 'end'> = {
        start: (probe) => {
          const onItsWay = probe.port % 5 !== 0
          if (onItsWay) later.push(probe)
          else tell(probe)
          return onItsWay
        },
        poll: () => later.splice(0).forEach(tell),
        cancel: (probe) => expect.fail(`port ${probe.port} was answered`),
        end: () => {},
      }
      return scripted as Prober
    }
    const ringBell = () =>
      results.push(...ring.take((errno) => names.get(errno) ?? 'unknown', Number.POSITIVE_INFINITY))
    const refused = runLoop({ scheduler: scheduler(), prober, ring, ringBell, stopped: () => false })
    expect(refused).toBeNull()
    expectEachOnce(results)
  })
})
