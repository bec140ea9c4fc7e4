import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { failure } from '../../../../src/core/failure.js'
import { Stream } from '../../../../src/net/stream/stream.js'
import { loadAddon } from '../../../../src/net/syscall/koffi.js'

const over = failure({ phase: 'read', origin: 'deadline', code: 'EAGAIN', message: 'it took too long' })

/** A stream that was accepted, and a client that reads nothing of what it says. */
async function accepted(): Promise<{ stream: Stream; client: Socket }> {
  const server = createServer({ allowHalfOpen: true })
  onTestFinished(() => void server.close())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as { port: number }
  const came = once(server, 'connection') as Promise<[Socket]>
  const client = connect({ port, host: '127.0.0.1', allowHalfOpen: true }).pause()
  client.on('error', () => {}).setNoDelay(true)
  onTestFinished(() => void client.destroy())
  const [socket] = await came
  return { stream: new Stream(socket).begin({ name: 'the peer' }), client }
}

describe.runIf(process.platform === 'linux' && loadAddon() !== null)('the end of a stream (koffi)', () => {
  it('counts what came and nobody read, behind a reset too', async () => {
    const { stream, client } = await accepted()
    const pieces = stream.pieces()
    client.write('first')
    await pieces.next()
    await new Promise((resolve) => client.write('not read', resolve))
    client.resetAndDestroy()
    await once(client, 'close')
    for (let turn = 0; turn < 20; turn++) await nextTurn()
    stream.end('max-time', over)
    expect(await stream.ended).toMatchObject({ bytesIn: 13, bytesUnread: 8, bytesUnacknowledged: 0 })
  })

  it('counts what the peer never acknowledged', async () => {
    const { stream, client } = await accepted()
    let taken = false
    // What the systems of both take, and then some that they do not.
    for (let waits = 0; waits < 3; ) {
      const written = stream.write(Buffer.alloc(65_536))
      taken = (await Promise.race([written?.then(() => true) ?? true, nextTurn(false)])) === true
      waits = taken ? 0 : waits + 1
    }
    client.resetAndDestroy()
    stream.take(() => undefined)
    const { reason, bytesUnacknowledged, bytesUnread } = await stream.ended
    expect({ reason, bytesUnread }).toEqual({ reason: 'reset', bytesUnread: 0 })
    expect(bytesUnacknowledged).toBeGreaterThan(0)
  })
})

it('has lost nothing where both ended in order', async () => {
  const { stream, client } = await accepted()
  stream.take(() => undefined)
  void stream.write(Buffer.from('all of it'))
  stream.halfClose()
  client.resume().end('as well')
  const end = await stream.ended
  expect(end).toMatchObject({ reason: 'fin', bytesIn: 7, bytesUnread: 0 })
  expect([0, null], 'its system may have let go of it before it was asked').toContain(end.bytesUnacknowledged)
})
