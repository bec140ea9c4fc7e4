import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Deadline } from '../../../src/core/deadline.js'
import { inOrder } from '../../../src/operations/in-order.js'

const limits = (limit: number, signal = new AbortController().signal) => ({ limit, signal, deadline: Deadline.never })
const turns = async (count: number) => {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve))
}

async function* streamOf<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items
}

describe('inOrder', () => {
  it('delivers in the order of the items, whatever each takes, and runs no more at once than allowed', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(8)),
        fc.integer({ min: 1, max: 5 }),
        fc.boolean(),
        async (costs, limit, stream) => {
          const delivered: number[] = []
          let running = 0
          let most = 0
          const items = costs.map((_, i) => i)
          const work = async (i: number) => {
            most = Math.max(most, ++running)
            await turns(costs[i] ?? 0)
            running--
            return i
          }
          const complete = await inOrder(stream ? streamOf(items) : items, limits(limit), work, (i) =>
            delivered.push(i),
          )
          expect(complete).toBe(true)
          expect(delivered).toEqual(items)
          expect(most).toBeLessThanOrEqual(limit)
        },
      ),
      { numRuns: 50 },
    )
  })

  it('takes items only as there is room', async () => {
    let taken = 0
    function* endless() {
      for (;;) yield taken++
    }
    const controller = new AbortController()
    let delivered = 0
    const complete = await inOrder(
      endless(),
      limits(4, controller.signal),
      async (i) => {
        // The first is never done before the others are: what waits for it is bounded.
        if (i === 0) await turns(500)
      },
      () => {
        delivered++
        controller.abort()
      },
    )
    expect(complete).toBe(false)
    expect(taken).toBeLessThan(100)
    expect(delivered).toBe(taken)
  })

  it('ends while its source is silent', async () => {
    const controller = new AbortController()
    async function* silent() {
      yield 1
      await new Promise(() => {})
    }
    const delivered: number[] = []
    const running = inOrder(
      silent(),
      limits(2, controller.signal),
      async (i) => i,
      (i) => delivered.push(i),
    )
    await turns(5)
    controller.abort()
    expect(await running).toBe(false)
    expect(delivered).toEqual([1])
  })

  it('ends when the deadline passes', async () => {
    const deadline = Deadline.after(20)
    async function* silent() {
      await new Promise(() => {})
      yield 1
    }
    const signal = new AbortController().signal
    expect(
      await inOrder(
        silent(),
        { limit: 1, signal, deadline },
        async (i) => i,
        () => {},
      ),
    ).toBe(false)
  })

  it('rejects as its source or its work does', async () => {
    async function* broken() {
      yield 1
      throw new Error('the source')
    }
    await expect(
      inOrder(
        broken(),
        limits(2),
        async (i) => i,
        () => {},
      ),
    ).rejects.toThrow('the source')
    const work = async () => {
      throw new Error('the work')
    }
    await expect(inOrder([1, 2, 3], limits(2), work, () => {})).rejects.toThrow('the work')
  })

  it('takes no more while whoever takes the results is behind', async () => {
    let taken = 0
    let catchUp = () => {}
    let asked = 0
    const drained = () => {
      if (++asked > 1) return undefined
      return new Promise<void>((resolve) => {
        catchUp = resolve
      })
    }
    function* items() {
      while (taken < 2000) yield taken++
    }
    const delivered: number[] = []
    const running = inOrder(
      items(),
      { ...limits(4), drained },
      async (i) => i,
      (i) => delivered.push(i),
    )
    while (asked === 0) await turns(1)
    await turns(20)
    expect(taken).toBeLessThan(300)
    expect(delivered.length).toBe(taken)
    catchUp()
    expect(await running).toBe(true)
    expect(delivered).toEqual(Array.from({ length: 2000 }, (_, i) => i))
    expect(asked).toBeGreaterThan(1)
  })
})
