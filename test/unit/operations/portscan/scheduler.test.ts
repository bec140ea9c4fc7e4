import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Probe, Scheduler } from '../../../../src/operations/portscan/schedule/scheduler.js'
import { ProbeSpace } from '../../../../src/operations/portscan/schedule/space.js'
import type { Timing } from '../../../../src/operations/portscan/schedule/timing.js'
import { SpaceWalk, type Walk, type WalkStep } from '../../../../src/operations/portscan/schedule/walk.js'
import { generator, type SimulatedNetwork, type SimulatedRun, simulate } from '../../../helpers/simulated-network.js'

const TIMING: Timing = { maxInFlight: 8192, rate: null, retries: null, timeoutMs: 2000, skipDead: false }
const NETWORK: SimulatedNetwork = {
  behaviour: () => 'answers',
  rttMs: () => 20,
  loss: () => 0,
  sendMs: 0,
  descriptors: Number.POSITIVE_INFINITY,
}

interface Setup extends Partial<SimulatedNetwork> {
  readonly hosts?: number
  readonly ports: number
  readonly inOrder?: boolean
  readonly timing?: Partial<Timing>
  readonly seed?: number
}

function run({ hosts = 1, ports, inOrder = false, timing, seed = 1, ...network }: Setup): SimulatedRun {
  const walk = new SpaceWalk(new ProbeSpace({ hosts, ports, seed, inOrder }))
  return simulate(walk, { ...TIMING, ...timing }, { ...NETWORK, ...network }, generator(seed))
}

const tries = (run: SimulatedRun) => [...run.silent.values()]

describe('every port', () => {
  const setups = fc.record({
    hosts: fc.integer({ min: 1, max: 12 }),
    ports: fc.integer({ min: 1, max: 80 }),
    seed: fc.nat(),
    inOrder: fc.boolean(),
    loss: fc.constantFrom(0, 0.02, 0.2, 0.5),
    drops: fc.constantFrom(0, 0.3, 0.9, 1),
    rttMs: fc.constantFrom(0.05, 5, 80, 1500),
    descriptors: fc.constantFrom(1, 3, 20, 10_000),
    maxInFlight: fc.constantFrom(1, 2, 7, 100, 8192),
    rate: fc.constantFrom(null, 50, 2000),
    retries: fc.constantFrom(null, 0, 3),
  })

  it('gets exactly one verdict, whatever the network does', () => {
    fc.assert(
      fc.property(setups, ({ loss, drops, rttMs, maxInFlight, rate, retries, seed, ...rest }) => {
        const dropped = (host: number, port: number) => generator(seed + host * 1009 + port * 9176)() < drops
        // The simulation itself throws at a second verdict.
        const result = run({
          ...rest,
          seed,
          loss: () => loss,
          rttMs: () => rttMs,
          behaviour: (host, port) => (dropped(host, port) ? 'drops' : 'answers'),
          timing: { maxInFlight, rate, retries },
        })
        expect(result.answered.size + result.silent.size).toBe(rest.hosts * rest.ports)
        expect(result.maxInFlight).toBeLessThanOrEqual(Math.min(maxInFlight, rest.descriptors))
        if (loss === 0 && rttMs < 1000) {
          for (const key of result.silent.keys()) {
            const [host = 0, port = 0] = key.split(':').map(Number)
            expect(dropped(host, port)).toBe(true)
          }
        }
      }),
      { numRuns: 300 },
    )
  })
})

describe('tries', () => {
  const mostlyDrops = (_: number, port: number) => (port % 4 === 0 ? 'answers' : 'drops')

  it('are two where nothing is ever lost', () => {
    const all = tries(run({ ports: 20_000, behaviour: mostlyDrops }))
    expect(Math.max(...all)).toBeLessThanOrEqual(3)
    expect(all.filter((each) => each === 2).length).toBeGreaterThan(0.9 * all.length)
  })

  it('are more once loss is proved, and then find every port', () => {
    for (const loss of [0.01, 0.02, 0.05]) {
      for (let seed = 1; seed <= 10; seed++) {
        const result = run({ ports: 8000, behaviour: mostlyDrops, loss: () => loss, seed })
        expect(result.answered.size).toBe(2000)
        const all = tries(result)
        expect(all.filter((each) => each >= 3).length).toBeGreaterThan(0.9 * all.length)
      }
    }
  })

  it('are one for a host that answered nothing to its first few hundred ports', () => {
    const result = run({ ports: 20_000, behaviour: () => 'drops' })
    const once = tries(result).filter((each) => each === 1).length
    expect(once).toBeGreaterThan(18_000)
    expect(once).toBeLessThan(19_800)
  })

  it.each([0, 1, 2, 5])('are as many as --retries %i says, no more and no fewer', (retries) => {
    const result = run({ ports: 600, behaviour: mostlyDrops, loss: () => 0.01, timing: { retries } })
    expect(new Set(tries(result))).toEqual(new Set([retries + 1]))
    expect(Math.max(...result.answered.values())).toBeLessThanOrEqual(retries + 1)
  })
})

describe('windows', () => {
  it('start small', () => {
    const scheduler = new Scheduler(
      new SpaceWalk(new ProbeSpace({ hosts: 1, ports: 5000, seed: 1, inOrder: false })),
      TIMING,
    )
    let first = 0
    while (scheduler.next(0)) first++
    expect(first).toBe(50)
  })

  it('open within a few round trips', () => {
    const rttMs = 100
    const { elapsedMs, maxInFlight } = run({ ports: 20_000, rttMs: () => rttMs })
    expect(elapsedMs).toBeLessThan(15 * rttMs)
    expect(maxInFlight).toBeGreaterThan(5000)
  })

  it('open where most ports are dropped, too', () => {
    const { elapsedMs } = run({ ports: 20_000, behaviour: (_, port) => (port % 4 === 0 ? 'answers' : 'drops') })
    expect(elapsedMs).toBeLessThan(1000)
  })

  it('give way to round trips that rise: a queue fills', () => {
    const rttMs = (inFlight: number) => 20 + Math.max(0, inFlight - 200)
    const { maxInFlight, answered } = run({ ports: 40_000, rttMs })
    expect(maxInFlight).toBeLessThan(1000)
    expect(answered.size).toBe(40_000)
  })

  it('give way to loss that they cause, and lose nothing', () => {
    const { sent, answered } = run({ ports: 20_000, loss: (inFlight) => (inFlight > 300 ? 0.9 : 0) })
    expect(answered.size).toBe(20_000)
    expect(sent).toBeLessThan(2 * 20_000)
  })

  it('open again after they gave way', () => {
    let answers = 0
    const rttMs = () => (answers++ < 2000 ? 300 : 20)
    const { elapsedMs } = run({ ports: 60_000, rttMs: () => rttMs() })
    expect(elapsedMs).toBeLessThan(60_000)
  })

  it('give way to refusals of this machine, and lose nothing', () => {
    const { maxInFlight, answered } = run({ ports: 3000, descriptors: 40 })
    expect(maxInFlight).toBeLessThanOrEqual(40)
    expect(answered.size).toBe(3000)
  })
})

describe('hosts', () => {
  const ports = 1000

  it.each([true, false])('that answer are done soon beside one that is dead (in order: %s)', (inOrder) => {
    const last = (run: SimulatedRun) =>
      Math.max(...[...run.finishedMs].filter(([host]) => host !== 0).map(([, at]) => at))
    const without = run({ hosts: 20, ports, inOrder })
    const beside = run({ hosts: 20, ports, inOrder, behaviour: (host) => (host === 0 ? 'drops' : 'answers') })
    const dead = beside.finishedMs.get(0) ?? 0
    expect(last(beside)).toBeLessThan(2 * last(without))
    expect(last(beside)).toBeLessThan(dead / 4)
  })

  it.each([
    { ports: 1000, inOrder: false, maxInFlight: 8192, times: 2 },
    { ports: 4000, inOrder: false, maxInFlight: 8192, times: 2 },
    // All ports of the dead ones are more than may wait.
    { ports: 4000, inOrder: false, maxInFlight: 256, times: 3 },
    // In order the dead ones have had their turn before it, and nobody knows of them for a second.
    { ports: 1000, inOrder: true, maxInFlight: 8192, times: 2, aheadMs: 1000 },
  ])('that answer are done soon among 20 that are dead: %j', ({ ports, inOrder, maxInFlight, times, aheadMs = 0 }) => {
    const setup = { ports, inOrder, timing: { maxInFlight } }
    const alone = run({ ...setup, hosts: 1 })
    const among = run({ ...setup, hosts: 21, behaviour: (host) => (host === 7 ? 'answers' : 'drops') })
    expect(among.finishedMs.get(7)).toBeLessThan(aheadMs + times * alone.elapsedMs)
    expect(among.answered.size).toBe(ports)
    expect(among.silent.size).toBe(20 * ports)
  })

  it('that are slow do not keep those that are fast from their turn, however many ports they have waiting', () => {
    const rttMs = (_: number, host: number) => (host === 0 ? 900 : 20)
    const alone = run({ hosts: 1, ports: 40_000, timing: { maxInFlight: 500 } })
    const both = run({ hosts: 2, ports: 40_000, rttMs, timing: { maxInFlight: 500 } })
    expect(both.finishedMs.get(1)).toBeLessThan(4 * alone.elapsedMs)
    expect(both.answered.size).toBe(80_000)
  })

  it('that answer late, after they were put off, lose nothing', () => {
    // Silent for their first hundred ports, as behind a firewall that lets a few through.
    const behaviour = (host: number, port: number) => (host % 2 === 0 && port % 100 === 7 ? 'answers' : 'drops')
    const { answered, silent } = run({ hosts: 30, ports: 3000, behaviour, loss: () => 0.02 })
    expect(answered.size).toBe(15 * 30)
    expect(silent.size).toBe(30 * 3000 - 15 * 30)
  })

  it('that are far do not hold up those that are near', () => {
    const near = run({ hosts: 1, ports })
    const both = run({ hosts: 2, ports, rttMs: (_, host) => (host === 0 ? 600 : 20) })
    expect(both.finishedMs.get(1)).toBeLessThan(3 * near.elapsedMs)
  })

  it('share the window alike', () => {
    const { finishedMs } = run({ hosts: 8, ports, timing: { maxInFlight: 64 } })
    const ends = [...finishedMs.values()]
    expect(Math.min(...ends)).toBeGreaterThan(0.8 * Math.max(...ends))
  })

  /** Steps made up by the test. */
  const walkOf = (hosts: number, steps: Iterable<WalkStep>): Walk & { drawn: number } => {
    const iterator = steps[Symbol.iterator]()
    return {
      hosts,
      drawn: 0,
      next() {
        const { value, done } = iterator.next()
        if (!done) this.drawn++
        return done ? null : value
      },
    }
  }

  it('are forgotten once the walk has left their block and they are idle', () => {
    const steps = [
      { position: 0, hostIndex: 0, portIndex: 0, block: 0 },
      { position: 1, hostIndex: 1, portIndex: 0, block: 0 },
      { position: 2, hostIndex: 2, portIndex: 0, block: 1 },
      // No walk comes back to a block; this one does, to see whether the hosts are known still.
      { position: 3, hostIndex: 0, portIndex: 1, block: 1 },
      { position: 4, hostIndex: 1, portIndex: 1, block: 1 },
    ]
    const scheduler = new Scheduler(walkOf(3, steps), TIMING)
    const next = (): Probe => scheduler.next(0) ?? expect.fail('nothing to send')
    const first = next()
    const second = next()
    scheduler.answered(first, false, 1)
    next()
    expect(next().host).not.toBe(first.host)
    expect(next().host).toBe(second.host) // it was waited for still
    scheduler.answered(second, false, 1)
  })

  it('that are full are not drawn for without bound', () => {
    function* steps(): Generator<WalkStep> {
      for (let position = 0; ; position++) {
        yield { position, hostIndex: position % 20, portIndex: Math.floor(position / 20), block: 0 }
      }
    }
    const walk = walkOf(20, steps())
    const scheduler = new Scheduler(walk, TIMING)
    while (scheduler.next(0));
    expect(scheduler.inFlight).toBeLessThanOrEqual(256)
    expect(walk.drawn).toBeLessThan(2 ** 18 + 2 * 256)
  })
})

describe('rate', () => {
  it.each([50, 1000, 100_000])('stays below %i probes a second, and comes near it', (rate) => {
    const ports = Math.min(20_000, rate * 4)
    const { sent, elapsedMs } = run({ ports, timing: { rate } })
    expect(sent).toBeLessThanOrEqual((rate * elapsedMs) / 1000 + rate * 0.05 + 1)
    if (rate <= 1000) expect(elapsedMs).toBeLessThan((1000 * ports) / rate + 200)
  })

  it('counts retries as well', () => {
    const { sent, elapsedMs } = run({ ports: 500, behaviour: () => 'drops', timing: { rate: 100, retries: 2 } })
    expect(sent).toBe(1500)
    expect(elapsedMs).toBeGreaterThan(14_900)
  })
})

describe('a probe', () => {
  const start = (ports = 1) => {
    const scheduler = new Scheduler(new SpaceWalk(new ProbeSpace({ hosts: 1, ports, seed: 1, inOrder: true })), TIMING)
    return { scheduler, probe: scheduler.next(0) ?? expect.fail('nothing to send') }
  }

  it('that met itself is sent again, and its try does not count', () => {
    const { scheduler, probe } = start()
    scheduler.again(probe)
    expect(scheduler.done).toBe(false)
    expect(scheduler.next(0)).toBe(probe)
    expect(probe.tries).toBe(1)
  })

  it('that this machine refused waits, longer each time, and its try does not count', () => {
    const { scheduler, probe } = start()
    let nowMs = 0
    const pauses: number[] = []
    for (let i = 0; i < 8; i++) {
      scheduler.refused(probe, nowMs)
      expect(scheduler.next(nowMs)).toBeNull()
      const refusedAt = nowMs
      let next: Probe | null = null
      while (!next) {
        nowMs = scheduler.wakeAt(nowMs)
        expect(scheduler.expire(nowMs)).toBeNull()
        next = scheduler.next(nowMs)
      }
      pauses.push(nowMs - refusedAt)
      expect(next).toBe(probe)
      expect(probe.tries).toBe(1)
    }
    expect(pauses).toEqual([20, 40, 80, 160, 320, 640, 1000, 1000])
    expect(scheduler.refusals).toBe(8)
    scheduler.answered(probe, false, nowMs)
    expect(scheduler.refusals).toBe(0)
    expect(scheduler.next(nowMs)).toBeNull()
    expect(scheduler.done).toBe(true)
  })

  it('is silent after one second as long as its host has never answered', () => {
    const { scheduler, probe } = start()
    expect(scheduler.wakeAt(0)).toBe(1000)
    expect(scheduler.expire(999)).toBeNull()
    expect(scheduler.expire(1000)).toEqual({ probe, outcome: 'retry' })
    expect(scheduler.next(1000)).toBe(probe)
    expect(scheduler.expire(2000)).toEqual({ probe, outcome: 'silent' })
    expect(scheduler.next(2000)).toBeNull()
    expect(scheduler.done).toBe(true)
  })

  it('is due sooner once a round trip is known', () => {
    const { scheduler, probe } = start(2)
    const other = scheduler.next(0) ?? expect.fail('nothing to send')
    scheduler.answered(probe, false, 30)
    expect(scheduler.expire(149)).toBeNull()
    expect(scheduler.expire(150)?.probe).toBe(other)
  })
})
