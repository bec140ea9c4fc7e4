import { connect } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { dial } from '../../../../src/net/connect/dial.js'
import { Stream } from '../../../../src/net/stream/stream.js'
import { startTls } from '../../../../src/net/tls/client.js'
import { CERTIFICATE } from '../../../helpers/certificate.js'
import { listening } from '../../../helpers/sockets.js'
import { tlsListening } from '../../../helpers/tls-server.js'

it('ends where the peer is gone before the handshake has its last word, and something is said behind that', async () => {
  const behind = await tlsListening({ version: 'TLSv1.3' }, () => {})
  // Passes the handshake on as far as the server has its say, then leaves with FIN and RST before any of it is read.
  const { port } = await listening((client) => {
    const server = connect({ port: behind, host: '127.0.0.1' }).on('error', () => {})
    onTestFinished(() => void server.destroy())
    client.on('data', (bytes) => server.write(bytes))
    server.once('data', (bytes) => {
      client.write(bytes)
      client.end(() => client.resetAndDestroy())
    })
  })
  const made = await dial('127.0.0.1', port)
  if (!made.ok) throw new Error(made.failure.message)
  const endpoint = { host: 'localhost', address: '127.0.0.1', port, path: null }
  const secured = await startTls(made.value.socket, endpoint, { ca: CERTIFICATE })
  if (!secured.ok) throw new Error(secured.failure.message)
  const session = new Stream(secured.value.socket).begin({ name: 'the peer', received: () => undefined })
  void session.write(Buffer.from('hello'))
  session.halfClose()
  expect(await session.ended).toMatchObject({ reason: 'reset', bytesOut: 0, failure: { syscall: 'write' } })
})
