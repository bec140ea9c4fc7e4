import { getEventListeners } from 'node:events'
import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { Deadline } from '../../../src/core/deadline.js'
import { abortFailure, deadlineFailure, failure } from '../../../src/core/failure.js'
import type { Outcome } from '../../../src/core/outcome.js'
import { abortedBy, expiry, pause, type Settler, settle } from '../../../src/core/settle.js'

const BROKEN = failure({ phase: 'connect', origin: 'os', code: 'ECONNREFUSED' })
const WORDS = {
  onDeadline: () => deadlineFailure('connect', 'too late'),
  onAbort: () => abortFailure('connect', 'called off'),
}

/** Everything that a wait may end by, done to it. */
const ENDS = {
  answer: (done: Settler<string>) => done.ok('answer'),
  error: (done: Settler<string>) => done.fail(BROKEN, 'partly'),
  abort: (_: Settler<string>, controller: AbortController) => controller.abort(),
} as const
type End = keyof typeof ENDS

function seen(outcome: Outcome<string>): string {
  return outcome.ok ? outcome.value : `${outcome.failure.code} ${outcome.value}`
}
const SEEN: Readonly<Record<End, string>> = {
  answer: 'answer',
  error: 'ECONNREFUSED partly',
  abort: 'ECANCELED null',
}

describe('settle', () => {
  test.each(Object.keys(ENDS) as End[])('ends by an %s, cleans up once and leaves no listener', async (end) => {
    const controller = new AbortController()
    const { signal } = controller
    const cleanup = vi.fn()
    let done: Settler<string> | undefined
    const waiting = settle<string>({ deadline: Deadline.after(600_000), signal, ...WORDS }, (settler) => {
      done = settler
      return cleanup
    })
    expect(getEventListeners(signal, 'abort')).toHaveLength(1)
    if (done) ENDS[end](done, controller)
    expect(cleanup).toHaveBeenCalledTimes(1) // in the same turn: what was made is released before anybody is told
    const outcome = await waiting
    expect(seen(outcome)).toBe(SEEN[end])
    expect(cleanup).toHaveBeenCalledWith(outcome)
    expect(outcome.elapsedMs).toBeGreaterThanOrEqual(0)
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
  })

  test('ends by its deadline', async () => {
    const cleanup = vi.fn()
    const outcome = await settle<string>({ deadline: Deadline.after(5), ...WORDS }, () => cleanup)
    expect(outcome).toMatchObject({ ok: false, failure: { code: 'EAGAIN', message: 'too late' }, value: null })
    expect(cleanup).toHaveBeenCalledTimes(1)
  })

  test('an answer that is there already beats a deadline that is over', async () => {
    const outcome = await settle<string>({ deadline: Deadline.after(0), ...WORDS }, (done) => {
      setImmediate(() => done.ok('answer'))
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20)
      return undefined
    })
    expect(seen(outcome)).toBe('answer')
  })

  test('what settles before it has begun is cleaned up all the same', async () => {
    const cleanup = vi.fn()
    const { signal } = new AbortController()
    const waiting = settle<string>({ signal, deadline: Deadline.after(600_000), ...WORDS }, (done) => {
      done.ok('at once')
      done.fail(BROKEN)
      return cleanup
    })
    expect(cleanup).toHaveBeenCalledTimes(1)
    expect(seen(await waiting)).toBe('at once')
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
  })

  test('with a signal that is aborted nothing is begun', async () => {
    const begin = vi.fn(() => undefined)
    const outcome = await settle<string>({ signal: AbortSignal.abort(), ...WORDS }, begin)
    expect(seen(outcome)).toBe(SEEN.abort)
    expect(begin).not.toHaveBeenCalled()
  })

  test('what it throws as it begins is thrown on, and leaves no listener', async () => {
    const { signal } = new AbortController()
    const waiting = settle<string>({ signal, deadline: Deadline.after(600_000), ...WORDS }, () => {
      throw new RangeError('no such port')
    })
    await expect(waiting).rejects.toThrow('no such port')
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
  })

  test('whatever happens in whatever order, the first settles it and one cleanup sees that', async () => {
    const sequence = fc.array(fc.constantFrom(...(Object.keys(ENDS) as End[])), { minLength: 1, maxLength: 6 })
    const runs = fc.asyncProperty(sequence, fc.nat(6), async (ends, early) => {
      const controller = new AbortController()
      const told: string[] = []
      let settler: Settler<string> | undefined
      const waiting = settle<string>({ signal: controller.signal, ...WORDS }, (done) => {
        settler = done
        for (const end of ends.slice(0, early)) ENDS[end](done, controller)
        return (outcome) => void told.push(seen(outcome))
      })
      for (const end of ends.slice(early)) if (settler) ENDS[end](settler, controller)
      const [first = 'answer'] = ends
      expect(seen(await waiting)).toBe(SEEN[first])
      expect(told).toEqual([SEEN[first]])
      expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0)
    })
    await fc.assert(runs)
  })
})

describe('waiting', () => {
  const { never } = Deadline
  test.each([
    ['a pause ends with its time', (signal: AbortSignal) => pause(5, signal)],
    ['a negative pause is none', (signal: AbortSignal) => pause(-5, signal)],
    ['an expiry ends with its deadline', (signal: AbortSignal) => expiry(Deadline.after(5), signal)],
  ])('%s', async (_, wait) => {
    const { signal } = new AbortController()
    await wait(signal)
    expect(signal.aborted).toBe(false)
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
  })

  test.each([
    ['pause', (signal: AbortSignal) => pause(600_000, signal)],
    ['expiry', (signal: AbortSignal) => expiry(never, signal)],
    ['abortedBy', (signal: AbortSignal) => abortedBy(signal)],
  ])('%s ends with the signal, before and after it was aborted', async (_, wait) => {
    await wait(AbortSignal.abort())
    const controller = new AbortController()
    const waiting = wait(controller.signal)
    controller.abort()
    await waiting
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0)
  })
})
