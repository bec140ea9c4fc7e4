import { availableParallelism } from 'node:os'
import { type Failure, failure } from '../../core/failure.js'
import { ANY_ENGINE } from '../../core/hint.js'
import { counted } from '../../core/text/digits.js'
import { descriptorLimit } from '../../net/system/limits.js'
import { drive, type PortResult } from './engine/drive.js'
import { netEngine } from './engine/net-engine.js'
import { countIn, type Share } from './engine/share.js'
import type { HostList } from './hosts.js'
import type { ResultTaker } from './results/taker.js'
import { DoneSet, type StoredDone } from './schedule/done-set.js'
import { Scheduler } from './schedule/scheduler.js'
import { ProbeSpace, type SpaceOptions } from './schedule/space.js'
import { Chunks, doneIn, SpaceWalk } from './schedule/walk.js'
import { runPool } from './syscall/pool.js'
import type { EngineEvent, PortscanOptions } from './types.js'

/** More of Node's sockets than this slow its event loop down without speeding the scan up. */
const MAX_NET_SOCKETS = 1000
/** Probes in flight of one worker: its share of what a network between may have to carry. */
const MAX_WORKER_SOCKETS = 8192
/** Descriptors left alone, for lookups and the program around the scan. */
const SPARE_DESCRIPTORS = 12
/** What a thread needs before it opens its first socket; one that fails to start does not give all of it back. */
const THREAD_DESCRIPTORS = 6
/** Probes a second that one thread sends with ease; several would share the rate, and their work is not always shared alike. */
const ONE_THREAD_RATE = 5000
/** So many are taken from what should be left alone, where there is no more than that. */
const FEW_DESCRIPTORS = 4
/** Below this, starting threads takes longer than the scan. */
const WORTH_WORKERS = 512
/** Beside the bundle of the command, a bundle; beside this module, a module. */
const WORKER = import.meta.url.endsWith('.cjs') ? './scan-worker.cjs' : './engine/scan-worker.js'

export interface ScanPlan {
  readonly options: PortscanOptions
  readonly hosts: HostList
  readonly space: SpaceOptions
  readonly share: Share
  /** Positions of the share that an earlier run has done. */
  readonly done: StoredDone | null
  readonly signal: AbortSignal
  readonly taker: ResultTaker<PortResult>
  readonly emit: (event: EngineEvent) => void
}

export interface ScanRun {
  readonly engine: 'net' | 'syscall' | null
  /** How many probes were sent, retries included. */
  readonly sent: number
  /** Why it could not go on, or null. */
  readonly failure: Failure | null
}

export const NO_RUN: ScanRun = { engine: null, sent: 0, failure: null }

/** Chooses the engine and runs the scan through it. */
export async function runScan(plan: ScanPlan): Promise<ScanRun> {
  const { engine } = plan.options
  const probes = countIn(plan.share, 0, plan.space.hosts * plan.space.ports)
  if (engine === 'net') return runNet(plan, 'as asked')
  if (engine === 'auto' && probes < WORTH_WORKERS)
    return runNet(plan, `${counted(probes, 'probe is', 'probes are')} done before threads have started`)
  const { free } = descriptorLimit()
  if (engine === 'auto' && free < THREAD_DESCRIPTORS)
    return runNet(plan, `too few descriptors are left for a thread: ${free}`)
  return runWorkers(plan)
}

async function runNet(plan: ScanPlan, reason: string): Promise<ScanRun> {
  const { options, hosts, space, share, done, signal, taker, emit } = plan
  const { ports, sourceAddress, sourcePort } = options
  const maxInFlight = options.concurrency ?? Math.min(MAX_NET_SOCKETS, freeDescriptors())
  emit({ type: 'engine', engine: 'net', workers: 0, maxInFlight, reason })
  const isDone = doneIn(done && DoneSet.from(done), share)
  const scheduler = new Scheduler(new SpaceWalk(new ProbeSpace(space), share, isDone), { ...options, maxInFlight })
  const settings = {
    addressOf: hosts.at,
    portOf: (index: number) => ports.at(index) ?? 0,
    sourceAddress: sourceAddress?.address,
    sourcePort,
  }
  const refused = await drive({ scheduler, engine: (report) => netEngine(settings, report), signal, taker })
  return { engine: 'net', sent: scheduler.sent, failure: refusedFailure(refused) }
}

async function runWorkers(plan: ScanPlan): Promise<ScanRun> {
  const { options, hosts, space, share, done, signal, taker, emit } = plan
  const total = options.concurrency ?? freeDescriptors()
  const slow = options.rate !== null && options.rate <= ONE_THREAD_RATE
  const workers = slow ? 1 : Math.max(1, Math.min(availableParallelism(), total >> 4))
  const maxInFlight = Math.max(1, Math.min(MAX_WORKER_SOCKETS, Math.floor(total / workers)))
  const { rate, retries, timeoutMs, skipDead, targets, ports, sourceAddress, sourcePort } = options
  const task = {
    space,
    share,
    chunks: new Chunks().memory,
    done,
    timing: { maxInFlight, rate: rate === null ? null : rate / workers, retries, timeoutMs, skipDead },
    named: hosts.named.map(({ address, family }) => ({ address, family })),
    targets: targets.toString(),
    names: hosts.names,
    ports: ports.ranges,
    sourceAddress: sourceAddress?.address ?? null,
    sourcePort: sourcePort ?? null,
  }
  const end = await runPool({
    task,
    workers,
    signal,
    taker,
    script: new URL(WORKER, import.meta.url),
    onStart: () =>
      emit({
        type: 'engine',
        engine: 'syscall',
        workers,
        maxInFlight: maxInFlight * workers,
        reason: slow ? 'system calls from a thread' : 'system calls from a thread for each core',
      }),
  })
  if (end.kind === 'done') return { engine: 'syscall', sent: end.sent, failure: refusedFailure(end.refused) }
  if (end.kind === 'died')
    return {
      engine: 'syscall',
      sent: 0,
      failure: engineFailure('ENGINE_DIED', `a thread of the scan died: ${end.reason}`),
    }
  if (options.engine === 'auto') return runNet(plan, end.reason)
  return {
    engine: null,
    sent: 0,
    failure: engineFailure('ENGINE_UNAVAILABLE', `this system cannot be scanned by its own calls: ${end.reason}`),
  }
}

/** At least one: where even that is too many, this machine says so itself. */
function freeDescriptors(): number {
  const { free } = descriptorLimit()
  return Math.max(1, free - SPARE_DESCRIPTORS, Math.min(FEW_DESCRIPTORS, free >> 1))
}

function refusedFailure(code: string | null): Failure | null {
  if (code === null) return null
  const base = failure({ phase: 'connect', origin: 'os', code, syscall: 'connect' })
  return { ...base, message: `this machine refuses to open more connections: ${base.message}` }
}

function engineFailure(code: string, message: string): Failure {
  return failure({ phase: 'options', origin: 'os', code, message, ...ANY_ENGINE })
}
