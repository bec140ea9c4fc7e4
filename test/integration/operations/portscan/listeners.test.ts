import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { BIN, jsonLines } from '../../../helpers/cli.js'
import { ListenersNamespace } from '../../../helpers/listeners.js'
import { whyNoNamespaces } from '../../../helpers/namespace.js'

const why = whyNoNamespaces()

// One scan by each engine; test/soak/portscan has as many as it takes for each ephemeral port to be met by its own socket.
describe(`open are the ports on which the kernel listens${why === null ? '' : ` (skipped: ${why})`}`, () => {
  let listeners: ListenersNamespace | undefined
  beforeAll(async () => {
    if (why !== null) return
    listeners = new ListenersNamespace()
    await listeners.open()
  })
  afterAll(() => listeners?.close())

  test.for(['syscall', 'net'] as const)('engine %s', { timeout: 600_000 }, async (engine, { skip }) => {
    if (!listeners) return skip(why ?? '')
    expect(await listeners.scan(engine, '8192')).toEqual(listeners.listening())
  })

  // With no other ephemeral ports than the targets, one probe in 32 meets itself.
  test.for(['net', 'syscall'] as const)('engine %s never reports that it met itself', async (engine, { skip }) => {
    if (!listeners) return skip(why ?? '')
    const { space } = listeners
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
