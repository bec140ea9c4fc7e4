import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { BIN, type JsonLine, jsonLines } from '../../../helpers/cli.js'
import { Namespace, whyNoNamespaces } from '../../../helpers/namespace.js'

const ENGINES = ['net', 'syscall'] as const

const OPEN = 1001
const CLOSED = 1002
const DROPPED = 1003
const FIRST_REJECT = 1010

const REJECT_TYPES = {
  4: [
    'tcp reset',
    'icmp net-unreachable',
    'icmp host-unreachable',
    'icmp prot-unreachable',
    'icmp port-unreachable',
    'icmp net-prohibited',
    'icmp host-prohibited',
    'icmp admin-prohibited',
  ],
  6: [
    'tcp reset',
    'icmpv6 no-route',
    'icmpv6 admin-prohibited',
    'icmpv6 addr-unreachable',
    'icmpv6 port-unreachable',
    'icmpv6 policy-fail',
    'icmpv6 reject-route',
  ],
} as const

/** Addresses for documentation (RFC 5737, RFC 3849), used inside the namespaces alone. */
const NET = {
  4: {
    here: '192.0.2.1',
    peer: '192.0.2.2',
    length: '24',
    'nobody on the link': '192.0.2.9',
    unreachable: '198.51.100.1',
    prohibit: '198.51.100.2',
    blackhole: '198.51.100.3',
    'no route': '203.0.113.1',
  },
  6: {
    here: '2001:db8:1::1',
    peer: '2001:db8:1::2',
    length: '64',
    'nobody on the link': '2001:db8:1::9',
    unreachable: '2001:db8:2::1',
    prohibit: '2001:db8:2::2',
    blackhole: '2001:db8:2::3',
    'no route': '2001:db8:3::1',
  },
} as const
const FAMILIES = [4, 6] as const
const HOSTS = ['peer', 'nobody on the link', 'unreachable', 'prohibit', 'blackhole', 'no route'] as const
const MISSING_SOURCE = { 4: '203.0.113.77', 6: '2001:db8:77::1' } as const

const PORTS = {
  open: OPEN,
  closed: CLOSED,
  dropped: DROPPED,
  ...Object.fromEntries(REJECT_TYPES[4].map((_, i) => [`reject ${i}`, FIRST_REJECT + i])),
}

/** What Linux is known to give: both must not agree on nonsense. */
const KNOWN: readonly [host: (typeof HOSTS)[number], port: number, states: Record<4 | 6, string>][] = [
  ['peer', OPEN, { 4: 'open null', 6: 'open null' }],
  ['peer', CLOSED, { 4: 'closed ECONNREFUSED', 6: 'closed ECONNREFUSED' }],
  ['peer', DROPPED, { 4: 'filtered EAGAIN', 6: 'filtered EAGAIN' }],
  ['peer', FIRST_REJECT, { 4: 'closed ECONNREFUSED', 6: 'closed ECONNREFUSED' }],
  ['peer', FIRST_REJECT + 1, { 4: 'filtered ENETUNREACH', 6: 'filtered ENETUNREACH' }],
  ['peer', FIRST_REJECT + 2, { 4: 'filtered EHOSTUNREACH', 6: 'filtered EACCES' }],
  ['peer', FIRST_REJECT + 3, { 4: 'filtered ENOPROTOOPT', 6: 'filtered EHOSTUNREACH' }],
  ['nobody on the link', OPEN, { 4: 'filtered EHOSTUNREACH', 6: 'filtered EHOSTUNREACH' }],
  ['unreachable', OPEN, { 4: 'filtered EHOSTUNREACH', 6: 'filtered EHOSTUNREACH' }],
  ['prohibit', OPEN, { 4: 'filtered EACCES', 6: 'filtered EACCES' }],
  ['blackhole', OPEN, { 4: 'filtered EINVAL', 6: 'filtered EINVAL' }],
  ['no route', OPEN, { 4: 'filtered ENETUNREACH', 6: 'filtered ENETUNREACH' }],
]

const PYTHON = `
import json, socket, sys
from concurrent.futures import ThreadPoolExecutor

def connect_ex(case):
    host, port = case
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM) as s:
        s.settimeout(3)
        return s.connect_ex((host, port))

cases = json.load(sys.stdin)
with ThreadPoolExecutor(len(cases)) as pool:
    print(json.dumps({f"{host} {port}": errno for (host, port), errno in zip(cases, pool.map(connect_ex, cases))}))
`

const RULES = `table inet conformance {
  chain input {
    type filter hook input priority 0;
    tcp dport ${DROPPED} drop
    ${FAMILIES.flatMap((family) =>
      REJECT_TYPES[family].map(
        (type, i) => `meta nfproto ipv${family} tcp dport ${FIRST_REJECT + i} reject with ${type}`,
      ),
    ).join('\n    ')}
  }
}
`

/** Prints who connects: accept(2) knows even of a connection that was reset meanwhile. */
const SERVER = `
import socket
server = socket.create_server(("::", ${OPEN}), family=socket.AF_INET6, dualstack_ipv6=True, backlog=128)
print("ready", flush=True)
while True:
    connection, peer = server.accept()
    connection.close()
    print(peer[0].removeprefix("::ffff:"), peer[1], flush=True)
`

const why = whyNoNamespaces('nft', 'python3')

describe(`a scan's verdicts are those of CPython's connect_ex${why === null ? '' : ` (skipped: ${why})`}`, () => {
  const namespaces: Namespace[] = []
  const known = new Map<string, number>()
  let here: Namespace
  let server: ReturnType<Namespace['spawn']> | undefined
  let heard = ''

  beforeAll(async () => {
    if (why !== null) return
    here = new Namespace('here')
    namespaces.push(here)
    const peer = new Namespace('peer')
    namespaces.push(peer)
    link(here, peer)
    // A neighbour that is missing is noticed sooner than silence is taken for an answer.
    const neighbour = ['ipv4', 'ipv6'].map((family) => `net.${family}.neigh.veth0.retrans_time_ms=100`)
    here.run('sysctl', ['-qw', ...neighbour])
    const noLimits = ['net.ipv4.icmp_ratelimit=0', 'net.ipv6.icmp.ratelimit=0', 'net.ipv4.icmp_msgs_burst=10000']
    peer.run('sysctl', ['-qw', ...noLimits, 'net.ipv4.icmp_msgs_per_sec=10000'])
    peer.run('nft', ['-f', '-'], RULES)
    server = peer.spawn('python3', ['-c', SERVER])
    server.stdout.on('data', (chunk) => {
      heard += chunk
    })
    await once(server.stdout, 'data')
    const cases = FAMILIES.flatMap((family) =>
      HOSTS.flatMap((host) => Object.values(PORTS).map((port) => [NET[family][host], port])),
    )
    const { code, stdout, stderr } = await here.start('python3', ['-c', PYTHON], JSON.stringify(cases))
    if (code !== 0) throw new Error(`python3 ended with ${code}: ${stderr}`)
    for (const [key, errno] of Object.entries(JSON.parse(stdout) as Record<string, number>)) known.set(key, errno)
  }, 60_000)

  afterAll(() => {
    server?.kill()
    for (const namespace of namespaces) namespace.remove()
  })

  const scan = async (args: readonly string[]) => {
    const run = await here.start(process.execPath, [BIN, 'portscan', '--json', ...args])
    return { ...run, lines: jsonLines(run.stdout) }
  }
  const ports = (lines: readonly JsonLine[]) => lines.filter(({ type }) => type === 'port')

  describe.for(ENGINES)('engine %s', (engine) => {
    let found = new Map<string, JsonLine>()

    beforeAll(async () => {
      if (why !== null) return
      const targets = FAMILIES.flatMap((family) => HOSTS.map((host) => NET[family][host]))
      const { code, lines, stderr } = await scan([
        targets.join(),
        Object.values(PORTS).join(),
        ...['--engine', engine, '--timeout', '1500ms', '--retries', '1'],
      ])
      if (code !== 0) throw new Error(`netkit ended with ${code}: ${stderr}`)
      expect(lines.find(({ type }) => type === 'engine')).toMatchObject({ engine })
      found = new Map(ports(lines).map((line) => [`${line['address']} ${line['port']}`, line]))
    }, 60_000)

    test.for(FAMILIES.flatMap((family) => HOSTS.map((host) => ({ family, host }))))(
      'IPv$family $host',
      ({ family, host }, { skip }) => {
        if (why !== null) return skip(why)
        for (const port of Object.values(PORTS)) {
          const key = `${NET[family][host]} ${port}`
          const line = found.get(key)
          expect(known.has(key), key).toBe(true)
          if (engine === 'net' && isSoft(family, host, port) && line?.['code'] === 'EAGAIN') continue
          expect({ key, errno: line?.['errno'] ?? (line ? 0 : undefined) }).toEqual({ key, errno: known.get(key) })
        }
        for (const [, port, states] of KNOWN.filter(([each]) => each === host)) {
          const line = found.get(`${NET[family][host]} ${port}`)
          if (engine === 'net' && isSoft(family, host, port) && line?.['code'] === 'EAGAIN') continue
          expect(`${line?.['state']} ${line?.['code']}`).toBe(states[family])
        }
      },
    )

    test('only silence is tried again, and comes from the deadline', (context) => {
      if (why !== null) return context.skip(why)
      for (const line of found.values()) {
        const silent = line['code'] === 'EAGAIN'
        expect(line['origin']).toBe(silent ? 'deadline' : line['state'] === 'open' ? null : 'os')
        if (silent) expect(line).toMatchObject({ rttMs: null, tries: 2 })
        else if (line['rttMs'] === null) expect(isSoft(4, 'peer', Number(line['port']))).toBe(true)
        else expect(line).toMatchObject({ tries: 1, rttMs: expect.any(Number) })
      }
    })

    test.for(FAMILIES)('IPv%i source address and port are used', async (family, { skip }) => {
      if (why !== null) return skip(why)
      const { peer, here: own } = NET[family]
      const sourcePort = 600 + family + (engine === 'net' ? 0 : 10) // privileged, and root may
      heard = ''
      const { code, lines } = await scan([
        peer,
        String(OPEN),
        '--engine',
        engine,
        '--source',
        own,
        '--source-port',
        String(sourcePort),
      ])
      expect(code).toBe(0)
      expect(ports(lines)).toMatchObject([{ state: 'open' }])
      await expect.poll(() => heard).toBe(`${own} ${sourcePort}\n`)
    })

    test('several ports of both families from one source port', async ({ skip }) => {
      if (why !== null) return skip(why)
      const targets = `${NET[4].peer},${NET[6].peer}`
      const { lines } = await scan([
        targets,
        `${OPEN},${CLOSED},${FIRST_REJECT}`,
        ...['--engine', engine, '--source-port', '40404'],
      ])
      const states = ports(lines).map(({ address, port, state }) => `${address} ${port} ${state}`)
      const expected = FAMILIES.flatMap((family) => [
        `${NET[family].peer} ${OPEN} open`,
        `${NET[family].peer} ${CLOSED} closed`,
        `${NET[family].peer} ${FIRST_REJECT} closed`,
      ])
      expect(states.sort()).toEqual(expected)
    })

    test.for(FAMILIES)(
      'IPv%i a source address of somebody else is refused by this machine',
      async (family, { skip }) => {
        if (why !== null) return skip(why)
        const { code, lines } = await scan([
          NET[family].peer,
          String(OPEN),
          '--engine',
          engine,
          '--source',
          MISSING_SOURCE[family],
        ])
        expect(code).toBe(5)
        expect(lines).toMatchObject([{ type: 'result', ok: false, code: 'EADDRNOTAVAIL', phase: 'bind' }])
      },
    )

    test('a privileged source port without privilege is refused by this machine', async ({ skip }) => {
      if (why !== null) return skip(why)
      const args = [BIN, 'portscan', NET[4].peer, `${OPEN}`, '--json', '--engine', engine, '--source-port', '612']
      const asNobody = [
        'import os, sys',
        'os.setgroups([]); os.setgid(65534); os.setuid(65534)',
        'os.execv(sys.argv[1], sys.argv[1:])',
      ]
      const run = await here.start('python3', ['-c', asNobody.join('\n'), process.execPath, ...args])
      expect(run.stderr).toBe('')
      expect(jsonLines(run.stdout)).toMatchObject([{ type: 'result', ok: false, code: 'EACCES', phase: 'bind' }])
      expect(run.code).toBe(5)
    })
  })
})

/**
 * ICMP that comes back before connect(2) has returned, as between namespaces, is kept by Linux as a soft error until the
 * kernel sends its next SYN, a second later. CPython waits for that, the system-call engine asks for it (SO_ERROR), and
 * Node has no way to: there the port may stay silent.
 */
function isSoft(family: 4 | 6, host: string, port: number): boolean {
  return host === 'peer' && REJECT_TYPES[family].some((type, i) => type !== 'tcp reset' && port === FIRST_REJECT + i)
}

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
  for (const { unreachable, prohibit, blackhole } of Object.values(NET)) {
    for (const [kind, address] of Object.entries({ unreachable, prohibit, blackhole }))
      here.ip('route', 'add', kind, address)
  }
}
