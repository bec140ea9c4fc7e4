import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { exitCodeFor } from '../../../../src/cli/exit-code.js'
import { parseAddressRanges } from '../../../../src/core/address/target-syntax.js'
import { Deadline } from '../../../../src/core/deadline.js'
import { checkReusePort } from '../../../../src/net/listen/bind-failure.js'
import { listen } from '../../../../src/operations/listen/index.js'
import { client, listenOptions, startListening, TCP, UDP } from '../../../helpers/listen.js'
import { listening } from '../../../helpers/sockets.js'

const quietly = { signal: new AbortController().signal, deadline: Deadline.never, emit: () => {} }

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'netkit-'))
  onTestFinished(() => rmSync(path, { recursive: true }))
  return path
}

describe('a port that is taken', () => {
  // Who holds a port is known from /proc, which is Linux's; so too below.
  test.runIf(process.platform === 'linux')('EADDRINUSE, with who holds it', async () => {
    const { port } = await listening()
    const outcome = await listen(listenOptions({ target: { ...TCP, port } }), quietly)
    expect(outcome).toMatchObject({
      ok: false,
      failure: { code: 'EADDRINUSE', phase: 'bind', origin: 'os', syscall: 'bind', endpoint: { port } },
    })
    expect(outcome.ok ? '' : outcome.failure.message).toMatch(new RegExp(`\\(pid ${process.pid}\\) holds it$`))
  })

  test.runIf(process.platform === 'linux')('over UDP and by a wildcard too', async () => {
    const held = await startListening({ target: { ...UDP, host: '0.0.0.0' } })
    const outcome = await listen(listenOptions({ target: { ...UDP, port: held.port } }), quietly)
    expect(outcome.ok ? '' : outcome.failure.message).toMatch(new RegExp(`EADDRINUSE.*pid ${process.pid}\\) holds it`))
  })
})

test('an address that is not ours', async () => {
  const outcome = await listen(listenOptions({ target: { ...TCP, host: '192.0.2.1' } }), quietly)
  expect(outcome).toMatchObject({ ok: false, failure: { code: 'EADDRNOTAVAIL', phase: 'bind', syscall: 'bind' } })
})

test.each([
  ['20.20.2', 'ENOTSUP'],
  ['22.11.0', 'ENOTSUP'],
  ['23.0.0', 'ENOTSUP'],
  ['22.12.0', null],
  ['23.1.0', null],
  ['24.0.0', null],
])('--reuse-port on Node %s: %s', (version, code) => {
  expect(checkReusePort({ host: null, address: null, port: 1, path: null }, version)?.code ?? null).toBe(code)
})

describe('families', () => {
  test('an IPv6 address', async () => {
    const server = await startListening({ target: { ...TCP, host: '::1', ipv6Only: true }, mode: { kind: 'echo' } })
    expect(server.where).toMatchObject({ address: '::1' })
  })

  test('a dual-stack socket shows IPv4 peers as what they are', async () => {
    const server = await startListening({ target: { ...TCP, host: '::' } })
    const peer = await client(server.port)
    expect(await server.event('connection')).toMatchObject({ address: '127.0.0.1', port: peer.socket.localPort })
  })

  test('IPv6 only takes no IPv4', async () => {
    const server = await startListening({ target: { ...TCP, host: '::', ipv6Only: true } })
    expect(await (await client(server.port)).ended).toBe('ECONNREFUSED')
  })
})

describe('who may come', () => {
  const ranges = (text: string) => parseAddressRanges([text], '--allow')

  test('a denied peer is reset before a byte is read', async () => {
    const server = await startListening({ deny: ranges('127.0.0.0/8'), mode: { kind: 'echo' } })
    const peer = await client(server.port)
    peer.socket.write('let me in')
    expect(await peer.ended).toMatch(/ECONNRESET|EPIPE/)
    expect(await server.event('refused')).toMatchObject({ address: '127.0.0.1', reason: 'denied' })
    expect(server.all('connection')).toEqual([])
    expect(server.all('data')).toEqual([])
  })

  test.each([
    ['127.0.0.1', '', true],
    ['10.0.0.0/8', '', false],
    ['127.0.0.0/8', '127.0.0.1', false],
    ['10.0.0.0/8,127.0.0.1-9', '::1', true],
    ['::ffff:127.0.0.1', '', true],
  ])('allow %s, deny %j: %s', async (allow, deny, admitted) => {
    const server = await startListening({
      target: { ...TCP, host: '::' },
      allow: ranges(allow),
      deny: deny === '' ? [] : ranges(deny),
      mode: { kind: 'reply', bytes: Buffer.from('hi') },
    })
    const peer = await client(server.port)
    expect((await peer.received).toString()).toBe(admitted ? 'hi' : '')
  })

  test('over UDP too', async () => {
    const server = await startListening({ target: UDP, deny: ranges('127.0.0.1'), mode: { kind: 'echo' } })
    const { createSocket } = await import('node:dgram')
    const socket = createSocket('udp4')
    onTestFinished(() => void socket.close())
    socket.send('x', server.port, '127.0.0.1')
    expect(await server.event('refused')).toMatchObject({ reason: 'denied' })
  })

  test('the one too many is turned away, and the next may come', async () => {
    const server = await startListening({ maxConnections: 1, mode: { kind: 'echo' } })
    const first = await client(server.port)
    await server.event('connection')
    const second = await client(server.port, { allowHalfOpen: false })
    await second.ended
    expect(await server.event('refused')).toMatchObject({ address: '127.0.0.1', reason: 'full' })
    first.socket.end()
    await server.event('closed')
    const third = await client(server.port)
    third.socket.end('me')
    expect((await third.received).toString()).toBe('me')
  })
})

describe('a Unix socket', () => {
  const unix = (path: string, force = false) => ({ kind: 'unix', path, force }) as const

  test('talks, and is gone at the end', async () => {
    const path = join(folder(), 'a.sock')
    const server = await startListening({ target: unix(path), mode: { kind: 'echo' } })
    expect(server.where).toMatchObject({ protocol: 'unix', path, address: null, port: null })
    const peer = await client(path)
    peer.socket.end('hi')
    expect((await peer.received).toString()).toBe('hi')
    expect(server.all('connection')).toMatchObject([{ address: null, port: null }])
    await server.stop()
    expect(existsSync(path)).toBe(false)
  })

  test('a stale one is refused, and removed with force', async () => {
    const path = join(folder(), 'stale.sock')
    // A process that is killed leaves its socket behind.
    const child = spawn(process.execPath, [
      '-e',
      `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`,
    ])
    await new Promise((resolve) => child.once('close', resolve))
    expect(existsSync(path)).toBe(true)
    const refused = await listen(listenOptions({ target: unix(path) }), quietly)
    expect(refused).toMatchObject({
      ok: false,
      failure: { code: 'EADDRINUSE', message: expect.stringContaining('stale') },
    })
    expect(existsSync(path)).toBe(true)
    const server = await startListening({ target: unix(path, true), mode: { kind: 'echo' } })
    const peer = await client(path)
    peer.socket.end('new')
    expect((await peer.received).toString()).toBe('new')
    await server.stop()
  })

  test('a live one and a file that is none are left alone, force or not', async () => {
    const directory = folder()
    const path = join(directory, 'live.sock')
    await startListening({ target: unix(path) })
    expect(await listen(listenOptions({ target: unix(path, true) }), quietly)).toMatchObject({
      ok: false,
      failure: { code: 'EADDRINUSE' },
    })
    const file = join(directory, 'file')
    writeFileSync(file, 'precious')
    expect(await listen(listenOptions({ target: unix(file, true) }), quietly)).toMatchObject({
      ok: false,
      failure: { code: 'EEXIST' },
    })
    expect(existsSync(path) && existsSync(file)).toBe(true)
  })

  test('a path that is too long, or whose folder does not exist', async () => {
    const long = await listen(listenOptions({ target: unix(join(tmpdir(), 'x'.repeat(120))) }), quietly)
    expect(long).toMatchObject({ ok: false, failure: { code: 'ENAMETOOLONG' } })
    const missing = await listen(listenOptions({ target: unix(join(folder(), 'no', 'x.sock')) }), quietly)
    expect(missing).toMatchObject({ ok: false, failure: { phase: 'bind', code: 'ENOENT' } })
    expect(missing.ok || missing.failure.hint).toMatch(/folder/)
    expect(exitCodeFor(missing)).toBe(5)
  })

  // /proc is Linux's.
  test.runIf(process.platform === 'linux')('a folder in which nothing can be made', async () => {
    const failed = await listen(listenOptions({ target: unix('/proc/netkit.sock') }), quietly)
    expect(failed).toMatchObject({ ok: false, failure: { phase: 'bind', code: 'ENOENT', errno: 2 } })
    expect(failed.ok || failed.failure.hint).toMatch(/choose another/)
  })

  // Root may make it anywhere; elsewhere other folders are not ours.
  test.runIf(process.platform === 'linux' && process.getuid?.() !== 0)(
    'a folder that is not ours (needs Linux, and not root, whose every folder is)',
    async () => {
      const failed = await listen(listenOptions({ target: unix('/netkit.sock') }), quietly)
      expect(failed).toMatchObject({ ok: false, failure: { phase: 'bind', code: 'EACCES' } })
    },
  )
})
