import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import { describe, expect, it, onTestFinished } from 'vitest'
import { exitCodeFor } from '../../../../src/cli/exit-code.js'
import { Deadline } from '../../../../src/core/deadline.js'
import { listening, refusingPort } from '../../../helpers/sockets.js'
import { answering, get, NOTHING_EXPECTED, ofType, optionsFor, run } from './run.js'

const OK = 'HTTP/1.1 200 OK\r\n'

describe('raw-http ends', () => {
  it('a body that stalls at the idle timeout, with what came so far', async () => {
    const port = await answering((socket) => void socket.write(`${OK}Content-Length: 10\r\n\r\nhello`))
    const { outcome, events, body } = await run(optionsFor(port, { idleMs: 100 }))
    expect(body).toBe('hello')
    expect(outcome).toMatchObject({ ok: false, failure: { code: 'EAGAIN', origin: 'deadline', phase: 'read' } })
    expect(exitCodeFor(outcome)).toBe(4)
    expect(ofType(events, 'end')).toMatchObject([{ verdict: 'incomplete', stage: 'body', reason: 'timeout' }])
    expect(ofType(events, 'anomaly')).toEqual([])
  })

  it('at a bound on the whole run', async () => {
    const port = await answering((socket) => void socket.write(`${OK}\r\nhello`))
    const { outcome, body } = await run(optionsFor(port), { deadline: Deadline.after(150) })
    expect(exitCodeFor(outcome)).toBe(4)
    expect(body).toBe('hello')
  })

  it('a connection that is reset with its errno', async () => {
    // Closing with bytes unread is what makes a kernel reset.
    const { port } = await listening((socket) => void socket.once('data', () => socket.pause().destroy()))
    const request = { ...get('POST'), body: Buffer.alloc(20_000_000) } as ReturnType<typeof get>
    const { outcome, events } = await run(optionsFor(port, { request }))
    if (outcome.ok) throw new Error('it was reset')
    expect(outcome.failure.origin).toBe('os')
    expect(['ECONNRESET', 'EPIPE']).toContain(outcome.failure.code)
    expect(exitCodeFor(outcome)).toBe(1)
    expect(ofType(events, 'end')).toMatchObject([{ verdict: 'incomplete', reason: 'reset' }])
  })

  it('with nothing said as truncated', async () => {
    const port = await answering((socket) => void socket.end())
    const { outcome } = await run(optionsFor(port))
    expect(outcome).toMatchObject({ ok: false, failure: { code: 'HTTP_NO_RESPONSE', phase: 'protocol' } })
    expect(outcome.ok ? '' : outcome.failure.advice).not.toBe('raw-bytes')
    expect(exitCodeFor(outcome)).toBe(7)
  })

  it('when interrupted, with what is known', async () => {
    const port = await answering((socket) => void socket.write(`${OK}Content-Length: 10\r\n\r\nhello`))
    const controller = new AbortController()
    const { outcome } = await run(optionsFor(port), {
      signal: controller.signal,
      onEvent: ({ type }) => type === 'body' && controller.abort(),
    })
    expect(outcome).toMatchObject({ ok: false, failure: { origin: 'abort' }, value: { statusCode: 200, bodyBytes: 5 } })
  })

  it('where nothing listens', async () => {
    const { outcome, events } = await run(optionsFor(await refusingPort()))
    expect(outcome).toMatchObject({ ok: false, failure: { code: 'ECONNREFUSED', phase: 'connect' } })
    expect(ofType(events, 'attempt')).toMatchObject([{ ok: false, code: 'ECONNREFUSED' }])
  })

  it('a body beyond the bound with exactly the bound', async () => {
    for (const head of ['Content-Length: 10\r\n\r\n', '\r\n']) {
      const port = await answering((socket) => void socket.end(`${OK}${head}0123456789`))
      const { outcome, body } = await run(optionsFor(port, { maxBodyBytes: 4 }))
      expect(body).toBe('0123')
      expect(outcome).toMatchObject({ ok: false, failure: { code: 'EMSGSIZE' } })
      expect(exitCodeFor(outcome)).toBe(1)
      const whole = await run(optionsFor(port, { maxBodyBytes: 10 }))
      expect(whole.outcome.ok).toBe(true)
    }
  })
})

describe('raw-http sends', () => {
  it('a request as given', async () => {
    let heard = ''
    const port = await answering((socket, request) => {
      heard = request
      socket.end(`${OK}Content-Length: 0\r\n\r\n`)
    })
    const headers = [
      ['X-b', '1'],
      ['x-B', '2'],
      ['Host', null],
    ] as const
    const request = { ...get('PoSt'), target: '/a b%zz', headers, body: Buffer.from('hi') } as ReturnType<typeof get>
    const { outcome } = await run(optionsFor(port, { request }))
    expect(outcome.ok).toBe(true)
    const lines = ['PoSt /a b%zz HTTP/1.1', 'User-Agent: netkit', 'Accept: */*', 'X-b: 1', 'x-B: 2']
    expect(heard).toBe([...lines, 'Content-Length: 2', 'Connection: close', '', 'hi'].join('\r\n'))
  })

  it('raw bytes and no others, and decodes by the method in them', async () => {
    const heard: Buffer[] = []
    const { port } = await listening((socket) => {
      socket.on('data', (chunk: Buffer) => {
        heard.push(chunk)
        socket.end(`${OK}Content-Length: 5\r\n\r\n`)
      })
    })
    const bytes = Buffer.from('HEAD / HTTP/1.1\r\n\r\n')
    const { outcome } = await run(optionsFor(port, { request: { kind: 'bytes', bytes } }))
    expect(outcome.ok).toBe(true)
    expect(Buffer.concat(heard).equals(bytes)).toBe(true)
  })

  it('a large body in chunks, while the answer already comes', async () => {
    const body = Buffer.alloc(3_000_000, 'x')
    let heardBytes = 0
    const { port } = await listening((socket) => {
      socket.write(`${OK}Content-Length: 4\r\n\r\n`)
      socket.on('data', (chunk: Buffer) => {
        heardBytes += chunk.length
        if (chunk.subarray(-5).toString() === '0\r\n\r\n') socket.end('done')
      })
    })
    const request = { ...get('POST'), body, chunked: true } as ReturnType<typeof get>
    const { outcome, body: answer } = await run(optionsFor(port, { request }))
    expect(outcome.ok).toBe(true)
    expect(answer).toBe('done')
    expect(heardBytes).toBeGreaterThan(body.length)
  })

  it('many requests on one connection, and on more where the peer closes', async () => {
    let connections = 0
    let requests = 0
    const { port } = await listening((socket) => {
      connections++
      socket.on('data', () => {
        const last = ++requests % 3 === 0
        socket.write(`${OK}Content-Length: 2\r\n${last ? 'Connection: close\r\n' : ''}\r\nok`)
        if (last) socket.end()
      })
    })
    const { outcome, events } = await run(optionsFor(port, { count: 6 }))
    expect(outcome).toMatchObject({ ok: true, value: { requests: 6, responses: 6, connections: 2 } })
    expect(outcome.value?.statistics).toMatchObject({ sent: 6, received: 6 })
    expect(connections).toBe(2)
    expect(ofType(events, 'timing').map(({ connectMs }) => connectMs !== null)).toEqual([
      true,
      false,
      false,
      true,
      false,
      false,
    ])
  })

  it('over a Unix socket', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'netkit-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const path = join(folder, 'socket')
    const server = createServer((socket) => {
      socket.on('data', () => socket.end(`${OK}Content-Length: 2\r\n\r\nok`))
    })
    await new Promise<void>((resolve) => server.listen(path, resolve))
    onTestFinished(() => void server.close())
    const { outcome, body, events } = await run(optionsFor(0, { peer: { kind: 'unix', path } }))
    expect(outcome.ok).toBe(true)
    expect(body).toBe('ok')
    expect(ofType(events, 'connected')).toMatchObject([{ path, address: null, lookupMs: null }])
  })

  it('nothing in a dry run', async () => {
    const { outcome, events } = await run(optionsFor(await refusingPort(), { dryRun: true }))
    expect(outcome.ok).toBe(true)
    expect(events).toMatchObject([{ type: 'request', method: 'GET', target: '/' }])
  })
})

describe('raw-http undoes codings', () => {
  const text = 'to be or not to be, '.repeat(5000)
  const codings: Record<string, Buffer> = {
    gzip: gzipSync(text),
    'x-gzip': gzipSync(text),
    deflate: deflateSync(text),
    br: brotliCompressSync(text),
    'deflate, gzip': gzipSync(deflateSync(text)),
    identity: Buffer.from(text),
  }
  for (const [coding, bytes] of Object.entries(codings)) {
    it(coding, async () => {
      const port = await answering((socket) => {
        socket.write(`${OK}Content-Encoding: ${coding}\r\nContent-Length: ${bytes.length}\r\n\r\n`)
        socket.end(bytes)
      })
      const { outcome, body } = await run(optionsFor(port, { decompress: true }))
      expect(outcome.ok, JSON.stringify(outcome)).toBe(true)
      expect(body).toBe(text)
    })
  }

  it('deflate without its zlib wrapping, and transfer codings within chunks', async () => {
    const raw = deflateRawSync(text)
    const first = await answering((socket) => {
      socket.write(`${OK}Content-Encoding: deflate\r\n\r\n`)
      socket.end(raw)
    })
    expect((await run(optionsFor(first, { decompress: true }))).body).toBe(text)
    const gzip = gzipSync(text)
    const second = await answering((socket) => {
      socket.write(`${OK}Transfer-Encoding: gzip, chunked\r\n\r\n${gzip.length.toString(16)}\r\n`)
      socket.write(gzip)
      socket.end('\r\n0\r\n\r\n')
    })
    expect((await run(optionsFor(second, { decompress: true }))).body).toBe(text)
  })

  it('and fails for what is not what it says, or ends within it', async () => {
    const gzip = gzipSync(text)
    for (const bytes of [Buffer.from('this is no gzip at all'), gzip.subarray(0, gzip.length - 20)]) {
      const port = await answering((socket) => {
        socket.write(`${OK}Content-Encoding: gzip\r\nContent-Length: ${bytes.length}\r\n\r\n`)
        socket.end(bytes)
      })
      const { outcome } = await run(optionsFor(port, { decompress: true }))
      expect(outcome).toMatchObject({ ok: false, failure: { code: 'HTTP_CONTENT_CODING' } })
      expect(exitCodeFor(outcome)).toBe(7)
    }
  })

  it('names one that it does not know, and hands over what came', async () => {
    const port = await answering((socket) => void socket.end(`${OK}Content-Encoding: rot13\r\n\r\nuryyb`))
    const { events, body, outcome } = await run(optionsFor(port, { decompress: true }))
    expect(body).toBe('uryyb')
    expect(ofType(events, 'decoding')).toMatchObject([{ decoded: [], left: ['rot13'] }])
    expect(ofType(events, 'end')).toMatchObject([{ verdict: 'complete' }])
    expect(outcome).toMatchObject({ ok: false, failure: { code: 'CODING_UNKNOWN', origin: 'expectation' } })
    expect(outcome).toMatchObject({ failure: { message: expect.stringContaining('rot13') } })
    expect(exitCodeFor(outcome)).toBe(1)
  })

  it('finds no fault with one that it does not know where there is no body in it', async () => {
    const port = await answering(
      (socket) => void socket.end(`${OK}Content-Encoding: rot13\r\nContent-Length: 0\r\n\r\n`),
    )
    const { outcome } = await run(optionsFor(port, { decompress: true }))
    expect(outcome.ok, JSON.stringify(outcome)).toBe(true)
  })

  it('bounds what comes out, not what came', async () => {
    const bomb = gzipSync(Buffer.alloc(50_000_000))
    const port = await answering((socket) => {
      socket.write(`${OK}Content-Encoding: gzip\r\nContent-Length: ${bomb.length}\r\n\r\n`)
      socket.end(bomb)
    })
    const { outcome, body } = await run(optionsFor(port, { decompress: true, maxBodyBytes: 1000 }))
    expect(outcome).toMatchObject({ ok: false, failure: { code: 'EMSGSIZE' } })
    expect(body.length).toBe(1000)
  })
})

describe('raw-http judges', () => {
  const answer = `HTTP/1.1 404 Not Found\r\nX-A: one\r\nx-a: two\r\nContent-Length: 5\r\n\r\nhello`

  it('what is expected, naming what was there', async () => {
    const port = await answering((socket) => void socket.end(answer))
    const met = await run(
      optionsFor(port, {
        expect: {
          ...NOTHING_EXPECTED,
          statuses: [{ from: 400, to: 499 }],
          headers: [
            { name: 'x-A', value: 'two' },
            { name: 'X-A', value: /^o/ },
            { name: 'content-length', value: null },
          ],
          body: /^hel+o$/,
          under: [{ phase: 'total', ms: 60_000 }],
        },
      }),
    )
    expect(met.outcome.ok).toBe(true)
    const broken = await run(
      optionsFor(port, {
        expect: {
          success: true,
          statuses: [
            { from: 200, to: 200 },
            { from: 300, to: 399 },
          ],
          headers: [
            { name: 'X-A', value: 'three' },
            { name: 'X-B', value: null },
          ],
          body: /bye/,
          under: [{ phase: 'tls', ms: 1000 }],
        },
      }),
    )
    expect(exitCodeFor(broken.outcome)).toBe(1)
    expect(ofType(broken.events, 'broken').map(({ expected, actual }) => `${expected}: ${actual}`)).toEqual([
      'a status below 400: 404 Not Found',
      'status 200 or 3xx: 404 Not Found',
      'header X-A: three: one and two',
      'header X-B: no such header',
      'body matching /bye/: hello',
      'tls under 1000 ms: it did not happen',
    ])
  })

  it('a truncated response by its truncation, whatever was expected', async () => {
    const port = await answering((socket) => void socket.end(`${OK}Content-Length: 10\r\n\r\nhello`))
    const { outcome } = await run(optionsFor(port, { expect: { ...NOTHING_EXPECTED, body: /hello/ } }))
    expect(outcome).toMatchObject({ ok: false, failure: { code: 'HTTP_TRUNCATED_BODY' } })
    expect(exitCodeFor(outcome)).toBe(7)
  })
})

it('raw-http waits for whoever is slower than the peer, and loses nothing', async () => {
  const sizeBytes = 20_000_000
  const port = await answering((socket) => {
    socket.write(`${OK}Content-Length: ${sizeBytes}\r\n\r\n`)
    socket.end(Buffer.alloc(sizeBytes, 'abcdefg'))
  })
  const folder = mkdtempSync(join(tmpdir(), 'netkit-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const output = join(folder, 'body')
  const { outcome } = await run(optionsFor(port, { output }))
  expect(outcome.ok).toBe(true)
  expect(readFileSync(output).equals(Buffer.alloc(sizeBytes, 'abcdefg'))).toBe(true)
})

it('raw-http fails before it sends where the output cannot be written', async () => {
  const { outcome, events } = await run(optionsFor(await refusingPort(), { output: '/nonexistent/file' }))
  expect(exitCodeFor(outcome)).toBe(5)
  expect(events).toEqual([])
})

describe('raw-http and the end of a connection', () => {
  it('is a reset where the reset came at once behind the data', async () => {
    const port = await answering((socket) => void socket.write(`${OK}\r\nhalf of`, () => socket.resetAndDestroy()))
    const { outcome, events } = await run(optionsFor(port))
    expect(outcome).toMatchObject({ ok: false, failure: { code: 'ECONNRESET', syscall: 'read', phase: 'read' } })
    expect(ofType(events, 'end')).toMatchObject([{ verdict: 'incomplete', reason: 'reset', bodyBytes: 7 }])
  })

  it('is no reset where the peer had said FIN before', async () => {
    const port = await answering((socket) => void socket.end(`${OK}\r\nall of it`))
    const { outcome, events } = await run(optionsFor(port))
    expect(outcome.ok).toBe(true)
    expect(ofType(events, 'closed')).toEqual([{ type: 'closed', closeNotify: null }])
  })
})
