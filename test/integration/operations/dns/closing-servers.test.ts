import { once } from 'node:events'
import { createSecureServer, constants as h2, type ServerHttp2Session } from 'node:http2'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo, Server, Socket } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { createServer as createTlsServer } from 'node:tls'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Deadline } from '../../../../src/core/deadline.js'
import { DnsClient, type DnsServer, serverAt } from '../../../../src/operations/dns/index.js'
import { CLASS, decodeMessage, frameMessage, MessageAssembler, TYPE } from '../../../../src/protocol/dns/index.js'
import { CERTIFICATE, PRIVATE_KEY } from '../../../helpers/certificate.js'
import { ASK_ONCE, a, messageFor } from '../../../helpers/dns-server.js'
import { listening } from '../../../helpers/sockets.js'

const NAMES = 300
const SECURE = { cert: CERTIFICATE, key: PRIVATE_KEY }
const addressOf = (name: string) => `192.0.2.${Number(/^n(\d+)/.exec(name)?.[1]) % 250}`

function answerTo(bytes: Uint8Array): Uint8Array {
  const query = decodeMessage(bytes)
  const name = query?.questions[0]?.name
  if (!query || name === undefined) throw new Error('netkit sent what is no query')
  return messageFor({ query }, { answers: [a(name, addressOf(name))] })
}

async function portOf(server: Server): Promise<number> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => void sockets.add(socket))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

/** What each name came to, asked all at once, with one try each. */
async function askAll(server: DnsServer, { plainly = false, names = NAMES, tries = 1 } = {}): Promise<string[]> {
  const options = { ...ASK_ONCE, tries, tls: { insecure: true } }
  const client = new DnsClient(options, new AbortController().signal, { answersOnly: plainly })
  onTestFinished(() => client.close())
  const asker = client.plainAsker([server], TYPE.A, CLASS.IN, Deadline.never)
  expect(asker !== null).toBe(plainly)
  const asked = Array.from({ length: names }, (_, i) => {
    const question = { name: `n${i}.example.`, type: TYPE.A, class: CLASS.IN }
    return new Promise<string>((resolve) => {
      const done: Parameters<DnsClient['inquire']>[3] = (outcome) =>
        resolve(
          outcome.ok
            ? [...outcome.value.attempts.map(({ code }) => code), outcome.value.answer.chain.records[0]?.text].join()
            : outcome.failure.code,
        )
      const plain = (records: readonly { readonly text: string }[]) => resolve(records.map(({ text }) => text).join())
      if (asker) asker.ask(question.name, { plain, done })
      else client.inquire([server], question, Deadline.never, done)
    })
  })
  return Promise.all(asked)
}

const EXPECTED = Array.from({ length: NAMES }, (_, i) => addressOf(`n${i}`))

type Leave = (socket: Socket) => void
const leaves: readonly (readonly [string, Leave])[] = [
  ['FIN', (socket) => void socket.end()],
  ['a close that leaves questions unread', (socket) => void socket.destroySoon()],
  ['a reset', (socket) => void setImmediate(() => socket.resetAndDestroy())],
]

/** Answers so many questions of each connection, then leaves. */
function leaving(after: (nth: number) => number, leave: Leave) {
  const script = { connections: 0, onConnection }
  function onConnection(socket: Socket): void {
    const most = after(++script.connections)
    let answered = 0
    const assembler = new MessageAssembler()
    socket.on('error', () => {})
    socket.on('data', (chunk: Uint8Array) => {
      for (const bytes of assembler.push(chunk)) {
        if (answered < most) socket.write(frameMessage(answerTo(bytes)))
        if (++answered >= most) return leave(socket)
      }
    })
  }
  return script
}

describe.each(leaves)('a server that ends each connection, after some answers, by %s', (_, leave) => {
  it.each([1, 2, 50])('after %i: every name is answered at the first try', async (after) => {
    for (const plainly of [false, true]) {
      const script = leaving(() => after, leave)
      const { port } = await listening(script.onConnection)
      expect(await askAll(serverAt('127.0.0.1', port, 'tcp'), { plainly })).toEqual(EXPECTED)
      expect(script.connections).toBeGreaterThanOrEqual(NAMES / after)
    }
  })

  it('one that never answers is asked as often as it was to be', async () => {
    const script = leaving(() => 0, leave)
    const { port } = await listening(script.onConnection)
    const told = await askAll(serverAt('127.0.0.1', port, 'tcp'), { names: 20, tries: 3 })
    expect(told.filter((text) => text === 'EBADRESP' || text === 'ECONNRESET')).toHaveLength(20)
    expect(script.connections).toBe(3)
  })

  it('one that answers no more is given up', async () => {
    const script = leaving((nth) => (nth === 1 ? 5 : 0), leave)
    const { port } = await listening(script.onConnection)
    const told = await askAll(serverAt('127.0.0.1', port, 'tcp'), { names: 20, tries: 2 })
    expect(told.slice(0, 5)).toEqual(EXPECTED.slice(0, 5))
    expect(script.connections).toBe(3)
  })
})

it.each(leaves.slice(0, 2))('over TLS as well: %s', async (_, leave) => {
  const script = leaving(() => 20, leave)
  const port = await portOf(createTlsServer(SECURE, script.onConnection).on('tlsClientError', () => {}))
  expect(await askAll(serverAt('127.0.0.1', port, 'tls'))).toEqual(EXPECTED)
})

describe('DNS over HTTPS', () => {
  const httpsAt = (port: number) => serverAt('127.0.0.1', port, 'https', '/dns-query')

  /** Warnings of Node's own while it runs, such as of too many listeners. */
  async function warningsOf(run: () => Promise<void>): Promise<string[]> {
    const warnings: string[] = []
    const onWarning = ({ name }: Error) => warnings.push(name)
    process.on('warning', onWarning)
    await run()
    await new Promise((resolve) => setImmediate(resolve))
    process.off('warning', onWarning)
    return warnings
  }

  it('with a server of HTTP/1.1 alone each question has a connection', async () => {
    let connections = 0
    const server = createHttpsServer(SECURE, async (request, response) => {
      const answer = answerTo(await buffer(request))
      response.writeHead(200, { 'content-type': 'application/dns-message' }).end(answer)
    })
    server.on('secureConnection', () => connections++)
    const port = await portOf(server)
    const names = 60
    const warnings = await warningsOf(async () => {
      expect(await askAll(httpsAt(port), { names })).toEqual(EXPECTED.slice(0, names))
    })
    expect(warnings).toEqual([])
    expect(connections).toBe(names)
  })

  type EndSession = (session: ServerHttp2Session, lastAnswered: number, socket: Socket) => void

  /** Answers so many streams of each session, then ends it so. */
  async function http2Server(most: number, end: EndSession) {
    const server = createSecureServer(SECURE)
    const sockets: Socket[] = []
    server.prependListener('secureConnection', (socket: Socket) => sockets.push(socket))
    const resets: number[] = []
    let sessions = 0
    server.on('sessionError', () => {})
    server.on('session', (session) => {
      const socket = sockets[sessions++]
      if (!socket) throw new Error('a session without a connection')
      let answered = 0
      session.on('error', () => {})
      session.on('stream', async (stream) => {
        stream.on('error', () => {})
        if (++answered === most + 1) end(session, (stream.id ?? 0) - 2, socket)
        if (answered > most) return
        stream.on('close', () => stream.rstCode !== h2.NGHTTP2_NO_ERROR && resets.push(stream.rstCode ?? -1))
        const answer = answerTo(await buffer(stream))
        if (stream.destroyed) return
        stream.respond({ ':status': 200, 'content-type': 'application/dns-message' })
        stream.end(answer)
      })
    })
    return { port: await portOf(server), resets, sessions: () => sessions }
  }

  it('no stream that is answered is reset, and no listener added for each', async () => {
    const { port, resets, sessions } = await http2Server(Number.POSITIVE_INFINITY, () => {})
    const warnings = await warningsOf(async () => {
      expect(await askAll(httpsAt(port))).toEqual(EXPECTED)
    })
    expect(warnings).toEqual([])
    expect(resets).toEqual([])
    expect(sessions()).toBe(1)
  })

  it.each<[string, EndSession]>([
    ['GOAWAY', (session, last) => session.goaway(h2.NGHTTP2_NO_ERROR, last)],
    ['GOAWAY with an error', (session, last) => session.goaway(h2.NGHTTP2_ENHANCE_YOUR_CALM, last)],
    ['the end of the connection', (_, __, socket) => void setImmediate(() => socket.destroy())],
  ])('what a server has left without an answer is asked again: %s', async (_, end) => {
    const { port, sessions } = await http2Server(40, end)
    expect(await askAll(httpsAt(port))).toEqual(EXPECTED)
    expect(sessions()).toBeGreaterThanOrEqual(NAMES / 40)
  })

  it('a server that says GOAWAY to all is asked as often as it was to be', async () => {
    const { port, sessions } = await http2Server(0, (session) => session.destroy())
    const told = await askAll(httpsAt(port), { names: 20, tries: 2 })
    expect(told).toEqual(Array.from({ length: 20 }, () => expect.stringMatching(/^E(BADRESP|CONNRESET)$/)))
    expect(sessions()).toBe(2)
  })
})
