import { createSecureServer, constants as h2, type ServerHttp2Session } from 'node:http2'
import { createServer as createHttpsServer } from 'node:https'
import type { Socket } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { createSecureContext, TLSSocket } from 'node:tls'
import { describe, expect, it } from 'vitest'
import { serverAt } from '../../../../src/operations/dns/index.js'
import { frameMessage, MessageAssembler } from '../../../../src/protocol/dns/index.js'
import { answerTo, askAll, expectedOf, nameAsked, portOf, SECURE } from '../../../helpers/dns-bulk.js'
import { listening } from '../../../helpers/sockets.js'

const NAMES = 300
const EXPECTED = expectedOf(NAMES)

/** `raw` is the connection beneath TLS. */
type Leave = (socket: Socket, raw: Socket) => void
const leaves: readonly (readonly [string, Leave])[] = [
  ['FIN', (socket) => void socket.end()],
  ['a close that leaves questions unread', (socket) => void socket.destroySoon()],
  ['a reset', (_, raw) => void setImmediate(() => raw.resetAndDestroy())],
]

/** The same over TLS. */
function overTls(onConnection: Leave): (raw: Socket) => void {
  const secureContext = createSecureContext(SECURE)
  return (raw) => {
    raw.on('error', () => {})
    onConnection(new TLSSocket(raw, { isServer: true, secureContext }), raw)
  }
}

/** Answers so many questions of each connection, then leaves. */
function leaving(after: (nth: number) => number, leave: Leave) {
  const script = { connections: 0, onConnection }
  function onConnection(socket: Socket, raw = socket): void {
    const most = after(++script.connections)
    let answered = 0
    const assembler = new MessageAssembler()
    socket.on('error', () => {})
    socket.on('data', (chunk: Uint8Array) => {
      for (const bytes of assembler.push(chunk)) {
        if (answered < most) socket.write(frameMessage(answerTo(bytes)))
        if (++answered >= most) return leave(socket, raw)
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
    // Once more, for one question alone: whether it is another one that ends the connections.
    expect(script.connections).toBe(3 + 1)
  })

  it('one that answers no more is given up', async () => {
    const script = leaving((nth) => (nth === 1 ? 5 : 0), leave)
    const { port } = await listening(script.onConnection)
    const told = await askAll(serverAt('127.0.0.1', port, 'tcp'), { names: 20, tries: 2 })
    expect(told.slice(0, 5)).toEqual(EXPECTED.slice(0, 5))
    expect(script.connections).toBe(1 + 2 + 1)
  })
})

describe('a question that ends each connection costs no other one its answer', () => {
  /** Answers all but the poison, at which it ends the connection. */
  const poisonedBy =
    (poison: string, leave: Leave) =>
    (socket: Socket, raw = socket): void => {
      const assembler = new MessageAssembler()
      socket.on('error', () => {})
      socket.on('data', (chunk: Uint8Array) => {
        for (const bytes of assembler.push(chunk)) {
          if (nameAsked(bytes) === poison) return leave(socket, raw)
          socket.write(frameMessage(answerTo(bytes)))
        }
      })
    }
  const cases = leaves.flatMap(([how, leave]) => [0, 150, NAMES - 1].map((nth) => [how, nth, leave] as const))

  it.each(cases)('by %s, question %i', async (_, nth, leave) => {
    for (const plainly of [false, true]) {
      const { port } = await listening(poisonedBy(`n${nth}.example.`, leave))
      const told = await askAll(serverAt('127.0.0.1', port, 'tcp'), { plainly })
      expect(told).toEqual(EXPECTED.with(nth, expect.stringMatching(/^E(BADRESP|CONNRESET)$/)))
    }
  })

  it('over TLS', async () => {
    const [, , [, reset]] = leaves as [unknown, unknown, (typeof leaves)[number]]
    const { port } = await listening(overTls(poisonedBy('n7.example.', reset)))
    const told = await askAll(serverAt('127.0.0.1', port, 'tls'))
    expect(told).toEqual(EXPECTED.with(7, expect.stringMatching(/^E(BADRESP|CONNRESET)$/)))
  })

  it('where a server answers in any order', async () => {
    const { port } = await listening((socket) => {
      const assembler = new MessageAssembler()
      socket.on('error', () => {})
      socket.on('data', (chunk: Uint8Array) => {
        const messages = assembler.push(chunk)
        for (const bytes of messages.reverse())
          if (nameAsked(bytes) !== 'n40.example.') socket.write(frameMessage(answerTo(bytes)))
        if (messages.some((bytes) => nameAsked(bytes) === 'n40.example.')) socket.end()
      })
    })
    const told = await askAll(serverAt('127.0.0.1', port, 'tcp'))
    expect(told).toEqual(EXPECTED.with(40, 'EBADRESP'))
  })
})

it.each(leaves)('over TLS as well: %s', async (_, leave) => {
  const script = leaving(() => 20, leave)
  const { port } = await listening(overTls(script.onConnection))
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

  it('one connection of many that cannot be made costs one question its answer', async () => {
    let connections = 0
    const server = createHttpsServer(SECURE, async (request, response) => {
      const answer = answerTo(await buffer(request))
      response.writeHead(200, { 'content-type': 'application/dns-message' }).end(answer)
    })
    server.on('connection', (socket: Socket) => ++connections === 10 && socket.destroy())
    server.on('tlsClientError', () => {})
    const told = await askAll(httpsAt(await portOf(server)), { names: 60 })
    expect(told.filter((text, nth) => text !== EXPECTED[nth])).toHaveLength(1)
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

  it.each([0, 5])('streams that a server refuses are asked again, fewer at once: after %i answers', async (before) => {
    const server = createSecureServer(SECURE)
    let [now, answered, refused] = [0, 0, 0]
    server.on('session', (session) => {
      session.on('error', () => {})
      session.on('stream', async (stream) => {
        stream.on('error', () => {})
        if (answered >= before && now === 4) {
          refused++
          return stream.close(h2.NGHTTP2_REFUSED_STREAM)
        }
        now++
        const bytes = await buffer(stream)
        await new Promise((resolve) => setImmediate(resolve))
        now--
        answered++
        stream.respond({ ':status': 200, 'content-type': 'application/dns-message' })
        stream.end(answerTo(bytes))
        return undefined
      })
    })
    expect(await askAll(httpsAt(await portOf(server)))).toEqual(EXPECTED)
    expect(refused).toBeGreaterThan(0)
    expect(refused).toBeLessThan(NAMES)
  })

  it('no more streams than the server allows are opened for long', async () => {
    const server = createSecureServer({ ...SECURE, settings: { maxConcurrentStreams: 2 } })
    server.on('session', (session) => {
      session.on('error', () => {})
      session.on('stream', async (stream) => {
        stream.on('error', () => {})
        const bytes = await buffer(stream)
        stream.respond({ ':status': 200, 'content-type': 'application/dns-message' })
        stream.end(answerTo(bytes))
      })
    })
    expect(await askAll(httpsAt(await portOf(server)))).toEqual(EXPECTED)
  })

  it.each([0, 150])('a question that ends each session costs no other one its answer: %i', async (nth) => {
    const server = createSecureServer(SECURE)
    server.on('sessionError', () => {})
    server.on('session', (session) => {
      session.on('error', () => {})
      session.on('stream', async (stream) => {
        stream.on('error', () => {})
        const bytes = await buffer(stream).catch(() => null)
        if (bytes === null || stream.destroyed) return
        if (nameAsked(bytes) === `n${nth}.example.`) return session.destroy()
        stream.respond({ ':status': 200, 'content-type': 'application/dns-message' })
        stream.end(answerTo(bytes))
      })
    })
    const told = await askAll(httpsAt(await portOf(server)))
    expect(told).toEqual(EXPECTED.with(nth, expect.stringMatching(/^E(BADRESP|CONNRESET)$/)))
  })

  it('a server that says GOAWAY to all is asked as often as it was to be', async () => {
    const { port, sessions } = await http2Server(0, (session) => session.destroy())
    const told = await askAll(httpsAt(port), { names: 20, tries: 2 })
    expect(told).toEqual(Array.from({ length: 20 }, () => expect.stringMatching(/^E(BADRESP|CONNRESET)$/)))
    expect(sessions()).toBe(2 + 1)
  })
})
