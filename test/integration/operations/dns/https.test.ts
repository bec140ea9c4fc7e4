import { once } from 'node:events'
import { createSecureServer, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { createServer as createTlsServer, type TLSSocket } from 'node:tls'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Deadline } from '../../../../src/core/deadline.js'
import { type AskOptions, DnsClient, parseServer } from '../../../../src/operations/dns/index.js'
import { CLASS, decodeMessage, TYPE } from '../../../../src/protocol/dns/index.js'
import { CERTIFICATE, PRIVATE_KEY } from '../../../helpers/certificate.js'
import { ASK_ONCE, a, messageFor } from '../../../helpers/dns-server.js'

const question = { name: 'www.example.', type: TYPE.A, class: CLASS.IN }

interface Connection {
  readonly socket: TLSSocket
  readonly session: ServerHttp2Session
  /** From 1. */
  readonly nth: number
}

type Script = (stream: ServerHttp2Stream, connection: Connection) => unknown

/** DNS over HTTPS (RFC 8484) over HTTP/2, doing what the script says of each stream. */
async function httpsServer(script: Script) {
  const server = createSecureServer({ cert: CERTIFICATE, key: PRIVATE_KEY })
  const sockets: TLSSocket[] = []
  server.prependListener('secureConnection', (socket: TLSSocket) => sockets.push(socket))
  server.on('sessionError', () => {})
  server.on('session', (session) => {
    const socket = sockets.at(-1)
    if (!socket) throw new Error('a session without a connection')
    const connection = { socket, session, nth: sockets.length }
    session.on('error', () => {})
    session.on('stream', (stream: ServerHttp2Stream) => {
      stream.on('error', () => {})
      void script(stream, connection)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { at: parseServer(`https://127.0.0.1:${port}/dns-query`, '--server'), sockets }
}

async function answer(stream: ServerHttp2Stream): Promise<void> {
  const query = decodeMessage(await buffer(stream))
  if (!query) throw new Error('no query')
  stream.respond({ ':status': 200, 'content-type': 'application/dns-message' })
  stream.end(messageFor({ query }, { answers: [a(query.questions[0]?.name ?? '', '192.0.2.1')] }))
}

function client(more: Partial<AskOptions> = {}) {
  const made = new DnsClient({ ...ASK_ONCE, tls: { insecure: true }, ...more }, new AbortController().signal)
  onTestFinished(() => made.close())
  return made
}

describe('DNS over HTTPS, HTTP/2', () => {
  it('an end of the connection is told at once, not as silence', async () => {
    const { at } = await httpsServer((stream, { socket }) => {
      stream.on('data', () => {})
      socket.end()
    })
    const outcome = await client().ask(at, question, Deadline.never)
    expect(outcome.ok === false && outcome.failure).toMatchObject({
      code: 'EBADRESP',
      origin: 'peer',
      message: expect.stringContaining('ended the connection before it answered'),
    })
  })

  it('another try goes over another connection', async () => {
    const { at, sockets } = await httpsServer((stream, { socket, nth }) => (nth === 1 ? socket.end() : answer(stream)))
    const outcome = await client({ tries: 2 }).ask(at, question, Deadline.never)
    expect(outcome.ok && outcome.value).toMatchObject({ httpVersion: '2', attempts: [{ code: 'EBADRESP' }] })
    expect(sockets).toHaveLength(2)
  })

  it('what came before the end counts', async () => {
    const { at } = await httpsServer(async (stream, { session }) => {
      await answer(stream)
      // The rest, GOAWAY, and the end.
      session.close()
    })
    const outcome = await client().ask(at, question, Deadline.never)
    expect(outcome.ok && outcome.value.answer.kind).toBe('answer')
  })

  it.each([
    [7, 'REFUSED_STREAM'],
    [8, 'CANCEL'],
    [11, 'ENHANCE_YOUR_CALM'],
  ])('RST_STREAM with %i is told as %s', async (code, name) => {
    const { at } = await httpsServer((stream) => stream.close(code))
    const outcome = await client().ask(at, question, Deadline.never)
    expect(outcome.ok === false && outcome.failure).toMatchObject({
      code: 'EBADRESP',
      message: expect.stringContaining(`${name} (${code}, RFC 9113, section 7)`),
    })
  })

  it('of many questions no more than 32 are asked at once', async () => {
    let [now, most] = [0, 0]
    const { at, sockets } = await httpsServer(async (stream) => {
      most = Math.max(most, ++now)
      await new Promise((resolve) => setImmediate(resolve))
      now--
      await answer(stream)
    })
    const asker = client()
    const names = Array.from({ length: 200 }, (_, i) => `n${i}.example.`)
    const outcomes = await Promise.all(names.map((name) => asker.ask(at, { ...question, name }, Deadline.never)))
    expect(outcomes.filter(({ ok }) => ok)).toHaveLength(200)
    expect(most).toBeLessThanOrEqual(32)
    expect(sockets).toHaveLength(1)
  })
})

describe('an answer out of a cache of HTTP', () => {
  it.each([
    ['10', 50, 10],
    ['100', 0, 100],
    ['x', 60, 0],
  ])('with Age: %s has a TTL of %i', async (age, ttl, ageSeconds) => {
    const { at } = await httpsServer(async (stream) => {
      const query = decodeMessage(await buffer(stream))
      if (!query) throw new Error('no query')
      stream.respond({ ':status': 200, 'content-type': 'application/dns-message', age })
      stream.end(messageFor({ query }, { answers: [a(question.name, '192.0.2.1', 60)] }))
    })
    const outcome = await client().ask(at, question, Deadline.never)
    expect(outcome.ok && outcome.value).toMatchObject({ ageSeconds, message: { answers: [{ ttl }] } })
  })
})

describe('DNS over HTTPS, HTTP/1.1', () => {
  const HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: application/dns-message\r\n'

  it.each([
    ['in the middle of an answer', `${HEAD}Content-Length: 50\r\n\r\n0123456789`],
    ['before it answered', ''],
    ['before it answered', HEAD],
  ])('a connection that ends %s is no reset', async (when, said) => {
    const server = createTlsServer({ cert: CERTIFICATE, key: PRIVATE_KEY }, (socket) => {
      socket.on('error', () => {})
      socket.once('data', () => socket.end(said))
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => void server.close())
    const { port } = server.address() as AddressInfo
    const at = parseServer(`https://127.0.0.1:${port}/dns-query`, '--server')
    const outcome = await client().ask(at, question, Deadline.never)
    const message = expect.stringContaining(`ended the connection ${when}`)
    expect(outcome).toMatchObject({ ok: false, failure: { code: 'EBADRESP', origin: 'peer', message } })
  })
})
