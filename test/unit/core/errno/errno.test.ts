import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type CodeKind,
  codesNamed,
  currentSystem,
  describeCode,
  describeVerdict,
  entryByNumber,
  errnoName,
  errnoNumber,
  gaiNumber,
  listCodes,
  type System,
} from '../../../../src/core/errno/index.js'

const SYSTEMS: readonly System[] = ['linux', 'darwin', 'win32']
const anySystem = fc.constantFrom(...SYSTEMS)
const anyCode = fc.constantFrom(...listCodes())
const errnoCodes = listCodes({ kind: 'errno' })

describe('the tables', () => {
  it('hold every errno that the socket calls may give', () => {
    const wanted = `EACCES EPERM EADDRINUSE EADDRNOTAVAIL EAFNOSUPPORT EAGAIN EALREADY EBADF ECONNREFUSED ECONNRESET
      ECONNABORTED EDESTADDRREQ EFAULT EHOSTDOWN EHOSTUNREACH EINPROGRESS EINTR EINVAL EIO EISCONN ELOOP EMFILE EMSGSIZE
      ENAMETOOLONG ENETDOWN ENETRESET ENETUNREACH ENFILE ENOBUFS ENOENT ENOMEM ENOPROTOOPT ENOTCONN ENOTDIR ENOTSOCK
      EOPNOTSUPP ENOTSUP EPFNOSUPPORT EPIPE EPROTO EPROTONOSUPPORT EPROTOTYPE EROFS ESHUTDOWN ESOCKTNOSUPPORT ETIMEDOUT
      ETOOMANYREFS ENOSR ENONET ENODEV ENOSPC EEXIST EISDIR ECANCELED EDQUOT ESTALE EREMOTE EUSERS EPROCLIM ENOTEMPTY
      EXDEV EFBIG WSANOTINITIALISED WSASYSNOTREADY WSAEDISCON`
    expect(wanted.split(/\s+/).filter((name) => describeCode(name)?.kind !== 'errno')).toEqual([])
  })

  it('hold every certificate error that Node names', () => {
    const wanted = `UNABLE_TO_GET_ISSUER_CERT UNABLE_TO_GET_CRL UNABLE_TO_DECRYPT_CERT_SIGNATURE
      UNABLE_TO_DECRYPT_CRL_SIGNATURE UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY CERT_SIGNATURE_FAILURE CRL_SIGNATURE_FAILURE
      CERT_NOT_YET_VALID CERT_HAS_EXPIRED CRL_NOT_YET_VALID CRL_HAS_EXPIRED ERROR_IN_CERT_NOT_BEFORE_FIELD
      ERROR_IN_CERT_NOT_AFTER_FIELD ERROR_IN_CRL_LAST_UPDATE_FIELD ERROR_IN_CRL_NEXT_UPDATE_FIELD OUT_OF_MEM
      DEPTH_ZERO_SELF_SIGNED_CERT SELF_SIGNED_CERT_IN_CHAIN UNABLE_TO_GET_ISSUER_CERT_LOCALLY
      UNABLE_TO_VERIFY_LEAF_SIGNATURE CERT_CHAIN_TOO_LONG CERT_REVOKED INVALID_CA PATH_LENGTH_EXCEEDED INVALID_PURPOSE
      CERT_UNTRUSTED CERT_REJECTED HOSTNAME_MISMATCH`
    expect(wanted.split(/\s+/).filter((name) => describeCode(name)?.numbers.linux == null)).toEqual([])
    expect(describeCode('UNABLE_TO_VERIFY_LEAF_SIGNATURE')?.numbers).toEqual({ linux: 21, darwin: 21, win32: 21 })
  })

  it('say every name and alias once', () => {
    const names = listCodes().flatMap((code) => [code.name, ...code.aliases])
    // A resolver's word for NODATA, and an errno.
    expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual(['ENODATA'])
    expect(codesNamed('ENODATA').map(({ kind }) => kind)).toEqual(['dns', 'errno'])
    expect(names.filter((name) => !/^[A-Z][A-Z0-9_/]+$/.test(name))).toEqual([])
  })

  it('give a number of one system to one errno, but for the two names Linux has for 95', () => {
    for (const system of SYSTEMS) {
      const seen = new Map<number, string[]>()
      for (const { name, numbers } of errnoCodes) {
        const number = numbers[system]
        if (number !== null) seen.set(number, [...(seen.get(number) ?? []), name])
      }
      const shared = [...seen.values()].filter((names) => names.length > 1)
      expect(shared).toEqual(system === 'linux' ? [['EOPNOTSUPP', 'ENOTSUP']] : [])
    }
  })

  it.each(listCodes().map((code) => [code.name, code] as const))('describe %s fully and to be composed', (_, code) => {
    expect(code.calls.length).toBeGreaterThan(0)
    expect(new Set(code.calls).size).toBe(code.calls.length)
    expect(code.causes.length).toBeGreaterThanOrEqual(1)
    expect(code.causes.length).toBeLessThanOrEqual(4)
    for (const sentence of [code.meaning, code.hint]) expect(sentence).toMatch(/^(?:[a-z]|Winsock )[^\n]{10,}[^.\s]$/)
    for (const cause of code.causes) expect(cause).toMatch(/^[^\n]{5,}[^.\s]$/)
    expect(code.meaning).not.toBe(code.hint)
  })

  it('number errnos positively, and getaddrinfo as the header of the system does', () => {
    for (const { numbers } of errnoCodes) {
      for (const system of SYSTEMS) if (numbers[system] !== null) expect(numbers[system]).toBeGreaterThan(0)
      expect(Object.values(numbers).some((number) => number !== null)).toBe(true)
    }
    for (const { numbers } of listCodes({ kind: 'getaddrinfo' })) {
      expect(numbers.linux ?? -1).toBeLessThan(0)
      expect(numbers.darwin ?? 1).toBeGreaterThan(0)
      expect(numbers.win32 ?? 1).toBeGreaterThan(0)
    }
  })
})

describe("verdicts of netkit's own", () => {
  it.each([
    ['SMTP_550', 'SMTP_NNN'],
    ['HTTP_404', 'HTTP_NNN'],
    ['CNAME_LOOP', 'CNAME_LOOP'],
    ['SMTP_STARTTLS_INJECTION', 'STARTTLS_INJECTION'],
  ])('%s is %s', (name, entry) => {
    expect(describeVerdict(name)?.name).toBe(entry)
    // What failed says more than its code could: no message or hint comes from here.
    expect(describeCode(name)).toBeUndefined()
  })

  it.each(['SMTP_55', 'SMTP_5500', 'HTTP_', 'ECONNREFUSED', ''])('%j is none', (name) => {
    expect(describeVerdict(name)).toBeUndefined()
  })
})

describe('by name', () => {
  it.each([
    ['EWOULDBLOCK', 'EAGAIN'],
    ['WSAEWOULDBLOCK', 'EAGAIN'],
    ['WSAECONNREFUSED', 'ECONNREFUSED'],
    ['WSAECANCELLED', 'ECANCELED'],
    ['ENOTFOUND', 'EAI_NONAME'],
    ['ESERVFAIL', 'SERVFAIL'],
    ['UNKNOWN', 'EUNKNOWN'],
    ['ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE', 'ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE'],
  ])('%s is %s', (alias, name) => {
    expect(describeCode(alias)?.name).toBe(name)
  })

  it.each(['econnrefused', '', 'constructor', 'ENOSUCHCODE', 'WSAEAGAIN', 'WSAEPIPE'])('%j is nothing', (name) => {
    expect(describeCode(name)).toBeUndefined()
    expect(errnoNumber(name)).toBeNull()
    expect(gaiNumber(name)).toBeNull()
  })

  it('tells netkit’s own deadline with EAGAIN', () => {
    expect(describeCode('EAGAIN')?.meaning).toContain('deadline')
  })

  it('knows an errno from a getaddrinfo code', () => {
    expect(errnoNumber('EAI_NONAME', 'darwin')).toBeNull()
    expect(gaiNumber('ECONNREFUSED')).toBeNull()
    expect(errnoNumber('CERT_HAS_EXPIRED')).toBeNull()
  })

  it.each([
    ['linux', -2, -5, -3],
    ['darwin', -8, -7, -2],
    ['win32', -11001, -11004, -11002],
  ] as const)('reports getaddrinfo failures below zero on %s', (system, noName, noData, again) => {
    expect(gaiNumber('ENOTFOUND', system)).toBe(noName)
    expect(gaiNumber('EAI_NONAME', system)).toBe(noName)
    expect(gaiNumber('EAI_NODATA', system)).toBe(noData)
    expect(gaiNumber('EAI_AGAIN', system)).toBe(again)
  })
})

describe('by number', () => {
  const names = (n: number, system: System) => entryByNumber(n, system).map((code) => code.name)

  it.each([
    [111, 'linux', ['ECONNREFUSED']],
    [61, 'darwin', ['ECONNREFUSED']],
    [10061, 'win32', ['ECONNREFUSED']],
    [95, 'linux', ['EOPNOTSUPP', 'ENOTSUP']],
    [8, 'darwin', ['ENOEXEC', 'EAI_NONAME']],
    [13, 'darwin', ['EACCES', 'EAI_PROTOCOL']],
    [13, 'win32', ['EACCES']],
    [10013, 'win32', ['EACCES']],
    [10022, 'win32', ['EINVAL', 'EAI_BADFLAGS']],
    [11001, 'win32', ['EAI_NONAME']],
    [-2, 'linux', ['EAI_NONAME', 'ENOENT']],
    [-8, 'darwin', ['EAI_NONAME', 'ENOEXEC']],
    [-11001, 'win32', ['EAI_NONAME']],
    [-111, 'linux', ['ECONNREFUSED']],
    [-61, 'darwin', ['ECONNREFUSED']],
    [-95, 'linux', ['ENOTSUP']],
    [-102, 'darwin', ['EOPNOTSUPP']],
    [-4078, 'linux', ['ECONNREFUSED']],
    [-4078, 'win32', ['ECONNREFUSED']],
    [-3008, 'linux', ['EAI_NONAME']],
    [-111, 'win32', []],
    [0, 'linux', []],
    [99_999, 'linux', []],
    [Number.NaN, 'linux', []],
  ] as const)('%d on %s', (n, system, expected) => {
    expect(names(n, system)).toEqual(expected)
  })

  it('leads back from a number to its name, on every system', () => {
    fc.assert(
      fc.property(anyCode, anySystem, (code, system) => {
        const number = errnoNumber(code.name, system) ?? gaiNumber(code.name, system)
        if (number !== null) expect(entryByNumber(number, system)).toContain(code)
      }),
    )
  })

  it('agrees with itself for any number', () => {
    fc.assert(
      fc.property(fc.integer({ min: -12_000, max: 12_000 }), anySystem, (n, system) => {
        const found = entryByNumber(n, system)
        expect(new Set(found).size).toBe(found.length)
        const name = errnoName(n, system)
        if (name === null) expect(found.filter((code) => code.kind === 'errno' && n > 0)).toEqual([])
        else expect(found[0]?.name).toBe(name)
      }),
    )
  })

  it('takes this machine when no system is named', () => {
    expect(errnoNumber('ECONNREFUSED')).toBe(errnoNumber('ECONNREFUSED', currentSystem()))
    expect(errnoName(errnoNumber('ETIMEDOUT') ?? 0)).toBe('ETIMEDOUT')
  })
})

describe('the list', () => {
  it('filters by kind', () => {
    const kinds: CodeKind[] = ['errno', 'getaddrinfo', 'dns', 'tls', 'netkit']
    const parts = kinds.map((kind) => listCodes({ kind }))
    for (const [at, part] of parts.entries()) {
      expect(part.length).toBeGreaterThan(0)
      expect(part.every((code) => code.kind === kinds[at])).toBe(true)
    }
    expect(parts.flat().length).toBe(listCodes().length)
  })

  it('searches names, aliases, meanings and causes in any case', () => {
    expect(listCodes({ search: 'econnREF' }).map((code) => code.name)).toEqual(['ECONNREFUSED'])
    expect(listCodes({ search: 'enotfound' }).map((code) => code.name)).toEqual(['EAI_NONAME'])
    expect(listCodes({ search: 'time_wait' }).map((code) => code.name)).toEqual(['EADDRINUSE'])
    expect(listCodes({ search: 'expired', kind: 'tls' }).map((code) => code.name)).toContain('CERT_HAS_EXPIRED')
    expect(listCodes({ search: 'no such word' })).toEqual([])
  })
})
