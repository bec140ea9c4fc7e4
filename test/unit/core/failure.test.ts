import { constants } from 'node:os'
import { describe, expect, test } from 'vitest'
import { Deadline } from '../../../src/core/deadline.js'
import { describeCode, errnoNumber } from '../../../src/core/errno/index.js'
import {
  abortFailure,
  attemptAt,
  combineFailures,
  deadlineFailure,
  type Failure,
  failure,
  failureFields,
  fromFileError,
  fromNodeError,
} from '../../../src/core/failure.js'
import { NO_HINT } from '../../../src/core/hint.js'

const nodeError = (fields: object, message = 'as Node says it') => Object.assign(new Error(message), fields)

describe('fromFileError', () => {
  test.each([
    ['EACCES', /rights on the file/],
    ['ENOENT', /folder/],
    ['EISDIR', /\S/],
  ])('%s: what was tried, and a hint that speaks of files', (code, hint) => {
    const failed = fromFileError(nodeError({ code, syscall: 'open' }), '--output: cannot write out')
    expect(failed).toMatchObject({ phase: 'options', origin: 'os', code, syscall: 'open' })
    expect(failed.message).toMatch(new RegExp(`^--output: cannot write out: ${code}: `))
    expect(failed.hint).toMatch(hint)
    expect(failed.hint).not.toMatch(/socket|port/)
  })
})

describe('fromNodeError', () => {
  test('turns the negative errno of Node into the positive one of the system and keeps code, syscall and cause', () => {
    const { ECONNREFUSED } = constants.errno
    const error = nodeError({ code: 'ECONNREFUSED', errno: -ECONNREFUSED, syscall: 'connect' })
    const failed = fromNodeError(error, 'connect')
    expect(failed).toMatchObject({ phase: 'connect', origin: 'os', code: 'ECONNREFUSED', syscall: 'connect' })
    expect(failed.errno).toBe(ECONNREFUSED)
    expect(failed.cause).toBe(error)
    expect(failed.message).toMatch(/^ECONNREFUSED: .+/)
    expect(failed.hint).not.toBeNull()
  })

  test.each([
    [{ code: 'ENOTFOUND', errno: -3008, syscall: 'getaddrinfo' }, 'lookup', 'resolver', 'ENOTFOUND'],
    [{ code: 'EAI_AGAIN', errno: -3001, syscall: 'getaddrinfo' }, 'lookup', 'resolver', 'EAI_AGAIN'],
    [{ code: 'ENOTFOUND', errno: -3008, syscall: 'getnameinfo' }, 'lookup', 'resolver', 'ENOTFOUND'],
    [{ code: 'CERT_HAS_EXPIRED' }, 'tls', 'tls', 'CERT_HAS_EXPIRED'],
    [{ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }, 'read', 'tls', 'DEPTH_ZERO_SELF_SIGNED_CERT'],
    [{ code: 'ERR_SSL_SOMETHING_UNHEARD_OF' }, 'tls', 'tls', 'ERR_SSL_SOMETHING_UNHEARD_OF'],
    [{ code: 'ECONNRESET', errno: -104, syscall: 'read' }, 'tls', 'os', 'ECONNRESET'],
    [{ code: 'ETIMEDOUT', syscall: 'connect' }, 'connect', 'os', 'ETIMEDOUT'],
    [{ code: 'EADDRINUSE', syscall: 'bind' }, 'bind', 'os', 'EADDRINUSE'],
    [{}, 'read', 'os', 'EUNKNOWN'],
  ] as const)('%o in phase %s is of origin %s, code %s', (fields, phase, origin, code) => {
    expect(fromNodeError(nodeError(fields), phase)).toMatchObject({ phase, origin, code })
  })

  test('a resolver or TLS code has no errno', () => {
    const lookup = nodeError({ code: 'ENOTFOUND', errno: -3008, syscall: 'getaddrinfo' })
    expect(fromNodeError(lookup, 'lookup').errno).toBeNull()
    expect(fromNodeError(nodeError({ code: 'CERT_HAS_EXPIRED' }), 'tls').errno).toBeNull()
  })

  test('an unknown code keeps the words of its error', () => {
    expect(fromNodeError(nodeError({ code: 'EODD' }, 'odd things'), 'read').message).toBe('EODD: odd things')
  })

  test('an AggregateError without errno takes the code of its first part', () => {
    const parts = ['ECONNREFUSED', 'ENETUNREACH'].map((code) => nodeError({ code }))
    expect(fromNodeError(new AggregateError(parts), 'connect').code).toBe('ECONNREFUSED')
  })
})

test('the deadline of netkit is EAGAIN in every phase, and never the ETIMEDOUT of the kernel', () => {
  for (const phase of ['lookup', 'connect', 'tls', 'write', 'read'] as const) {
    const failed = deadlineFailure(phase, 'too late')
    expect(failed).toMatchObject({ phase, origin: 'deadline', code: 'EAGAIN', message: 'too late' })
    expect(failed.errno).toBe(errnoNumber('EAGAIN'))
    expect(failed.hint).not.toBeNull()
  }
  const relabelled = deadlineFailure('connect', 'x', { origin: 'os', code: 'ETIMEDOUT', hint: 'mine' })
  expect(relabelled).toMatchObject({ origin: 'deadline', code: 'EAGAIN', hint: 'mine' })
})

test('a hint about silence fits the phase, and says whether a step or the whole run was too short', () => {
  const run = Deadline.after(1000)
  for (const phase of ['tls', 'write', 'read', 'protocol'] as const) {
    expect(deadlineFailure(phase, 'x').hint).toMatch(/^it is connected/)
    expect(deadlineFailure(phase, 'x').hint).not.toMatch(/firewall/)
  }
  const gone = (phase: 'connect' | 'read') => failure({ phase, origin: 'os', code: 'ETIMEDOUT' }).hint
  expect([gone('connect'), gone('read')]).toEqual([
    describeCode('ETIMEDOUT')?.hint,
    expect.stringMatching(/^it was connected/),
  ])
  expect(deadlineFailure('connect', 'x').hint).toMatch(/firewall/)
  expect(deadlineFailure('connect', 'x').advice).toBe('more-time')
  expect(deadlineFailure('connect', 'x', { deadline: run.within(10) })).toMatchObject({ advice: 'more-time' })
  expect(deadlineFailure('connect', 'x', { deadline: run })).toMatchObject({ advice: 'longer-run' })
  expect(deadlineFailure('read', 'x', { deadline: run, ...NO_HINT })).toMatchObject({ hint: null, advice: null })
})

test('a hint of its own does not keep the advice of its code', () => {
  const plain = { phase: 'bind', origin: 'os', code: 'EADDRNOTAVAIL' } as const
  expect(failure(plain)).toMatchObject({ advice: 'local' })
  expect(failure({ ...plain, hint: 'look again' })).toMatchObject({ advice: null })
  expect(fromFileError(nodeError({ code: 'EACCES' }), 'x')).toMatchObject({ advice: null })
})

test('an attempt that connected has errno 0, as connect_ex says it', () => {
  expect(attemptAt('127.0.0.1', 80, null, 1)).toMatchObject({ ok: true, code: null, errno: 0, origin: null })
  const late = deadlineFailure('connect', 'x')
  expect(attemptAt('127.0.0.1', 80, late, 1)).toMatchObject({ ok: false, code: 'EAGAIN', errno: errnoNumber('EAGAIN') })
  const named = failure({ phase: 'lookup', origin: 'resolver', code: 'NXDOMAIN' })
  expect(attemptAt('127.0.0.1', 53, named, 1)).toMatchObject({ ok: false, errno: null })
})

test('an abort is no errno of the system and gives no advice', () => {
  expect(abortFailure('connect')).toMatchObject({
    origin: 'abort',
    code: 'ECANCELED',
    errno: null,
    hint: null,
    message: 'interrupted',
  })
})

describe('combineFailures', () => {
  const refused = failure({ phase: 'connect', origin: 'os', code: 'ECONNREFUSED', message: 'a refused' })
  const refusedToo: Failure = { ...refused, message: 'b refused' }
  const late = deadlineFailure('connect', 'c is late')

  test('one target: its own failure, untouched', () => {
    expect(combineFailures([refused], 1)).toBe(refused)
  })

  test('some held: PARTIAL, a plain no', () => {
    expect(combineFailures([late], 3, 'endpoints')).toMatchObject({
      code: 'PARTIAL',
      origin: 'expectation',
      message: '1 of 3 endpoints failed, first: c is late',
    })
  })

  test('all failed alike: that failure, with each in its parts', () => {
    const both = combineFailures([refused, refusedToo], 2)
    expect(both).toMatchObject({ code: 'ECONNREFUSED', origin: 'os', endpoint: null, attempts: [] })
    expect(both.message).toBe('all 2 targets failed, first: a refused')
    expect(both.parts).toEqual([refused, refusedToo])
  })

  test('all failed, each in its own way: SEVERAL, with each in its parts', () => {
    const both = combineFailures([refused, late], 2)
    expect(both).toMatchObject({ code: 'SEVERAL', origin: 'os', phase: 'connect', parts: [refused, late] })
  })

  test('nothing to combine is a bug of its caller', () => {
    expect(() => combineFailures([], 1)).toThrow()
  })
})

test('the flat fields are all there, and all null where nothing failed', () => {
  const names = ['code', 'errno', 'origin', 'phase', 'syscall', 'message', 'hint', 'advice']
  expect(Object.keys(failureFields(null))).toEqual(names)
  expect(Object.values(failureFields(null))).toEqual(names.map(() => null))
  const failed = abortFailure('read', 'stopped')
  expect(failureFields(failed)).toEqual(Object.fromEntries(names.map((name) => [name, failed[name as keyof Failure]])))
})
