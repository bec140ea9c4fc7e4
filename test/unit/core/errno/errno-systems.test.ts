import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { constants } from 'node:os'
import { getSystemErrorMap } from 'node:util'
import { describe, expect, it } from 'vitest'
import { currentSystem, describeCode, errnoNumber, gaiNumber, listCodes } from '../../../../src/core/errno/index.js'

/** NAME=number pairs, as the public headers of the system have them. */
function pairs(text: string): [string, number][] {
  return text
    .trim()
    .split(/\s+/)
    .map((pair) => pair.split('=') as [string, string])
    .map(([name, number]) => [name, Number(number)])
}

// <sys/errno.h> and <netdb.h> of macOS.
const DARWIN =
  pairs(`EPERM=1 ENOENT=2 ESRCH=3 EINTR=4 EIO=5 ENXIO=6 E2BIG=7 EBADF=9 ENOMEM=12 EACCES=13 EFAULT=14 EBUSY=16
  EEXIST=17 EXDEV=18 ENODEV=19 ENOTDIR=20 EISDIR=21 EINVAL=22 ENFILE=23 EMFILE=24 ETXTBSY=26 EFBIG=27 ENOSPC=28 EROFS=30
  EMLINK=31 EPIPE=32 EAGAIN=35 EINPROGRESS=36 EALREADY=37 ENOTSOCK=38 EDESTADDRREQ=39 EMSGSIZE=40 EPROTOTYPE=41
  ENOPROTOOPT=42 EPROTONOSUPPORT=43 ESOCKTNOSUPPORT=44 ENOTSUP=45 EPFNOSUPPORT=46 EAFNOSUPPORT=47 EADDRINUSE=48
  EADDRNOTAVAIL=49 ENETDOWN=50 ENETUNREACH=51 ENETRESET=52 ECONNABORTED=53 ECONNRESET=54 ENOBUFS=55 EISCONN=56 ENOTCONN=57
  ESHUTDOWN=58 ETOOMANYREFS=59 ETIMEDOUT=60 ECONNREFUSED=61 ELOOP=62 ENAMETOOLONG=63 EHOSTDOWN=64 EHOSTUNREACH=65
  ENOTEMPTY=66 EPROCLIM=67 EUSERS=68 EDQUOT=69 ESTALE=70 EREMOTE=71 ENOSYS=78 EOVERFLOW=84 ECANCELED=89 ENOSR=98 EPROTO=100
  EOPNOTSUPP=102 EQFULL=106 ENOEXEC=8 ECHILD=10 EDEADLK=11 ENOTBLK=15 ENOTTY=25 ESPIPE=29 EDOM=33 ERANGE=34 ENOLCK=77
  EIDRM=90 ENOMSG=91 EILSEQ=92 EBADMSG=94 EMULTIHOP=95 ENODATA=96 ENOLINK=97 ENOSTR=99 ETIME=101 ENOTRECOVERABLE=104
  EOWNERDEAD=105`)
const DARWIN_GAI = pairs(`EAI_ADDRFAMILY=1 EAI_AGAIN=2 EAI_BADFLAGS=3 EAI_FAIL=4 EAI_FAMILY=5 EAI_MEMORY=6 EAI_NODATA=7
  EAI_NONAME=8 EAI_SERVICE=9 EAI_SOCKTYPE=10 EAI_SYSTEM=11 EAI_BADHINTS=12 EAI_PROTOCOL=13 EAI_OVERFLOW=14`)

// <winsock2.h>, and <errno.h> of the C runtime for what Winsock does not number.
const WINDOWS = pairs(`WSAEINTR=10004 WSAEBADF=10009 WSAEACCES=10013 WSAEFAULT=10014 WSAEINVAL=10022 WSAEMFILE=10024
  WSAEWOULDBLOCK=10035 WSAEINPROGRESS=10036 WSAEALREADY=10037 WSAENOTSOCK=10038 WSAEDESTADDRREQ=10039 WSAEMSGSIZE=10040
  WSAEPROTOTYPE=10041 WSAENOPROTOOPT=10042 WSAEPROTONOSUPPORT=10043 WSAESOCKTNOSUPPORT=10044 WSAEOPNOTSUPP=10045
  WSAEPFNOSUPPORT=10046 WSAEAFNOSUPPORT=10047 WSAEADDRINUSE=10048 WSAEADDRNOTAVAIL=10049 WSAENETDOWN=10050
  WSAENETUNREACH=10051 WSAENETRESET=10052 WSAECONNABORTED=10053 WSAECONNRESET=10054 WSAENOBUFS=10055 WSAEISCONN=10056
  WSAENOTCONN=10057 WSAESHUTDOWN=10058 WSAETOOMANYREFS=10059 WSAETIMEDOUT=10060 WSAECONNREFUSED=10061 WSAELOOP=10062
  WSAENAMETOOLONG=10063 WSAEHOSTDOWN=10064 WSAEHOSTUNREACH=10065 WSAENOTEMPTY=10066 WSAEPROCLIM=10067 WSAEUSERS=10068
  WSAEDQUOT=10069 WSAESTALE=10070 WSAEREMOTE=10071 WSASYSNOTREADY=10091 WSAVERNOTSUPPORTED=10092 WSANOTINITIALISED=10093
  WSAEDISCON=10101 WSAECANCELLED=10103 WSAEINVALIDPROCTABLE=10104 WSAEINVALIDPROVIDER=10105 WSAEPROVIDERFAILEDINIT=10106
  WSASYSCALLFAILURE=10107 WSAEREFUSED=10112 WSA_OPERATION_ABORTED=995
  EPERM=1 ENOENT=2 ESRCH=3 EIO=5 ENXIO=6 E2BIG=7 ENOMEM=12 EBUSY=16 EEXIST=17 EXDEV=18 ENODEV=19 ENOTDIR=20 EISDIR=21
  ENFILE=23 EFBIG=27 ENOSPC=28 EROFS=30 EMLINK=31 EPIPE=32 ENOSYS=40 ENOSR=124 ENOTSUP=129 EOVERFLOW=132 EPROTO=134
  ETXTBSY=139 ENOEXEC=8 ECHILD=10 ENOTTY=25 ESPIPE=29 EDOM=33 ERANGE=34 EDEADLK=36 ENOLCK=39 EILSEQ=42 EBADMSG=104
  EIDRM=111 ENODATA=120 ENOLINK=121 ENOMSG=122 ENOSTR=125 ENOTRECOVERABLE=127 EOWNERDEAD=133 ETIME=137`)
const WINDOWS_GAI = pairs(`WSAHOST_NOT_FOUND=11001 WSATRY_AGAIN=11002 WSANO_RECOVERY=11003 WSANO_DATA=11004
  WSATYPE_NOT_FOUND=10109 EAI_BADFLAGS=10022 EAI_FAMILY=10047 EAI_MEMORY=8 EAI_SOCKTYPE=10044 EAI_NOSECURENAME=11032
  EAI_IPSECPOLICY=11033`)

const systemErrnos = listCodes({ kind: 'errno' })
/** ENODATA is a word of DNS resolvers too. */
const entryOf = (name: string) => systemErrnos.find((code) => [code.name, ...code.aliases].includes(name))

describe('numbers of other systems', () => {
  it.each([
    ['darwin', DARWIN],
    ['win32', WINDOWS],
  ] as const)('%s: every errno is as its headers have it, and none is left over', (system, table) => {
    expect(table.map(([name]) => [name, entryOf(name)?.numbers[system]])).toEqual(table)
    const known = new Set(table.map(([name]) => entryOf(name)))
    expect(systemErrnos.filter((code) => code.numbers[system] !== null && !known.has(code))).toEqual([])
  })

  it.each([
    ['darwin', DARWIN_GAI],
    ['win32', WINDOWS_GAI],
  ] as const)('%s: every getaddrinfo code is as its headers have it, and none is left over', (system, table) => {
    expect(table.map(([name]) => [name, -(gaiNumber(name, system) ?? Number.NaN)])).toEqual(table)
    const known = new Set(table.map(([name]) => describeCode(name)))
    const rest = listCodes({ kind: 'getaddrinfo' }).filter((code) => code.numbers[system] !== null && !known.has(code))
    expect(rest).toEqual([])
  })
})

// Windows' os.constants has both Winsock's and the C runtime's number for some names: the table above is the judge there.
describe.skipIf(process.platform === 'win32')('numbers of this system', () => {
  const system = currentSystem()

  it('agree with os.constants.errno', () => {
    const known = Object.entries(constants.errno).filter(([name]) => describeCode(name)?.kind === 'errno')
    expect(known.length).toBeGreaterThan(50)
    expect(known.map(([name]) => [name, errnoNumber(name, system)])).toEqual(known)
  })

  it('agree with libuv’s names', () => {
    const known = [...getSystemErrorMap()].filter(
      ([number, [name]]) => number > -3000 && describeCode(name)?.kind === 'errno',
    )
    expect(known.length).toBeGreaterThan(50)
    for (const [number, [name]] of known) expect([name, errnoNumber(name, system)]).toEqual([name, -number])
  })
})

describe('numbers of the headers on this machine', () => {
  const headers = ['errno-base.h', 'errno.h'].map((name) => `/usr/include/asm-generic/${name}`)
  const missing = headers.find((path) => !existsSync(path))

  it('are all known', ({ skip }) => {
    if (missing) skip(`there is no ${missing}`)
    const text = headers.map((path) => readFileSync(path, 'utf8')).join('\n')
    const numbers = [...text.matchAll(/^#define\s+(E\w+)\s+(\d+)/gm)].map(([, name, number]) => [name, Number(number)])
    expect(numbers.length).toBeGreaterThan(120)
    expect(numbers.map(([name]) => [name, entryOf(String(name))?.numbers.linux])).toEqual(numbers)
  })
})

describe('numbers of CPython on this machine', () => {
  const script = `import errno, json, socket
print(json.dumps({
  'errno': {name: getattr(errno, name) for name in dir(errno) if name[0] == 'E'},
  'gai': {name: getattr(socket, name) for name in dir(socket) if name.startswith('EAI_')},
}))`
  const python = spawnSync('python3', ['-c', script], { encoding: 'utf8' })
  const missing = python.error ? `python3 cannot be run: ${python.error.message}` : null

  it('are the same', ({ skip }) => {
    if (missing !== null) skip(missing)
    if (process.platform === 'win32') skip('CPython mixes Winsock and C runtime numbers there')
    expect(python.stderr).toBe('')
    const theirs = JSON.parse(python.stdout) as { errno: Record<string, number>; gai: Record<string, number> }
    // On Linux none may be missing.
    const errnos = Object.entries(theirs.errno).filter(([name]) => currentSystem() === 'linux' || entryOf(name))
    expect(errnos.length).toBeGreaterThan(60)
    expect(errnos.map(([name]) => [name, entryOf(name)?.numbers[currentSystem()]])).toEqual(errnos)
    const gais = Object.entries(theirs.gai).filter(([name]) => name !== 'EAI_MAX')
    expect(gais.length).toBeGreaterThan(8)
    expect(gais.map(([name]) => [name, gaiNumber(name)])).toEqual(gais.map(([name, n]) => [name, -Math.abs(n)]))
  })

  // It has EHWPOISON from 3.14 on.
  it('leave no errno or getaddrinfo code of ours on this system unchecked, but the few CPython lacks', ({ skip }) => {
    if (missing !== null) skip(missing)
    if (currentSystem() !== 'linux') skip('the list of what CPython lacks is that of Linux')
    const { errno, gai } = JSON.parse(python.stdout) as { errno: object; gai: object }
    const unchecked = listCodes().filter(
      ({ name, kind, numbers }) =>
        (kind === 'errno' && numbers.linux !== null && !(name in errno) && name !== 'EHWPOISON') ||
        (kind === 'getaddrinfo' && numbers.linux !== null && !(name in gai)),
    )
    expect(unchecked.map(({ name, numbers }) => [name, numbers.linux])).toEqual([
      ['EAI_CANCELED', -101],
      ['EAI_IDN_ENCODE', -105],
    ])
  })
})
