import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Probe, Scheduler } from '../../../../src/operations/portscan/schedule/scheduler.js'
import { ProbeSpace } from '../../../../src/operations/portscan/schedule/space.js'
import { SpaceWalk } from '../../../../src/operations/portscan/schedule/walk.js'
import { generator } from '../../../helpers/simulated-network.js'

/** Looks at a scheduler without a verdict more: from then on it is taken to hang. */
const PATIENCE = 20_000

const network = fc.record({
  seed: fc.nat(),
  hosts: fc.integer({ min: 1, max: 6 }),
  ports: fc.integer({ min: 1, max: 60 }),
  inOrder: fc.boolean(),
  maxInFlight: fc.integer({ min: 1, max: 300 }),
  rate: fc.option(fc.integer({ min: 1, max: 5000 })),
  retries: fc.option(fc.integer({ min: 0, max: 3 })),
  timeoutMs: fc.integer({ min: 1, max: 3000 }),
  skipDead: fc.boolean(),
  /** By host, in parts of one: how many ports answer, of the others how many are unreachable; the rest is silent. */
  answering: fc.array(fc.constantFrom<number[]>(0, 0, 0.02, 0.5, 1), { minLength: 6, maxLength: 6 }),
  unreachable: fc.constantFrom<number[]>(0, 0, 0.3, 1),
  refused: fc.constantFrom<number[]>(0, 0.05, 0.9),
  metItself: fc.constantFrom<number[]>(0, 0.1),
  /** How many answers are there before the next probe is drawn, as on loopback. */
  atOnce: fc.constantFrom<number[]>(0, 0.5, 1),
  /** How long whoever asks is kept from it, at most. */
  lateMs: fc.constantFrom<number[]>(0, 3, 500),
})

/** Two hosts that are given up while some of their ports wait and others are put off. */
const GIVEN_UP = {
  ...{ seed: 135_986_591, hosts: 2, ports: 9, inOrder: true, maxInFlight: 7, rate: null, retries: null, timeoutMs: 74 },
  ...{ skipDead: true, answering: [0, 0, 0, 0, 0, 0], unreachable: 1, refused: 0.9, metItself: 0.1 },
  ...{ atOnce: 0.5, lateMs: 0 },
}

test('a scheduler that has nothing to send says when to ask again, and comes to its end', () => {
  fc.assert(
    fc.property(network, (net) => {
      const random = generator(net.seed)
      const walk = new SpaceWalk(new ProbeSpace(net))
      const scheduler = new Scheduler(walk, net)
      const onTheWay: { readonly probe: Probe; readonly sentAtMs: number; readonly atMs: number }[] = []
      let [now, verdicts, idle] = [0, 0, 0]
      /** A port does the same each time that it is probed. */
      const chance = ({ host, portIndex }: Probe, salt: number) =>
        generator(net.seed + host.index * 65_537 + portIndex * 7 + salt)()
      const answer = (probe: Probe) => {
        if (random() < net.metItself) return scheduler.again(probe)
        if (random() < net.refused) return scheduler.refused(probe, now)
        verdicts++
        idle = 0
        scheduler.answered(probe, chance(probe, 1) < net.unreachable, now)
      }
      const silent = (probe: Probe) => {
        const answers = chance(probe, 2) < (net.answering[probe.host.index] ?? 0)
        return !answers && chance(probe, 1) >= net.unreachable
      }

      while (!scheduler.done) {
        expect(++idle).toBeLessThan(PATIENCE)
        for (let probe = scheduler.draw(now); probe; probe = scheduler.draw(now)) {
          const drawn = probe
          if (!silent(drawn) && random() < net.atOnce) answer(drawn)
          else {
            scheduler.enter(drawn)
            if (!silent(drawn)) onTheWay.push({ probe: drawn, sentAtMs: now, atMs: now + 150 * random() })
          }
        }
        const wakeAt = scheduler.wakeAt(now)
        if (!scheduler.done) expect(Number.isFinite(wakeAt)).toBe(true)
        now = Math.max(now, Math.min(wakeAt, ...onTheWay.map(({ atMs }) => atMs))) + net.lateMs * random()
        for (const { probe, sentAtMs } of onTheWay.filter(({ atMs }) => atMs <= now))
          if (probe.inFlight && probe.sentAtMs === sentAtMs) answer(probe)
        onTheWay.splice(0, onTheWay.length, ...onTheWay.filter(({ atMs }) => atMs > now))
        for (let expired = scheduler.expire(now); expired; expired = scheduler.expire(now)) {
          if (expired.outcome === 'retry') continue
          verdicts++
          idle = 0
        }
      }
      expect(verdicts).toBe(net.hosts * net.ports)
    }),
    { numRuns: 300, examples: [[GIVEN_UP]] },
  )
})
