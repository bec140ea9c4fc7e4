import { once } from 'node:events'
import { createServer } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { connect, listen, portscan, UsageError } from '../../src/index.js'

const fault = new Error('a fault of the caller')

async function* failing(): AsyncGenerator<Uint8Array> {
  yield Buffer.from('something')
  throw fault
}

async function* texts(): AsyncGenerator<string> {
  yield 'no bytes'
}

async function silentPort(): Promise<string> {
  const server = createServer((socket) => socket.on('error', () => {}).resume())
  onTestFinished(() => void server.close())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return `127.0.0.1:${(server.address() as { port: number }).port}`
}

it('rejects with what the input of connect throws', async () => {
  const run = connect({ to: await silentPort(), mode: 'session', input: failing() })
  await expect(Promise.resolve(run)).rejects.toBe(fault)
})

it('refuses what is no bytes, by the name of the option', async () => {
  const input = texts() as unknown as AsyncIterable<Uint8Array>
  const run = connect({ to: await silentPort(), mode: 'session', input })
  const error = await Promise.resolve(run).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(UsageError)
  expect(error).toMatchObject({ argument: 'input', message: expect.not.stringContaining('stdin') })
})

it('rejects with what the input of listen throws', async () => {
  const run = listen({ port: 0, host: '127.0.0.1', input: failing() })
  const looped = (async () => {
    for await (const event of run) {
      if (event.type === 'listening') await connect({ to: `127.0.0.1:${event.port}`, mode: 'session' })
    }
  })()
  await expect(looped).rejects.toBe(fault)
})

it('ends once all was sent where it only sends, and does not say so itself', async () => {
  let heard = ''
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket
      .on('error', () => {})
      .on('data', (bytes) => {
        heard += String(bytes)
      })
  })
  onTestFinished(() => void server.close())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const to = `127.0.0.1:${(server.address() as { port: number }).port}`
  async function* input() {
    yield Buffer.from('all of it')
  }
  const ways = { mode: 'session', direction: 'send', halfClose: 'never', lingerMs: 50 } as const
  const outcome = await connect({ to, ...ways, input: input() })
  expect(outcome).toMatchObject({ ok: true, value: { session: { reason: 'done', bytesOut: 9 } } })
  expect(heard).toBe('all of it')
})

it('says that an empty list names no ports', async () => {
  const run = portscan({ targets: '127.0.0.1', ports: [] })
  await expect(Promise.resolve(run)).rejects.toThrow('ports: an empty list names no ports')
})
