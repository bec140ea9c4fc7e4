import { readFileSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import { getSystemErrorMap } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { codesNamed, describeCode, entryByNumber, listCodes, nodeErrorName } from '../../../../src/core/errno/index.js'

function caught(action: () => unknown): unknown {
  try {
    action()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

describe('nodeErrorName', () => {
  it('takes the code as it is', () => {
    fc.assert(
      fc.property(fc.constantFrom(...listCodes()), fc.integer(), ({ name }, errno) => {
        expect(nodeErrorName(Object.assign(new Error('x'), { code: name, errno }))).toBe(name)
      }),
    )
    expect(nodeErrorName({ code: 'ENOTFOUND', errno: -3008 })).toBe('ENOTFOUND')
    expect(nodeErrorName({ code: 'SMTP_550' })).toBe('SMTP_550')
  })

  it('names what libuv numbers, where an entry or a number of its own exists', () => {
    for (const [errno, [name]] of getSystemErrorMap()) {
      const described = codesNamed(name).some(({ kind }) => kind === 'errno')
      const expected = errno <= -3000 || described ? name : 'EUNKNOWN'
      expect([errno, nodeErrorName({ errno })]).toEqual([errno, expected])
    }
  })

  // These numbers are Linux's.
  it.runIf(process.platform === 'linux').each([
    [-122, 'EDQUOT'],
    [-115, 'EINPROGRESS'],
    [-116, 'ESTALE'],
  ])('names errno %d, for which libuv has no name', (errno, name) => {
    expect(getSystemErrorMap().has(errno)).toBe(false)
    expect(nodeErrorName({ errno, code: `Unknown system error ${errno}` })).toBe(name)
    expect(nodeErrorName({ errno })).toBe(name)
  })

  it('takes the first error within an AggregateError, unless it has a code itself', () => {
    const first = Object.assign(new Error('a'), { code: 'ECONNREFUSED' })
    const second = Object.assign(new Error('b'), { code: 'ENETUNREACH' })
    const nested = new AggregateError([new AggregateError([first, second])])
    expect(nodeErrorName(nested)).toBe('ECONNREFUSED')
    expect(nodeErrorName(Object.assign(new AggregateError([first, second]), { code: 'ETIMEDOUT' }))).toBe('ETIMEDOUT')
  })

  it.each([
    ['nothing', undefined],
    ['null', null],
    ['a string', 'ECONNREFUSED'],
    ['an error without a code', new Error('x')],
    ['an empty AggregateError', new AggregateError([])],
    ['an empty code', { code: '' }],
    ['a DOMException', new DOMException('x', 'AbortError')],
    ['a positive errno', { errno: 111 }],
    ['a number that nobody has', { errno: -29_999 }],
    ['no number', { errno: Number.NaN }],
  ])('falls back to EUNKNOWN for %s', (_, error) => {
    expect(nodeErrorName(error)).toBe('EUNKNOWN')
    expect(describeCode('EUNKNOWN')?.kind).toBe('netkit')
  })

  it('always gives a name', () => {
    fc.assert(fc.property(fc.anything(), (value) => nodeErrorName(value).length > 0))
  })

  it.each([
    ['a missing file', () => readFileSync('/does/not/exist'), 'ENOENT'],
    ['a cipher that does not exist', () => createSecureContext({ ciphers: 'NOPE' }), 'ERR_SSL_NO_CIPHER_MATCH'],
    ['a key that is none', () => createSecureContext({ key: 'x' }), 'ERR_OSSL_UNSUPPORTED'],
    ['a certificate that is none', () => createSecureContext({ cert: 'x' }), 'ERR_OSSL_PEM_NO_START_LINE'],
  ])('describes a real error: %s', (_, action, name) => {
    expect(nodeErrorName(caught(action))).toBe(name)
    expect(describeCode(name)).toBeDefined()
  })
})

describe('libuv’s numbers', () => {
  it('for getaddrinfo stand for the same name on every system', () => {
    const gai = [...getSystemErrorMap()].filter(([number]) => number <= -3000 && number > -4000)
    expect(gai.length).toBeGreaterThan(10)
    for (const [number, [name]] of gai) {
      expect(entryByNumber(number, 'darwin').map((code) => code.name)).toEqual([name])
    }
  })

  it('of Windows are known everywhere', () => {
    expect(entryByNumber(-4092, 'linux').map((code) => code.name)).toEqual(['EACCES'])
    expect(entryByNumber(-4095, 'darwin').map((code) => code.name)).toEqual(['EOF'])
    expect(entryByNumber(-4094, 'win32').map((code) => code.name)).toEqual(['EUNKNOWN'])
  })
})
