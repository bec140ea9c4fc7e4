import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Deadline } from '../../../../src/core/deadline.js'
import { unwrap } from '../../../../src/core/outcome.js'
import { dial } from '../../../../src/net/connect/dial.js'
import { Stream } from '../../../../src/net/stream/stream.js'
import { type ConnectEvent, connect } from '../../../../src/operations/connect/index.js'
import { optionsFor, run } from '../../operations/raw-http/run.js'

const SERVER = `
const { createServer } = require('node:net')
const { parentPort, workerData: { said, done } } = require('node:worker_threads')
const server = createServer((socket) => {
  socket.on('error', () => {})
  if (said !== '') socket.write(said)
  socket.resetAndDestroy()
  socket.once('close', () => {
    Atomics.store(done, 0, 1)
    Atomics.notify(done, 0)
  })
})
server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port))
`

/**
 * A peer in a thread of its own that says something and resets. `during` starts what connects to it, and keeps this
 * thread from asking how that went until the reset is there.
 */
async function resetting(said: string) {
  const done = new Int32Array(new SharedArrayBuffer(4))
  const worker = new Worker(SERVER, { eval: true, workerData: { said, done } })
  onTestFinished(async () => void (await worker.terminate()))
  const [port]: number[] = await once(worker, 'message')
  const during = <T>(start: () => Promise<T>) =>
    new Promise<T>((resolve) => {
      setImmediate(() => resolve(start()))
      // In the same phase of the event loop: connect(2) was called, and nobody has polled.
      setImmediate(() => expect(Atomics.wait(done, 0, 0, 20_000)).not.toBe('timed-out'))
    })
  return { port: port ?? 0, during }
}

describe('a peer that resets before connect(2) was asked how it went', () => {
  it.each(['', '421 go away\r\n', 'x'.repeat(100_000)])(
    'was connected to, and what it said is heard: %#',
    async (said) => {
      const { port, during } = await resetting(said)
      const { socket, attempts, localPort } = unwrap(await during(() => dial('127.0.0.1', port)))
      expect(attempts).toMatchObject([{ ok: true, code: 'ECONNRESET', origin: 'os' }])
      expect(localPort).toBeGreaterThan(0)
      const heard: Buffer[] = []
      socket.on('data', (bytes: Buffer) => heard.push(bytes))
      const [error] = await once(socket, 'error')
      expect(error).toMatchObject({ code: 'ECONNRESET', syscall: 'read' })
      expect(Buffer.concat(heard).toString()).toBe(said)
    },
  )

  it('is heard by a session, which then is lost and has sent nothing', async () => {
    const { port, during } = await resetting('421 go away\r\n')
    const { socket } = unwrap(await during(() => dial('127.0.0.1', port)))
    const heard: Buffer[] = []
    const session = new Stream(socket).begin({
      name: 'the peer',
      received: (bytes) => void heard.push(Buffer.from(bytes)),
    })
    const sent = session.write(Buffer.from('hello'))
    session.halfClose()
    expect(await session.ended).toMatchObject({
      reason: 'reset',
      bytesIn: 13,
      bytesOut: 0,
      failure: { code: 'ECONNRESET' },
    })
    await sent
    expect(Buffer.concat(heard).toString()).toBe('421 go away\r\n')
  })

  it('is an open port to a probe, which tells of the reset', async () => {
    const { port, during } = await resetting('')
    const events: ConnectEvent[] = []
    const reach = { family: undefined, sourceAddress: undefined, sourcePort: undefined, timeoutMs: 20_000 }
    const outcome = await during(() =>
      connect(
        { endpoints: [{ host: '127.0.0.1', port }], reach, mode: { kind: 'probe' } },
        { signal: new AbortController().signal, deadline: Deadline.never, emit: (event) => events.push(event) },
      ),
    )
    expect(outcome).toMatchObject({ ok: true, value: { reached: 1 } })
    expect(events).toMatchObject([
      { type: 'attempt', ok: true, code: 'ECONNRESET', syscall: 'read' },
      { type: 'connected', port },
    ])
  })

  it('is heard by raw-http', async () => {
    const { port, during } = await resetting('HTTP/1.1 400 Bad\r\nContent-Length: 2\r\n\r\nno')
    const { outcome, body } = await during(() => run(optionsFor(port)))
    expect(outcome.value?.statusCode).toBe(400)
    expect(body).toBe('no')
  })
})
