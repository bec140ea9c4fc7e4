import { expect, onTestFinished, test, vi } from 'vitest'
import { type Accepted, bind } from '../../../../src/net/listen/bind.js'
import { WholeAnswer } from '../../../../src/operations/listen/http/answer.js'
import { HttpServerConnection } from '../../../../src/operations/listen/http/connection.js'
import type { Exchange } from '../../../../src/operations/listen/http/exchange.js'
import { StreamPeer } from '../../../../src/operations/listen/stream-peer.js'
import type { MessageEnd } from '../../../../src/protocol/http/events.js'
import { client, startListening } from '../../../helpers/listen.js'

const HEAD_MS = 60_000
const REQUEST_MS = 300_000
const KEEP_ALIVE_MS = 30_000
const LINGER_SILENT_MS = 2000
const LONG_MS = 1e9
const ONE = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'
const answerAll = (exchange: Exchange) =>
  exchange.send(new WholeAnswer(200, ['Content-Length', '2'], Buffer.from('ok')))

/** One connection, which is looked at when the test says what the time is. */
async function connected(answer = answerAll) {
  const told: { exchange: Exchange; end: MessageEnd }[] = []
  const stray: string[] = []
  const handler = {
    answersEarly: () => false,
    answer,
    over: (_: unknown, exchange: Exchange, end: MessageEnd) => void told.push({ exchange, end }),
    stray: (_: unknown, bytes: { bytes(): Buffer }) => void stray.push(bytes.bytes().toString()),
  }
  let accepted: (connection: Accepted) => void = () => {}
  const arrival = new Promise<Accepted>((resolve) => {
    accepted = resolve
  })
  const target = { kind: 'inet', host: '127.0.0.1', address: '127.0.0.1', port: 0 } as const
  const listener = await bind(target, { onConnection: accepted })
  if (!listener.ok) throw new Error(listener.failure.message)
  onTestFinished(() => void listener.value.close())
  /** Nothing can have come, and nothing been closed, before this. */
  const beforeMs = performance.now()
  const peer = await client(listener.value.port ?? 0)
  const arrived = await arrival
  const served = new StreamPeer(1, arrived, { idleTimeoutMs: null, fault: null }, { emit: () => {} })
  const connection = new HttpServerConnection(served, handler, KEEP_ALIVE_MS)
  const over = connection.serve()
  onTestFinished(() => arrived.stream.end('done', null))
  const say = async (text: string) => {
    const come = arrived.stream.bytesIn + text.length
    peer.socket.write(text)
    await vi.waitFor(() => expect(arrived.stream.bytesIn).toBe(come), { timeout: 30_000, interval: 5 })
  }
  return { ...{ beforeMs, connection, over, peer, say, served, stray, told }, stream: arrived.stream }
}

test.each([
  ['a head', HEAD_MS, 'head', 'GET /p HTTP/1.1\r\nHost: a\r\n'],
  ['a request line', HEAD_MS, 'head', 'GE'],
  ['content', REQUEST_MS, 'body', 'POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab'],
  ['a chunk', REQUEST_MS, 'body', 'POST /p HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab'],
  [
    'trailers',
    REQUEST_MS,
    'trailers',
    'POST /p HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nT: t\r\n',
  ],
])('408 for a client that stops in the midst of %s, and no sooner', async (_, limitMs, stage, text) => {
  const { beforeMs, connection, peer, say, told } = await connected()
  await say(text)
  connection.look(beforeMs + limitMs, KEEP_ALIVE_MS)
  expect(told).toEqual([])
  connection.look(performance.now() + limitMs + 1, KEEP_ALIVE_MS)
  expect(told).toMatchObject([{ exchange: { statusCode: 408, isWhole: false }, end: { stage, reason: 'timeout' } }])
  expect((await peer.received).toString()).toMatch(
    /^HTTP\/1\.1 408 Request Timeout\r\n[\s\S]*\r\nConnection: close\r\n/,
  )
})

test.each([
  ['has never asked', ''],
  ['has said no more than empty lines', '\r\n\r\n'],
  ['has been answered', ONE],
])('a connection that is not used is closed: its client %s', async (_, text) => {
  const { beforeMs, connection, peer, say, stream, told } = await connected()
  await say(text)
  connection.look(performance.now() + LONG_MS, null) // another looks
  connection.look(beforeMs + KEEP_ALIVE_MS, KEEP_ALIVE_MS)
  expect(stream.writable).toBe(true)
  connection.look(performance.now() + KEEP_ALIVE_MS + 1, KEEP_ALIVE_MS)
  const answers = (await peer.received).toString()
  expect(answers.match(/HTTP\/1\.1 \d+/g)).toEqual(text === ONE ? ['HTTP/1.1 200'] : null)
  expect(told).toHaveLength(text === ONE ? 1 : 0)
})

test('a client is not too slow while it waits for its answer', async () => {
  const asked: Exchange[] = []
  const { connection, peer, say, told } = await connected((exchange) => {
    asked.push(exchange)
  })
  await say(ONE)
  connection.look(performance.now() + LONG_MS, KEEP_ALIVE_MS)
  asked.forEach(answerAll)
  expect(told).toMatchObject([{ exchange: { statusCode: 200, isAnswered: true } }])
  peer.socket.end()
  expect((await peer.received).toString()).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\nok$/)
})

test('a client that does not close behind our close is given up once it is silent, and what it said is told', async () => {
  const { beforeMs, connection, over, peer, say, served, stray, stream } = await connected()
  await say('GET / HTTP/1.0\r\n\r\n')
  await peer.received
  await say('and more')
  connection.look(beforeMs + LINGER_SILENT_MS, KEEP_ALIVE_MS)
  expect(stream.over).toBe(false)
  connection.look(performance.now() + LINGER_SILENT_MS + 1, KEEP_ALIVE_MS)
  expect(stream.over).toBe(true)
  await over
  expect(stray).toEqual(['and more'])
  expect(await served.closed).toMatchObject({ reason: 'ended', failure: null })
})

test('a server looks for such clients by itself', async () => {
  const mode = { kind: 'http', statusCode: 200, headers: [], body: Buffer.from('yes'), delayMs: 0 } as const
  const server = await startListening({ mode })
  const peer = await client(server.port)
  peer.socket.write('GET / HTTP/1.0\r\n\r\n')
  await peer.received
  expect(await server.event('closed')).toMatchObject({ reason: 'ended', code: null })
  expect(peer.socket.writable).toBe(true)
})
