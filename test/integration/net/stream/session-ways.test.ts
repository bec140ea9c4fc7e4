import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { chmodSync, writeFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { createServer as createTlsServer, TLSSocket, type TlsOptions } from 'node:tls'
import { describe, expect, it, onTestFinished } from 'vitest'
import { exitCodeFor } from '../../../../src/cli/exit-code.js'
import { dialPath } from '../../../../src/net/connect/dial-path.js'
import type { ProxyServer } from '../../../../src/operations/connect/index.js'
import { CERTIFICATE, PRIVATE_KEY } from '../../../helpers/certificate.js'
import { folder } from '../../../helpers/folder.js'
import { session } from '../../../helpers/session.js'
import { listening, refusingPort } from '../../../helpers/sockets.js'

const echo = (socket: Socket) => void socket.pipe(socket)
const say = (bytes: string) => ({ kind: 'send', bytes: Buffer.from(bytes) }) as const
const hope = (pattern: RegExp) => ({ kind: 'expect', pattern }) as const

/** A TLS server on a free port of loopback. */
async function secure(onConnection: (socket: TLSSocket) => void, options: TlsOptions = {}): Promise<number> {
  const settings = { cert: CERTIFICATE, key: PRIVATE_KEY, allowHalfOpen: true, ...options }
  const server = createTlsServer(settings, (socket) => {
    socket.on('error', () => {})
    onConnection(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('not listening')
  return address.port
}

/** Answers each message that a connection sends with the next of the answers; the first where it is `greeting`. */
function scripted(answers: readonly (string | Uint8Array)[], after: (socket: Socket) => void = () => {}) {
  return (socket: Socket) => {
    let next = 0
    const onData = () => {
      const answer = answers[next++]
      if (answer !== undefined) socket.write(answer)
      if (next < answers.length) return
      socket.off('data', onData)
      after(socket)
    }
    socket.on('data', onData)
  }
}

describe('TLS', () => {
  it('carries bytes both ways and reports what was negotiated', async () => {
    const port = await secure((socket) => void socket.pipe(socket), { ALPNProtocols: ['echo'] })
    const input = randomBytes(4 * 1_048_576)
    const { received, events, failed } = await session(port, { input, tls: { ca: CERTIFICATE, alpn: ['echo'] } })
    expect(failed).toBeNull()
    expect(received.equals(input)).toBe(true)
    expect(events.find(({ type }) => type === 'connected')).toMatchObject({
      tlsMs: expect.any(Number),
      tls: {
        protocol: 'TLSv1.3',
        alpn: 'echo',
        authorized: true,
        authorizationError: null,
        chain: [{ subject: 'CN=localhost', issuer: 'CN=localhost', daysLeft: expect.any(Number) }],
      },
    })
  })

  it('refuses a certificate that nobody vouches for', async () => {
    const port = await secure((socket) => socket.end())
    const { failed } = await session(port, { tls: {} })
    expect(failed).toEqual({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT', origin: 'tls', phase: 'tls' })
  })

  it('goes on all the same where that was asked for, and says why it should not', async () => {
    const port = await secure((socket) => socket.end('hi'))
    const { failed, received, events } = await session(port, { tls: { insecure: true } })
    expect(failed).toBeNull()
    expect(received.toString()).toBe('hi')
    const tls = { authorized: false, authorizationError: 'DEPTH_ZERO_SELF_SIGNED_CERT' }
    expect(events.find(({ type }) => type === 'connected')).toMatchObject({ tls })
  })

  it('refuses a certificate for another name', async () => {
    const port = await secure((socket) => socket.end())
    const { failed } = await session(port, { tls: { ca: CERTIFICATE, servername: 'other.test' } })
    expect(failed).toEqual({ code: 'ERR_TLS_CERT_ALTNAME_INVALID', origin: 'tls', phase: 'tls' })
  })
})

describe('STARTTLS', () => {
  const upgrade = (socket: Socket) => {
    const secured = new TLSSocket(socket, { isServer: true, cert: CERTIFICATE, key: PRIVATE_KEY })
    secured.on('error', () => {}).end('secured')
  }
  const tls = { ca: CERTIFICATE }

  it.each([
    ['smtp', '220-a\r\n220 b\r\n', ['250-c\r\n250 STARTTLS\r\n', '220 go\r\n']],
    ['imap', '* OK ready\r\n', ['* CAPABILITY IMAP4rev1\r\na OK go\r\n']],
    ['pop3', '+OK ready\r\n', ['+OK go\r\n']],
    ['postgres', null, ['S']],
  ] as const)('%s', async (starttls, greeting, answers) => {
    const { port } = await listening((socket) => {
      if (greeting !== null) socket.write(greeting)
      scripted(answers, upgrade)(socket)
    })
    const { failed, received } = await session(port, { starttls, tls })
    expect(failed).toBeNull()
    expect(received.toString()).toBe('secured')
  })

  it.each([
    ['smtp', '220 b\r\n', ['250 c\r\n', '220 go\r\nRSET\r\n']],
    ['imap', '* OK ready\r\n', ['a OK go\r\n* BYE\r\n']],
    ['pop3', '+OK ready\r\n', ['+OK go\r\n+OK\r\n']],
    ['postgres', null, ['SX']],
  ] as const)('%s with bytes behind the go-ahead is a hard error', async (starttls, greeting, answers) => {
    const { port } = await listening((socket) => {
      if (greeting !== null) socket.write(greeting)
      scripted(answers)(socket)
    })
    const { failed } = await session(port, { starttls, tls })
    expect(failed).toEqual({ code: 'STARTTLS_INJECTION', origin: 'peer', phase: 'protocol' })
  })

  it.each([
    ['smtp', '220 b\r\n', ['250 c\r\n', '454 not now\r\n'], 'STARTTLS_REFUSED', 'tls'],
    ['postgres', null, ['N'], 'STARTTLS_REFUSED', 'tls'],
    ['smtp', 'SSH-2.0-x\r\n', [], 'EPROTO', 'protocol'],
  ] as const)('%s that is refused: %j %j', async (starttls, greeting, answers, code, phase) => {
    const { port } = await listening((socket) => {
      if (greeting !== null) socket.write(greeting)
      scripted(answers)(socket)
    })
    expect((await session(port, { starttls, tls })).failed).toEqual({ code, origin: 'peer', phase })
  })

  it.each(['utf8', 'latin1'] as const)('shows what the server says as it was written: %s', async (encoding) => {
    const { port } = await listening((socket) => {
      socket.write('220 b\r\n')
      scripted(['250 c\r\n', Buffer.from('454 später\r\n', encoding)])(socket)
    })
    const { outcome } = await session(port, { starttls: 'smtp', tls })
    expect(outcome.ok ? '' : outcome.failure.message).toContain('454 später')
  })

  it('that is never answered ends with the timeout', async () => {
    const { port } = await listening(() => {})
    const { failed } = await session(port, { starttls: 'smtp', tls, timeoutMs: 200 })
    expect(failed).toEqual({ code: 'EAGAIN', origin: 'deadline', phase: 'tls' })
  })
})

describe('a proxy', () => {
  const through = (scheme: ProxyServer['scheme'], port: number, credentials: ProxyServer['credentials'] = null) => ({
    scheme,
    host: '127.0.0.1',
    port,
    credentials,
  })
  const target = { host: 'db.example', port: 5432 }
  const GRANTED = Uint8Array.of(5, 0, 0, 1, 0, 0, 0, 0, 0, 0)

  it('of SOCKS5 is asked for the name, and its tunnel used, with what came right behind its answer', async () => {
    const heard: Buffer[] = []
    const { port } = await listening((socket) => {
      socket.on('data', (bytes) => heard.push(bytes))
      scripted([Uint8Array.of(5, 0), Buffer.concat([GRANTED, Buffer.from('early ')])], echo)(socket)
    })
    const { received, failed, events } = await session(target, { proxy: through('socks5', port), input: 'hi' })
    expect(failed).toBeNull()
    expect(received.toString()).toBe('early hi')
    expect(Buffer.concat(heard).toString('latin1')).toContain('\x05\x01\0\x03\x0adb.example\x15\x38')
    expect(events.find(({ type }) => type === 'connected')).toMatchObject({
      ...target,
      proxy: `socks5://127.0.0.1:${port}`,
    })
  })

  it('of SOCKS5 gets a password only where it asks', async () => {
    const heard: Buffer[] = []
    const { port } = await listening((socket) => {
      socket.on('data', (bytes) => heard.push(bytes))
      scripted([Uint8Array.of(5, 2), Uint8Array.of(1, 0), GRANTED], (each) => each.end())(socket)
    })
    const proxy = through('socks5', port, { username: 'ann', password: 'secret' })
    expect((await session(target, { proxy })).failed).toBeNull()
    expect(Buffer.concat(heard).toString('latin1')).toContain('\x01\x03ann\x06secret')
  })

  it.each([
    ['socks5', [Uint8Array.of(5, 0), Uint8Array.of(5, 5, 0, 1, 0, 0, 0, 0, 0, 0)], 'SOCKS5_5', 'connect'],
    ['socks5', [Uint8Array.of(5, 0), Uint8Array.of(5, 2)], 'SOCKS5_2', 'connect'],
    ['socks5', [Uint8Array.of(5, 255)], 'SOCKS5_AUTH', 'connect'],
    ['socks5', ['HTTP/1.1 400 Bad Request\r\n\r\n'], 'EPROTO', 'protocol'],
    ['http', ['HTTP/1.1 403 Forbidden\r\nX: y\r\n\r\nno'], 'PROXY_403', 'connect'],
    ['http', ['HTTP/1.0 407\r\n\r\n'], 'PROXY_407', 'connect'],
    ['http', ['SSH-2.0-x\r\n'], 'EPROTO', 'protocol'],
  ] as const)('%s that says no %#', async (scheme, answers, code, phase) => {
    const { port } = await listening(scripted(answers))
    const { failed, outcome } = await session(target, { proxy: through(scheme, port) })
    expect(failed).toEqual({ code, origin: 'peer', phase })
    expect(outcome.ok ? '' : outcome.failure.message).toContain(`the proxy ${scheme}://127.0.0.1:${port}`)
  })

  it.each(['utf8', 'latin1'] as const)('of HTTP has its words shown as they were written: %s', async (encoding) => {
    const { port } = await listening(scripted([Buffer.from('HTTP/1.1 502 Zurück\r\n\r\n', encoding)]))
    const { outcome } = await session(target, { proxy: through('http', port) })
    expect(outcome.ok ? '' : outcome.failure.message).toContain('502 Zurück')
  })

  it('of HTTP gives what came right behind its answer', async () => {
    const { port } = await listening(
      scripted(['HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nVia: x\r\n\r\n220 early\r\n'], (each) => each.end()),
    )
    const { received, failed } = await session(target, { proxy: through('http', port) })
    expect(failed).toBeNull()
    expect(received.toString()).toBe('220 early\r\n')
  })

  it('that cannot be reached is named, with its errno', async () => {
    const port = await refusingPort()
    const { failed, outcome } = await session(target, { proxy: through('http', port) })
    expect(failed).toEqual({ code: 'ECONNREFUSED', origin: 'os', phase: 'connect' })
    expect(outcome.ok ? '' : outcome.failure.message).toContain(`the proxy http://127.0.0.1:${port} cannot be reached`)
  })
})

describe('a Unix socket that cannot be reached', () => {
  const reach = (path: string) => session({ host: `unix:${path}`, port: 0 })

  it.each([
    ['it is not there', 'missing', 'ENOENT', /no such file/],
    ['nobody listens on it', 'left', 'ECONNREFUSED', /the socket is there, and nobody listens on it/],
    ['it is a file', 'file', 'ECONNREFUSED', /that is no socket/],
    ['its name is too long', 'x'.repeat(108), 'ENAMETOOLONG', /at most 10\d bytes/],
  ])('because %s', async (_, name, code, words) => {
    const path = folder()
    writeFileSync(path('file'), '')
    leaveSocket(path('left'))
    const { failed, outcome } = await reach(path(name))
    expect(failed).toMatchObject({ code, origin: 'os', phase: 'connect' })
    expect(outcome.ok ? '' : outcome.failure.message).toMatch(words)
    expect(exitCodeFor(outcome)).toBe(code === 'ENAMETOOLONG' ? 5 : 1)
  })
})

describe.skipIf(process.platform === 'win32')('a Unix socket that is not ours', () => {
  it('is told of as a path', async () => {
    const path = folder()
    const listener = createServer()
    await new Promise<void>((resolve) => listener.listen(path('live'), resolve))
    onTestFinished(() => void listener.close())
    chmodSync(path('live'), 0)
    const outcome = await asNobody(() => dialPath(path('live')))
    expect(outcome).toMatchObject({ ok: false, failure: { code: 'EACCES', hint: expect.stringContaining('write to') } })
    expect(outcome.ok || outcome.failure.hint).not.toMatch(/port/)
  })
})

/** The superuser may do everything. */
async function asNobody<T>(action: () => Promise<T>): Promise<T> {
  const user = process.geteuid?.() ?? 1
  if (user !== 0) return action()
  process.seteuid?.(65_534)
  try {
    return await action()
  } finally {
    process.seteuid?.(user)
  }
}

describe('a link-local address', () => {
  it.each([
    ['fe80::1', /needs its interface/],
    ['fe80::1%nosuch0', /no interface is called nosuch0/],
  ])('%s', async (host, words) => {
    const { failed, outcome } = await session({ host, port: 1 })
    expect(failed?.origin).toBe('os')
    // Systems without IPv6 say ENETUNREACH or EAFNOSUPPORT, which have hints of their own.
    if (failed?.code === 'EINVAL') expect(outcome.ok ? '' : outcome.failure.hint).toMatch(words)
  })
})

/** What a service leaves behind that did not clean up: Node's own would. */
function leaveSocket(path: string): void {
  const script = 'import socket, sys; s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen()'
  execFileSync('python3', ['-c', script, path])
}

describe('UDP', () => {
  async function datagrams(onMessage: (bytes: Buffer, reply: (text: string) => void) => void): Promise<number> {
    const server = createSocket('udp4')
    server.on('message', (bytes, { port, address }) => onMessage(bytes, (text) => server.send(text, port, address)))
    await new Promise<void>((resolve) => server.bind(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    return server.address().port
  }
  const udp = { transport: 'udp', timeoutMs: 300, idleMs: 100 } as const

  it('sends each piece as a datagram of its own', async () => {
    const heard: string[] = []
    const port = await datagrams((bytes, reply) => {
      heard.push(bytes.toString())
      reply('ok')
    })
    async function* pieces() {
      yield Buffer.from('one')
      yield Buffer.from('two')
    }
    const { outcome } = await session(port, { ...udp, input: pieces() })
    expect(heard).toEqual(['one', 'two'])
    expect(outcome.value?.session).toMatchObject({ bytesOut: 6, bytesIn: 4, reason: 'done', state: 'open' })
  })

  it('takes steps', async () => {
    const port = await datagrams((_, reply) => reply('PONG'))
    const { failed } = await session(port, { ...udp, steps: [say('PING'), hope(/^PONG$/)] })
    expect(failed).toBeNull()
  })

  it('knows nothing of a port to which nothing was sent; an empty datagram is something', async () => {
    const port = await datagrams(() => {})
    const { failed, outcome } = await session(port, { ...udp, input: '' })
    expect(failed).toEqual({ code: 'EAGAIN', origin: 'deadline', phase: 'read' })
    expect(outcome.ok ? '' : outcome.failure.message).toMatch(/^nothing was sent to 127\.0\.0\.1:\d+/)
    expect(outcome.value?.session).toMatchObject({ state: null })
    const empty = await session(port, { ...udp, steps: [say('')] })
    expect(empty.outcome.value?.session).toMatchObject({ state: 'open|filtered', bytesOut: 0 })
  })

  it('calls silence what it is', async () => {
    const port = await datagrams(() => {})
    const { failed, outcome } = await session(port, { ...udp, input: 'x' })
    expect(failed).toEqual({ code: 'EAGAIN', origin: 'deadline', phase: 'read' })
    expect(outcome.value?.session).toMatchObject({ state: 'open|filtered' })
  })

  it('learns of a refusal', async () => {
    const port = await datagrams(() => {})
    const server = createSocket('udp4')
    await new Promise<void>((resolve) => server.bind(0, '127.0.0.1', resolve))
    const free = server.address().port
    await new Promise<void>((resolve) => server.close(resolve))
    expect(free).not.toBe(port)
    const { failed, outcome } = await session(free, { ...udp, input: 'x' })
    expect(failed).toMatchObject({ code: 'ECONNREFUSED', origin: 'os' })
    expect(outcome.value?.session).toMatchObject({ state: 'closed', reason: 'refused' })
  })
})
