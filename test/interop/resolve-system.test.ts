import { mkdirSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BIN, jsonLines } from '../helpers/cli.js'
import { Daemons } from '../helpers/daemons.js'
import { Namespace } from '../helpers/namespace.js'

/** BIND has the zones; at the other address nobody answers, and nobody refuses. */
const SERVER = '127.0.0.2'
const SILENT = '127.0.0.99'

const HOSTS = `127.0.0.1 localhost
192.0.2.77 main.example second third.example
192.0.2.78 xn--bcher-kva.example
`
const SERVICES = `echo 7/tcp
echo 7/udp
http 80/tcp www # WorldWideWeb
ntp 123/udp
ours 4242/tcp mine
both 99/udp
both 98/tcp
`

let namespace: Namespace
let daemons: Daemons

beforeAll(async () => {
  namespace = new Namespace('system')
  daemons = new Daemons(namespace)
  namespace.ip('address', 'add', `${SERVER}/8`, 'dev', 'lo')
  const zone = daemons.file(
    'zone',
    '$TTL 60\n@ SOA ns h 1 2 3 4 5\n@ NS ns\nns A 127.0.0.2\nwww A 192.0.2.10\nwww AAAA 2001:db8::10\nalias CNAME www\n',
  )
  const head = '$TTL 60\n@ SOA ns h 1 2 3 4 5\n@ NS ns\nns A 127.0.0.2\n'
  const wild = daemons.file('wild', `${head}* A 192.0.2.99\n`)
  // So that it denies what it does not have, as a resolver does.
  const root = daemons.file('root', head)
  const config = `options { directory "${daemons.directory}"; listen-on-v6 { none; }; recursion no; dnssec-validation no;
  pid-file none; session-keyfile none; lock-file none; listen-on { ${SERVER}; }; };
controls { };
zone "corp.example" { type primary; file "${zone}"; };
zone "wild.example" { type primary; file "${wild}"; };
zone "." { type primary; file "${root}"; };
`
  namespace.etc({ hosts: HOSTS, services: SERVICES, 'nsswitch.conf': 'hosts: files dns\nservices: files\n' })
  settings(`nameserver ${SERVER}\n`)
  daemons.start('named', ['-g', '-c', daemons.file('named.conf', config)])
  await daemons.answers(SERVER, 'corp.example')
  // Takes questions and says nothing.
  daemons.start('socat', ['-u', `UDP-RECVFROM:53,bind=${SILENT},fork`, '/dev/null'])
}, 60_000)
afterAll(() => {
  daemons?.stop()
  namespace?.remove()
})

/** What the namespace's resolv.conf is from now on. */
function settings(text: string): void {
  mkdirSync(`/etc/netns/${namespace.name}`, { recursive: true })
  writeFileSync(`/etc/netns/${namespace.name}/resolv.conf`, text)
}

async function netkit(args: readonly string[], environment: readonly string[] = []) {
  const { code, stdout, stderr } = await namespace.start('env', [
    ...environment,
    process.execPath,
    BIN,
    ...args,
    '--json',
  ])
  const lines = jsonLines(stdout)
  return { code, stderr, lines, of: (wanted: string) => lines.filter(({ type }) => type === wanted) }
}

async function python(program: string, args: readonly string[] = [], environment: readonly string[] = []) {
  const { stdout, stderr } = await namespace.start('env', [...environment, 'python3', '-c', program, ...args])
  expect(stderr).toBe('')
  return JSON.parse(stdout)
}

describe("a service's tuples are getaddrinfo's", () => {
  const TUPLES = `
import json, socket, sys
host, service, family = sys.argv[1], sys.argv[2], {'': 0, '-4': socket.AF_INET, '-6': socket.AF_INET6}[sys.argv[3]]
try:
    found = socket.getaddrinfo(host, service, family, flags=socket.AI_CANONNAME)
except socket.gaierror as error:
    found = None
kinds = {socket.SOCK_STREAM: 'stream', socket.SOCK_DGRAM: 'dgram', socket.SOCK_RAW: 'raw'}
names = {6: 'tcp', 17: 'udp', 0: 'ip'}
print(json.dumps(found and [[kinds[type], names[protocol], canonical, to[0], to[1]] for _, type, protocol, canonical, to in found]))
`
  const cases = ['127.0.0.1', '2001:db8::7', 'main.example', 'second', 'www.corp.example', 'www', 'alias'].flatMap(
    (host) =>
      ['80', '0', '65535', 'http', 'www', 'ntp', 'echo', 'ours', 'mine', 'both'].map(
        (service) => [host, service, ''] as const,
      ),
  )
  const families = ['-4', '-6'].flatMap((family) => [
    ['www', '80', family] as const,
    ['alias', 'echo', family] as const,
  ])

  it.each([...cases, ...families])('%s %s %s', async (host, service, family) => {
    settings(`nameserver ${SERVER}\nsearch corp.example\n`)
    const expected = await python(TUPLES, [host, service, family])
    const flags = ['--service', service, '--canonical', ...(family === '' ? [] : [family])]
    const { of } = await netkit(['resolve', host, ...flags])
    const tuples = of('answer').map(({ socketType, protocol, canonicalName, address, port }) => [
      socketType,
      protocol,
      canonicalName ?? '',
      address,
      port,
    ])
    expect(tuples).toEqual(expected)
  })

  it('a name that this system does not have is refused, though IANA has it', async () => {
    expect(await python(TUPLES, ['127.0.0.1', 'ssh', ''])).toBeNull()
    expect(await netkit(['resolve', '127.0.0.1', '--service', 'ssh'])).toMatchObject({ code: 2 })
  })
})

describe('resolv.conf is read as glibc reads it', () => {
  /** struct __res_state of <resolv.h>, of 64 bits. */
  const RES_INIT = `
import ctypes, json, socket
c = ctypes
class In(c.Structure): _fields_ = [('family', c.c_uint16), ('port', c.c_uint16), ('address', c.c_uint8 * 4), ('zero', c.c_uint8 * 8)]
class In6(c.Structure): _fields_ = [('family', c.c_uint16), ('port', c.c_uint16), ('flow', c.c_uint32), ('address', c.c_uint8 * 16), ('scope', c.c_uint32)]
class State(c.Structure): _fields_ = [('retrans', c.c_int), ('retry', c.c_int), ('options', c.c_ulong), ('nscount', c.c_int),
    ('servers', In * 3), ('id', c.c_ushort), ('search', c.c_char_p * 7), ('domain', c.c_char * 256), ('code', c.c_ulong),
    ('bits', c.c_uint32), ('sort', c.c_uint32 * 20), ('hooks', c.c_void_p * 2), ('error', c.c_int), ('socket', c.c_int),
    ('flags', c.c_uint), ('count', c.c_uint16), ('map', c.c_uint16 * 3), ('sockets', c.c_int * 3), ('count6', c.c_uint16),
    ('initialized', c.c_uint16), ('servers6', c.POINTER(In6) * 3), ('rest', c.c_uint * 2)]
libc = c.CDLL('libc.so.6')
libc.__res_state.restype = c.POINTER(State)
libc.__res_init()
state = libc.__res_state().contents
def server(i):
    if state.servers[i].family == socket.AF_INET: return socket.inet_ntop(socket.AF_INET, bytes(state.servers[i].address))
    six = state.servers6[i].contents
    return socket.inet_ntop(socket.AF_INET6, bytes(six.address)) + (f'%{socket.if_indextoname(six.scope)}' if six.scope else '')
search = []
for domain in state.search:
    if not domain: break
    search.append(domain.decode('latin1'))
print(json.dumps({'servers': [server(i) for i in range(state.nscount)], 'search': search, 'ndots': state.bits & 15,
    'timeoutMs': max(1, state.retrans) * 1000, 'attempts': max(1, state.retry)}))
`
  const texts = [
    '',
    '; nameserver 192.0.2.1\n#nameserver 192.0.2.2\nnameserver 127.0.0.1\n',
    'nameserver 127.0.0.1;c\nnameserver 127.0.0.2#c\nnameserver 127.0.0.3 # c\n',
    'nameserver [::1]:5353\nnameserver ::1\nnameserver 127.0.0.1:53\n',
    'nameserver 127.1\nnameserver 0x7f.2\nnameserver 010.0.0.1\n',
    'nameserver 127.0.0.256\nnameserver 127.0.0.1.\nnameserver 08.1.1.1\nnameserver 4294967296\nnameserver 2130706433\n',
    'nameserver fe80::1%lo\nnameserver fe80::1%nosuch\nnameserver fe80::2\n',
    'nameserver 2001:DB8::1\nnameserver ::ffff:192.0.2.1\nnameserver ::\n',
    'nameserver 127.0.0.1\nnameserver 127.0.0.2\nnameserver 127.0.0.3\nnameserver 127.0.0.4\n',
    '  nameserver 127.0.0.9\nnameserver\t127.0.0.8\nNAMESERVER 127.0.0.7\nnameserverx 127.0.0.6\nnameserver\n',
    'nameserver 127.0.0.1\r\nnameserver ::1\r\nsearch a.example\r\n',
    'nameserver 127.0.0.1',
    'search .x .y. z.\n',
    'search .\n',
    'search . corp.example\n',
    'search a b ; comment\n',
    'search a\tb  c # d\n',
    'domain a\nsearch b c\n',
    'search b c\ndomain a d\n',
    'search a\nsearch\nsearch \n',
    'search a a A.Example\n',
    'domain .x\n',
    'options ndots:2 timeout:3 attempts:4\n',
    'options ndots:99 timeout:99 attempts:99\n',
    'options ndots:abc timeout: attempts:x\n',
    'options ndots:-1 timeout:-2 attempts:-3\n',
    'options ndots:5x timeout:+3 attempts:0x2\n',
    'options ndots:2\noptions\tndots:3 ; c\n',
    'options ndots:2,timeout:3 rotate edns0\n',
    'sortlist 192.0.2.0\nlookup file bind\nnameserver 127.0.0.7\n',
  ]

  const same = async (environment: readonly string[] = []) => {
    const expected = await python(RES_INIT, [], environment)
    const { of } = await netkit(['local'], environment)
    const [read] = of('settings')
    const servers = of('resolver').map(({ address }) => address)
    const {
      search,
      ndots,
      resolverTimeoutMs: timeoutMs,
      resolverAttempts: attempts,
    } = (read ?? {}) as Record<string, unknown>
    expect({ servers, search, ndots, timeoutMs, attempts }).toEqual(expected)
  }

  it.each(texts)('%j', async (text) => {
    settings(text)
    await same()
  })

  it.each([
    'LOCALDOMAIN=x.example y.example',
    'LOCALDOMAIN=',
    'RES_OPTIONS=ndots:3 timeout:1',
    'RES_OPTIONS= attempts:3',
  ])('%s', async (variable) => {
    settings('search a.example b.example\noptions ndots:2\n')
    await same([variable])
  })
})

describe('with a dead first server', () => {
  const dead = `nameserver ${SILENT}\nnameserver ${SERVER}\nsearch corp.example\n`

  it('a name is found where programs find it, and so is the way to it', async () => {
    settings(dead)
    const getent = await namespace.start('getent', ['ahostsv4', 'www'])
    expect(getent.stdout).toContain('192.0.2.10')
    const { code, of } = await netkit(['resolve', '-4', 'www'])
    expect(of('answer')).toMatchObject([{ address: '192.0.2.10', owner: 'www.corp.example' }])
    expect(code).toBe(0)
    // There is no route to it: it was looked up, and tried.
    const connected = await netkit(['connect', '-4', 'www', '80'])
    expect(connected.of('attempt')).toMatchObject([{ address: '192.0.2.10', code: 'ENETUNREACH' }])
  }, 120_000)

  it.each([
    ['resolve', 'www'],
    ['connect', 'www', '80'],
  ])('a time given by hand binds: %s', async (...words) => {
    settings(dead)
    const { code, lines } = await netkit([...words, '--timeout', '300ms'])
    expect(lines.at(-1)).toMatchObject({
      ok: false,
      code: 'EAGAIN',
      origin: 'deadline',
      phase: 'lookup',
      advice: 'more-time',
    })
    expect(code).toBe(4)
  })
})

it('a search domain that has a wildcard is told: names that do not exist lead there', async () => {
  settings(`nameserver ${SERVER}\nsearch wild.example\n`)
  const { code, of } = await netkit(['resolve', '--check-hijack'])
  const lied = of('hijack').filter(({ hijacked }) => hijacked)
  expect(lied.map(({ server, values }) => [server, values])).toEqual([
    [SERVER, ['192.0.2.99']],
    ['getaddrinfo', ['192.0.2.99']],
  ])
  expect(code).toBe(1)
})

it('the source of a name in other letters is the hosts file too', async () => {
  settings(`nameserver ${SERVER}\n`)
  const { of } = await netkit(['resolve', '-4', 'bücher.example', '--canonical'])
  expect(of('answer')).toMatchObject([
    { address: '192.0.2.78', source: 'hosts', canonicalName: 'xn--bcher-kva.example' },
  ])
})

it('an address of an interface that is not there is none, as getaddrinfo has it', async () => {
  const { code, lines } = await netkit(['resolve', 'fe80::1%nosuch0'])
  expect(lines.at(-1)).toMatchObject({
    ok: false,
    code: 'EINVAL',
    syscall: null,
    message: expect.stringContaining('no interface is called nosuch0 here'),
  })
  expect(code).toBe(1)
})
