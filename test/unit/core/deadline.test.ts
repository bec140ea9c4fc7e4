import { once } from 'node:events'
import { connect } from 'node:net'
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { Deadline } from '../../../src/core/deadline.js'
import { listening } from '../../helpers/sockets.js'

describe('on a clock of the test', () => {
  beforeEach(() => {
    vi.useFakeTimers({
      toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'clearImmediate', 'performance'],
    })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  test('is absolute: what is left shrinks, down to zero and no further', () => {
    const deadline = Deadline.after(100)
    expect(deadline.remainingMs()).toBe(100)
    vi.advanceTimersByTime(30)
    expect(deadline.remainingMs()).toBe(70)
    expect(deadline.expired).toBe(false)
    vi.advanceTimersByTime(70)
    expect(deadline.expired).toBe(true)
    vi.advanceTimersByTime(70)
    expect(deadline.remainingMs()).toBe(0)
  })

  test('none is never over', () => {
    expect(Deadline.after(null)).toBe(Deadline.never)
    expect(Deadline.never.remainingMs()).toBe(Number.POSITIVE_INFINITY)
    expect(Deadline.never.expired).toBe(false)
    expect(vi.getTimerCount()).toBe(0)
    Deadline.never.onExpire(() => expect.unreachable())()
    expect(vi.getTimerCount()).toBe(0)
  })

  test('only shrinks on its way down', () => {
    const outer = Deadline.after(100)
    expect(outer.within(null)).toBe(outer)
    expect(outer.within(500)).toBe(outer)
    expect(outer.within(20).remainingMs()).toBe(20)
    vi.advanceTimersByTime(90)
    expect(outer.within(20)).toBe(outer)
    expect(Deadline.never.within(5).remainingMs()).toBe(5)
  })

  test('knows how long it allows, and whether it is of one step', () => {
    const run = Deadline.after(1500)
    const step = run.within(300)
    expect([run.allowedMs, run.ofStep, run.inWords]).toEqual([1500, false, 'the 1.5 s allowed'])
    expect([step.allowedMs, step.ofStep, step.inWords]).toEqual([300, true, 'the 300 ms allowed'])
    vi.advanceTimersByTime(1400)
    expect([run.within(300), step.inWords]).toEqual([run, 'the 300 ms allowed'])
    expect(Deadline.never.inWords).toBe('the time allowed')
    expect(Deadline.never.within(20).ofStep).toBe(true)
  })

  test('calls back once, when it is over and not before', () => {
    const called = vi.fn()
    Deadline.after(100).onExpire(called)
    vi.advanceTimersByTime(99)
    expect(called).not.toHaveBeenCalled()
    vi.advanceTimersByTime(10)
    expect(called).toHaveBeenCalledTimes(1)
    vi.advanceTimersByTime(1000)
    expect(called).toHaveBeenCalledTimes(1)
  })

  test('holds more than a timer can: beyond 2^31 ms', () => {
    const days = 60 * 24 * 3_600_000
    expect(days).toBeGreaterThan(2 ** 31)
    const called = vi.fn()
    Deadline.after(days).onExpire(called)
    vi.advanceTimersByTime(days - 1)
    expect(called).not.toHaveBeenCalled()
    vi.advanceTimersByTime(10)
    expect(called).toHaveBeenCalledTimes(1)
  })

  test('is called off, before its timer and between its timer and its call', () => {
    const called = vi.fn()
    Deadline.after(100).onExpire(called)()
    const callOff = Deadline.after(50).onExpire(called)
    vi.advanceTimersToNextTimer() // the timer has fired, the call waits for the end of the turn
    callOff()
    vi.advanceTimersByTime(1000)
    expect(called).not.toHaveBeenCalled()
    expect(vi.getTimerCount()).toBe(0)
  })

  test('one that is over already still calls back later, never at once', () => {
    const called = vi.fn()
    const deadline = Deadline.after(0)
    deadline.onExpire(called)
    expect(called).not.toHaveBeenCalled()
    vi.advanceTimersByTime(10)
    expect(called).toHaveBeenCalledTimes(1)
  })
})

test('what the network has already said comes first', async () => {
  const { port, server } = await listening(() => {})
  const socket = connect(port, '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  const [[peer]] = await Promise.all([once(server, 'connection'), once(socket, 'connect')])
  const order: string[] = []
  socket.once('data', () => order.push('data'))
  const over = new Promise<void>((resolve) => {
    Deadline.after(50).onExpire(() => {
      order.push('deadline')
      resolve()
    })
  })
  // The write goes to the kernel at once; this turn then lasts until the deadline has passed.
  peer.write('said in time')
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200)
  await over
  expect(order).toEqual(['data', 'deadline'])
})
