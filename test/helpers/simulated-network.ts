import { type Probe, Scheduler } from '../../src/operations/portscan/schedule/scheduler.js'
import type { Timing } from '../../src/operations/portscan/schedule/timing.js'
import type { Walk } from '../../src/operations/portscan/schedule/walk.js'

/** What a simulated port does with a SYN. */
export type Behaviour = 'answers' | 'drops'

export interface SimulatedNetwork {
  readonly behaviour: (host: number, port: number) => Behaviour
  /** One round trip, in milliseconds, given how many probes are on the way, and to which host. */
  readonly rttMs: (inFlight: number, host: number) => number
  /** Chance that a round trip is lost, 0 to 1, given how many probes are on the way. */
  readonly loss: (inFlight: number) => number
  /** Time that sending one probe takes. */
  readonly sendMs: number
  /** This machine's descriptors. */
  readonly descriptors: number
}

export interface SimulatedRun {
  readonly elapsedMs: number
  readonly sent: number
  readonly maxInFlight: number
  /** Ports by `host:port` with the number of tries. */
  readonly answered: ReadonlyMap<string, number>
  readonly silent: ReadonlyMap<string, number>
  /** When each host had its last verdict. */
  readonly finishedMs: ReadonlyMap<number, number>
}

/** A small reproducible generator of numbers from 0 to 1 (a linear congruence). */
export function generator(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

/** Runs a scheduler against a network that exists in virtual time only. */
export function simulate(walk: Walk, timing: Timing, network: SimulatedNetwork, random: () => number): SimulatedRun {
  const scheduler = new Scheduler(walk, timing)
  const arrivals: { atMs: number; probe: Probe; sentAtMs: number }[] = []
  const answered = new Map<string, number>()
  const silent = new Map<string, number>()
  const finishedMs = new Map<number, number>()
  let nowMs = 0
  let maxInFlight = 0
  const verdict = (verdicts: Map<string, number>, { host, portIndex, tries }: Probe) => {
    const key = `${host.index}:${portIndex}`
    if (answered.has(key) || silent.has(key)) throw new Error(`${key} has a verdict already`)
    verdicts.set(key, tries)
    finishedMs.set(host.index, nowMs)
  }

  for (let turns = 0; !scheduler.done; turns++) {
    if (turns > 10_000_000) throw new Error('the scheduler does not come to an end')
    let idle = false
    for (let burst = 0; burst < 128; burst++) {
      const probe = scheduler.next(nowMs)
      if (!probe) {
        idle = true
        break
      }
      if (scheduler.inFlight > network.descriptors) {
        scheduler.refused(probe, nowMs)
        break
      }
      maxInFlight = Math.max(maxInFlight, scheduler.inFlight)
      nowMs += network.sendMs
      const lost =
        random() < network.loss(scheduler.inFlight) || network.behaviour(probe.host.index, probe.portIndex) === 'drops'
      if (!lost)
        insert(arrivals, {
          atMs: nowMs + network.rttMs(scheduler.inFlight, probe.host.index),
          probe,
          sentAtMs: probe.sentAtMs,
        })
    }
    const next = Math.min(arrivals[0]?.atMs ?? Number.POSITIVE_INFINITY, scheduler.wakeAt(nowMs))
    if (idle && next > nowMs && Number.isFinite(next)) nowMs = next
    for (let first = arrivals[0]; first && first.atMs <= nowMs; first = arrivals[0]) {
      arrivals.shift()
      // An answer to a try that was given up meanwhile meets a closed socket.
      if (!first.probe.inFlight || first.probe.sentAtMs !== first.sentAtMs) continue
      verdict(answered, first.probe)
      scheduler.answered(first.probe, false, nowMs)
    }
    for (let expired = scheduler.expire(nowMs); expired; expired = scheduler.expire(nowMs)) {
      if (expired.outcome === 'silent') verdict(silent, expired.probe)
    }
  }
  return { elapsedMs: nowMs, sent: scheduler.sent, maxInFlight, answered, silent, finishedMs }
}

function insert<T extends { readonly atMs: number }>(sorted: T[], item: T): void {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((sorted[middle]?.atMs ?? 0) <= item.atMs) low = middle + 1
    else high = middle
  }
  sorted.splice(low, 0, item)
}
