import { connect as connectTcp, type Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { describe, expect, it, onTestFinished } from 'vitest'
import { dial } from '../../../../src/net/connect/dial.js'
import { closeNotifyOf, resetBelow } from '../../../../src/net/stream/guards/close-notify.js'
import { startTls } from '../../../../src/net/tls/client.js'
import { CERTIFICATE } from '../../../helpers/certificate.js'
import { listening } from '../../../helpers/sockets.js'
import { TLS_VERSIONS, type TlsVersion, tlsListening } from '../../../helpers/tls-server.js'

/** Asked first: what a server of Node ends in the turn of the handshake goes without its closure alert. */
function tlsServer(version: TlsVersion, accept: (socket: TLSSocket, raw: Socket) => void): Promise<number> {
  return tlsListening({ version }, (socket, raw) => void socket.once('data', () => accept(socket, raw)))
}

async function reach(port: number, lends = true): Promise<TLSSocket> {
  const made = await dial('127.0.0.1', port, { lends })
  if (!made.ok) throw new Error(made.failure.message)
  const endpoint = { host: 'localhost', address: '127.0.0.1', port, path: null }
  const secured = await startTls(made.value.socket, endpoint, { ca: CERTIFICATE })
  if (!secured.ok) throw new Error(secured.failure.message)
  const { socket } = secured.value
  onTestFinished(() => void socket.destroy())
  socket.write('go')
  return socket
}

/** All that comes, and how it ended. */
function read(socket: TLSSocket): Promise<{ text: string; error: Error | null; closeNotify: boolean | null }> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    const settle = (error: Error | null) => {
      const text = Buffer.concat(chunks).toString()
      resolve({ text, error, closeNotify: closeNotifyOf(socket) })
    }
    socket.on('data', (chunk: Buffer) => chunks.push(chunk))
    socket.once('end', () => settle(resetBelow(socket)))
    socket.once('error', settle)
  })
}

for (const version of TLS_VERSIONS) {
  describe(`the end of ${version}`, () => {
    for (const lends of [true, false]) {
      const way = lends ? 'lent pieces' : 'pieces of its own'

      it(`is in order with close_notify, in ${way}`, async () => {
        const port = await tlsServer(version, (socket) => void socket.end('all of it'))
        expect(await read(await reach(port, lends))).toEqual({ text: 'all of it', error: null, closeNotify: true })
      })

      it(`is a cut without, in ${way}`, async () => {
        const port = await tlsServer(version, (socket, raw) => void socket.write('half of', () => raw.end()))
        expect(await read(await reach(port, lends))).toEqual({ text: 'half of', error: null, closeNotify: false })
      })
    }

    it('is a cut within a record', async () => {
      const port = await tlsServer(version, (socket, raw) => {
        // The length of a record that never comes (RFC 8446 5.2).
        socket.write('half of', () => raw.end(Buffer.from([23, 3, 3, 0, 100, 1, 2, 3])))
      })
      expect(await read(await reach(port))).toEqual({ text: 'half of', error: null, closeNotify: false })
    })

    it('is a reset with its errno', async () => {
      const port = await tlsServer(version, (socket, raw) => void socket.write('half of', () => raw.resetAndDestroy()))
      const { error, closeNotify } = await read(await reach(port))

      expect(error).toMatchObject({ code: 'ECONNRESET', syscall: 'read' })
      expect(closeNotify).toBe(false)
    })

    it('is not there while the peer stays, and comes to a reader who is slow', async () => {
      const sizeBytes = 5_000_000
      const port = await tlsServer(version, (socket) => {
        socket.once('data', () => socket.end(Buffer.alloc(sizeBytes, 'x')))
      })
      const socket = await reach(port)
      expect(closeNotifyOf(socket)).toBeNull()
      let bytes = 0
      socket.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        socket.pause()
        setImmediate(() => socket.resume())
      })
      socket.write('more')
      await new Promise((resolve) => socket.once('end', resolve))
      expect({ bytes, closeNotify: closeNotifyOf(socket) }).toEqual({ bytes: sizeBytes, closeNotify: true })
    })

    it('comes from both sides, one by one', async () => {
      const heard: string[] = []
      const port = await tlsServer(version, (socket) => {
        socket.on('data', (chunk: Buffer) => heard.push(chunk.toString()))
        socket.on('end', () => socket.end(`heard ${heard.join('').length} more`))
      })
      const socket = await reach(port)
      const all = read(socket)
      socket.end('x'.repeat(3_000_000))
      expect(await all).toEqual({ text: 'heard 3000000 more', error: null, closeNotify: true })
    })
  })
}

it('a plain connection has no closure alert', async () => {
  const { port } = await listening((socket) => socket.end())
  const socket = connectTcp(port, '127.0.0.1')
  await new Promise((resolve) => socket.resume().once('end', resolve))
  expect(closeNotifyOf(socket)).toBeNull()
})
