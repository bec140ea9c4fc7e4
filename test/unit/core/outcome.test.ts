import { expect, test } from 'vitest'
import { failure } from '../../../src/core/failure.js'
import { fail, ok, unwrap } from '../../../src/core/outcome.js'

const refused = failure({ phase: 'connect', origin: 'os', code: 'ECONNREFUSED' })

test('a success carries its value, a failure its reason and what was known by then', () => {
  expect(ok(7, 1.5)).toEqual({ ok: true, value: 7, elapsedMs: 1.5 })
  expect(fail(refused, 2)).toEqual({ ok: false, failure: refused, value: null, elapsedMs: 2 })
  expect(fail(refused, 2, [22])).toEqual({ ok: false, failure: refused, value: [22], elapsedMs: 2 })
})

test('unwrap gives the value, or throws with the failure as cause', () => {
  expect(unwrap(ok('up', 0))).toBe('up')
  const thrown = caught(() => unwrap(fail(refused, 0)))
  expect(thrown).toBeInstanceOf(Error)
  expect(thrown).toMatchObject({ message: refused.message, cause: refused })
})

function caught(action: () => unknown): unknown {
  try {
    action()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}
