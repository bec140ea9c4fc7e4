import { once } from 'node:events'
import { connect } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { describe, expect, onTestFinished, test } from 'vitest'
import { client, startListening } from '../../../helpers/listen.js'

const BIG_BYTES = 20 << 20

async function* pieces(bytes: number): AsyncGenerator<Uint8Array> {
  for (let left = bytes; left > 0; left -= 65_536) yield new Uint8Array(Math.min(left, 65_536))
}

const input = (bytes: number) => ({ isTTY: false, chunks: pieces(bytes) })
const TLS = { certificate: null, alpn: undefined }

/** A TLS client whose connection below can be ended without a word of TLS. */
async function tlsClient(port: number) {
  const raw = connect(port, '127.0.0.1')
  const socket = connectTls({ socket: raw, rejectUnauthorized: false })
  socket.on('error', () => {})
  raw.on('error', () => {})
  onTestFinished(() => void raw.destroy())
  await once(socket, 'secureConnect')
  return { raw, socket }
}

describe.each([
  ['plain', null],
  ['TLS', TLS],
] as const)('%s: a peer that leaves while much is on its way to it', (_how, tls) => {
  test('is heard to its last word, its leaving is told, and what was not sent', async () => {
    const server = await startListening({ tls, count: 1, input: input(BIG_BYTES) })
    const socket = tls ? (await tlsClient(server.port)).socket : connect(server.port, '127.0.0.1')
    onTestFinished(() => void socket.destroy())
    await once(socket, 'readable')
    socket.read(1024)
    socket.write('last line\n', () => socket.destroy())
    const outcome = await server.outcome
    const received = server.all('data').filter(({ direction }) => direction === 'received')
    expect(Buffer.concat(received.map(({ bytes }) => bytes)).toString()).toBe('last line\n')
    expect(server.all('closed')).toMatchObject([{ bytesIn: 10, reason: 'reset' }])
    expect(outcome).toMatchObject({ ok: false, failure: { origin: 'os' }, value: { bytesIn: 10 } })
    expect(server.all('unsent')).toMatchObject([{ peers: 1 }])
  })
})

describe('the end of TLS', () => {
  test('close_notify is told', async () => {
    const server = await startListening({ tls: TLS, count: 1 })
    const { socket } = await tlsClient(server.port)
    socket.end('hello\n')
    socket.resume()
    expect((await server.outcome).ok).toBe(true)
    expect(server.all('closed')).toMatchObject([{ bytesIn: 6, reason: 'fin', closeNotify: true }])
  })

  test('so is its absence', async () => {
    const server = await startListening({ tls: TLS, count: 1 })
    const { raw, socket } = await tlsClient(server.port)
    socket.write('hello\n')
    await server.event('data')
    raw.end()
    await server.outcome
    expect(server.all('closed')).toMatchObject([{ bytesIn: 6, reason: 'fin', closeNotify: false }])
  })

  test('without TLS there is none', async () => {
    const server = await startListening({ count: 1 })
    const peer = await client(server.port)
    peer.socket.end('hello\n')
    await server.outcome
    expect(server.all('closed')).toMatchObject([{ reason: 'fin', closeNotify: null }])
  })

  test('a reset is no end in order, and what came before it is shown', async () => {
    const server = await startListening({ tls: TLS, count: 1 })
    const { raw, socket } = await tlsClient(server.port)
    socket.write('hello\n')
    await server.event('data')
    raw.resetAndDestroy()
    expect(await server.outcome).toMatchObject({ ok: false, failure: { code: 'ECONNRESET' } })
    expect(server.all('closed')).toMatchObject([{ bytesIn: 6, reason: 'reset', code: 'ECONNRESET' }])
  })
})

test('what the peer refused is told, where one alone is served', async () => {
  const mode = { kind: 'reply', bytes: Buffer.from('unwanted') } as const
  const server = await startListening({ count: 1, mode })
  const hasty = connect(server.port, '127.0.0.1')
  hasty.pause()
  await server.event('data')
  hasty.destroy() // with a piece unread: a reset
  expect(await server.outcome).toMatchObject({ ok: false })
  expect(server.all('closed')).toMatchObject([{ bytesOut: 8, reason: 'reset' }])
})

describe('a client that asks on and on and reads no answer', () => {
  const REQUEST = 'GET /big HTTP/1.1\r\nHost: x\r\n\r\n'
  const ASKED = 300_000
  const HTTP = { kind: 'http', statusCode: 200, headers: [], body: Buffer.alloc(0), delayMs: 50 } as const

  test('is read no further while answers wait', async () => {
    const server = await startListening({ mode: HTTP })
    const socket = connect(server.port, '127.0.0.1')
    onTestFinished(() => void socket.destroy())
    socket.on('error', () => {})
    socket.write(REQUEST.repeat(ASKED))
    await server.event('request', 3)
    await server.stop()
    const [closed] = server.all('closed')
    // One read at a time: what came with it waits, and nothing else.
    expect(closed?.bytesIn).toBeLessThanOrEqual(2 * 65_536)
    const told = server.all('request')
    expect(told.length).toBeLessThan((2 * 65_536) / REQUEST.length)
    expect(told.slice(0, 3).every(({ statusCode }) => statusCode === 200)).toBe(true)
    expect(told.at(-1)).toMatchObject({ statusCode: 0, complete: false })
  })

  test('one that does read gets every answer, in order', async () => {
    const server = await startListening({ mode: { ...HTTP, delayMs: 0, body: Buffer.from('yes') } })
    const peer = await client(server.port)
    const count = 3000
    for (let at = 0; at < count; at++) peer.socket.write(REQUEST.replace('/big', `/${at}`))
    peer.socket.write('GET /last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
    const answers = (await peer.received).toString().match(/HTTP\/1\.1 200 /g) ?? []
    expect(answers.length).toBe(count + 1)
    await server.event('request', count + 1)
    const targets = server.all('request').map(({ target }) => target)
    expect(targets).toEqual([...Array.from({ length: count }, (_, at) => `/${at}`), '/last'])
  })
})

test.each([
  ['--exec', { kind: 'exec', command: 'cat', shell: false }],
  ['--chat', { kind: 'chat' }],
  ['--echo that is slow', { kind: 'echo' }],
] as const)('%s adds no listener for each piece', async (_what, mode) => {
  const warnings: string[] = []
  const warn = (warning: Error) => warnings.push(warning.name)
  process.on('warning', warn)
  onTestFinished(() => void process.off('warning', warn))
  const fault = mode.kind === 'echo' ? ({ kind: 'slow', bytesPerSecond: 1 << 30 } as const) : null
  const server = await startListening({ mode, fault })
  const [one, two] = [await client(server.port), await client(server.port)]
  const line = `${'x'.repeat(16_000)}\n`
  for (let at = 0; at < 200; at++) one.socket.write(line)
  const taker = mode.kind === 'chat' ? two : one
  let came = 0
  await new Promise<void>((resolve) => {
    taker.socket.on('data', ({ length }) => {
      came += length
      if (came >= 200 * line.length) resolve()
    })
  })
  expect(warnings).toEqual([])
})
