import { describe, expect, it } from 'vitest'
import { errnoNumber } from '../../../../src/core/errno/index.js'
import { EAGAIN_NUMBER, stateOf } from '../../../../src/operations/portscan/verdict.js'

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

  it("knows Linux's number for silence", () => {
    expect(EAGAIN_NUMBER).toBe(errnoNumber('EAGAIN', 'linux'))
  })
})
