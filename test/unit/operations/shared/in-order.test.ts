import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Deadline } from '../../../../src/core/deadline.js'
import { inOrder, inOrderOf, type Place } from '../../../../src/operations/shared/in-order.js'

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

  it('takes items by the piece, and work that is done at once, without end', async () => {
    async function* pieces() {
      yield [1, 2, 3]
      yield []
      yield Array.from({ length: 50_000 }, (_, i) => i + 4)
      yield 50_004
    }
    const delivered: number[] = []
    const work = (i: number, place: Place<number>) => place.done(i)
    expect(await inOrderOf(pieces(), limits(3), work, (i) => delivered.push(i))).toBe(true)
    expect(delivered).toEqual(Array.from({ length: 50_004 }, (_, i) => i + 1))
  })

  it('begins no more than there is room for just now', async () => {
    const items = Array.from({ length: 40 }, (_, i) => i)
    let room = 8
    let running = 0
    const most: number[] = []
    const work = async (i: number) => {
      if (i === 8) room = 2
      most[i] = ++running
      await turns(i % 3)
      running--
    }
    await inOrder(items, { ...limits(100), room: () => room }, work, () => {})
    expect(Math.max(...most.slice(0, 8))).toBe(8)
    expect(Math.max(...most.slice(20))).toBe(2)
  })

  it('ends with what work throws at once', async () => {
    const work = (i: number, place: Place<number>) => {
      if (i === 2) throw new Error('the work')
      place.done(i)
    }
    await expect(inOrderOf([1, 2, 3], limits(1), work, () => {})).rejects.toThrow('the work')
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
        if (i === 0) await turns(1000)
      },
      () => {
        delivered++
        controller.abort()
      },
    )
    expect(complete).toBe(false)
    expect(taken).toBeLessThanOrEqual(64 * 4)
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
