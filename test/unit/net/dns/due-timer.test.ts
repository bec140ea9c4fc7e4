import { expect, it } from 'vitest'
import { DueTimer } from '../../../../src/net/dns/due-timer.js'

/** What is due at these instants from now, in the order in which it was ended. */
async function ended(delaysMs: readonly number[]): Promise<{ delayMs: number; early: boolean }[]> {
  const started = performance.now()
  const waiting = new Set(delaysMs)
  const order: { delayMs: number; early: boolean }[] = []
  await new Promise<void>((resolve) => {
    const timer = new DueTimer((now) => {
      let next = Number.POSITIVE_INFINITY
      for (const delayMs of waiting) {
        if (started + delayMs > now) {
          next = Math.min(next, started + delayMs)
          continue
        }
        waiting.delete(delayMs)
        order.push({ delayMs, early: performance.now() < started + delayMs })
      }
      if (waiting.size === 0) resolve()
      return next
    })
    for (const delayMs of delaysMs) timer.set(started + delayMs)
  })
  return order
}

it('ends all that is due, none of it early, whatever the order in which it was set', async () => {
  const order = await ended([30, 5, 60, 0, 5.5, -1])
  expect(order.map(({ delayMs }) => delayMs).sort((a, b) => a - b)).toEqual([-1, 0, 5, 5.5, 30, 60])
  expect(order.filter(({ early }) => early)).toEqual([])
})

it('looks no more once stopped, and again once set', async () => {
  let looks = 0
  const timer = new DueTimer(() => {
    looks++
    return Number.POSITIVE_INFINITY
  })
  timer.set(performance.now())
  timer.stop()
  await ended([30])
  expect(looks).toBe(0)
  timer.set(performance.now())
  await ended([30])
  expect(looks).toBe(1)
})
