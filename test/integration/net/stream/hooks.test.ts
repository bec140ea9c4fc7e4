import { once } from 'node:events'
import { connect, Socket } from 'node:net'
import { createSecureContext, TLSSocket, connect as tlsConnect } from 'node:tls'
import { expect, it, onTestFinished } from 'vitest'
import {
  beforeDestroy,
  beforeOurEnd,
  descriptorOf,
  errorsComeAtOnce,
  errorsComeLast,
  onLastRead,
  surviveFailedWrites,
  tellAlerts,
  tellLateError,
} from '../../../../src/net/stream/hooks.js'
import { CERTIFICATE, PRIVATE_KEY } from '../../../helpers/certificate.js'
import { listening } from '../../../helpers/sockets.js'

/** The releases of Node on which what is relied on here was looked at. */
const CHECKED = [20, 22, 24]

async function connected(serve: (socket: Socket) => void): Promise<Socket> {
  const { port } = await listening(serve)
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  onTestFinished(() => void socket.destroy())
  await once(socket, 'connect')
  return socket
}

it('runs on a release of Node whose sockets have been looked at', () => {
  expect(CHECKED).toContain(Number.parseInt(process.versions.node, 10))
})

it.runIf(process.platform !== 'win32')('reads the descriptor of a connected socket, and of no other', async () => {
  const socket = await connected(() => {})
  expect(descriptorOf(socket)).toBeGreaterThan(2)
  socket.destroy()
  expect(descriptorOf(socket)).toBeNull()
  expect(descriptorOf(new Socket())).toBeNull()
})

it('lets a socket be read to its end behind a write that failed, and gives it back', async () => {
  let answered: () => void = () => {}
  const reset = new Promise<void>((resolve) => {
    answered = resolve
  })
  const socket = await connected((peer) => {
    peer.once('close', answered)
    peer.once('data', () => peer.write('the answer', () => peer.resetAndDestroy()))
  })
  const failures: (string | undefined)[] = []
  const release = surviveFailedWrites(socket, (error: NodeJS.ErrnoException) => failures.push(error.code))
  socket.write('go')
  await reset
  const written = new Promise<Error | null | undefined>((resolve) => socket.write('too late', resolve))
  expect(await written).toBeFalsy()
  expect(failures).toHaveLength(1)
  expect(['EPIPE', 'ECONNRESET']).toContain(failures[0])
  expect(socket.destroyed).toBe(false)
  const own = Object.hasOwn(socket, '_write') && socket._write
  release()
  expect(socket._write).not.toBe(own)
})

it('holds our end back until it may go', async () => {
  let heardEnd = false
  const socket = await connected((peer) =>
    peer.resume().on('end', () => {
      heardEnd = true
      peer.end()
    }),
  )
  const order: string[] = []
  const released = new Promise<void>((resolve) => {
    beforeOurEnd(socket, (goOn) => {
      order.push('asked')
      setImmediate(() => {
        order.push(`ended ${heardEnd}`)
        goOn()
        resolve()
      })
    })
  })
  socket.resume().end('all')
  await released
  await once(socket, 'close')
  expect(order).toEqual(['asked', 'ended false'])
  expect(heardEnd).toBe(true)
})

it('holds the closing back, and tells the error that closes it', async () => {
  const socket = await connected(() => {})
  const told: (Error | null)[] = []
  const asked = new Promise<() => void>((resolve) => {
    beforeDestroy(socket, (error, goOn) => {
      told.push(error)
      resolve(goOn)
    })
  })
  const fault = new Error('a fault')
  socket.on('error', () => {}).destroy(fault)
  const goOn = await asked
  expect(told).toEqual([fault])
  expect(descriptorOf(socket)).not.toBeNull()
  const closed = new Promise((resolve) => socket.once('close', resolve))
  goOn()
  await closed
  expect(descriptorOf(socket)).toBeNull()
})

it('has an error wait for what came before it and nobody has read, and gives it back', async () => {
  const socket = await connected((peer) => peer.write('words'))
  errorsComeLast(socket)
  while (socket.readableLength === 0) await new Promise((resolve) => setImmediate(resolve))
  const fault = new Error('a fault')
  const failed = once(socket, 'error')
  socket.destroy(fault).destroy(new Error('another, behind it'))
  tellLateError(socket)
  expect(socket.destroyed).toBe(false)
  expect(String(socket.read())).toBe('words')
  tellLateError(socket)
  expect(socket.destroyed).toBe(true)
  expect(await failed).toEqual([fault])

  const other = await connected((peer) => peer.write('words'))
  errorsComeLast(other)
  while (other.readableLength === 0) await new Promise((resolve) => setImmediate(resolve))
  const told = once(other, 'error')
  other.destroy(fault)
  errorsComeAtOnce(other)
  expect(await told).toEqual([fault])
  expect(Object.hasOwn(other, 'destroy')).toBe(false)
})

it('calls no write failed that is given up with its socket', async () => {
  const socket = await connected((peer) => peer.pause())
  const failures: unknown[] = []
  surviveFailedWrites(socket, (error) => failures.push(error))
  const written = new Promise<Error | null | undefined>((resolve) => socket.write(Buffer.alloc(20_000_000), resolve))
  socket.on('error', () => {}).destroy(new Error('a fault'))
  expect(await written).toBeInstanceOf(Error)
  expect(failures).toEqual([])
})

it('tells of the last read before its reader hears of the end', async () => {
  const socket = await connected((peer) => peer.end('all of it'))
  const order: string[] = []
  onLastRead(socket, () => order.push('last'))
  socket.on('data', (bytes) => order.push(String(bytes))).on('end', () => order.push('end'))
  await once(socket, 'end')
  expect(order.at(-1)).toBe('end')
  expect(order).toContain('last')
  expect(order.indexOf('last')).toBeLessThan(order.indexOf('end'))
})

it("has a server's TLS session tell of what is wrong behind its handshake", async () => {
  const secureContext = createSecureContext({ cert: CERTIFICATE, key: PRIVATE_KEY })
  let failed: (error: Error) => void = () => {}
  const failure = new Promise<Error>((resolve) => {
    failed = resolve
  })
  const raw = await connected((peer) => {
    const session = new TLSSocket(
      peer.on('error', () => {}),
      { isServer: true, secureContext },
    )
    session.on('error', failed).once('secure', () => {
      tellAlerts(session)
      setImmediate(() => session.resume().write('the handshake is over'))
    })
  })
  const client = tlsConnect({ socket: raw, ca: CERTIFICATE, servername: 'localhost' })
  await once(
    client.on('error', () => {}),
    'data',
  )
  raw.write('no record of TLS')
  expect(await failure).toMatchObject({ code: expect.stringMatching(/^ERR_SSL_/) })
})
