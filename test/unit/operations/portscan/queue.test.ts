import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Due, DueQueue, Queue } from '../../../../src/operations/portscan/schedule/queue.js'

describe('Queue', () => {
  it('does as an array does', () => {
    const step = fc.oneof(fc.constant('shift' as const), fc.constant('peek' as const), fc.integer())
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const queue = new Queue<number>()
        const model: number[] = []
        for (const each of steps) {
          if (each === 'shift') expect(queue.shift()).toBe(model.shift())
          else if (each === 'peek') expect(queue.peek()).toBe(model[0])
          else {
            queue.push(each)
            model.push(each)
          }
          expect(queue.length).toBe(model.length)
        }
      }),
    )
  })

  it('keeps its order over compactions', () => {
    const queue = new Queue<number>()
    let pushed = 0
    let shifted = 0
    for (let round = 0; round < 50; round++) {
      for (let i = 0; i < 500; i++) queue.push(pushed++)
      for (let i = 0; i < 450; i++) expect(queue.shift()).toBe(shifted++)
    }
    while (queue.length > 0) expect(queue.shift()).toBe(shifted++)
    expect(shifted).toBe(pushed)
    expect(queue.shift()).toBeUndefined()
    expect(queue.length).toBe(0)
  })
})

class Item implements Due {
  queuedFor = Number.POSITIVE_INFINITY
}

describe('DueQueue', () => {
  const ITEMS = 6
  const add = fc.record({
    kind: fc.constant('add' as const),
    item: fc.nat(ITEMS - 1),
    at: fc.oneof(fc.nat(50), fc.constant(Number.POSITIVE_INFINITY)),
  })
  const pop = fc.record({ kind: fc.constant('pop' as const), now: fc.nat(60) })

  it('has each item once, for the earliest instant it was added for', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(add, pop), { maxLength: 200 }), (steps) => {
        const queue = new DueQueue<Item>()
        const items = Array.from({ length: ITEMS }, () => new Item())
        const model = new Map<Item, number>()
        const earliest = () => Math.min(Number.POSITIVE_INFINITY, ...model.values())
        for (const step of steps) {
          if (step.kind === 'add') {
            const item = items[step.item] ?? new Item()
            queue.add(item, step.at)
            const at = Math.min(step.at, model.get(item) ?? Number.POSITIVE_INFINITY)
            if (at !== Number.POSITIVE_INFINITY) model.set(item, at)
          } else {
            const expected = earliest()
            const popped = queue.pop(step.now)
            if (expected > step.now) expect(popped).toBeUndefined()
            else {
              if (!popped) throw new Error('an item was due')
              expect(model.get(popped)).toBe(expected)
              expect(popped.queuedFor).toBe(Number.POSITIVE_INFINITY)
              model.delete(popped)
            }
          }
          expect(queue.earliest()).toBe(earliest())
        }
      }),
    )
  })
})

it('DueQueue lets go of what is removed, and of nothing else', () => {
  const queue = new DueQueue<Due & { id: number }>()
  const items = Array.from({ length: 5000 }, (_, id) => ({ id, queuedFor: Number.POSITIVE_INFINITY }))
  for (const item of items) queue.add(item, (item.id * 7919) % 5000)
  for (const item of items) if (item.id % 3 !== 0) queue.remove(item)
  const left: number[] = []
  for (let item = queue.pop(5000); item; item = queue.pop(5000)) left.push((item.id * 7919) % 5000)
  expect(left).toEqual(
    items
      .filter(({ id }) => id % 3 === 0)
      .map(({ id }) => (id * 7919) % 5000)
      .sort((a, b) => a - b),
  )
  expect(queue.earliest()).toBe(Number.POSITIVE_INFINITY)
})
