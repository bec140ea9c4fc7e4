import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { describe, expect, it, onTestFinished } from 'vitest'
import { CERTIFICATE, PRIVATE_KEY } from '../../../helpers/certificate.js'
import { type Gate, gate } from '../../../helpers/gate.js'
import { startListening } from '../../../helpers/listen.js'
import { type SessionSettings, session } from '../../../helpers/session.js'
import { TLS_VERSIONS, type TlsVersion, tlsListening } from '../../../helpers/tls-server.js'

const MUCH = Buffer.alloc(60_000, 'x')
const REFUSED = /^(?:EPIPE|ECONNRESET)$/

const overTls = (port: number, settings: SessionSettings = {}) =>
  session(port, { ...settings, tls: { ca: CERTIFICATE, servername: 'localhost' } })

/** Says it and its goodbye, and is gone: what comes then meets no socket. */
function leave(socket: TLSSocket, raw: Socket, words: string): Promise<void> {
  const { passed, open } = gate()
  raw.once('close', open)
  // In the turn of the handshake Node would go without its closure alert.
  setImmediate(() => socket.end(words, () => raw.destroy()))
  return passed
}

async function* behind(moments: readonly Promise<unknown>[], ...pieces: readonly Uint8Array[]) {
  await Promise.all(moments)
  yield* pieces
}

/** A client of Node's that goes on after the other's end. */
async function tlsClient(port: number, version: TlsVersion) {
  const raw = connectTcp({ port, host: '127.0.0.1', allowHalfOpen: true })
  const versions = { minVersion: version, maxVersion: version }
  const socket = connectTls({ socket: raw, servername: 'localhost', ca: CERTIFICATE, ...versions })
  socket.on('error', () => {})
  onTestFinished(() => void socket.destroy())
  let text = ''
  socket.on('data', (bytes) => {
    text += bytes
  })
  const received = new Promise<string>((resolve) => socket.once('end', () => resolve(text)))
  await new Promise((resolve) => socket.once('secureConnect', resolve))
  return { socket, raw, received }
}

const serverTls = { certificate: { cert: CERTIFICATE, key: PRIVATE_KEY }, alpn: undefined }

describe.each(TLS_VERSIONS)('%s', (version) => {
  // Windows has no descriptor to ask.
  describe.runIf(process.platform !== 'win32')('what is sent to a peer that has closed', () => {
    it.each([
      ['much of it', MUCH],
      ['a little', Buffer.from('late')],
    ])('is refused, and connect tells it: %s', async (_, bytes) => {
      const heard = gate()
      const gone = gate()
      const port = await tlsListening({ version }, (socket, raw) => void leave(socket, raw, 'last').then(gone.open))
      const { outcome, received } = await overTls(port, {
        input: behind([heard.passed, gone.passed], bytes),
        onEvent: ({ type }) => type === 'data' && heard.open(),
      })
      expect(received.toString()).toBe('last')
      expect(outcome).toMatchObject({ ok: false, failure: { code: expect.stringMatching(REFUSED), phase: 'write' } })
      expect(outcome.value?.session).toMatchObject({ reason: 'reset', closeNotify: true, bytesIn: 4 })
    })

    it('is refused, and listen tells it', async () => {
      const gone = gate()
      const input = { isTTY: false, chunks: behind([gone.passed], MUCH) }
      const server = await startListening({ tls: serverTls, input, count: 1 })
      const { socket, raw } = await tlsClient(server.port, version)
      const left = leave(socket, raw, 'last')
      await server.event('data')
      void left.then(gone.open)
      expect(await server.outcome).toMatchObject({
        ok: false,
        failure: { code: expect.stringMatching(REFUSED), phase: 'write', syscall: 'write' },
      })
      expect(server.all('closed')).toMatchObject([{ reason: 'reset', bytesIn: 4 }])
    })
  })

  describe('an end in order stays one', () => {
    const ROUNDS = 50

    it.each<[string, (socket: TLSSocket, raw: Socket) => void]>([
      ['we end first', (socket) => void socket.resume().on('end', () => socket.end('bye'))],
      ['the peer ends first, and reads on', (socket) => void setImmediate(() => socket.resume().end('bye'))],
      [
        'the peer closes once it has all',
        (socket, raw) => {
          socket.resume().on('end', () => void leave(socket, raw, 'bye'))
        },
      ],
    ])('%s', async (_, serve) => {
      const port = await tlsListening({ version }, serve)
      for (let round = 0; round < ROUNDS; round++) {
        const { outcome } = await overTls(port, { input: round % 2 === 0 ? MUCH : 'hi' })
        expect(outcome).toMatchObject({
          ok: true,
          value: { session: { reason: 'fin', bytesIn: 3, closeNotify: true } },
        })
      }
    })

    it('the peer takes what we say, answers and is gone long before we end', async () => {
      const gone: Gate[] = []
      const port = await tlsListening({ version }, (socket, raw) => {
        socket.once('data', () => void leave(socket, raw, 'bye').then(gone.at(-1)?.open))
      })
      for (let round = 0; round < ROUNDS; round++) {
        const left = gate()
        gone.push(left)
        async function* input() {
          yield Buffer.from('hi')
          await left.passed
        }
        const { outcome } = await overTls(port, { input: input() })
        expect(outcome).toMatchObject({
          ok: true,
          value: { session: { reason: 'fin', bytesIn: 3, closeNotify: true } },
        })
      }
    })

    it('to listen, of whom the client takes the last long after', async () => {
      const chunks = behind([], Buffer.alloc(3_000_000, 'x'))
      const server = await startListening({ tls: serverTls, input: { isTTY: false, chunks }, count: 1 })
      const { socket, received } = await tlsClient(server.port, version)
      socket.on('data', () => {
        socket.pause()
        setImmediate(() => setImmediate(() => socket.resume()))
      })
      socket.end('hi')
      expect((await received).length).toBe(3_000_000)
      expect(await server.outcome).toMatchObject({ ok: true })
      expect(server.all('closed')).toMatchObject([{ code: null, bytesIn: 2, bytesOut: 3_000_000 }])
    })

    it('to listen, whoever of both is gone first', async () => {
      const server = await startListening({ tls: serverTls, mode: { kind: 'echo' }, count: ROUNDS })
      for (let round = 0; round < ROUNDS; round++) {
        const { socket, received } = await tlsClient(server.port, version)
        const said = round % 2 === 0 ? MUCH.toString() : 'hi'
        if (round % 4 < 2) {
          socket.end(said)
          expect(await received).toBe(said)
        } else {
          let heardBytes = 0
          socket.on('data', ({ length }) => {
            heardBytes += length
            if (heardBytes === said.length) socket.end(() => socket.destroy())
          })
          socket.write(said)
          await new Promise((resolve) => socket.once('close', resolve))
        }
      }
      expect(await server.outcome).toMatchObject({ ok: true })
      expect(new Set(server.all('closed').map(({ reason }) => reason))).toEqual(new Set(['fin']))
    })
  })
})
