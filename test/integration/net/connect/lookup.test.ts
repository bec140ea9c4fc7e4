import { describe, expect, onTestFinished, test } from 'vitest'
import { Deadline } from '../../../../src/core/deadline.js'
import { UsageError } from '../../../../src/core/usage-error.js'
import { lookup } from '../../../../src/net/connect/lookup.js'
import { BIN, jsonLines } from '../../../helpers/cli.js'
import { Namespace, whyNoNamespaces } from '../../../helpers/namespace.js'

const DIST = new URL('../../../../dist/', import.meta.url).href

describe('literals never reach a resolver', () => {
  test.each([
    ['127.0.0.1', '127.0.0.1', 4],
    ['::1', '::1', 6],
    ['0:0:0:0:0:0:0:1', '::1', 6],
    ['2001:DB8::A', '2001:db8::a', 6],
    ['fe80::1%lo', 'fe80::1%lo', 6],
  ] as const)('%s', async (host, address, family) => {
    expect(await lookup(host)).toMatchObject({ ok: true, value: [{ address, family }] })
    expect(await lookup(host, { family })).toMatchObject({ ok: true })
    expect(await lookup(host, { family: family === 4 ? 6 : 4 })).toMatchObject({
      ok: false,
      failure: { code: 'EAI_ADDRFAMILY', origin: 'resolver', phase: 'lookup' },
    })
  })

  test.each([
    '',
    '.',
    '010.0.0.1',
    '1.2.3',
    '127.1',
    '0x7f.1',
    '0x7f000001',
    '2130706433',
    '256.0.0.1',
    '1.2.3.4.',
    '1.2.3.4.5',
    '::1::',
    '[::1]',
    'localhost\0.evil',
    'local host',
    'local\nhost',
    'a..b',
    '.a',
    '-'.repeat(64),
    `${'a'.repeat(63)}.`.repeat(3) + 'a'.repeat(62),
    '１２７.0.0.1',
    'host:80',
    'http://host',
    'a/b',
  ])('%j is misuse', (host) => {
    expect(() => lookup(host)).toThrow(UsageError)
  })
})

describe('the name of this machine for itself', () => {
  test('localhost has loopback addresses, each once', async () => {
    const found = await lookup('localhost')
    if (!found.ok) throw new Error(found.failure.message)
    const addresses = found.value.map(({ address }) => address)
    expect(addresses.length).toBeGreaterThan(0)
    expect(new Set(addresses).size).toBe(addresses.length)
    for (const address of addresses) expect(address).toMatch(/^(127\.\d+\.\d+\.\d+|::1)$/)
  })

  test('one family alone', async () => {
    expect(await lookup('localhost', { family: 4 })).toMatchObject({ ok: true, value: [{ family: 4 }] })
  })
})

test('an aborted lookup ends at once, before and after its start', async () => {
  const aborted = { ok: false, failure: { origin: 'abort', code: 'ECANCELED', phase: 'lookup' } }
  expect(await lookup('localhost', { signal: AbortSignal.abort() })).toMatchObject(aborted)
  const controller = new AbortController()
  const under = lookup('localhost', { signal: controller.signal })
  controller.abort()
  expect(await under).toMatchObject(aborted)
})

const why = whyNoNamespaces()

describe(`resolvers of the test's own${why === null ? '' : ` (skipped: ${why})`}`, () => {
  /** A namespace whose resolver is asked, and what it is. */
  function namespaceWith(files: Record<string, string>): Namespace {
    const namespace = new Namespace('resolver')
    onTestFinished(() => namespace.remove())
    namespace.etc({ 'nsswitch.conf': 'hosts: files dns\n', hosts: '127.0.0.1 localhost\n', ...files })
    return namespace
  }
  /** A namespace whose name server never answers. */
  function silentResolver(options: string): Namespace {
    const namespace = namespaceWith({ 'resolv.conf': `nameserver 192.0.2.53\noptions ${options}\n` })
    // A cable whose other end does not feel meant: whatever goes out is gone without a word.
    namespace.ip('link', 'add', 'veth0', 'type', 'veth', 'peer', 'name', 'veth1')
    for (const end of ['veth0', 'veth1']) namespace.ip('link', 'set', end, 'up')
    namespace.ip('address', 'add', '192.0.2.1/24', 'dev', 'veth0')
    namespace.ip('neighbour', 'add', '192.0.2.53', 'lladdr', '02:00:00:00:00:53', 'dev', 'veth0')
    return namespace
  }
  const look = async (namespace: Namespace, script: string) => {
    const code = `
      const { lookup } = await import(process.argv[1] + 'net/connect/lookup.js')
      const { Deadline } = await import(process.argv[1] + 'core/deadline.js')
      ${script}`
    const ended = await namespace.start(process.execPath, ['--input-type=module', '-e', code, DIST])
    expect(ended).toMatchObject({ code: 0, stderr: '' })
    return JSON.parse(ended.stdout)
  }

  test('the deadline ends the wait though getaddrinfo(3) goes on', async ({ skip }) => {
    if (why !== null) return skip(why)
    const namespace = silentResolver('timeout:2 attempts:1')
    const found = await look(
      namespace,
      `const outcome = await lookup('silent.test', { deadline: Deadline.after(100) })
       const busy = process.getActiveResourcesInfo().includes('GetAddrInfoReqWrap')
       process.stdout.write(JSON.stringify({ outcome, busy }), () => process.exit())`,
    )
    expect(found).toMatchObject({
      busy: true,
      outcome: { ok: false, failure: { code: 'EAGAIN', origin: 'deadline', phase: 'lookup', syscall: 'getaddrinfo' } },
    })
  })

  test('the command ends with its deadline, not when the resolver gives up', async ({ skip }) => {
    if (why !== null) return skip(why)
    // The resolver gives up after a minute, which this test does not have.
    const namespace = silentResolver('timeout:30 attempts:2')
    const ended = await namespace.start(process.execPath, [BIN, 'connect', '-z', '-w', '200ms', 'silent.test:1'])
    expect(ended).toMatchObject({ code: 4, stdout: '' })
    expect(ended.stderr).toContain('looking up silent.test took longer')
  })

  test.for([
    ['a target, -w', ['silent.test', '80', '-w', '200ms'], 'EAGAIN', 'deadline', 4],
    ['an excluded name, -w', ['127.0.0.1', '80', '--exclude', 'silent.test', '-w', '200ms'], 'EAGAIN', 'deadline', 4],
    ['a target, without -w', ['silent.test', '80'], 'EAI_AGAIN', 'resolver', 3],
    ['a target, a longer -w', ['silent.test', '80', '-w', '60s'], 'EAI_AGAIN', 'resolver', 3],
  ] as const)('portscan bounds the lookup of %s', async ([, args, failed, origin, code], { skip }) => {
    if (why !== null) return skip(why)
    // The resolver gives up after three seconds: within the wait for a lookup, not within that for a port.
    const namespace = silentResolver('timeout:3 attempts:1')
    const ended = await namespace.start(process.execPath, [BIN, 'portscan', '--json', ...args])
    expect(jsonLines(ended.stdout).at(-1)).toMatchObject({ type: 'result', code: failed, origin, phase: 'lookup' })
    expect(ended.code).toBe(code)
  })

  test('a resolver that cannot be reached, and a name that is not there, are two things', async ({ skip }) => {
    if (why !== null) return skip(why)
    const script = `console.log(JSON.stringify(await lookup('nonexistent.test')))`
    const unreachable = namespaceWith({ 'resolv.conf': 'nameserver 127.0.0.1\n' })
    expect(await look(unreachable, script)).toMatchObject({ failure: { code: 'EAI_AGAIN', origin: 'resolver' } })
    const filesOnly = namespaceWith({ 'nsswitch.conf': 'hosts: files\n' })
    expect(await look(filesOnly, script)).toMatchObject({ failure: { code: 'ENOTFOUND', origin: 'resolver' } })
  })

  test('all addresses of a name, each once, in the order of the system', async ({ skip }) => {
    if (why !== null) return skip(why)
    const namespace = namespaceWith({
      hosts: '127.0.0.3 twins\n127.0.0.2 twins\n127.0.0.3 twins\n::1 twins\n',
      'nsswitch.conf': 'hosts: files\n',
    })
    const ofFamily = (family: string) =>
      look(namespace, `console.log(JSON.stringify(await lookup('twins', { family: ${family} })))`)
    const both = await ofFamily('undefined')
    expect(both.value.map(({ address }: { address: string }) => address).sort()).toEqual([
      '127.0.0.2',
      '127.0.0.3',
      '::1',
    ])
    expect((await ofFamily('6')).value).toEqual([{ address: '::1', family: 6 }])
  })
})

test('a deadline that is far away does not hold the answer back', async () => {
  expect(await lookup('localhost', { deadline: Deadline.after(3_600_000) })).toMatchObject({ ok: true })
})
