import { describe, expect, test } from 'vitest'
import { abortFailure } from '../../../src/core/failure.js'
import { iterate } from '../../../src/core/iterate.js'
import type { Operation } from '../../../src/core/operation.js'
import { fail, ok } from '../../../src/core/outcome.js'
import { UsageError } from '../../../src/core/usage-error.js'

type Count = { readonly type: 'count'; readonly n: number; readonly bytes: Uint8Array }

/** Counts to `to` over one lent byte, waiting for its reader; resolves to how far it came. */
const count: Operation<{ to: number }, Count, number> = async ({ to }, { signal, emit, drained }) => {
  if (to < 0) throw new UsageError('to: below zero', 'to')
  const bytes = new Uint8Array(1)
  for (let n = 1; n <= to; n++) {
    if (signal.aborted) return fail(abortFailure('read'), 0, n - 1)
    bytes[0] = n
    emit({ type: 'count', n, bytes })
    await drained?.()
  }
  return ok(to, 0)
}

/** The same, all at once and without asking whether anybody keeps up. */
const burst: typeof count = async ({ to }, { emit }) => {
  const bytes = new Uint8Array(1)
  for (let n = 1; n <= to; n++) {
    bytes[0] = n
    emit({ type: 'count', n, bytes })
  }
  return ok(to, 0)
}

describe('iterate', () => {
  test.each([
    ['one that waits', count],
    ['one that does not', burst],
  ])('hands out every event in order, with bytes of its own: %s', async (_, operation) => {
    const run = iterate(operation, { to: 100 })
    const seen: number[][] = []
    for await (const { n, bytes } of run) {
      await new Promise((resolve) => setImmediate(resolve))
      seen.push([n, bytes[0] ?? 0])
    }
    expect(seen).toEqual(Array.from({ length: 100 }, (_, i) => [i + 1, i + 1]))
    expect(await run.outcome).toMatchObject({ ok: true, value: 100 })
  })

  test('aborts the run when its loop is left', async () => {
    const run = iterate(count, { to: Number.POSITIVE_INFINITY })
    for await (const { n } of run) if (n === 3) break
    expect(await run.outcome).toMatchObject({ ok: false, failure: { origin: 'abort' }, value: 3 })
  })

  test("obeys its caller's signal", async () => {
    const controller = new AbortController()
    const run = iterate(count, { to: Number.POSITIVE_INFINITY }, { signal: controller.signal })
    for await (const { n } of run) if (n === 5) controller.abort()
    expect(await run.outcome).toMatchObject({ ok: false, failure: { code: 'ECANCELED' } })
  })

  test('throws misuse in the loop, and rejects the outcome with it', async () => {
    const run = iterate(count, { to: -1 })
    await expect(async () => {
      for await (const event of run) expect.unreachable(event.type)
    }).rejects.toThrow(UsageError)
    await expect(run.outcome).rejects.toThrow('below zero')
  })
})

describe('a run without a loop', () => {
  test('ends when it is awaited, though its operation waits for a reader', async () => {
    expect(await iterate(count, { to: 1000 })).toMatchObject({ ok: true, value: 1000 })
  })

  test('ends when its outcome is asked for', async () => {
    expect(await iterate(count, { to: 1000 }).outcome).toMatchObject({ ok: true, value: 1000 })
  })

  test('keeps its events for a loop that begins later', async () => {
    const run = iterate(count, { to: 3 })
    await new Promise((resolve) => setImmediate(resolve))
    const seen: number[] = []
    for await (const { n } of run) seen.push(n)
    expect(seen).toEqual([1, 2, 3])
  })

  test('may be asked for its outcome and looped over in one turn', async () => {
    const run = iterate(count, { to: 3 })
    const { outcome } = run
    const seen: number[] = []
    for await (const { n } of run) seen.push(n)
    expect(seen).toEqual([1, 2, 3])
    expect(await outcome).toMatchObject({ value: 3 })
  })

  test('has no events for a loop that begins once it has been awaited, and says so', async () => {
    const run = iterate(count, { to: 3 })
    await run
    expect(() => run[Symbol.asyncIterator]()).toThrow(UsageError)
  })

  test('goes into Promise.all and the like as a promise does', async () => {
    const [first, second] = await Promise.all([iterate(count, { to: 1 }), iterate(burst, { to: 2 })])
    expect([first.value, second.value]).toEqual([1, 2])
  })

  test('rejects with misuse', async () => {
    await expect(iterate(count, { to: -1 })).rejects.toThrow('below zero')
  })
})

test('a second loop over one run is refused', async () => {
  const run = iterate(count, { to: 3 })
  for await (const _ of run) expect(() => run[Symbol.asyncIterator]()).toThrow('has its loop already')
})

test('a run bears more than ten listeners on its signal without a warning', async () => {
  const warnings: Error[] = []
  const onWarning = (warning: Error) => warnings.push(warning)
  process.on('warning', onWarning)
  const many: Operation<null, Count, null> = async (_, { signal }) => {
    for (let n = 0; n < 20; n++) signal.addEventListener('abort', () => {})
    return ok(null, 0)
  }
  await iterate(many, null, { signal: new AbortController().signal })
  await new Promise((resolve) => setImmediate(resolve))
  process.off('warning', onWarning)
  expect(warnings).toEqual([])
})
