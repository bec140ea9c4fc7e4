import { describe, expect, it } from 'vitest'
import { errnoNumber } from '../../../../src/core/errno/index.js'
import { endByCode, endByErrno, isVerdict, SILENCE } from '../../../../src/operations/portscan/engine/engine.js'
import { stateOf } from '../../../../src/operations/portscan/verdict.js'

describe('stateOf', () => {
  it.each([
    ['ECONNREFUSED', 'closed'],
    ['ECONNRESET', 'open'],
    ['ECONNABORTED', 'closed'],
    ['EHOSTUNREACH', 'filtered'],
    ['ENETUNREACH', 'filtered'],
    ['EACCES', 'filtered'],
    ['EPERM', 'filtered'],
    ['EINVAL', 'filtered'],
    ['ENOPROTOOPT', 'filtered'],
    ['EPROTO', 'filtered'],
    ['ETIMEDOUT', 'filtered'],
    ['EHOSTDOWN', 'filtered'],
    ['ENONET', 'filtered'],
    ['EMFILE', null],
    ['ENFILE', null],
    ['ENOBUFS', null],
    ['ENOMEM', null],
    ['EADDRNOTAVAIL', null],
    ['EADDRINUSE', null],
    ['EAGAIN', null],
  ])('%s: %s', (code, state) => {
    expect(stateOf(code)).toBe(state)
  })

  it("knows this system's number for silence", () => {
    expect(SILENCE).toMatchObject({ code: 'EAGAIN', errno: errnoNumber('EAGAIN') })
  })
})

describe('how a try ended', () => {
  it.each(['ECONNREFUSED', 'ECONNRESET', 'EHOSTUNREACH', 'EMFILE'])(
    '%s is told alike by name and by number',
    (code) => {
      const end = endByCode(code)
      expect(end).toMatchObject({ code, errno: errnoNumber(code), state: stateOf(code) })
      expect(endByErrno(end.errno ?? 0)).toEqual(end)
      expect(endByCode(code)).toBe(end)
      expect(isVerdict(end)).toBe(stateOf(code) !== null)
    },
  )

  it('a number or a name that no system has is filtered, and kept', () => {
    expect(endByErrno(4242)).toMatchObject({ code: 'errno 4242', errno: 4242, state: 'filtered' })
    expect(endByCode('ERR_STRANGE')).toMatchObject({ code: 'ERR_STRANGE', errno: null, state: 'filtered' })
  })

  it('without an errno it connected', () => {
    expect(endByErrno(0)).toMatchObject({ code: null, errno: 0, state: 'open' })
  })
})
