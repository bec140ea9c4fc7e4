import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { BIN, jsonLines } from '../../../helpers/cli.js'
import { Namespace, whyNoNamespaces } from '../../../helpers/namespace.js'

/** Listeners at the ends of the range, among the ephemeral ports and elsewhere; half of them for one family alone. */
const SERVER = `
const ports = { '127.0.0.1': [1, 22, 8080, 32768, 40001, 60999, 65535], '::1': [1, 443, 8080, 33333, 60998, 65534] }
let left = Object.values(ports).flat().length
for (const [host, list] of Object.entries(ports)) for (const port of list) {
  require('node:net').createServer((socket) => socket.on('error', () => {}).end())
    .listen({ port, host, backlog: 128 }, () => --left || console.log('ready'))
}
`
const LISTEN = '0A'

const why = whyNoNamespaces()

describe(`open are the ports on which the kernel listens${why === null ? '' : ` (skipped: ${why})`}`, () => {
  const namespaces: Namespace[] = []
  let server: ReturnType<Namespace['spawn']> | undefined
  let space: Namespace

  beforeAll(async () => {
    if (why !== null) return
    space = new Namespace('listeners')
    namespaces.push(space)
    server = space.spawn(process.execPath, ['-e', SERVER])
    await once(server.stdout, 'data')
  })

  afterAll(() => {
    server?.kill()
    for (const namespace of namespaces) namespace.remove()
  })

  /** `address port` of every listener, as the kernel has them (proc_net_tcp(5)). */
  const listening = () =>
    [
      ['tcp', '127.0.0.1'],
      ['tcp6', '::1'],
    ]
      .flatMap(([file, address]) =>
        space
          .run('cat', [`/proc/net/${file}`])
          .split('\n')
          .map((line) => line.trim().split(/\s+/))
          .filter(([, , , state]) => state === LISTEN)
          .map(([, local = '']) => `${address} ${Number.parseInt(local.split(':')[1] ?? '', 16)}`),
      )
      .sort()

  const scan = async (engine: string, limit: string) => {
    const script = `ulimit -n ${limit}; exec "$@"`
    const args = ['portscan', '127.0.0.1,::1', '-', '--json', '--show', 'open', '--engine', engine]
    const { code, stdout, stderr } = await space.start('sh', ['-c', script, 'sh', process.execPath, BIN, ...args])
    const lines = jsonLines(stdout)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(lines.find(({ type }) => type === 'engine')).toMatchObject({ engine })
    expect(lines.at(-1)).toMatchObject({ ok: true, scanned: 2 * 65_535, filtered: 0 })
    return lines
      .filter(({ type }) => type === 'port')
      .map(({ address, port }) => `${address} ${port}`)
      .sort()
  }

  // The range holds every ephemeral port: each of them is met by its own socket sooner or later.
  test.for([
    ['syscall', 10, '8192'],
    ['net', 10, '8192'],
    ['syscall', 2, '64'],
    ['net', 1, '64'],
  ] as const)('engine %s, %i times, %s descriptors', { timeout: 600_000 }, async ([engine, runs, limit], { skip }) => {
    if (why !== null) return skip(why)
    const expected = listening()
    expect(expected).toHaveLength(13)
    for (let run = 0; run < runs; run++) expect(await scan(engine, limit)).toEqual(expected)
  })

  // With no other ephemeral ports than the targets, one probe in 32 meets itself.
  test.for(['net', 'syscall'] as const)('engine %s never reports that it met itself', async (engine, { skip }) => {
    if (why !== null) return skip(why)
    const range = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').trim()
    expect(range).not.toBe('')
    space.run('sysctl', ['-qw', 'net.ipv4.ip_local_port_range=50000 50031'])
    try {
      const args = ['portscan', '127.0.0.1,::1', '50000-50031', '--json', '--engine', engine, '--concurrency', '8']
      const { stdout } = await space.start(process.execPath, [BIN, ...args])
      const found = jsonLines(stdout).filter(({ type }) => type === 'port')
      expect(found).toHaveLength(64)
      expect(new Set(found.map(({ state, code }) => `${state} ${code}`))).toEqual(new Set(['closed ECONNREFUSED']))
    } finally {
      space.run('sysctl', ['-qw', `net.ipv4.ip_local_port_range=${range.replace(/\s+/, ' ')}`])
    }
  })
})
