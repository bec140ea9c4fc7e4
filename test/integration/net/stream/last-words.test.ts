import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { connect as connectTls } from 'node:tls'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Stream } from '../../../../src/net/stream/stream.js'
import { acceptTls } from '../../../../src/net/tls/server.js'
import { CERTIFICATE, PRIVATE_KEY } from '../../../helpers/certificate.js'

const endpoint = { host: null, address: '127.0.0.1', port: 0, path: null }

/** A stream that was accepted, in the clear or over TLS, and whoever speaks at its other end. */
async function accepted(tls: boolean): Promise<{ stream: Stream; raw: Socket; client: Socket }> {
  const server = createServer({ allowHalfOpen: true })
  onTestFinished(() => void server.close())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as { port: number }
  const came = once(server, 'connection') as Promise<[Socket]>
  const raw = connect({ port, host: '127.0.0.1', allowHalfOpen: true }).on('error', () => {})
  raw.setNoDelay(true) // else what is said last would wait here, and fall to the reset
  onTestFinished(() => void raw.destroy())
  const [socket] = await came
  const stream = new Stream(socket)
  onTestFinished(() => stream.end('done', null))
  if (!tls) return { stream, raw, client: raw }
  const secured = acceptTls({ cert: CERTIFICATE, key: PRIVATE_KEY, handshakeTimeoutMs: 5000 }, endpoint)(stream)
  const client = connectTls({ socket: raw, ca: CERTIFICATE, servername: 'localhost' }).on('error', () => {})
  await once(client, 'secureConnect')
  expect((await secured).ok).toBe(true)
  return { stream, raw, client }
}

const said = (socket: Socket, bytes: string) => new Promise((resolve) => socket.write(bytes, resolve))

/** Says it, and resets once the system has it; until whatever the other end makes of that has been made. */
async function sayAndReset({ raw, client }: { raw: Socket; client: Socket }, words: string): Promise<void> {
  await said(client, words)
  raw.resetAndDestroy()
  await once(raw, 'close')
  for (let turn = 0; turn < 50; turn++) await nextTurn()
}

describe.each([
  ['in the clear', false],
  ['over TLS', true],
])('what came before a reset, %s', (_, tls) => {
  it('waits for a reader who takes his time', async () => {
    const ends = await accepted(tls)
    const heard: string[] = []
    let goOn = () => {}
    const first = new Promise<void>((told) => {
      ends.stream.begin({
        name: 'the peer',
        received: (bytes) => {
          heard.push(Buffer.from(bytes).toString())
          told()
          return new Promise((resolve) => {
            goOn = resolve
          })
        },
      })
    })
    await said(ends.client, 'first, ')
    await first
    await sayAndReset(ends, 'last')
    expect(ends.stream.over).toBe(false)
    goOn()
    while (heard.length < 2) await nextTurn()
    goOn()
    expect(await ends.stream.ended).toMatchObject({ reason: 'reset', closedBy: 'peer', error: { code: 'ECONNRESET' } })
    expect(heard.join('')).toBe('first, last')
  })

  it('waits for a reader who comes late', async () => {
    const ends = await accepted(tls)
    ends.stream.begin({ name: 'the peer' })
    await sayAndReset(ends, 'last words')
    const heard: string[] = []
    for await (const piece of ends.stream.pieces()) heard.push(Buffer.from(piece).toString())
    expect(heard.join('')).toBe('last words')
    expect(await ends.stream.ended).toMatchObject({ reason: 'reset', error: { code: 'ECONNRESET' } })
  })

  it('is no word on what was not taken of ours', async () => {
    const ends = await accepted(tls)
    ends.stream.begin({ name: 'the peer', received: () => undefined })
    void ends.stream.write(Buffer.alloc(20_000_000))
    await sayAndReset(ends, 'enough')
    expect(await ends.stream.ended).toMatchObject({ reason: 'reset', bytesOut: 0 })
  })
})
