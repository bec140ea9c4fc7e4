import { describe, expect, test } from 'vitest'
import { client, startListening } from '../../../helpers/listen.js'
import { ask, makeSite, serve } from '../../../helpers/site.js'

const HTTP = { kind: 'http', statusCode: 200, headers: [], body: Buffer.from('yes'), delayMs: 0 } as const
const POST = 'POST /p HTTP/1.1\r\nHost: a\r\n'

/** What one client says in one go and then FIN; what it is answered, and the last that is told of it. */
async function said(text: string) {
  const server = await startListening({ mode: HTTP })
  const peer = await client(server.port)
  peer.socket.end(Buffer.from(text, 'latin1'))
  const answer = (await peer.received).toString('latin1')
  const request = await server.event('request')
  return { server, answer, request, rules: request.anomalies.map(({ rule }) => rule) }
}

describe('a request that is not as it should be gives its event, with the status that went out', () => {
  test.each<[string, string, number, string, string]>([
    ['a cut body', `${POST}Content-Length: 100\r\n\r\nforty-two`, 400, 'truncated-body', 'forty-two'],
    ['a cut chunk', `${POST}Transfer-Encoding: chunked\r\n\r\n9\r\nforty`, 400, 'truncated-body', 'forty'],
    ['a bad length', `${POST}Content-Length: x\r\n\r\nabc`, 400, 'invalid-content-length', ''],
    [
      'an unknown coding',
      `${POST}Transfer-Encoding: foo, chunked\r\n\r\n0\r\n\r\n`,
      501,
      'unknown-transfer-coding',
      '',
    ],
    ['an unknown expectation', `${POST}Expect: foo\r\n\r\n`, 417, 'unknown-expectation', ''],
    ['a version of another kind', 'GET /p HTTP/2.0\r\n\r\n', 505, 'unsupported-version', ''],
    ['HTTP/0.9', 'GET /p\r\n', 400, 'http-09', ''],
    ['a head too long', `${POST}X: ${'a'.repeat(40_000)}\r\n\r\n`, 431, 'head-too-large', ''],
  ])('%s', async (_, text, statusCode, rule, body) => {
    const { answer, request, rules } = await said(text)
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${statusCode} [\\s\\S]*\r\nConnection: close\r\n`))
    expect(request).toMatchObject({ target: '/p', statusCode })
    expect(request.bytes.toString()).toBe(body)
    expect(rules).toContain(rule)
    // A request that came whole was answered whole, be the answer a no.
    expect(request.complete).toBe(statusCode === 501 || statusCode === 417)
  })

  test('a target too long', async () => {
    const { request, rules } = await said(`GET /${'a'.repeat(40_000)} HTTP/1.1\r\n\r\n`)
    expect([request.statusCode, request.method, rules]).toEqual([414, '', ['request-line-too-long']])
  })

  test('what cannot be read is shown as it came', async () => {
    const { server } = await said(`${POST}Content-Length: x\r\n\r\nabc`)
    expect(Buffer.concat(server.all('data').map(({ bytes }) => bytes)).toString()).toBe('abc')
    expect(await server.event('problem')).toMatchObject({ id: 1, code: 'HTTP_INVALID_CONTENT_LENGTH', origin: 'peer' })
  })

  test.each([
    ['a TLS hello', '\x16\x03\x01\x02\x00\x01\x00', 'tls'],
    ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', null],
    ['an SSH greeting', 'SSH-2.0-OpenSSH_9\r\n', null],
    ['an SMTP greeting', 'EHLO a.example\r\n', null],
  ])('%s is named as that', async (what, text, advice) => {
    const { server, request } = await said(text)
    expect(await server.event('problem')).toMatchObject({ message: expect.stringContaining(what), advice })
    expect(request).toMatchObject({ complete: false })
  })
})

describe('what is as it may be is taken', () => {
  test('a length between tabs; chunks with trailers; h2c is not taken up', async () => {
    const tabs = await said(`${POST}Content-Length:\t2\t\r\n\r\nok`)
    expect(tabs.request).toMatchObject({ complete: true, statusCode: 200, bytes: Buffer.from('ok'), anomalies: [] })
    const chunks = await said(`${POST}Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nT: t\r\n\r\n`)
    expect(chunks.request).toMatchObject({ complete: true, bytes: Buffer.from('ok'), trailers: [['T', 't']] })
    const upgrade = await said('GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n')
    expect(upgrade.answer).toMatch(/^HTTP\/1\.1 200 /)
  })

  test('every field of very many', async () => {
    const count = 1800
    const fields = Array.from({ length: count }, (_, at) => `X${at}: 1\r\n`).join('')
    const { request } = await said(`GET / HTTP/1.0\r\n${fields}\r\n`)
    expect([request.headers.length, request.complete]).toEqual([count, true])
  })

  test('HTTP/1.0 that asks to be kept is kept', async () => {
    const server = await startListening({ mode: HTTP })
    const peer = await client(server.port)
    peer.socket.write('GET /1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n')
    await server.event('request')
    peer.socket.write('GET /2 HTTP/1.0\r\n\r\n')
    const answers = (await peer.received).toString()
    expect(answers.match(/^Connection: .*$/gm)).toEqual(['Connection: keep-alive', 'Connection: close'])
    expect(await server.event('request', 2)).toMatchObject({ target: '/2', complete: true })
  })

  test('a client that waits to be told to go on is', async () => {
    const server = await startListening({ mode: HTTP })
    const peer = await client(server.port)
    peer.socket.write(`${POST}Expect: 100-continue\r\nContent-Length: 2\r\nConnection: close\r\n\r\n`)
    expect((await peer.bytes(25)).toString()).toBe('HTTP/1.1 100 Continue\r\n\r\n')
    peer.socket.write('ok')
    expect((await peer.received).toString()).toMatch(/Continue\r\n\r\nHTTP\/1\.1 200 [\s\S]*yes$/)
    expect(await server.event('request')).toMatchObject({ statusCode: 200, bytes: Buffer.from('ok'), complete: true })
  })

  test('one that would upload to a folder is told no before it does', async () => {
    const server = await serve(makeSite())
    const peer = await client(server.port)
    peer.socket.write('PUT /x HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n')
    expect((await peer.received).toString()).toMatch(/^HTTP\/1\.1 405 /)
    peer.socket.end()
    expect(await server.event('request')).toMatchObject({ statusCode: 405, complete: false })
    expect((await ask(server.port, '/ten.txt')).status).toBe(200)
  })
})

test('a reset within a head shows what came, and no answer', async () => {
  const server = await startListening({ mode: HTTP })
  const peer = await client(server.port)
  peer.socket.write(`${POST}X: y`, () => peer.socket.resetAndDestroy())
  const request = await server.event('request')
  expect(request).toMatchObject({ method: 'POST', target: '/p', statusCode: 0, complete: false, anomalies: [] })
  expect((await server.event('data')).bytes.toString()).toBe(`${POST}X: y`)
  expect(await server.event('closed')).toMatchObject({ reason: 'reset' })
})

test('a browser that opens a connection more than it uses is answered by hand', async () => {
  let type: (text: string) => void = () => {}
  const line = () => new Promise<string>((resolve) => (type = resolve))
  async function* typed() {
    for (;;) yield Buffer.from(await line())
  }
  const server = await startListening({ input: { isTTY: true, chunks: typed() } })
  await client(server.port)
  const asking = await client(server.port)
  asking.socket.write('GET / HTTP/1.1\r\n\r\n')
  await server.event('data')
  type('hi\n')
  expect((await asking.bytes(3)).toString()).toBe('hi\n')
})
