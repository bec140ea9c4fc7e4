import { spawn } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it, onTestFinished } from 'vitest'
import { CERTIFICATE, PRIVATE_KEY } from '../helpers/certificate.js'
import { BIN, jsonLines, netkit } from '../helpers/cli.js'
import { expectValidLines } from '../helpers/schema.js'
import { listening, refusingPort } from '../helpers/sockets.js'
import { tlsListening } from '../helpers/tls-server.js'
import { answering } from '../integration/operations/raw-http/run.js'

const HEAD = 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\nX: \u001b[31m\r\n\r\n'
const PLAIN = 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello\n'

function serving(answer: string | Buffer): Promise<number> {
  return answering((socket) => void socket.end(answer))
}

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'netkit-'))
  onTestFinished(() => rmSync(path, { recursive: true }))
  return path
}

describe('fields that are not ASCII', () => {
  const answer = Buffer.concat([
    Buffer.from('HTTP/1.1 200 Drôle\r\nX-A: café\r\nTransfer-Encoding: chunked\r\nX-B: caf'),
    Buffer.from([0xe9]),
    Buffer.from('\r\n\r\n0\r\nX-T: thé\r\n\r\n'),
  ])

  it('are compared as they are read: UTF-8, or else Latin-1', async () => {
    const url = `127.0.0.1:${await serving(answer)}`
    const met = ['--expect-header', 'X-A: café', '--expect-header', 'X-B: café', '--expect-header', 'X-A: /^.{4}$/']
    expect(await netkit(['raw-http', url, ...met])).toMatchObject({ code: 0, stderr: '' })
    const unmet = await netkit(['raw-http', url, '--expect-header', 'X-A: the', '--expect-status', '201'])
    expect(unmet).toMatchObject({ code: 1, stderr: expect.stringContaining('got café') })
    expect(unmet.stderr).toContain('got 200 Drôle')
  })

  it('stand in --json as text', async () => {
    const { stdout } = await netkit(['raw-http', '--json', `127.0.0.1:${await serving(answer)}`])
    const lines = jsonLines(stdout)
    expectValidLines('raw-http', lines)
    expect(lines.find(({ type }) => type === 'response')).toMatchObject({
      statusText: 'Drôle',
      headers: [
        ['X-A', 'café'],
        ['Transfer-Encoding', 'chunked'],
        ['X-B', 'café'],
      ],
    })
    expect(lines.find(({ type }) => type === 'trailers')).toMatchObject({ headers: [['X-T', 'thé']] })
  })
})

describe('netkit raw-http on stdout', () => {
  it('writes head and body as they came', async () => {
    const port = await serving(PLAIN)
    const { code, stdout, stderr } = await netkit(['raw-http', `127.0.0.1:${port}`, '/'])
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: PLAIN, stderr: '' })
  })

  it('goes where --connect-to says, and asks for what the URL says', async () => {
    let asked = ''
    const port = await answering((socket, request) => {
      asked = request
      socket.end(PLAIN)
    })
    // A name that nobody resolves: nothing looks it up.
    const args = ['raw-http', 'http://name.example:81/a?b', '--connect-to', `127.0.0.1:${port}`, '--body']
    expect(await netkit(args)).toMatchObject({ code: 0, stdout: 'hello\n', stderr: '' })
    expect(asked).toMatch(/^GET \/a\?b HTTP\/1\.1\r\nHost: name\.example:81\r\n/)
  })

  it('writes one of them, the wire or a hexdump on demand', async () => {
    const wire = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n'
    const url = `http://127.0.0.1:${await serving(wire)}/`
    expect((await netkit(['raw-http', url, '--body'])).stdout).toBe('hi')
    expect((await netkit(['raw-http', url, '--head'])).stdout).toBe(wire.slice(0, wire.indexOf('2\r\nhi')))
    expect((await netkit(['raw-http', url, '--bytes'])).stdout).toBe(wire)
    expect((await netkit(['raw-http', url, '--hex', '--body'])).stdout).toMatch(/^00000000 {2}68 69 .*\|hi\|\n$/)
    const dump = (await netkit(['raw-http', url, '--hex'])).stdout
    expect(dump.split('\n')).toHaveLength(Math.ceil(wire.length / 16) + 1)
  })

  it('passes binary bodies exactly, to stdout and to a file', async () => {
    const body = Buffer.from(Array.from({ length: 1024 }, (_, i) => i % 256))
    const port = await serving(Buffer.concat([Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 1024\r\n\r\n'), body]))
    const file = join(folder(), 'body')
    const { code, stdout } = await netkit(['raw-http', `127.0.0.1:${port}`, '-o', file])
    expect(code).toBe(0)
    expect(stdout).toBe('HTTP/1.1 200 OK\r\nContent-Length: 1024\r\n\r\n')
    expect(readFileSync(file).equals(body)).toBe(true)
  })

  it('reads host/path as a URL', async () => {
    const port = await answering(
      (socket, request) => void socket.end(`HTTP/1.1 200 OK\r\n\r\n${request.split(' ')[1]}`),
    )
    expect((await netkit(['raw-http', `127.0.0.1:${port}/a/b?c`, '--body'])).stdout).toBe('/a/b?c')
    // An empty path goes out as `/` (RFC 9112 3.2.1).
    for (const scheme of ['', 'http://'])
      expect((await netkit(['raw-http', `${scheme}127.0.0.1:${port}?c/d`, '--body'])).stdout).toBe('/?c/d')
    const six = await netkit(['raw-http', `[::1]:${port}/a`, '--print-request'])
    expect(six.stdout).toContain(`GET /a HTTP/1.1\r\nHost: [::1]:${port}\r\n`)
  })

  it('undoes gzip', async () => {
    const gzip = gzipSync('squeezed')
    const head = `HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: ${gzip.length}\r\n\r\n`
    const port = await serving(Buffer.concat([Buffer.from(head), gzip]))
    expect((await netkit(['raw-http', `127.0.0.1:${port}`, '--body', '--decompress'])).stdout).toBe('squeezed')
  })

  it('prints a request without sending it', async () => {
    const { code, stdout } = await netkit([
      'raw-http',
      `127.0.0.1:${await refusingPort()}`,
      '/x y',
      '--print-request',
      ...['-X', 'PATCH', '-H', 'a: 1', '-H', 'A: 2', '-H', 'User-Agent:', '-H', 'Empty;', '-d', 'body', '--chunked'],
    ])
    expect(code).toBe(0)
    expect(stdout).toMatch(
      /^PATCH \/x y HTTP\/1\.1\r\nHost: 127\.0\.0\.1:\d+\r\nAccept: \*\/\*\r\na: 1\r\nA: 2\r\nEmpty:\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n4\r\nbody\r\n0\r\n\r\n$/,
    )
  })

  it('sends the bytes of a file, or of stdin', async () => {
    const heard: string[] = []
    const { port } = await listening((socket) => {
      socket.on('data', (chunk: Buffer) => {
        heard.push(chunk.toString('latin1'))
        socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')
      })
    })
    const stdin = Buffer.from('hi\r\n\xff', 'latin1')
    const piped = await netkit(['raw-http', `127.0.0.1:${port}`, '--request', '-'], { stdin })
    expect(piped.code).toBe(0)
    const file = join(folder(), 'request')
    writeFileSync(file, stdin)
    await netkit(['raw-http', `127.0.0.1:${port}`, '--request', file])
    expect(heard).toEqual(['hi\r\n\xff', 'hi\r\n\xff'])
  })

  it('sends data of a file, or of stdin, byte for byte', async () => {
    const bodies: string[] = []
    const port = await answering((socket, request) => {
      bodies.push(request.slice(request.indexOf('\r\n\r\n') + 4))
      socket.end('HTTP/1.1 204 No Content\r\n\r\n')
    })
    const file = join(folder(), 'data')
    writeFileSync(file, Buffer.from([0, 255, 10]))
    await netkit(['raw-http', `127.0.0.1:${port}`, '-d', `@${file}`])
    await netkit(['raw-http', `127.0.0.1:${port}`, '-d', '-'], { stdin: 'from stdin' })
    await netkit(['raw-http', `127.0.0.1:${port}`, '-d', 'from the word'])
    expect(bodies).toEqual(['\x00\xff\n', 'from stdin', 'from the word'])
  })

  it('sums up many requests', async () => {
    const port = await answering((socket) => void socket.write(PLAIN))
    const { code, stdout } = await netkit(['raw-http', `127.0.0.1:${port}`, '/', '--repeat', '3'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/3 {2}200 OK {2}6 B/)
    expect(stdout).toContain('3 requests, 3 complete responses, 1 connection\nmin ')
  })
})

describe('netkit raw-http tells', () => {
  it('anomalies on stderr, and exits 7 for them only when strict', async () => {
    const url = `http://127.0.0.1:${await serving('HTTP/1.1 200 OK\nContent-Length: 2\r\n\r\nok')}`
    const loose = await netkit(['raw-http', url])
    expect(loose.code).toBe(0)
    expect(loose.stderr).toBe('! warning at byte 15: A line ends in LF without CR. (bare-lf, RFC 9112 2.2)\n')
    expect((await netkit(['raw-http', url, '--strict'])).code).toBe(7)
    expect((await netkit(['raw-http', url, '-q'])).stderr).toBe('')
  })

  it('what was sent, 1xx, the way and the times when asked to', async () => {
    const port = await serving(
      `HTTP/1.1 103 Early Hints\r\nLink: \u001b[2J\r\n\r\nHTTP/1.1 302 Found\r\nLocation: ../b\r\n\r\n`,
    )
    const { stdout, stderr } = await netkit(['raw-http', `127.0.0.1:${port}`, '/a/c', '-v'])
    expect(stdout).toMatch(/^HTTP\/1\.1 302 Found/)
    expect(stderr).toContain('> GET /a/c HTTP/1.1\n')
    expect(stderr).toContain('< HTTP/1.1 103 Early Hints\n< Link: \\e[2J\n')
    expect(stderr).toContain(`netkit raw-http 'http://127.0.0.1:${port}/b'`)
    for (const step of ['lookup', 'connect', 'send', 'wait', 'receive'])
      expect(stderr).toMatch(new RegExp(`  ${step} +[\\d.]+ ms`))
    expect(stderr).not.toContain('\u001b')
  })

  it('every broken expectation', async () => {
    const port = await serving(PLAIN)
    const { code, stderr } = await netkit([
      ...['raw-http', `127.0.0.1:${port}`, '/', '--expect-status', '204,3xx', '--expect-header', 'X'],
      ...['--expect-body', '^bye', '--expect-under', 'tls=1s', '--expect-under', '10m'],
    ])
    expect(code).toBe(1)
    expect(stderr.match(/^broken .*$/gm)).toEqual([
      'broken expected status 204 or 3xx, got 200 OK',
      'broken expected header X, got no such header',
      'broken expected body matching /^bye/m, got hello\\n',
      'broken expected tls under 1000 ms, got it did not happen',
    ])
  })

  it('everything in JSON that its schema allows', async () => {
    const wire = `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n\xff\r\n0\r\nT: t\r\n\r\njunk`
    const port = await serving(Buffer.from(wire, 'latin1'))
    const { code, stdout } = await netkit(['raw-http', `127.0.0.1:${port}`, '--json', '--expect-header', 'None'])
    expect(code).toBe(1)
    const lines = jsonLines(stdout)
    expectValidLines('raw-http', lines)
    expect(lines.map(({ type }) => type)).toEqual([
      ...['attempt', 'connected', 'request', 'informational', 'response', 'body', 'trailers', 'end'],
      ...['anomaly', 'rest', 'timing', 'broken', 'closed', 'result'],
    ])
    expect(lines.find(({ type }) => type === 'body')).toMatchObject({ data: null, dataBase64: '/w==' })
    expect(lines.at(-1)).toMatchObject({ ok: false, code: 'EXPECTATION', statusCode: 200, verdict: 'complete' })
    const bytes = await netkit(['raw-http', `127.0.0.1:${port}`, '--json', '--bytes', '--decompress', '--body'])
    expect(bytes.code).toBe(2)
    const repeated = jsonLines(
      (await netkit(['raw-http', `127.0.0.1:${port}`, '--json', '--bytes', '--repeat', '2'])).stdout,
    )
    expectValidLines('raw-http', repeated)
    expect(repeated.some(({ type }) => type === 'body')).toBe(false)
    expect(repeated.at(-1)).toMatchObject({ requests: 2, connections: 2 })
  })
})

describe('netkit raw-http shows what came', () => {
  const BAD_LENGTH = 'HTTP/1.1 200 OK\r\nContent-Length: 5x\r\n\r\n'
  const cases: readonly (readonly [string, string, string])[] = [
    ['of a head that was cut off', 'HTTP/1.1 200 OK\r\nX-Cut: o', 'HTTP_TRUNCATED_HEAD'],
    ['behind a length that is none', `${BAD_LENGTH}hello`, 'HTTP_INVALID_CONTENT_LENGTH'],
  ]
  it.each(cases)('%s, as text and as an event', async (_, wire, code) => {
    const url = `127.0.0.1:${await serving(wire)}`
    expect(await netkit(['raw-http', url])).toMatchObject({ code: 7, stdout: wire })
    const { stdout } = await netkit(['raw-http', url, '--json'])
    const lines = jsonLines(stdout)
    expectValidLines('raw-http', lines)
    const text = wire.startsWith(BAD_LENGTH) ? 'hello' : wire
    expect(lines.find(({ type }) => type === 'undecoded')).toMatchObject({
      offset: wire.length - text.length,
      data: text,
    })
    expect(lines.at(-1)).toMatchObject({ ok: false, code })
  })

  it('in head or body where one of them is asked for', async () => {
    const url = `127.0.0.1:${await serving(`${BAD_LENGTH}hello`)}`
    expect((await netkit(['raw-http', url, '--body'])).stdout).toBe('hello')
    expect((await netkit(['raw-http', url, '--head'])).stdout).toBe(BAD_LENGTH)
    const cut = `127.0.0.1:${await serving('HTTP/1.1 200')}`
    expect((await netkit(['raw-http', cut, '--body'])).stdout).toBe('')
    expect((await netkit(['raw-http', cut, '--head'])).stdout).toBe('HTTP/1.1 200')
  })

  it('of an answer to a request that was not taken whole, and says that', async () => {
    const { port } = await listening((socket) => {
      socket.once('data', () =>
        socket.pause().write('HTTP/1.1 501 No\r\nContent-Length: 3\r\n\r\nno\n', () => socket.destroy()),
      )
    })
    const file = join(folder(), 'data')
    writeFileSync(file, Buffer.alloc(1_000_000))
    const told = await netkit(['raw-http', `127.0.0.1:${port}`, '-d', `@${file}`])
    expect(told).toMatchObject({ code: 0, stdout: 'HTTP/1.1 501 No\r\nContent-Length: 3\r\n\r\nno\n' })
    expect(told.stderr.replace(/\s+/g, ' ')).toContain('answered before it had taken the whole request (977 KiB)')
    const lines = jsonLines((await netkit(['raw-http', `127.0.0.1:${port}`, '-d', `@${file}`, '--json'])).stdout)
    expectValidLines('raw-http', lines)
    expect(lines.find(({ type }) => type === 'untaken')).toMatchObject({ sequence: 1, sentBytes: expect.any(Number) })
    expect(lines.at(-1)).toMatchObject({ ok: true, statusCode: 501 })
  })

  it('of the answers to all requests in a file', async () => {
    const port = await answering((socket) => void socket.write(`${PLAIN}${PLAIN.replace('hello', 'again')}`))
    const file = join(folder(), 'requests')
    writeFileSync(file, 'GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n')
    const { code, stdout, stderr } = await netkit(['raw-http', `127.0.0.1:${port}`, '--request', file])
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: PLAIN + PLAIN.replace('hello', 'again'), stderr: '' })
  })
})

describe('netkit raw-http exits', () => {
  const cases: readonly (readonly [string, string, number])[] = [
    ['0 for a complete response', PLAIN, 0],
    ['7 for a truncated one', PLAIN.slice(0, -1), 7],
    ['7 for an empty one', '', 7],
    ['7 for a malformed one', 'HTTP/1.1 200 OK\r\nContent-Length: 0x5\r\n\r\nhello', 7],
    ['7 for what is not HTTP', 'SSH-2.0-OpenSSH_9.2\r\n', 7],
    ['0 for a 500, which is a complete answer', 'HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n', 0],
  ]
  for (const [name, answer, code] of cases) {
    it(name, async () => {
      expect((await netkit(['raw-http', `127.0.0.1:${await serving(answer)}`])).code).toBe(code)
    })
  }

  it('1 for a 500 with --fail, and where nothing listens', async () => {
    const port = await serving('HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n')
    expect((await netkit(['raw-http', `127.0.0.1:${port}`, '--fail'])).code).toBe(1)
    expect((await netkit(['raw-http', `127.0.0.1:${await refusingPort()}`])).code).toBe(1)
  })

  it('4 for a body that stalls, with what came', async () => {
    const port = await answering((socket) => void socket.write(HEAD))
    const { code, stdout } = await netkit(['raw-http', `127.0.0.1:${port}`, '--idle-timeout', '200ms'])
    expect(code).toBe(4)
    expect(stdout).toBe(HEAD)
  })

  it('4 for a server that accepts and is silent, within the time that --timeout gives', async () => {
    const { port } = await listening(() => {})
    const { code, stderr } = await netkit(['raw-http', `127.0.0.1:${port}`, '-w', '200ms'])
    expect(code).toBe(4)
    expect(stderr).toContain('is connected and did not begin to answer within 200 ms')
    expect(stderr).toContain('--timeout')
  })

  it('6 where TLS is asked of a plain server', async () => {
    const { port } = await listening((socket) => void socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
    expect((await netkit(['raw-http', `https://127.0.0.1:${port}/`])).code).toBe(6)
  })

  const misuse: readonly (readonly string[])[] = [
    [],
    ['udp://localhost:1'],
    ['localhost:0'],
    ['http://localhost/a', '/b'],
    ['localhost', '/a\r\nX: y'],
    ['localhost', '/', '-H', 'no colon'],
    ['localhost', '/', '-H', 'bad name: x'],
    ['localhost', '/', '--http', '2'],
    ['http://localhost', '--tls'],
    ['localhost/a', '/b'],
    ['localhost', '/', '--chunked'],
    ['localhost', '/', '--chunked', '-d', 'x', '--http', '1.0'],
    ['localhost', '/', '--head', '--body'],
    ['localhost', '/', '--insecure'],
    ['localhost', '/', '--repeat', '0'],
    ['localhost', '/', '--expect-status', '20'],
    ['localhost', '/', '--expect-body', '('],
    ['localhost', '/', '--expect-under', 'lunch=1s'],
    ['localhost', '--request', '-', '-X', 'GET'],
    ['localhost', '--request', '-'],
    ['localhost', '/', '--max-body', 'much'],
  ]
  it.each([
    [['-X', 'G T'], '--method: '],
    [['-H', 'A: b\r\nC: d'], '--header: '],
    [['-H', 'A b: c'], '--header: '],
    [['--chunked', '-d', 'x', '--http', '1.0'], '--chunked '],
    [['/a\r\nb'], '<path>: '],
  ])('%j is told with the name of its flag', async (args, begins) => {
    const { code, stderr } = await netkit(['raw-http', 'localhost', ...args])
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(`netkit raw-http: ${begins}`) })
  })

  for (const args of misuse) {
    it(`2 for ${JSON.stringify(args.join(' '))}`, async () => {
      const { code, stdout, stderr } = await netkit(['raw-http', ...args])
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
      expect(stderr).toMatch(/^netkit raw-http: .+\n$/)
    })
  }

  // Only Linux has /dev/full.
  it.skipIf(process.platform !== 'linux')('5 for a disk that is full', async () => {
    const port = await serving(PLAIN)
    for (const more of [[], ['--json']]) {
      const full = openSync('/dev/full', 'w')
      onTestFinished(() => closeSync(full))
      const child = spawn(process.execPath, [BIN, 'raw-http', `127.0.0.1:${port}`, ...more], {
        stdio: ['ignore', full, 'pipe'],
      })
      const [code] = (await once(child, 'close')) as [number]
      expect(code).toBe(5)
    }
  })

  it('2 for bytes that the command line lost, naming the way that keeps them', async () => {
    // A shell is what can put them there: Node spawns with text.
    for (const [words, way] of [
      ["localhost '/%s'", '--request FILE'],
      ["localhost -H 'X: %s'", '--request FILE'],
      ["localhost -d '%s'", '--data @FILE'],
    ]) {
      const line = `exec '${process.execPath}' '${BIN}' raw-http ${words} --print-request`
      const child = spawn('sh', ['-c', `eval "$(printf "$1" '\\303\\050')"`, 'sh', line.replace('%s', '%b')])
      let said = ''
      child.stderr.on('data', (chunk: Buffer) => {
        said += chunk.toString()
      })
      const [code] = (await once(child, 'close')) as [number]
      expect({ code, said }).toEqual({ code: 2, said: expect.stringContaining(`; ${way} sends any`) })
    }
  })

  it('5 for a key of another certificate and for no certificate, before anything is sent or written', async () => {
    const at = folder()
    const file = (name: string, text: string) => {
      writeFileSync(join(at, name), text)
      return join(at, name)
    }
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const [certificate, own] = [file('certificate', CERTIFICATE), file('key', PRIVATE_KEY)]
    const strange = file('strange', privateKey.export({ type: 'pkcs8', format: 'pem' }).toString())
    const output = file('output', 'kept')
    for (const [cert, key, words] of [
      [certificate, strange, /KEY_(VALUES|TYPE)_MISMATCH/],
      [own, own, /PEM_NO_START_LINE/],
    ] as const) {
      const url = `https://127.0.0.1:${await refusingPort()}`
      const { code, stderr } = await netkit(['raw-http', url, '--cert', cert, '--key', key, '-o', output])
      expect({ code, stderr }).toEqual({ code: 5, stderr: expect.stringMatching(words) })
    }
    expect(readFileSync(output, 'utf8')).toBe('kept')
  })

  it('2 for credentials in a URL, which it does not repeat', async () => {
    for (const more of [[], ['--json']]) {
      const { code, stdout, stderr } = await netkit(['raw-http', 'http://me:secret@127.0.0.1:1/', ...more])
      expect(code).toBe(2)
      expect(stdout + stderr).toContain('credentials')
      expect(stdout + stderr).not.toContain('secret')
    }
  })

  it('5 for files of this machine', async () => {
    expect((await netkit(['raw-http', 'localhost', '-d', '@/nonexistent'])).code).toBe(5)
    expect((await netkit(['raw-http', 'localhost', '-o', '/nonexistent/x'])).code).toBe(5)
  })
})

describe('a certificate that does not pass, with --insecure', () => {
  const serve = () =>
    tlsListening({ version: 'TLSv1.3' }, (socket) => {
      socket.on('data', () => socket.write('HTTP/1.1 204 No Content\r\n\r\n'))
      socket.on('end', () => socket.end())
    })

  it('is told where no terminal is, and once however many requests there are', async () => {
    const url = `https://127.0.0.1:${await serve()}`
    const warning = /^warning: not verified \(\w+\); --insecure goes on all the same$/gm
    for (const args of [[], ['--repeat', '3']]) {
      const { code, stderr } = await netkit(['raw-http', url, '--insecure', ...args])
      expect(code).toBe(0)
      expect(stderr.match(warning)).toHaveLength(1)
    }
    expect(await netkit(['raw-http', url, '--insecure', '-q'])).toMatchObject({ code: 0, stderr: '' })
  })
})

it('a server that chooses the HTTP/2 that was offered is no fault of its own: 1, and how to ask it', async () => {
  const port = await tlsListening({ version: 'TLSv1.3', alpn: ['h2'] }, (socket) => {
    socket.on('data', () => socket.destroy())
    socket.on('end', () => socket.end())
  })
  const { code, stderr } = await netkit([
    'raw-http',
    `https://127.0.0.1:${port}`,
    '--insecure',
    '--alpn',
    'h2,http/1.1',
  ])
  expect(code).toBe(1)
  expect(stderr).toContain('h2 was offered')
  expect(stderr.replaceAll(/\s+/g, ' ')).toContain('leave --alpn out')
})
