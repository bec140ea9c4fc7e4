import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Namespace, whyNoNamespaces } from '../../../helpers/namespace.js'

/** One connect_ex, as both sides are told of it. */
interface Case {
  readonly title: string
  readonly host: string
  readonly port: number
  readonly family: 4 | 6
  /** Seconds; null waits until the kernel gives up. */
  readonly timeout: number | null
  readonly source?: string
  readonly sourcePort?: number
  /** Run as an ordinary user. */
  readonly unprivileged?: true
  /** What Linux is known to give: both must not agree on nonsense. */
  readonly expected: number
}

const EACCES = 13
const EAGAIN = 11
const ENOPROTOOPT = 92
const EINVAL = 22
const EADDRNOTAVAIL = 99
const ENETUNREACH = 101
const ETIMEDOUT = 110
const ECONNREFUSED = 111
const EHOSTUNREACH = 113

const OPEN = 1001
const CLOSED = 1002
const DROPPED = 1003
const FIRST_REJECT = 1010

const REJECT_TYPES = {
  4: [
    ['tcp reset', ECONNREFUSED],
    ['icmp net-unreachable', ENETUNREACH],
    ['icmp host-unreachable', EHOSTUNREACH],
    ['icmp prot-unreachable', ENOPROTOOPT],
    ['icmp port-unreachable', ECONNREFUSED],
    ['icmp net-prohibited', ENETUNREACH],
    ['icmp host-prohibited', EHOSTUNREACH],
    ['icmp admin-prohibited', EHOSTUNREACH],
  ],
  6: [
    ['tcp reset', ECONNREFUSED],
    ['icmpv6 no-route', ENETUNREACH],
    ['icmpv6 admin-prohibited', EACCES],
    ['icmpv6 addr-unreachable', EHOSTUNREACH],
    ['icmpv6 port-unreachable', ECONNREFUSED],
    ['icmpv6 policy-fail', EACCES],
    ['icmpv6 reject-route', EACCES],
  ],
} as const

/** Addresses for documentation (RFC 5737, RFC 3849), used inside the namespaces alone. */
const NET = {
  4: {
    here: '192.0.2.1',
    peer: '192.0.2.2',
    nobody: '192.0.2.9',
    length: '24',
    routes: { unreachable: '198.51.100.1', prohibit: '198.51.100.2', blackhole: '198.51.100.3' },
    away: '203.0.113.1',
  },
  6: {
    here: '2001:db8:1::1',
    peer: '2001:db8:1::2',
    nobody: '2001:db8:1::9',
    length: '64',
    routes: { unreachable: '2001:db8:2::1', prohibit: '2001:db8:2::2', blackhole: '2001:db8:2::3' },
    away: '2001:db8:3::1',
  },
} as const

const ROUTE_ERRNOS = { unreachable: EHOSTUNREACH, prohibit: EACCES, blackhole: EINVAL } as const

function casesOf(family: 4 | 6): Case[] {
  const { peer, nobody, routes, away } = NET[family]
  const to = (title: string, host: string, port: number, expected: number, more: Partial<Case> = {}): Case => ({
    title: `IPv${family} ${title}`,
    host,
    port,
    family,
    timeout: 10,
    expected,
    ...more,
  })
  return [
    to('open', peer, OPEN, 0),
    to('refused', peer, CLOSED, ECONNREFUSED),
    to('silent drop under a timeout', peer, DROPPED, EAGAIN, { timeout: 0.3 }),
    to('silent drop until the kernel gives up', peer, DROPPED, ETIMEDOUT, { timeout: null }),
    to('no such host on the link', nobody, OPEN, EHOSTUNREACH),
    to('no route', away, OPEN, ENETUNREACH),
    ...Object.entries(ROUTE_ERRNOS).map(([kind, errno]) =>
      to(`${kind} route`, routes[kind as keyof typeof ROUTE_ERRNOS], OPEN, errno),
    ),
    ...REJECT_TYPES[family].map(([type, errno], i) => to(`reject with ${type}`, peer, FIRST_REJECT + i, errno)),
    to('source address that is not local', peer, OPEN, EADDRNOTAVAIL, { source: away }),
    to('source address and port', peer, OPEN, 0, { source: NET[family].here, sourcePort: 40_000 + family }),
    to('privileged source port with privilege', peer, OPEN, 0, { sourcePort: 700 + family }),
    to('privileged source port without privilege', peer, OPEN, EACCES, {
      sourcePort: 800 + family,
      unprivileged: true,
    }),
  ]
}

const CASES = [...casesOf(4), ...casesOf(6)]

/** Each case in a thread of its own; the unprivileged ones after the others, since there is no way back. */
const PYTHON = `
import json, os, socket, sys
from concurrent.futures import ThreadPoolExecutor

def connect_ex(case):
    family = socket.AF_INET6 if case["family"] == 6 else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as s:
        s.settimeout(case["timeout"])
        if "source" in case or "sourcePort" in case:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            anywhere = "::" if case["family"] == 6 else "0.0.0.0"
            try:
                s.bind((case.get("source", anywhere), case.get("sourcePort", 0)))
            except OSError as e:
                return e.errno
        return s.connect_ex((case["host"], case["port"]))

cases = json.load(sys.stdin)
numbers = {}
for unprivileged in (False, True):
    batch = [c for c in cases if c.get("unprivileged", False) == unprivileged]
    if unprivileged:
        os.setgroups([]); os.setgid(65534); os.setuid(65534)
    with ThreadPoolExecutor(len(batch)) as pool:
        numbers.update(zip([c["title"] for c in batch], pool.map(connect_ex, batch)))
print(json.dumps(numbers))
`

const NODE = `
import { text } from 'node:stream/consumers'
const { connectEx } = await import(process.argv[1])
const cases = JSON.parse(await text(process.stdin))
const numbers = {}
for (const unprivileged of [false, true]) {
  if (unprivileged) { process.setgroups([]); process.setgid(65534); process.setuid(65534) }
  await Promise.all(cases.filter((each) => (each.unprivileged ?? false) === unprivileged).map(async (each) => {
    const { title, host, port, family, timeout, source, sourcePort } = each
    const sourceAddress = source === undefined ? undefined : { address: source, family }
    const timeoutMs = timeout === null ? undefined : timeout * 1000
    numbers[title] = await connectEx(host, port, { family, timeoutMs, sourceAddress, sourcePort })
  }))
}
console.log(JSON.stringify(numbers))
`

const RULES = `table inet conformance {
  chain input {
    type filter hook input priority 0;
    tcp dport ${DROPPED} drop
    ${([4, 6] as const)
      .flatMap((family) =>
        REJECT_TYPES[family].map(
          ([type], i) => `meta nfproto ipv${family} tcp dport ${FIRST_REJECT + i} reject with ${type}`,
        ),
      )
      .join('\n    ')}
  }
}
`

const SERVER = `
const server = require('node:net').createServer((socket) => socket.end().on('error', () => {}))
server.listen(${OPEN}, '::', () => console.log('ready'))
`

const why = whyNoNamespaces('nft', 'python3')
const LIBRARY = new URL('../../../../dist/net/connect/connect-ex.js', import.meta.url).href

describe(`connectEx agrees with CPython's connect_ex${why === null ? '' : ` (skipped: ${why})`}`, () => {
  const namespaces: Namespace[] = []
  let python: Record<string, number> = {}
  let netkit: Record<string, number> = {}
  let server: ReturnType<Namespace['spawn']> | undefined

  beforeAll(async () => {
    if (why !== null) return
    const here = new Namespace('here')
    namespaces.push(here)
    const peer = new Namespace('peer')
    namespaces.push(peer)
    link(here, peer)
    addRoutes(here)
    // The kernel gives up sooner, and on a missing neighbour sooner than on silence.
    const neighbour = ['ipv4', 'ipv6'].map((family) => `net.${family}.neigh.veth0.retrans_time_ms=200`)
    here.run('sysctl', ['-qw', 'net.ipv4.tcp_syn_retries=1', ...neighbour])
    peer.run('sysctl', ['-qw', 'net.ipv4.icmp_ratelimit=0', 'net.ipv6.icmp.ratelimit=0'])
    peer.run('nft', ['-f', '-'], RULES)
    server = peer.spawn(process.execPath, ['-e', SERVER])
    await once(server.stdout, 'data')
    const [ofPython, ofNetkit] = await Promise.all([
      numbersOf(here, 'python3', ['-c', PYTHON], CASES),
      numbersOf(here, process.execPath, ['--input-type=module', '-e', NODE, LIBRARY], CASES.map(withOtherPort)),
    ])
    python = ofPython
    netkit = ofNetkit
  }, 60_000)

  afterAll(() => {
    server?.kill()
    for (const namespace of namespaces) namespace.remove()
  })

  test.for(CASES)('$title', ({ title, expected }, { skip }) => {
    if (why !== null) return skip(why)
    expect({ netkit: netkit[title], python: python[title] }).toEqual({ netkit: expected, python: expected })
  })
})

/** A cable between two namespaces, with both families on it and no route to anywhere else. */
function link(here: Namespace, peer: Namespace): void {
  here.ip('link', 'add', 'veth0', 'type', 'veth', 'peer', 'name', 'veth0', 'netns', peer.name)
  const macs = { here: '02:00:00:00:00:01', peer: '02:00:00:00:00:02' }
  for (const [namespace, own, other] of [
    [here, 'here', 'peer'],
    [peer, 'peer', 'here'],
  ] as const) {
    namespace.ip('link', 'set', 'veth0', 'address', macs[own], 'up')
    for (const { length, ...addresses } of Object.values(NET)) {
      // nodad and fixed neighbours: IPv6 takes a while before it uses its addresses and asks for others.
      const nodad = addresses[own].includes(':') ? ['nodad'] : []
      namespace.ip('address', 'add', `${addresses[own]}/${length}`, 'dev', 'veth0', ...nodad)
      namespace.ip('neighbour', 'add', addresses[other], 'lladdr', macs[other], 'dev', 'veth0')
    }
  }
}

function addRoutes(here: Namespace): void {
  for (const { routes } of Object.values(NET)) {
    for (const [kind, address] of Object.entries(routes)) here.ip('route', 'add', kind, address)
  }
}

/** Both run at once, so each has source ports of its own. */
function withOtherPort(each: Case): Case {
  return each.sourcePort === undefined ? each : { ...each, sourcePort: each.sourcePort + 10 }
}

async function numbersOf(
  namespace: Namespace,
  program: string,
  args: readonly string[],
  cases: readonly Case[],
): Promise<Record<string, number>> {
  const { code, stdout, stderr } = await namespace.start(program, args, JSON.stringify(cases))
  if (code !== 0) throw new Error(`${program} ended with ${code}: ${stderr}`)
  return JSON.parse(stdout)
}
