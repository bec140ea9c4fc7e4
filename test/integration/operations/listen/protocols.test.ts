import { X509Certificate } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { request } from 'node:http'
import { get as secureGet } from 'node:https'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Deadline } from '../../../../src/core/deadline.js'
import type { ListenFault, ListenOptions } from '../../../../src/operations/listen/index.js'
import { createSelfSigned } from '../../../../src/protocol/x509/self-signed.js'
import { client, startListening, UDP } from '../../../helpers/listen.js'

const HTTP = { kind: 'http', statusCode: 200, headers: [], body: Buffer.alloc(0), delayMs: 0 } as const

describe('--http', () => {
  test('shows the request and gives the answer', async () => {
    const mode = {
      ...HTTP,
      statusCode: 418,
      headers: [
        ['X-A', '1'],
        ['X-A', '2'],
      ] as const,
      body: Buffer.from('tea'),
    }
    const server = await startListening({ mode })
    const peer = await client(server.port)
    peer.socket.write(
      'POST /a?b=c HTTP/1.1\r\nHost: x\r\nX-Odd:  Value \r\nContent-Length: 4\r\nConnection: close\r\n\r\n\x00\xff1',
    )
    const answer = (await peer.received).toString()
    expect(answer).toMatch(/^HTTP\/1\.1 418 I'm a Teapot\r\n/)
    expect(answer).toMatch(/\r\nX-A: 1\r\nX-A: 2\r\n/)
    expect(answer).toMatch(/\r\nContent-Length: 3\r\n[\s\S]*\r\n\r\ntea$/)
    expect(await server.event('request')).toMatchObject({
      method: 'POST',
      target: '/a?b=c',
      headers: [
        ['Host', 'x'],
        ['X-Odd', 'Value'],
        ['Content-Length', '4'],
        ['Connection', 'close'],
      ],
      bodySizeBytes: 4,
      bytes: Buffer.from('\x00\xff1'),
      statusCode: 418,
      responseSizeBytes: 3,
      complete: true,
    })
  })

  test('fields that are UTF-8 are told as that', async () => {
    const server = await startListening({ mode: HTTP })
    const peer = await client(server.port)
    peer.socket.write('GET / HTTP/1.1\r\nHost: x\r\nX-A: café\r\nConnection: close\r\n\r\n')
    await peer.received
    const request = await server.event('request')
    expect(request.headers).toContainEqual(['X-A', 'café'])
  })

  test('several requests over one connection, and a chunked body', async () => {
    const server = await startListening({ mode: HTTP })
    const peer = await client(server.port)
    peer.socket.write('GET /1 HTTP/1.1\r\nHost: x\r\n\r\n')
    await server.event('request')
    peer.socket.write(
      'PUT /2 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
    )
    await peer.received
    expect(await server.event('request', 2)).toMatchObject({ id: 1, target: '/2', bytes: Buffer.from('abc') })
  })

  test('--idle-timeout holds between two requests as well', async () => {
    const server = await startListening({ mode: HTTP, idleTimeoutMs: 200 })
    const peer = await client(server.port, { allowHalfOpen: false })
    for (const n of [1, 2]) {
      peer.socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
      await server.event('request', n)
    }
    await peer.ended
    expect(await server.event('closed')).toMatchObject({ reason: 'idle' })
  })

  test('of a long body a MiB is kept and all is counted', async () => {
    const server = await startListening({ mode: HTTP })
    const sent = request({ port: server.port, host: '127.0.0.1', method: 'POST', agent: false })
    sent.end(Buffer.alloc(3_000_000))
    const event = await server.event('request')
    expect([event.bodySizeBytes, event.bytes.length]).toEqual([3_000_000, 1 << 20])
  })

  test.each([
    ['what is no request', 'hello there\r\n\r\n', 400],
    ['a head without end', `GET / HTTP/1.1\r\nX: ${'a'.repeat(40_000)}\r\n\r\n`, 431],
    ['a tunnel', 'CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n', 405],
  ])('%s is told and answered', async (_what, text, status) => {
    const server = await startListening({ mode: HTTP })
    const peer = await client(server.port)
    peer.socket.write(text)
    expect((await peer.received).toString()).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
    if (status === 405) expect(await server.event('request')).toMatchObject({ method: 'CONNECT', target: 'a:1' })
    else expect(await server.event('problem')).toMatchObject({ id: 1, origin: 'peer', phase: 'protocol' })
  })

  test.each([
    ['no Host', 'GET /a HTTP/1.1\r\nConnection: close\r\n\r\n', 400],
    ['two of them', 'GET /a HTTP/1.1\r\nHost: x\r\nhost: y\r\nConnection: close\r\n\r\n', 400],
    ['two of them in HTTP/1.0', 'GET /a HTTP/1.0\r\nHost: x\r\nHost: y\r\n\r\n', 400],
    ['none in HTTP/1.0', 'GET /a HTTP/1.0\r\n\r\n', 200],
  ])('%s is told and answered', async (_what, text, statusCode) => {
    const server = await startListening({ mode: HTTP })
    const peer = await client(server.port)
    peer.socket.write(text)
    expect((await peer.received).toString()).toMatch(new RegExp(`^HTTP/1\\.1 ${statusCode} `))
    expect(await server.event('request')).toMatchObject({ method: 'GET', target: '/a', statusCode })
  })

  test('a client that leaves inside its body ends only itself', async () => {
    const server = await startListening({ mode: HTTP })
    const bad = await client(server.port)
    bad.socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc')
    await server.event('connection')
    bad.socket.resetAndDestroy()
    expect(await server.event('closed')).toMatchObject({ reason: 'reset' })
    const good = await client(server.port)
    good.socket.write('GET / HTTP/1.0\r\n\r\n')
    expect((await good.received).toString()).toMatch(/^HTTP\/1\.1 200 OK/)
  })
})

describe('TLS', () => {
  async function secure(port: number, options: object = {}): Promise<TLSSocket> {
    const socket = connectTls({
      host: '127.0.0.1',
      port,
      rejectUnauthorized: false,
      allowHalfOpen: true,
      ...options,
    } as object)
    onTestFinished(() => void socket.destroy())
    await new Promise<void>((resolve, reject) => {
      socket.once('secureConnect', resolve)
      socket.once('error', reject)
    })
    return socket
  }
  const textOf = (socket: TLSSocket) =>
    new Promise<string>((resolve) => {
      let text = ''
      socket.on('data', (chunk) => {
        text += String(chunk)
      })
      socket.once('end', () => resolve(text))
    })
  const tls = { certificate: null, alpn: undefined }

  test('a certificate made on the spot, with the fingerprint that is told; half-close in both directions', async () => {
    const server = await startListening({ tls, mode: { kind: 'echo' } })
    const socket = await secure(server.port, { servername: 'localhost' })
    expect(server.where.fingerprint256).toBe(socket.getPeerCertificate().fingerprint256)
    expect(await server.event('connection')).toMatchObject({
      tls: { protocol: 'TLSv1.3', servername: 'localhost', alpn: null },
    })
    const text = textOf(socket)
    socket.end('x'.repeat(200_000))
    expect((await text).length).toBe(200_000)
    expect(await server.event('closed')).toMatchObject({ bytesIn: 200_000, bytesOut: 200_000, reason: 'fin' })
  })

  test('a certificate that is given; who trusts it is let in by name and by address', async () => {
    const made = createSelfSigned({ names: ['localhost', '127.0.0.1'], days: 1 })
    const server = await startListening({
      tls: { certificate: made, alpn: ['a', 'b'] },
      mode: { kind: 'reply', bytes: Buffer.from('ok') },
    })
    expect(server.where.fingerprint256).toBe(new X509Certificate(made.cert).fingerprint256)
    const socket = await secure(server.port, { ca: made.cert, rejectUnauthorized: true, ALPNProtocols: ['b'] })
    expect([socket.authorized, socket.alpnProtocol]).toEqual([true, 'b'])
    expect(await textOf(socket)).toBe('ok')
  })

  test('a key that belongs to another certificate', async () => {
    const [one, two] = [createSelfSigned({ names: ['a'], days: 1 }), createSelfSigned({ names: ['a'], days: 1 })]
    const certificate = { cert: one.cert, key: two.key }
    await expect(startListening({ tls: { certificate, alpn: undefined } })).rejects.toThrow(/cannot be used/)
  })

  test('a client without TLS, and one that leaves, end only themselves', async () => {
    const server = await startListening({ tls, mode: { kind: 'echo' } })
    const plain = await client(server.port)
    plain.socket.write('GET / HTTP/1.0\r\n\r\n')
    expect(await server.event('problem')).toMatchObject({ origin: 'tls', phase: 'tls', address: '127.0.0.1' })
    const leaver = await client(server.port)
    leaver.socket.destroy()
    expect(await server.event('problem', 2)).toMatchObject({ code: 'ECONNRESET', phase: 'tls' })
    const good = await secure(server.port)
    const text = textOf(good)
    good.end('good')
    expect(await text).toBe('good')
    expect(server.all('connection').length).toBe(1)
  })

  test('HTTP over it', async () => {
    const server = await startListening({ tls, mode: { ...HTTP, body: Buffer.from('secret') } })
    const body = await new Promise<string>((resolve, reject) => {
      const sent = secureGet(
        { host: '127.0.0.1', port: server.port, rejectUnauthorized: false, agent: false },
        (response) => {
          let text = ''
          response.on('data', (chunk) => {
            text += String(chunk)
          })
          response.on('end', () => resolve(text))
        },
      )
      sent.on('error', reject)
    })
    expect(body).toBe('secret')
  })
})

describe('UDP', () => {
  async function sender() {
    const socket = createSocket('udp4')
    const waiting: ((text: string) => void)[] = []
    socket.on('message', (bytes) => waiting.shift()?.(bytes.toString()))
    onTestFinished(() => void socket.close())
    return {
      ask: (port: number, text: string) =>
        new Promise<string>((resolve) => {
          waiting.push(resolve)
          socket.send(text, port, '127.0.0.1')
        }),
      port: () => socket.address().port,
    }
  }

  test('keeps peers apart', async () => {
    const server = await startListening({ target: UDP, mode: { kind: 'echo' } })
    const [one, two] = [await sender(), await sender()]
    expect(await one.ask(server.port, 'a')).toBe('a')
    expect(await two.ask(server.port, 'bb')).toBe('bb')
    expect(await one.ask(server.port, 'a again')).toBe('a again')
    expect(server.all('connection')).toMatchObject([
      { id: 1, port: one.port() },
      { id: 2, port: two.port() },
    ])
    await server.stop()
    expect(server.all('closed')).toMatchObject([
      { id: 1, bytesIn: 8, bytesOut: 8, reason: 'stopped' },
      { id: 2, bytesIn: 2, bytesOut: 2, reason: 'stopped' },
    ])
  })

  test('an empty datagram is one', async () => {
    const server = await startListening({ target: UDP, mode: { kind: 'reply', bytes: Buffer.from('got it') } })
    const peer = await sender()
    expect(await peer.ask(server.port, '')).toBe('got it')
    expect(await peer.ask(server.port, 'x')).toBe('got it')
  })

  test('a silent peer is forgotten, and comes back as another', async () => {
    const server = await startListening({ target: UDP, mode: { kind: 'echo' }, idleTimeoutMs: 30 })
    const peer = await sender()
    await peer.ask(server.port, 'a')
    expect(await server.event('closed')).toMatchObject({ id: 1, reason: 'idle' })
    await peer.ask(server.port, 'b')
    expect(server.all('connection').length).toBe(2)
  })

  test('ends once as many datagrams as were waited for have come, each answered', async () => {
    const server = await startListening({ target: UDP, mode: { kind: 'echo' }, count: 3 })
    const [one, two] = [await sender(), await sender()]
    expect(await one.ask(server.port, 'a')).toBe('a')
    expect(await one.ask(server.port, 'b')).toBe('b')
    expect(await two.ask(server.port, 'c')).toBe('c')
    expect(await server.outcome).toMatchObject({ ok: true, value: { connections: 2, bytesIn: 3, bytesOut: 3 } })
    expect(server.all('closed')).toMatchObject([
      { bytesIn: 2, reason: 'ended' },
      { bytesIn: 1, reason: 'ended' },
    ])
  })

  test('the first datagram alone, shown, and what is piped in is sent to whoever sent it', async () => {
    const input = {
      isTTY: false,
      chunks: (async function* () {
        yield Buffer.from('answer')
      })(),
    }
    const server = await startListening({ target: UDP, count: 1, input })
    const peer = await sender()
    expect(await peer.ask(server.port, 'metric')).toBe('answer')
    expect((await server.outcome).ok).toBe(true)
    expect(server.all('data').map(({ direction, bytes }) => [direction, bytes.toString()])).toEqual(
      expect.arrayContaining([
        ['received', 'metric'],
        ['sent', 'answer'],
      ]),
    )
  })

  test('too few in the time allowed is a failure that counts datagrams', async () => {
    const server = await startListening({ target: UDP, count: 3 }, Deadline.after(300))
    const socket = createSocket('udp4')
    onTestFinished(() => void socket.close())
    socket.send('a', server.port, '127.0.0.1')
    expect(await server.outcome).toMatchObject({
      ok: false,
      failure: { code: 'EAGAIN', message: expect.stringContaining('1 of 3 datagrams came') },
    })
  })

  test('what is typed for nobody is told', async () => {
    const input = {
      isTTY: true,
      chunks: (async function* () {
        yield Buffer.from('hello?')
      })(),
    }
    const server = await startListening({ target: UDP, input })
    expect(await server.event('unsent')).toMatchObject({ peers: 0, bytes: Buffer.from('hello?') })
  })
})

describe('faults', () => {
  const page = Buffer.alloc(1000, 'a')
  async function answer(fault: ListenFault, options: Partial<ListenOptions> = {}) {
    const server = await startListening({ mode: { kind: 'reply', bytes: page }, fault, ...options })
    const peer = await client(server.port, { allowHalfOpen: false })
    const shown = () => Buffer.concat(server.all('data').map(({ bytes }) => bytes))
    return { server, peer, shown }
  }

  test('reset: at once, and after some bytes', async () => {
    const { server, peer, shown } = await answer({ kind: 'reset', afterBytes: 0 })
    expect(await peer.ended).toBe('ECONNRESET')
    expect(await server.event('closed')).toMatchObject({ reason: 'fault', bytesOut: 0 })
    expect(shown().length).toBe(0)
    const later = await answer({ kind: 'reset', afterBytes: 100 })
    expect(await later.peer.ended).toBe('ECONNRESET')
    expect(await later.server.event('closed')).toMatchObject({ reason: 'fault', bytesOut: 100 })
    expect(later.shown().length).toBe(100)
  })

  test('close: a clean end in the middle', async () => {
    const { peer } = await answer({ kind: 'close', afterBytes: 100 })
    expect((await peer.received).length).toBe(100)
    expect(await peer.ended).toBeNull()
  })

  test('stall: nothing more, and no end', async () => {
    const { server, peer } = await answer({ kind: 'stall', afterBytes: 10 }, { idleTimeoutMs: 50 })
    expect((await peer.received).length).toBe(10)
    expect(await server.event('closed')).toMatchObject({ reason: 'idle', bytesOut: 10 })
  })

  test('garbage: from some byte on it is not what was meant, though as long', async () => {
    const { peer, shown } = await answer({ kind: 'garbage', afterBytes: 900 })
    const bytes = await peer.received
    expect(bytes.length).toBe(1000)
    expect(bytes.subarray(0, 900).equals(page.subarray(0, 900))).toBe(true)
    expect(bytes.subarray(900).equals(page.subarray(900))).toBe(false)
    expect(shown().equals(bytes)).toBe(true)
  })

  test('slow: all of it, in pieces', async () => {
    const { peer } = await answer({ kind: 'slow', bytesPerSecond: 10_000 })
    let pieces = 0
    peer.socket.on('data', () => pieces++)
    expect((await peer.received).equals(page)).toBe(true)
    expect(pieces).toBeGreaterThan(1)
  })

  test('they strike HTTP too', async () => {
    const { peer } = await answer({ kind: 'close', afterBytes: 20 }, { mode: { ...HTTP, body: page } })
    peer.socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    expect((await peer.received).toString()).toBe('HTTP/1.1 200 OK\r\nCon')
  })
})

test('five hundred at once are each answered', async () => {
  const server = await startListening({ mode: { kind: 'echo' } })
  const peers = await Promise.all(Array.from({ length: 500 }, () => client(server.port)))
  await server.event('connection', 500)
  const answers = await Promise.all(
    peers.map(async (peer, i) => {
      peer.socket.end(`I am ${i}`)
      return (await peer.received).toString()
    }),
  )
  expect(answers).toEqual(peers.map((_, i) => `I am ${i}`))
  expect(await server.stop()).toMatchObject({ ok: true, value: { connections: 500, peak: 500 } })
})
