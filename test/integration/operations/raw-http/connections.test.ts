import { describe, expect, it } from 'vitest'
import { exitCodeFor } from '../../../../src/cli/exit-code.js'
import { listening } from '../../../helpers/sockets.js'
import { answering, get, ofType, optionsFor, run } from './run.js'

const OK = 'HTTP/1.1 200 OK\r\n'
const KEPT = `${OK}Content-Length: 2\r\n\r\nok`

describe('raw-http asks many times', () => {
  it('where the server closes between, though it said nothing of it', async () => {
    const port = await answering((socket) => void socket.end(KEPT))
    const { outcome, events } = await run(optionsFor(port, { count: 12, strict: true }))
    expect(outcome, JSON.stringify(outcome)).toMatchObject({ ok: true, value: { requests: 12, responses: 12 } })
    expect(outcome.value?.connections).toBe(12)
    expect(ofType(events, 'request').map(({ sequence }) => sequence)).toEqual(
      Array.from({ length: 12 }, (_, i) => i + 1),
    )
  })

  /** Answers the first request of each connection, and ends it at the second without a word. */
  const forgetful = async (end: 'end' | 'resetAndDestroy') => {
    const known = new WeakSet()
    const heard: string[] = []
    const port = await answering((socket, request) => {
      heard.push(request)
      if (known.has(socket)) socket[end]()
      else socket.write(KEPT)
      known.add(socket)
    })
    return { port, heard }
  }

  it.each([
    ['end', 'fin'],
    ['resetAndDestroy', 'reset'],
  ] as const)('again on a new connection where the kept one had ended (%s), and says so', async (end, reason) => {
    const { port, heard } = await forgetful(end)
    const { outcome, events } = await run(optionsFor(port, { count: 3, strict: true }))
    expect(outcome).toMatchObject({ ok: true, value: { requests: 3, responses: 3, connections: 3, resent: 2 } })
    expect(ofType(events, 'resent')).toEqual([
      { type: 'resent', sequence: 2, reason },
      { type: 'resent', sequence: 3, reason },
    ])
    expect(ofType(events, 'anomaly')).toEqual([])
    expect(ofType(events, 'end')).toHaveLength(3)
    expect(heard).toHaveLength(5)
  })

  it('a POST once, whatever becomes of it', async () => {
    const { port, heard } = await forgetful('end')
    const request = { ...get('POST'), body: Buffer.from('x') } as ReturnType<typeof get>
    const { outcome, events } = await run(optionsFor(port, { count: 2, request }))
    expect(outcome).toMatchObject({ ok: false, failure: { code: 'PARTIAL' }, value: { responses: 1, resent: 0 } })
    expect(ofType(events, 'anomaly')).toMatchObject([{ rule: 'no-response' }])
    expect(heard).toHaveLength(2)
  })

  it('once more and no more often: a new connection that ends is a failure', async () => {
    let answered = false
    const { port } = await listening((socket) => {
      socket.once('data', () => {
        if (answered) return socket.end()
        answered = true
        socket.write(KEPT)
        return socket.once('data', () => socket.end())
      })
    })
    const { outcome } = await run(optionsFor(port, { count: 2 }))
    expect(outcome).toMatchObject({ ok: false, value: { requests: 2, responses: 1, connections: 2, resent: 1 } })
    expect(exitCodeFor(outcome)).toBe(1)
  })

  it('where each answer says Connection: close', async () => {
    const port = await answering((socket) => void socket.end(`${OK}Connection: close\r\nContent-Length: 2\r\n\r\nok`))
    const { outcome } = await run(optionsFor(port, { count: 12, strict: true }))
    expect(outcome).toMatchObject({ ok: true, value: { requests: 12, responses: 12, connections: 12 } })
  })

  it('where HTTP/1.0 keeps the connection by saying so, and only then', async () => {
    const answer = (connection: string) => `HTTP/1.0 200 OK\r\n${connection}Content-Length: 2\r\n\r\nok`
    const kept = await answering((socket) => void socket.write(answer('Connection: Keep-Alive\r\n')))
    expect((await run(optionsFor(kept, { count: 3 }))).outcome.value).toMatchObject({ responses: 3, connections: 1 })
    const closed = await answering((socket) => void socket.end(answer('')))
    expect((await run(optionsFor(closed, { count: 3 }))).outcome.value).toMatchObject({ responses: 3, connections: 3 })
  })

  it('on a new connection after bytes that belong to no response', async () => {
    const port = await answering(
      (socket) => void socket.write(`${KEPT}HTTP/1.1 200 stale\r\nContent-Length: 0\r\n\r\n`),
    )
    const { outcome, events } = await run(optionsFor(port, { count: 3 }))
    expect(outcome.value).toMatchObject({ responses: 3, connections: 3 })
    expect(ofType(events, 'response').map(({ statusText }) => statusText)).toEqual(['OK', 'OK', 'OK'])
    expect(ofType(events, 'anomaly').map(({ rule }) => rule)).toEqual(Array(3).fill('bytes-after-end'))
  })

  it('without a listener more for each', async () => {
    const warnings: Error[] = []
    const onWarning = (warning: Error) => void warnings.push(warning)
    process.on('warning', onWarning)
    const port = await answering((socket) => void socket.write(KEPT))
    const { outcome } = await run(optionsFor(port, { count: 50, decompress: true }))
    await new Promise((resolve) => setImmediate(resolve))
    process.off('warning', onWarning)
    expect(outcome.value).toMatchObject({ responses: 50, connections: 1 })
    expect(warnings).toEqual([])
  })
})

describe('raw-http between request and answer', () => {
  it('takes a 100 that a body with Expect asked for, and hints in a 103, each as its own event', async () => {
    const port = await answering((socket) => {
      socket.write('HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n')
      socket.write(KEPT)
    })
    const headers = [['Expect', '100-continue']] as const
    const request = { ...get('POST'), headers, body: Buffer.from('body') } as ReturnType<typeof get>
    const { outcome, events, body } = await run(optionsFor(port, { request, strict: true }))
    expect(outcome.ok).toBe(true)
    expect(body).toBe('ok')
    expect(ofType(events, 'informational').map(({ statusCode }) => statusCode)).toEqual([100, 103])
    expect(ofType(events, 'response')).toMatchObject([{ statusCode: 200 }])
  })

  it('hands on what follows an upgrade, undecoded', async () => {
    const port = await answering((socket) => {
      socket.end('HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n\x81\x02hi')
    })
    const { outcome, events } = await run(optionsFor(port, { strict: true }))
    expect(outcome.ok, JSON.stringify(outcome)).toBe(true)
    expect(ofType(events, 'response')).toMatchObject([{ statusCode: 101, framing: 'tunnel' }])
    expect(Buffer.concat(ofType(events, 'rest').map(({ bytes }) => bytes)).toString()).toContain('hi')
  })

  it('hands on what follows CONNECT, and reads the body of a refusal', async () => {
    const request = { ...get('CONNECT'), target: 'example.test:443' } as ReturnType<typeof get>
    const open = await answering((socket) => void socket.end('HTTP/1.1 200 Established\r\n\r\nSSH-2.0-x\r\n'))
    const tunnel = await run(optionsFor(open, { request, strict: true }))
    expect(tunnel.outcome.ok).toBe(true)
    expect(tunnel.body).toBe('')
    expect(Buffer.concat(ofType(tunnel.events, 'rest').map(({ bytes }) => bytes)).toString()).toBe('SSH-2.0-x\r\n')
    const shut = await answering((socket) => void socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno'))
    expect((await run(optionsFor(shut, { request }))).body).toBe('no')
  })

  it('takes no body from HEAD, 204 and 304, whatever their fields say', async () => {
    const cases = [
      ['HEAD', '200 OK\r\nContent-Length: 5'],
      ['GET', '304 Not Modified\r\nContent-Length: 5'],
      ['GET', '204 No Content'],
    ] as const
    for (const [method, head] of cases) {
      const port = await answering((socket) => void socket.write(`HTTP/1.1 ${head}\r\n\r\n`))
      const { outcome, body, events } = await run(optionsFor(port, { request: get(method), strict: true }))
      expect(outcome.ok, head).toBe(true)
      expect(body).toBe('')
      expect(ofType(events, 'end')).toMatchObject([{ verdict: 'complete', bodyBytes: 0 }])
    }
  })

  it('sends four bytes that are no request, and tells what a server says to them', async () => {
    let heard = ''
    const { port } = await listening((socket) => {
      socket.on('data', (chunk: Buffer) => {
        heard += chunk.toString('latin1')
        if (heard === 'hi\r\n') socket.end('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')
      })
    })
    const { outcome, events } = await run(
      optionsFor(port, { request: { kind: 'bytes', bytes: Buffer.from('hi\r\n') }, strict: true }),
    )
    expect(outcome).toMatchObject({ ok: true, value: { statusCode: 400 } })
    expect(exitCodeFor(outcome)).toBe(0)
    expect(ofType(events, 'request')).toMatchObject([{ method: null, target: null, httpVersion: null, sizeBytes: 4 }])
  })
})
