import type { Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { gate } from '../../../helpers/gate.js'
import { client, startListening } from '../../../helpers/listen.js'
import { session } from '../../../helpers/session.js'
import { listening } from '../../../helpers/sockets.js'

const MUCH = Buffer.alloc(60_000, 'x')
const REFUSED = /^(?:EPIPE|ECONNRESET)$/

/** Says it and is gone, before anybody can have heard it: what comes then meets no socket. */
function leave(socket: Socket, words: string): void {
  socket.write(words)
  socket.destroy()
}

async function* after(moment: Promise<void>, ...pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  await moment
  yield* pieces
}

// Windows has no descriptor to ask.
describe.runIf(process.platform !== 'win32')('what is sent to a peer that has closed', () => {
  it.each([
    ['much of it', MUCH],
    ['a little', Buffer.from('late')],
  ])('is refused, and connect tells it: %s', async (_, bytes) => {
    const { port } = await listening((socket) => leave(socket, 'last'))
    const heard = gate()
    const { outcome, received } = await session(port, {
      input: after(heard.passed, bytes),
      onEvent: ({ type }) => type === 'data' && heard.open(),
    })
    expect(received.toString()).toBe('last')
    expect(outcome).toMatchObject({ ok: false, failure: { code: expect.stringMatching(REFUSED), phase: 'write' } })
    expect(outcome.value?.session).toMatchObject({ reason: 'reset', bytesIn: 4, bytesOut: bytes.length })
  })

  it('is refused behind an expectation', async () => {
    const { port } = await listening((socket) => leave(socket, 'last'))
    const steps = [{ kind: 'expect', pattern: /last/ } as const, { kind: 'send', bytes: MUCH } as const]
    const { outcome } = await session(port, { steps })
    expect(outcome).toMatchObject({ ok: false, failure: { code: expect.stringMatching(REFUSED), phase: 'write' } })
  })

  it('is refused, and listen tells it', async () => {
    const heard = gate()
    const input = { isTTY: false, chunks: after(heard.passed, MUCH) }
    const server = await startListening({ input, count: 1 })
    const { socket } = await client(server.port)
    await server.event('connection')
    leave(socket, 'last')
    await server.event('data')
    heard.open()
    expect(await server.outcome).toMatchObject({
      ok: false,
      failure: { code: expect.stringMatching(REFUSED), phase: 'write', syscall: 'write' },
    })
    expect(server.all('closed')).toMatchObject([{ reason: 'reset', bytesIn: 4, bytesOut: MUCH.length }])
  })
})

describe('an end in order stays one', () => {
  const ROUNDS = 60

  it.each<[string, (socket: Socket) => void]>([
    ['we end first', (socket) => void socket.resume().on('end', () => socket.end('bye'))],
    ['the peer ends first, and reads on', (socket) => void socket.resume().end('bye')],
    ['the peer closes once it has all', (socket) => void socket.resume().on('end', () => leave(socket, 'bye'))],
  ])('%s', async (_, serve) => {
    const { port } = await listening(serve)
    for (let round = 0; round < ROUNDS; round++) {
      const { outcome } = await session(port, { input: round % 2 === 0 ? MUCH : 'hi' })
      expect(outcome).toMatchObject({ ok: true, value: { session: { reason: 'fin', bytesIn: 3 } } })
    }
  })

  it('the peer takes what we say, answers and is gone long before we end', async () => {
    const { port } = await listening((socket) => void socket.once('data', () => leave(socket, 'bye')))
    for (let round = 0; round < ROUNDS; round++) {
      const heard = gate()
      async function* input() {
        yield Buffer.from('hi')
        await heard.passed
      }
      const { outcome } = await session(port, {
        input: input(),
        onEvent: (event) => event.type === 'data' && event.direction === 'received' && heard.open(),
      })
      expect(outcome).toMatchObject({ ok: true, value: { session: { reason: 'fin', bytesIn: 3 } } })
    }
  })

  it('to listen', async () => {
    const server = await startListening({ mode: { kind: 'echo' }, count: ROUNDS })
    for (let round = 0; round < ROUNDS; round++) {
      const { socket, received } = await client(server.port)
      socket.end(round % 2 === 0 ? MUCH : 'hi')
      await received
    }
    expect(await server.outcome).toMatchObject({ ok: true })
    expect(new Set(server.all('closed').map(({ reason }) => reason))).toEqual(new Set(['fin']))
  })
})
