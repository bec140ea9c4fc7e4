import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { BIN, type JsonLine, jsonLines } from '../../../helpers/cli.js'
import { Namespace, whyNoNamespaces } from '../../../helpers/namespace.js'

/** Documentation's address (RFC 5737) and link-local ones, used inside the namespaces alone. */
const PEER = '192.0.2.2'
const PEER_LOCAL = 'fe80::2'
const FIRST_OPEN = 2001
const OPEN = 60
const DROPPED = 1003
const SILENT_TRIES = 3
const LISTEN = '0A'

/** Accepts, and never closes: what is left of a connection is what the scan has left. */
const SERVER = `
const held = []
let left = ${OPEN}
for (let port = ${FIRST_OPEN}; port < ${FIRST_OPEN + OPEN}; port++)
  require('node:net').createServer((socket) => held.push(socket.on('error', () => {})))
    .listen({ port, host: '::', backlog: 128 }, () => --left || console.log('ready'))
`
const RULES = `table inet wire {
  counter dropped { }
  chain input {
    type filter hook input priority 0;
    tcp dport ${DROPPED} counter name dropped drop
  }
}
`

const why = whyNoNamespaces('nft')

describe(`what the wire sees of a scan${why === null ? '' : ` (skipped: ${why})`}`, () => {
  const namespaces: Namespace[] = []
  let here: Namespace
  let peer: Namespace
  let server: ReturnType<Namespace['spawn']> | undefined

  beforeAll(async () => {
    if (why !== null) return
    here = new Namespace('here')
    namespaces.push(here)
    peer = new Namespace('peer')
    namespaces.push(peer)
    here.ip('link', 'add', 'veth0', 'type', 'veth', 'peer', 'name', 'veth0', 'netns', peer.name)
    for (const [namespace, own] of [
      [here, 1],
      [peer, 2],
    ] as const) {
      namespace.run('sysctl', ['-qw', 'net.ipv6.conf.veth0.addr_gen_mode=1'])
      namespace.ip('link', 'set', 'veth0', 'up')
      namespace.ip('address', 'add', `192.0.2.${own}/24`, 'dev', 'veth0')
      namespace.ip('address', 'add', `fe80::${own}/64`, 'dev', 'veth0', 'nodad')
    }
    peer.run('nft', ['-f', '-'], RULES)
    server = peer.spawn(process.execPath, ['-e', SERVER])
    server.stderr.pipe(process.stderr)
    await once(server.stdout, 'data')
  }, 60_000)

  afterAll(() => {
    server?.kill()
    for (const namespace of namespaces) namespace.remove()
  })

  const scan = async (...args: readonly string[]) => {
    const { code, stdout, stderr } = await here.start(process.execPath, [BIN, 'portscan', '--json', ...args])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const lines = jsonLines(stdout)
    return { ports: lines.filter(({ type }) => type === 'port'), result: lines.at(-1) as JsonLine }
  }
  /** `local state` of all that is no listener (proc_net_tcp(5)). */
  const connections = (namespace: Namespace) =>
    ['tcp', 'tcp6'].flatMap((file) =>
      namespace
        .run('cat', [`/proc/net/${file}`])
        .trim()
        .split('\n')
        .slice(1)
        .map((line) => line.trim().split(/\s+/))
        .filter(([, , , state]) => state !== LISTEN)
        .map(([, local, , state]) => `${local} ${state}`),
    )

  describe.for(['net', 'syscall'])('engine %s', (engine) => {
    test('a connection is reset: nothing of it is left on either side, not even TIME_WAIT', async ({ skip }) => {
      if (why !== null) return skip(why)
      const ports = `${FIRST_OPEN}-${FIRST_OPEN + OPEN - 1}`
      const { result } = await scan(`${PEER},${PEER_LOCAL}%veth0`, ports, '--engine', engine)
      expect(result).toMatchObject({ open: 2 * OPEN, closed: 0, filtered: 0 })
      for (const namespace of [here, peer]) await expect.poll(() => connections(namespace)).toEqual([])
    })

    test('a link-local address is reached through the interface that its zone names', async ({ skip }) => {
      if (why !== null) return skip(why)
      const index = here.run('cat', ['/sys/class/net/veth0/ifindex']).trim()
      for (const zone of ['veth0', index]) {
        const target = `${PEER_LOCAL}%${zone}`
        const { ports } = await scan(target, `${FIRST_OPEN},1`, '--engine', engine)
        const found = ports
          .map(({ port, state, code }) => ({ port, state, code }))
          .sort((a, b) => Number(a.port) - Number(b.port))
        expect(found).toEqual([
          { port: 1, state: 'closed', code: 'ECONNREFUSED' },
          { port: FIRST_OPEN, state: 'open', code: null },
        ])
      }
    })

    test('silence is tried as often as --retries says, and no sooner than --timeout', async ({ skip }) => {
      if (why !== null) return skip(why)
      peer.run('nft', ['reset', 'counter', 'inet', 'wire', 'dropped'])
      const timing = ['--retries', String(SILENT_TRIES - 1), '--timeout', '150ms']
      const { ports, result } = await scan(PEER, String(DROPPED), '--engine', engine, ...timing)
      expect(ports).toMatchObject([{ state: 'filtered', code: 'EAGAIN', origin: 'deadline', tries: SILENT_TRIES }])
      expect(Number(result['elapsedMs'])).toBeGreaterThanOrEqual(SILENT_TRIES * 150)
      const counted = /packets (\d+)/.exec(peer.run('nft', ['list', 'counter', 'inet', 'wire', 'dropped']))
      // On a machine that stalls the kernel may send one again by itself.
      expect(Number(counted?.[1])).toBeGreaterThanOrEqual(SILENT_TRIES)
    })

    test('no more is sent in a second than --rate allows', async ({ skip }) => {
      if (why !== null) return skip(why)
      const [count, perSecond, burstMs] = [60, 150, 50]
      const { result } = await scan(PEER, `1-${count}`, '--engine', engine, '--rate', String(perSecond))
      expect(result).toMatchObject({ closed: count, probesSent: count })
      expect(Number(result['elapsedMs'])).toBeGreaterThanOrEqual((1000 * (count - 1)) / perSecond - burstMs)
    })
  })
})
