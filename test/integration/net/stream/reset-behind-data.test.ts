import { describe, expect, it } from 'vitest'
import { client, startListening } from '../../../helpers/listen.js'
import { session } from '../../../helpers/session.js'
import { listening } from '../../../helpers/sockets.js'

/** One poll shows data and reset together: then libuv tells of an end. */
describe('a reset right behind data', () => {
  // Windows has no descriptor to ask, and a direction that is closed cannot be written to.
  it.runIf(process.platform !== 'win32')('is one to connect, which has closed its own direction before', async () => {
    const { port } = await listening((socket) => {
      socket.resume().on('end', () => socket.write('half of', () => socket.resetAndDestroy()))
    })
    const { outcome, received } = await session(port, { input: 'go' })
    expect(received.toString()).toBe('half of')
    expect(outcome).toMatchObject({ ok: false, failure: { code: 'ECONNRESET', syscall: 'read', phase: 'read' } })
    expect(outcome.value?.session).toMatchObject({ reason: 'reset', bytesIn: 7, bytesOut: 2 })
  })

  it.each([{ kind: 'conversation' }, { kind: 'discard' }, { kind: 'echo' }] as const)(
    'is one to listen: $kind',
    async (mode) => {
      const server = await startListening({ mode, count: 1 })
      const { socket } = await client(server.port)
      await server.event('connection')
      socket.write('half of', () => socket.resetAndDestroy())
      expect(await server.outcome).toMatchObject({ ok: false, failure: { code: 'ECONNRESET', syscall: 'read' } })
      expect(server.all('closed')).toMatchObject([{ reason: 'reset', code: 'ECONNRESET', bytesIn: 7 }])
    },
  )

  it('an end is still an end', async () => {
    const server = await startListening({ mode: { kind: 'discard' }, count: 1 })
    const { socket } = await client(server.port)
    await server.event('connection')
    socket.end('all of it')
    expect(await server.outcome).toMatchObject({ ok: true })
    expect(server.all('closed')).toMatchObject([{ reason: 'fin', code: null, bytesIn: 9 }])
  })
})
