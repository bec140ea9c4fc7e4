import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import type { PortResult } from '../../../../src/operations/portscan/engine/drive.js'
import { ResultTaker } from '../../../../src/operations/portscan/results/taker.js'
import { Chunks } from '../../../../src/operations/portscan/schedule/walk.js'
import { type PoolEnd, runPool } from '../../../../src/operations/portscan/syscall/pool.js'
import type { WorkerTask } from '../../../../src/operations/portscan/syscall/protocol.js'

const directory = mkdtempSync(join(tmpdir(), 'netkit-pool-'))
afterAll(() => rmSync(directory, { recursive: true }))
let scripts = 0

const TASK: Omit<WorkerTask, 'stop' | 'ring' | 'chunks'> = {
  space: { hosts: 1, ports: 1, seed: 0, inOrder: false },
  share: { first: 0, stride: 1 },
  done: null,
  timing: { maxInFlight: 1, rate: null, retries: null, timeoutMs: 1000, skipDead: false },
  named: [],
  targets: '127.0.0.1',
  names: 0,
  ports: [{ first: 1, last: 1 }],
  sourceAddress: null,
  sourcePort: null,
}
/** What scripts find defined. */
const PRELUDE = `
import { parentPort, workerData } from 'node:worker_threads'
const post = (message) => parentPort.postMessage(message)
/** Puts one result into the ring: counts written and read, then seven numbers each. */
const put = (position) => {
  new Float64Array(workerData.ring, 8, 7).set([position, 0, 5, 1, 111, 0.5, 1])
  Atomics.store(new Int32Array(workerData.ring, 0, 2), 0, 1)
  post({ type: 'results' })
}
const end = (sent = 1) => post({ type: 'end', refused: null, sent })
const stop = new Int32Array(workerData.stop)
/** The first worker takes chunk 0, the second chunk 1. */
const mine = Number(Atomics.add(new BigInt64Array(workerData.chunks), 0, 1n))
const untilStopped = () => { while (Atomics.load(stop, 0) === 0) Atomics.wait(stop, 0, 0, 5) }
`

/** Runs two workers of the same script; `mine` tells them apart. */
async function pool(
  script: string,
  { signal = new AbortController().signal, taker = new ResultTaker<PortResult>(() => {}) } = {},
) {
  const path = join(directory, `${scripts++}.mjs`)
  writeFileSync(path, `${PRELUDE}${script}`)
  const results: PortResult[] = []
  let starts = 0
  const end: PoolEnd = await runPool({
    task: { ...TASK, chunks: new Chunks().memory },
    workers: 2,
    signal,
    script: pathToFileURL(path),
    taker: new ResultTaker(
      (result: PortResult) => {
        results.push(result)
        taker.take(result)
      },
      () => taker.slow(),
    ),
    onStart: () => starts++,
  })
  return { end, results, starts }
}

describe('runPool', () => {
  it('ends when all have ended, with what all have found', async () => {
    const { end, results, starts } = await pool(`
      post({ type: 'ready' })
      put(mine)
      end(10)
    `)
    expect(end).toEqual({ kind: 'done', refused: null, sent: 20 })
    expect(results.map(({ position }) => position).sort()).toEqual([0, 1])
    expect(results[0]).toMatchObject({ portIndex: 5, state: 'closed', code: 'ECONNREFUSED', errno: 111, rttMs: 0.5 })
    expect(starts).toBe(1)
  })

  it('tells with which errno this machine refused', async () => {
    const { end } = await pool(`post({ type: 'end', refused: mine === 1 ? 'EMFILE' : null, sent: 0 })`)
    expect(end).toEqual({ kind: 'done', refused: 'EMFILE', sent: 0 })
  })

  it.each([
    ['throws at once', `throw new Error('out of luck')`, 'out of luck'],
    ['throws later', `post({ type: 'ready' }); setTimeout(() => { throw new Error('out of luck') })`, 'out of luck'],
    ['rejects', `await Promise.reject(new Error('out of luck'))`, 'out of luck'],
    ['exits', `process.exit(3)`, 'code 3'],
    [
      'runs out of memory',
      `const all = []; for (;;) all.push(new Array(1_000_000).fill(all.length))`,
      'reaching memory limit',
    ],
    ['ends without a word', `post({ type: 'ready' })`, 'code 0'],
    ['is no script', `this is not JavaScript`, 'Unexpected'],
  ])('fails where a worker %s, and has the other one stop', async (_, dies, reason) => {
    const isScript = !dies.startsWith('this')
    const { end } = await pool(isScript ? `if (mine === 0) { ${dies} } else { untilStopped(); end() }` : dies)
    expect(end).toMatchObject({ kind: 'died', reason: expect.stringContaining(reason) })
  })

  it('fails where the script is missing', async () => {
    const script = pathToFileURL(join(directory, 'missing.mjs'))
    const signal = new AbortController().signal
    const end = await runPool({
      task: { ...TASK, chunks: new Chunks().memory },
      workers: 1,
      signal,
      script,
      taker: new ResultTaker(() => {}),
      onStart: () => {},
    })
    expect(end.kind).toBe('died')
  })

  it('says why system calls cannot be made', async () => {
    const { end, starts } = await pool(`post({ type: 'unavailable', reason: 'not here' })`)
    expect(end).toEqual({ kind: 'unavailable', reason: 'not here' })
    expect(starts).toBe(0)
  })

  it('does not miss a worker that cannot start where another one can', async () => {
    const { end, results, starts } = await pool(`
      if (mine === 0) post({ type: 'unavailable', reason: 'no descriptors' })
      else {
        post({ type: 'ready' })
        put(0)
        end()
      }
    `)
    expect(end).toEqual({ kind: 'done', refused: null, sent: 1 })
    expect(results).toHaveLength(1)
    expect(starts).toBe(1)
  })

  it('says so where no worker can be given what it needs', async () => {
    const { end } = await pool(`throw Object.assign(new Error('too many open files'), { code: 'EMFILE' })`)
    expect(end).toEqual({ kind: 'unavailable', reason: 'no thread can be started: too many open files' })
  })

  it('hands on what a worker had found before it died', async () => {
    const { end, results } = await pool(`
      put(mine)
      if (mine === 0) throw new Error('out of luck')
      untilStopped()
      end()
    `)
    expect(end).toMatchObject({ kind: 'died' })
    expect(results.map(({ position }) => position).sort()).toEqual([0, 1])
  })

  it('leaves results with the workers while their taker is slow, and takes all of them in the end', async () => {
    const each = 5000
    let slow = false
    let [whileSlow, waits] = [0, 0]
    const taken = new ResultTaker<PortResult>(
      () => {
        if (slow) whileSlow++
      },
      () => {
        slow = true
        waits++
        return new Promise((resolve) =>
          setImmediate(() => {
            slow = false
            resolve()
          }),
        )
      },
    )
    const many = `
      const values = new Float64Array(workerData.ring, 8)
      for (let i = 0; i < ${each}; i++) values.set([i, 0, 5, 1, 111, 0.5, 1], 7 * i)
      Atomics.store(new Int32Array(workerData.ring, 0, 2), 0, ${each})
      post({ type: 'results' })
      end()
    `
    const { end, results } = await pool(many, { taker: taken })
    expect(end).toMatchObject({ kind: 'done' })
    expect(results).toHaveLength(2 * each)
    expect(waits).toBeGreaterThan(10)
    expect(whileSlow).toBe(0)
  })

  it('does not wait for a taker once it is aborted', async () => {
    const controller = new AbortController()
    const never = new ResultTaker<PortResult>(
      () => {},
      () => {
        controller.abort()
        return new Promise(() => {})
      },
    )
    const many = `
      Atomics.store(new Int32Array(workerData.ring, 0, 2), 0, 600)
      post({ type: 'results' })
      untilStopped()
      end()
    `
    const { end, results } = await pool(many, { taker: never, signal: controller.signal })
    expect(end).toMatchObject({ kind: 'done' })
    expect(results).toHaveLength(1200)
  })

  it('has the workers stop when it is aborted, before or after they have started', async () => {
    const script = `post({ type: 'ready' }); untilStopped(); end(7)`
    expect((await pool(script, { signal: AbortSignal.abort() })).end).toEqual({ kind: 'done', refused: null, sent: 14 })
    const controller = new AbortController()
    const running = pool(script, { signal: controller.signal })
    setImmediate(() => controller.abort())
    expect((await running).end).toEqual({ kind: 'done', refused: null, sent: 14 })
  })
})
