import { Worker } from 'node:worker_threads'
import type { PortResult } from '../engine/drive.js'
import { endByErrno } from '../engine/engine.js'
import type { ResultTaker } from '../results/taker.js'
import type { WorkerMessage, WorkerTask } from './protocol.js'
import { ResultRing } from './ring.js'

/** How a scan by workers ended. */
export type PoolEnd =
  | { readonly kind: 'done'; readonly refused: string | null; readonly sent: number }
  /** System calls cannot be made here: nothing was sent, and the other engine serves. */
  | { readonly kind: 'unavailable'; readonly reason: string }
  | { readonly kind: 'died'; readonly reason: string }

export interface PoolOptions {
  readonly task: Omit<WorkerTask, 'stop' | 'ring'>
  readonly workers: number
  readonly signal: AbortSignal
  /** While it is slow the workers' results stay with them, until there is no more room. */
  readonly taker: ResultTaker<PortResult>
  /** Where the script of the workers is. */
  readonly script: URL
  /** Called once, when the first thread can make system calls. */
  readonly onStart: () => void
}

/** Most that a worker makes lives for one round trip: Node's own 48 MB would only put the collection off. */
const YOUNG_MB = 3
/** Twice what a worker ever keeps. Node's own gigabytes would have it collect the rest late: garbage of 100 MB. */
const OLD_MB = 128

/** No descriptors, memory or threads are left: the worker ran none of its own code but its imports. */
const NOT_STARTED = new Set(['ERR_WORKER_INIT_FAILED', 'EMFILE', 'ENFILE'])

const codeOf = (errno: number) => endByErrno(errno).code

/** Has workers do a task together. Resolves once all have ended, whichever way; a worker that dies ends the others. */
export function runPool({ task, workers, signal, taker, script, onStart }: PoolOptions): Promise<PoolEnd> {
  return new Promise((resolve, reject) => {
    const stop = new SharedArrayBuffer(4)
    const rings = Array.from({ length: workers }, () => new ResultRing())
    const running = new Set<Worker>()
    const deaths: string[] = []
    const unavailable: string[] = []
    let refused: string | null = null
    let sent = 0

    let started = false
    const start = () => {
      if (!started) onStart()
      started = true
    }
    const stopAll = () => void Atomics.store(new Int32Array(stop), 0, 1)
    let scheduled = false
    let held = false
    /** A part of the results in each turn of the event loop, so that a signal need not wait for all of them. */
    const soon = () => {
      if (held || scheduled) return
      scheduled = true
      setImmediate(takeResults)
    }
    const takeResults = () => {
      scheduled = false
      const share = Math.ceil(taker.left / rings.length)
      for (const ring of rings) for (const result of ring.take(codeOf, share)) taker.take(result)
      const slow = taker.slow()
      // After an abort no more is on its way than the rings hold.
      if (slow && !signal.aborted) {
        held = true
        slow.then(release, reject)
      } else if (rings.some((ring) => ring.hasUnread)) soon()
      else if (running.size === 0) finish()
    }
    const release = () => {
      held = false
      soon()
    }
    const onAbort = () => {
      stopAll()
      release()
    }
    const ended = (worker: Worker | null) => {
      if (worker) running.delete(worker)
      soon()
    }
    const died = (worker: Worker, reason: string) => {
      if (!running.has(worker)) return
      deaths.push(reason)
      stopAll()
      ended(worker)
    }
    const finish = () => {
      signal.removeEventListener('abort', onAbort)
      const [death] = deaths
      const [reason] = unavailable
      if (death !== undefined) resolve({ kind: 'died', reason: death })
      // One that could not start is not missed where another did: they draw from one pool.
      else if (reason !== undefined && !started) resolve({ kind: 'unavailable', reason })
      else resolve({ kind: 'done', refused, sent })
    }

    for (const ring of rings) {
      let worker: Worker
      try {
        worker = startWorker(script, { ...task, stop, ring: ring.memory })
      } catch (error) {
        unavailable.push(noThread(error))
        ended(null)
        continue
      }
      running.add(worker)
      let over = false
      worker.on('message', (message: WorkerMessage) => {
        if (message.type === 'ready') start()
        else if (message.type === 'results') soon()
        else {
          over = true
          if (message.type === 'unavailable') unavailable.push(message.reason)
          else {
            refused ??= message.refused
            sent += message.sent
          }
          ended(worker)
        }
      })
      worker.on('error', (error: NodeJS.ErrnoException) => {
        if (!NOT_STARTED.has(error.code ?? '')) return died(worker, error.message)
        unavailable.push(noThread(error))
        ended(worker)
      })
      worker.on('exit', (code) => {
        if (!over) died(worker, `it ended with code ${code} before its results were in`)
      })
    }
    if (signal.aborted) stopAll()
    signal.addEventListener('abort', onAbort, { once: true })
  })
}

function startWorker(script: URL, workerData: WorkerTask): Worker {
  // None of the program's own Node flags: `--input-type`, for one, would not let a worker start.
  return new Worker(script, {
    workerData,
    execArgv: [],
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB, maxOldGenerationSizeMb: OLD_MB },
  })
}

function noThread(error: unknown): string {
  return `no thread can be started: ${(error as Error).message}`
}
