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
