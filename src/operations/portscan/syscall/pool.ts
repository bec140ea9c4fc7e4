import { Worker } from 'node:worker_threads'
import type { PortResult } from '../drive.js'
import type { Taker } from '../taker.js'
import { codeOf } from './prober.js'
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
  readonly taker: Taker<PortResult>
  /** The worker's script. */
  readonly script: URL
  /** Called once, when the first thread can make system calls. */
  readonly onStart: () => void
}

/** Most that a worker makes lives for one round trip: Node's own 48 MB would only put the collection off. */
const YOUNG_MB = 3
/** Twice what a worker ever keeps. Node's own gigabytes would have it collect the rest late: garbage of 100 MB. */
const OLD_MB = 128

/** Has workers do a task together. Resolves once all have ended, whichever way; a worker that dies ends the others. */
export function runPool({ task, workers, signal, taker, script, onStart }: PoolOptions): Promise<PoolEnd> {
  return new Promise((resolve, reject) => {
    const stop = new SharedArrayBuffer(4)
    const rings = Array.from({ length: workers }, () => new ResultRing())
    const running = new Set<Worker>()
    const problems: PoolEnd[] = []
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
    const ended = (worker: Worker, problem: PoolEnd | null) => {
      if (!running.delete(worker)) return
      if (problem) {
        problems.push(problem)
        stopAll()
      }
      soon()
    }
    const finish = () => {
      signal.removeEventListener('abort', onAbort)
      const [first] = problems
      // Once something was sent, starting over would report ports twice.
      if (first?.kind === 'unavailable' && started) resolve({ kind: 'died', reason: first.reason })
      else resolve(first ?? { kind: 'done', refused, sent })
    }

    for (const ring of rings) {
      // None of the program's own Node flags: `--input-type`, for one, would not let a worker start.
      const worker = new Worker(script, {
        workerData: { ...task, stop, ring: ring.memory } satisfies WorkerTask,
        execArgv: [],
        resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB, maxOldGenerationSizeMb: OLD_MB },
      })
      running.add(worker)
      let over = false
      worker.on('message', (message: WorkerMessage) => {
        if (message.type === 'ready') start()
        else if (message.type === 'results') soon()
        else {
          over = true
          if (message.type === 'unavailable') return ended(worker, { kind: 'unavailable', reason: message.reason })
          refused ??= message.refused === null ? null : codeOf(message.refused)
          sent += message.sent
          ended(worker, null)
        }
      })
      worker.on('error', (error: Error) => ended(worker, { kind: 'died', reason: error.message }))
      worker.on('exit', (code) => {
        if (!over) ended(worker, { kind: 'died', reason: `it ended with code ${code} before its results were in` })
      })
    }
    if (signal.aborted) stopAll()
    signal.addEventListener('abort', onAbort, { once: true })
  })
}
