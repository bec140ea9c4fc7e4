import { createHash, randomBytes } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Deadline } from '../../../../src/core/deadline.js'
import { CERTIFICATE } from '../../../helpers/certificate.js'
import { session, silentInput } from '../../../helpers/session.js'
import { listening, refusingPort } from '../../../helpers/sockets.js'
import { tlsListening } from '../../../helpers/tls-server.js'

const echo = (socket: Socket) => void socket.pipe(socket)
const say = (bytes: string) => ({ kind: 'send', bytes: Buffer.from(bytes) }) as const
const hope = (pattern: RegExp) => ({ kind: 'expect', pattern }) as const

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'netkit-'))
  onTestFinished(() => rm(path, { recursive: true }))
  return path
}

async function* random(total: number, hash: { update(bytes: Uint8Array): unknown }): AsyncGenerator<Uint8Array> {
  for (let sent = 0; sent < total; sent += 65_536) {
    const bytes = randomBytes(Math.min(65_536, total - sent))
    hash.update(bytes)
    yield bytes
  }
}

describe('a session', () => {
  it('half-closes at the end of its input and reads on until the peer is done', async () => {
    const { port } = await listening((socket) => {
      const heard: Buffer[] = []
      socket.on('data', (bytes) => heard.push(bytes))
      socket.on('end', () => setImmediate(() => socket.end(`heard ${Buffer.concat(heard).toString()}`)))
    })
    const { received, outcome } = await session(port, { input: 'hello' })
    expect(received.toString()).toBe('heard hello')
    expect(outcome.ok && outcome.value.session).toEqual({
      bytesUnacknowledged: expect.toBeOneOf([0, null]) as unknown,
      bytesIn: 11,
      bytesOut: 5,
      bytesUnread: 0,
      reason: 'fin',
      closedBy: 'self',
      closeNotify: null,
      state: null,
    })
  })

  it('goes on sending after the peer has said its FIN', async () => {
    let heardAll: (count: number) => void = () => {}
    const heard = new Promise<number>((resolve) => {
      heardAll = resolve
    })
    const { port } = await listening((socket) => {
      let count = 0
      socket.on('data', (bytes) => {
        count += bytes.length
      })
      socket.on('end', () => heardAll(count))
      socket.end('that is all')
    })
    let closed: () => void = () => {}
    const peerClosed = new Promise<void>((resolve) => {
      closed = resolve
    })
    async function* afterFin() {
      await peerClosed
      yield Buffer.alloc(100_000)
    }
    const said = await session(port, {
      input: afterFin(),
      onEvent: (event) => event.type === 'data' && event.direction === 'received' && closed(),
    })
    expect(said.failed).toBeNull()
    expect(await heard).toBe(100_000)
    expect(said.received.toString()).toBe('that is all')
    expect(said.outcome.value?.session).toMatchObject({ reason: 'fin', bytesOut: 100_000 })
  })

  it('gives every byte to a slow taker, in order, and lets the peer wait', async () => {
    const { port } = await listening(echo)
    const [sent, came] = [createHash('sha256'), createHash('sha256')]
    let atOnce = 0
    const output = {
      async write(bytes: Uint8Array) {
        expect(++atOnce).toBe(1)
        came.update(bytes)
        await new Promise((resolve) => setImmediate(resolve))
        atOnce--
      },
    }
    const total = 16 * 1_048_576
    const { outcome } = await session(port, { input: random(total, sent), output })
    expect(outcome.value?.session).toMatchObject({ bytesIn: total, bytesOut: total, reason: 'fin' })
    expect(came.digest('hex')).toBe(sent.digest('hex'))
  })

  it("tells a reset by the peer behind our own FIN as the peer's", async () => {
    const { port } = await listening((socket) => socket.on('end', () => socket.resetAndDestroy()).resume())
    const { failed, outcome } = await session(port)
    expect(failed).toEqual({ code: 'ECONNRESET', origin: 'os', phase: 'read' })
    expect(outcome.value?.session).toMatchObject({ reason: 'reset', closedBy: 'peer' })
  })

  it('tells a reset', async () => {
    const { port } = await listening((socket) => {
      socket.on('data', () => socket.resetAndDestroy())
    })
    const { failed, outcome } = await session(port, { steps: [say('x'), hope(/never/)] })
    expect(failed).toEqual({ code: 'ECONNRESET', origin: 'os', phase: 'read' })
    expect(outcome.value?.session).toMatchObject({ reason: 'reset', closedBy: 'peer' })
  })

  it('hands over what the peer said before it left with a reset', async () => {
    const { port } = await listening((socket) => {
      socket.once('data', () => {
        socket.write('400 no\n', () => socket.destroy()) // with unread bytes: the kernel says RST
      })
    })
    async function* endless() {
      for (;;) yield Buffer.alloc(65_536)
    }
    const { received, failed, outcome } = await session(port, { input: endless() })
    expect(received.toString()).toBe('400 no\n')
    expect(['EPIPE', 'ECONNRESET']).toContain(failed?.code)
    expect(outcome.value?.session?.reason).toBe('reset')
  })

  it('ends for silence only where it was asked to', async () => {
    const { port } = await listening(() => {})
    const { failed, outcome } = await session(port, { input: silentInput(), idleMs: 50 })
    expect(failed).toEqual({ code: 'EAGAIN', origin: 'deadline', phase: 'read' })
    expect(outcome.value?.session).toMatchObject({ reason: 'idle', closedBy: null })
  })

  it('does not call its own slow taker silence', async () => {
    const { port } = await listening((socket) => socket.end('x'.repeat(10)))
    const output = { write: () => new Promise<void>((resolve) => setTimeout(resolve, 200)) }
    const { failed } = await session(port, { output, idleMs: 50 })
    expect(failed).toBeNull()
  })

  it('is bounded by the deadline of the run', async () => {
    const { port } = await listening(() => {})
    const { failed, outcome } = await session(port, { input: silentInput(), deadline: Deadline.after(100) })
    expect(failed).toMatchObject({ code: 'EAGAIN', origin: 'deadline' })
    expect(outcome.value?.session?.reason).toBe('max-time')
  })

  it('ends when interrupted, and tells what went by', async () => {
    const { port } = await listening(echo)
    const controller = new AbortController()
    const { failed, outcome } = await session(port, {
      steps: [say('hi'), hope(/never/)],
      signal: controller.signal,
      onEvent: (event) => event.type === 'data' && event.direction === 'received' && controller.abort(),
    })
    expect(failed).toMatchObject({ code: 'ECANCELED', origin: 'abort' })
    expect(outcome.value?.session).toMatchObject({ bytesIn: 2, bytesOut: 2, reason: 'interrupted' })
  })

  it('answers the FIN of the peer where a person would expect it', async () => {
    const { port } = await listening((socket) => socket.end('bye'))
    const { failed, outcome } = await session(port, { input: silentInput(), endsWithPeer: true })
    expect(failed).toBeNull()
    expect(outcome.value?.session).toMatchObject({ reason: 'fin', closedBy: 'peer', bytesIn: 3 })
  })

  it('fails with the reason of an input that cannot be read', async () => {
    const { port } = await listening(echo)
    // biome-ignore lint/correctness/useYield: it fails before it has anything to give
    async function* broken(): AsyncGenerator<Uint8Array> {
      throw Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO', syscall: 'read' })
    }
    const { failed } = await session(port, { input: broken() })
    expect(failed).toEqual({ code: 'EIO', origin: 'os', phase: 'options' })
  })

  it('tells a refusal without having been connected', async () => {
    const { failed, outcome, events } = await session(await refusingPort(), { input: 'x' })
    expect(failed).toEqual({ code: 'ECONNREFUSED', origin: 'os', phase: 'connect' })
    expect(outcome.value?.session).toBeNull()
    expect(events.map(({ type }) => type)).toEqual(['attempt'])
  })

  it('turns LF into CRLF once, across pieces', async () => {
    const { port } = await listening(echo)
    async function* pieces() {
      yield Buffer.from('a\nb\r')
      yield Buffer.from('\nc\n')
    }
    expect((await session(port, { input: pieces(), crlf: true })).received.toString()).toBe('a\r\nb\r\nc\r\n')
  })

  it('talks to a Unix socket, and says what is wrong with one', async () => {
    const path = join(await folder(), 'socket')
    const server = createServer({ allowHalfOpen: true }, (socket) => void socket.pipe(socket))
    await new Promise<void>((resolve) => server.listen(path, resolve))
    const target = { host: `unix:${path}`, port: 0 }
    const said = await session(target, { input: 'hi' })
    await new Promise((resolve) => server.close(resolve))
    expect(said.failed).toBeNull()
    expect(said.received.toString()).toBe('hi')
    expect(said.events.find(({ type }) => type === 'connected')).toMatchObject({
      address: target.host,
      localAddress: null,
    })
    expect((await session(target)).failed).toEqual({ code: 'ENOENT', origin: 'os', phase: 'connect' })
  })
})

describe('a conversation', () => {
  it('takes its steps in order and matches behind the last match', async () => {
    const { port } = await listening((socket) => {
      socket.write('one two ')
      socket.on('data', (bytes) => socket.write(bytes.toString().toUpperCase()))
      socket.on('end', () => socket.end())
    })
    const steps = [hope(/one/), say('two'), hope(/two/), hope(/TWO/)]
    const { events, failed } = await session(port, { steps })
    expect(failed).toBeNull()
    expect(events.filter(({ type }) => type === 'match')).toMatchObject([
      { pattern: 'one', text: 'one' },
      { pattern: 'two', text: 'two' },
      { pattern: 'TWO', text: 'TWO' },
    ])
  })

  it('finds a pattern whose match comes in pieces that cut a character', async () => {
    const { port } = await listening((socket) => {
      const bytes = Buffer.from('prêt')
      socket.write(bytes.subarray(0, 3), () => setImmediate(() => socket.write(bytes.subarray(3))))
      socket.on('end', () => socket.end())
    })
    expect((await session(port, { steps: [hope(/^prêt$/m)] })).failed).toBeNull()
  })

  it.each([
    ['too late', (socket: Socket) => void socket.write('NOPE\n'), 'NOPE'],
    ['closed before', (socket: Socket) => void socket.end('GONE\n'), 'GONE'],
    ['silent', () => {}, 'nothing came'],
  ])('fails with what came instead: %s', async (_, answer, told) => {
    const { port } = await listening(answer)
    const { failed, outcome } = await session(port, { steps: [say('PING\n'), hope(/PONG/)], timeoutMs: 300 })
    expect(failed).toEqual({ code: 'EXPECTATION_UNMET', origin: 'expectation', phase: 'read' })
    expect(outcome.ok ? '' : outcome.failure.message).toContain(told)
    expect(outcome.value?.session?.reason).toBe('expectation')
  })

  it('holds where the peer leaves with a reset after the last expectation was met', async () => {
    const { port } = await listening((socket) => {
      socket.write('PONG')
      socket.resume().on('end', () => socket.resetAndDestroy())
    })
    const { failed, outcome } = await session(port, { steps: [hope(/PONG/)] })
    expect(failed).toBeNull()
    expect(outcome.value?.session?.reason).toBe('reset')
  })

  it('ends by itself where the peer stays', async () => {
    const { port } = await listening((socket) => socket.write('220 hello\r\n'))
    const { failed, outcome } = await session(port, { steps: [hope(/^220/)] })
    expect(failed).toBeNull()
    expect(outcome.value?.session?.reason).toBe('done')
  })

  it('does not touch its input', async () => {
    const { port } = await listening(echo)
    async function* forbidden(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('from stdin')
    }
    expect((await session(port, { steps: [say('x')], input: forbidden() })).received.toString()).toBe('x')
  })
})

describe('files', () => {
  it('take what comes, and record both directions', async () => {
    const { port } = await listening(echo)
    const path = await folder()
    const [outputFile, recordFile] = [join(path, 'out'), join(path, 'record')]
    const bytes = Buffer.concat([Buffer.from('text'), Buffer.from([0xff, 0])])
    await session(port, { input: bytes, outputFile, recordFile })
    expect((statSync(recordFile).mode & 0o077).toString(8), 'nobody else may read what was said').toBe('0')
    expect(readFileSync(outputFile)).toEqual(bytes)
    const lines: Record<string, unknown>[] = readFileSync(recordFile, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    const dataBase64 = bytes.toString('base64')
    expect(lines).toEqual([
      { atMs: expect.any(Number), direction: 'sent', data: null, dataBase64 },
      { atMs: expect.any(Number), direction: 'received', data: null, dataBase64 },
    ])
  })

  it('that cannot be written are found before anything is sent', async () => {
    let connections = 0
    const { port } = await listening(() => connections++)
    const { failed } = await session(port, { outputFile: join(await folder(), 'no', 'such', 'folder') })
    expect(failed).toEqual({ code: 'ENOENT', origin: 'os', phase: 'options' })
    expect(connections).toBe(0)
  })
})

it('a session tells a reset that comes at once behind the data from an end', async () => {
  const { port } = await listening((socket) => {
    socket.once('data', () => socket.write('half of', () => socket.resetAndDestroy()))
  })
  const { outcome, received } = await session(port, { steps: [say('go'), hope(/never/)] })
  expect(received.toString()).toBe('half of')
  expect(outcome.value?.session).toMatchObject({ reason: 'reset', closedBy: 'peer' })
  expect(outcome).toMatchObject({ ok: false, failure: { code: 'ECONNRESET' } })
})

for (const inOrder of [true, false]) {
  it(`a session over TLS tells whether its end was said: ${inOrder}`, async () => {
    const port = await tlsListening({ version: 'TLSv1.3' }, (socket, raw) => {
      socket.once('data', () => socket.write('all of it', () => (inOrder ? socket.end() : raw.end())))
    })
    const { outcome, received } = await session(port, { input: 'go', tls: { ca: CERTIFICATE } })
    expect(received.toString()).toBe('all of it')
    expect(outcome.value?.session).toMatchObject({ reason: 'fin', closeNotify: inOrder })
  })
}
