import { execFile, spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, onTestFinished, test } from 'vitest'
import { BIN, jsonLines, start } from '../helpers/cli.js'
import { client } from '../helpers/listen.js'

const run = promisify(execFile)

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'netkit-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

async function listenWith(args: readonly string[], stdin: Uint8Array | string = '') {
  const child = start(['listen', '0', ...args])
  onTestFinished(() => void child.kill('SIGKILL'))
  const out: Buffer[] = []
  child.stdin.on('error', () => {}) // a conversation may end before all of it is read
  child.stdin.end(stdin)
  let said = ''
  const port = await new Promise<number>((resolve, reject) => {
    const look = (found: string | undefined) => found && resolve(Number(found))
    child.stdout.on('data', (chunk: Buffer) => {
      out.push(chunk)
      // With --json nothing is said on stderr.
      if (args.includes('--json')) look(/^\{"type":"listening".*?"port":(\d+)/.exec(String(Buffer.concat(out)))?.[1])
    })
    child.stderr.on('data', (chunk: Buffer) => {
      said += String(chunk)
      look(/listening on \S*:(\d+)/.exec(said)?.[1])
    })
    child.once('close', () => reject(new Error(said)))
  })
  const closed = new Promise<{ code: number | null; stdout: Buffer; stderr: string }>((resolve) =>
    child.once('close', (code) => resolve({ code, stdout: Buffer.concat(out), stderr: said })),
  )
  return { child, port, closed, said: () => said }
}

/** A peer's whole output for the given input; it must end by itself. */
function peer(command: string, args: readonly string[], input: Uint8Array | string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args)
    const out: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
    child.once('error', reject)
    child.once('close', () => resolve(Buffer.concat(out)))
    child.stdin.on('error', () => {})
    child.stdin.end(input)
  })
}

const CLIENTS: readonly (readonly [string, (port: string) => readonly string[]])[] = [
  ['nc', (port) => ['-N', '127.0.0.1', port]],
  ['ncat', (port) => ['127.0.0.1', port]],
  ['socat', (port) => ['-t', '20', '-', `TCP:127.0.0.1:${port}`]],
]

describe.each(CLIENTS)('%s', (command, args) => {
  test('a megabyte to echo and back, with its end of file', async () => {
    const server = await listenWith(['--echo', '--once'])
    const sent = randomBytes(1_000_000)
    const got = await peer(command, args(String(server.port)), sent)
    expect(got.equals(sent)).toBe(true)
    expect((await server.closed).code).toBe(0)
  })

  test('a file in each direction', async () => {
    const [ours, theirs] = [randomBytes(700_000), randomBytes(600_000)]
    const server = await listenWith(['--once'], ours)
    expect((await peer(command, args(String(server.port)), theirs)).equals(ours)).toBe(true)
    const { code, stdout } = await server.closed
    expect([code, stdout.equals(theirs)]).toEqual([0, true])
  })
})

test('ncat and openssl s_client over TLS, with their end of file', async () => {
  const sent = randomBytes(300_000)
  const server = await listenWith(['--tls', '--echo', '--count', '1'])
  expect((await peer('ncat', ['--ssl', '127.0.0.1', String(server.port)], sent)).equals(sent)).toBe(true)
  expect((await server.closed).code).toBe(0)

  const text = `${'a line of text\n'.repeat(2000)}`
  const reply = await listenWith(['--tls', '--reply', text.replaceAll('\n', '\\n'), '--once'])
  const got = await peer('openssl', ['s_client', '-quiet', '-connect', `127.0.0.1:${reply.port}`], '')
  expect(got.toString()).toBe(text)
})

test('openssl verifies a certificate made on the spot, and its fingerprint is the one told', async () => {
  const server = await listenWith(['--tls', '--reply', 'x'])
  const told = /SHA-256 ([0-9A-F:]+)/.exec(server.said())?.[1]
  const shown = (
    await peer('openssl', ['s_client', '-connect', `127.0.0.1:${server.port}`, '-showcerts'], '')
  ).toString()
  const pem = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/.exec(shown)?.[0] ?? ''
  const file = join(folder(), 'cert.pem')
  writeFileSync(file, `${pem}\n`)
  const { stdout } = await run('openssl', ['x509', '-in', file, '-noout', '-fingerprint', '-sha256'])
  expect(stdout.trim().split('=')[1]).toBe(told)
  expect((await run('openssl', ['verify', '-x509_strict', '-CAfile', file, file])).stdout).toMatch(/OK/)
  const { stdout: body } = await run('curl', ['-s', '--http0.9', '--cacert', file, `https://localhost:${server.port}/`])
  expect(body).toBe('x')
})

test('telnet, line by line', async () => {
  const server = await listenWith(['--echo'])
  const child = spawn('telnet', ['127.0.0.1', String(server.port)])
  onTestFinished(() => void child.kill('SIGKILL'))
  let seen = ''
  const shows = (text: string) =>
    new Promise<void>((resolve) => {
      child.stdout.on('data', (chunk) => {
        seen += String(chunk)
        if (seen.includes(text)) resolve()
      })
    })
  const answered = shows('hello there')
  child.stdin.write('hello there\n')
  await answered
})

test('telnet, either end of file', async () => {
  const ends = await listenWith(['--once', '--reply', 'bye\n'])
  const child = spawn('telnet', ['127.0.0.1', String(ends.port)])
  onTestFinished(() => void child.kill('SIGKILL'))
  let seen = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      seen += String(chunk)
    })
  await new Promise((resolve) => child.once('close', resolve))
  expect(seen).toContain('bye')
  expect(seen).toContain('closed by foreign host')
  expect(await ends.closed).toMatchObject({ code: 0 })

  const stays = await listenWith(['--once', '--echo'])
  const leaver = spawn('telnet', ['127.0.0.1', String(stays.port)])
  onTestFinished(() => void leaver.kill('SIGKILL'))
  leaver.stdout.on('data', (chunk) => String(chunk).includes('hello') && leaver.stdin.end())
  leaver.stdin.write('hello\n')
  const { code, stderr } = await stays.closed
  expect(stderr).toMatch(/closed \(FIN\)/)
  expect(code).toBe(0)
})

test('nc over UDP and over a Unix socket', async () => {
  const udp = await listenWith(['--udp', '--echo'])
  const child = spawn('nc', ['-u', '127.0.0.1', String(udp.port)])
  onTestFinished(() => void child.kill('SIGKILL'))
  child.stdin.write('ping')
  expect(await new Promise((resolve) => child.stdout.once('data', (chunk) => resolve(String(chunk))))).toBe('ping')

  const path = join(folder(), 'a.sock')
  const unix = start(['listen', `unix:${path}`, '--echo', '--once'])
  await new Promise((resolve) => unix.stderr.once('data', resolve))
  expect((await peer('nc', ['-N', '-U', path], 'local')).toString()).toBe('local')
})

describe('curl', () => {
  test('files, ranges, conditions, HEAD', async () => {
    const site = folder()
    const bytes = randomBytes(2_000_000)
    writeFileSync(join(site, 'a.bin'), bytes)
    const { port } = await listenWith(['--serve', site])
    const url = `http://127.0.0.1:${port}/a.bin`
    const to = join(folder(), 'out')
    writeFileSync(to, bytes.subarray(0, 500_000))
    await run('curl', ['-sf', '-C', '-', '-o', to, url]) // goes on where a download stopped
    expect(readFileSync(to).equals(bytes)).toBe(true)
    const { stdout: head } = await run('curl', ['-sI', url])
    const etag = /^etag: (.*?)\r$/im.exec(head)?.[1] ?? ''
    const status = ['-s', '-o', '/dev/null', '-w', '%{http_code}']
    expect((await run('curl', [...status, '-H', `If-None-Match: ${etag}`, url])).stdout).toBe('304')
    expect((await run('curl', [...status, '-z', to, url])).stdout).toBe('304')
    expect((await run('curl', [...status, '--path-as-is', `http://127.0.0.1:${port}/../etc/passwd`])).stdout).toBe(
      '403',
    )
  })

  test('a form posted to --http over TLS', async () => {
    const server = await listenWith(['--http', '--tls', '--status', '201', '--body', 'made'])
    const { stdout } = await run('curl', [
      '-sk',
      '-d',
      'a=1',
      '-w',
      ' %{http_code}',
      `https://127.0.0.1:${server.port}/form`,
    ])
    expect(stdout).toBe('made 201')
  })
})

test('a page with style sheet, script and pictures in Chromium', async () => {
  const site = folder()
  mkdirSync(join(site, 'assets'))
  // One red pixel, as the GIF89a specification has it.
  const gif = Buffer.from('R0lGODlhAQABAIAAAP8AAAAAACH5BAAAAAAALAAAAAABAAEAAAICRAEAOw==', 'base64')
  const svg =
    '<svg xmlns="http://www.w3.org/2000/svg" width="30" height="20"><rect width="30" height="20" fill="blue"/></svg>'
  writeFileSync(join(site, 'assets', 'dot.gif'), gif)
  writeFileSync(join(site, 'assets', 'box.svg'), svg)
  writeFileSync(join(site, 'assets', 'style.css'), 'p { width: 123px; color: rgb(1, 2, 3) }')
  const script = `addEventListener('load', () => {
    const style = getComputedStyle(document.querySelector('p'))
    const images = [...document.images].map((image) => image.naturalWidth + 'x' + image.naturalHeight)
    document.body.dataset.result = [style.width, style.color, ...images].join(' | ')
  })`
  writeFileSync(join(site, 'assets', 'main.js'), script)
  writeFileSync(
    join(site, 'index.html'),
    '<!doctype html><link rel="stylesheet" href="assets/style.css"><script type="module" src="assets/main.js"></script>' +
      '<body><p>hi</p><img src="assets/dot.gif"><img src="assets/box.svg"></body>',
  )
  const { port } = await listenWith(['--serve', site])
  const picture = join(folder(), 'page.png')
  const flags = [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--no-first-run',
    `--user-data-dir=${folder()}`,
    '--virtual-time-budget=5000',
  ]
  const url = `http://127.0.0.1:${port}/`
  const { stdout } = await run('chromium', [...flags, '--dump-dom', url])
  expect(stdout).toContain('data-result="123px | rgb(1, 2, 3) | 1x1 | 30x20"')
  await run('chromium', [...flags, `--screenshot=${picture}`, '--window-size=200,100', url])
  expect(readFileSync(picture).subarray(0, 8)).toEqual(Buffer.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10]))
})

// Peak memory is read from /proc, which is Linux's.
test.runIf(process.platform === 'linux')(
  'ten thousand at once, each answered, in less than 150 MiB',
  { timeout: 180_000 },
  async () => {
    const count = 10_000
    // Both ends in processes of their own, whose limits are theirs.
    const limited = (args: readonly string[]) =>
      spawn('sh', ['-c', `ulimit -n ${count + 1000} && exec "$@"`, 'sh', process.execPath, ...args])
    const server = limited([BIN, 'listen', '0', '--echo', '-q'])
    onTestFinished(() => void server.kill('SIGKILL'))
    const port = /:(\d+)/.exec(await firstOutput(server.stderr))?.[1] ?? ''
    const clients = limited([
      fileURLToPath(new URL('../helpers/many-clients.mjs', import.meta.url)),
      port,
      String(count),
    ])
    onTestFinished(() => void clients.kill('SIGKILL'))
    expect(await firstOutput(clients.stdout)).toBe(`${count}\n`)
    const sockets = readdirSync(`/proc/${server.pid}/fd`).length
    expect(sockets).toBeGreaterThan(count) // they are all still there
    const peakKib = Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))?.[1])
    expect(peakKib).toBeLessThan(150 * 1024)
    clients.stdin.end()
  },
)

/** What a stream says first; rejects where it ends without a word. */
function firstOutput(stream: Readable): Promise<string> {
  return new Promise((resolve, reject) => {
    stream.once('data', (chunk) => resolve(String(chunk)))
    stream.once('end', () => reject(new Error('it ended without a word')))
  })
}

// Peak memory is read from /proc, which is Linux's.
test.runIf(process.platform === 'linux')(
  'a GiB out to a slow reader and back in: byte for byte, memory flat',
  async () => {
    const piece = randomBytes(1 << 20)
    const count = 1024
    const hash = createHash('sha256')
    for (let i = 0; i < count; i++) hash.update(piece)
    const expected = hash.digest('hex')
    const echo = await listenWith(['--echo', '-q'])
    const { socket } = await client(echo.port)
    socket.removeAllListeners('data')
    const back = createHash('sha256')
    let bytes = 0
    const done = new Promise<void>((resolve) => {
      socket.on('data', (chunk: Buffer) => {
        back.update(chunk)
        bytes += chunk.length
        // Slow: it looks away after each MiB.
        if (bytes % (1 << 20) < chunk.length) {
          socket.pause()
          setImmediate(() => socket.resume())
        }
        if (bytes === count << 20) resolve()
      })
    })
    for (let i = 0; i < count; i++) {
      if (!socket.write(piece)) await new Promise((resolve) => socket.once('drain', resolve))
    }
    socket.end()
    await done
    expect(back.digest('hex')).toBe(expected)
    const peakKb = Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${echo.child.pid}/status`, 'utf8'))?.[1])
    expect(peakKb).toBeLessThan(150 * 1024)
  },
  240_000,
)

describe('HTTP as other programs speak it', () => {
  /** What was told of the requests of one connection, once it is over. */
  async function requests({ closed }: Awaited<ReturnType<typeof listenWith>>) {
    const { code, stdout } = await closed
    expect(code).toBe(0)
    return jsonLines(stdout.toString()).filter(({ type }) => type === 'request')
  }
  const HTTP = ['--http', '--json', '--count', '1', '--body', 'yes']

  test('curl: chunks, an expectation and HEAD over one connection, and HTTP/1.0 last', async () => {
    const server = await listenWith(HTTP)
    const url = `http://127.0.0.1:${server.port}`
    const chunks = ['-sS', '-H', 'Transfer-Encoding: chunked', '-d', 'chunks', `${url}/1`]
    const expecting = ['--next', '-sS', '-H', 'Expect: 100-continue', '-d', 'expected', `${url}/2`]
    const last = ['--next', '-sS', '-I', `${url}/3`, '--next', '-sS', '-0', `${url}/4`]
    const { stdout } = await run('curl', [...chunks, ...expecting, ...last])
    expect(stdout).toMatch(/^yesyesHTTP\/1\.1 200 OK\r\n[\s\S]*\r\nContent-Length: 3\r\n[\s\S]*\r\n\r\nyes$/)
    expect(await requests(server)).toMatchObject([
      { method: 'POST', target: '/1', httpVersion: '1.1', data: 'chunks', statusCode: 200, complete: true },
      { method: 'POST', target: '/2', httpVersion: '1.1', data: 'expected', statusCode: 200, complete: true },
      { method: 'HEAD', target: '/3', httpVersion: '1.1', responseSizeBytes: 0, complete: true },
      { method: 'GET', target: '/4', httpVersion: '1.0', responseSizeBytes: 3, complete: true },
    ])
  })

  test('python: http.client over one connection', async () => {
    const server = await listenWith(HTTP)
    const code = `
import http.client, sys
connection = http.client.HTTPConnection('127.0.0.1', int(sys.argv[1]))
for body in ('one', iter([b'tw', b'o'])):
    connection.request('PUT', '/p', body)
    print(connection.getresponse().read().decode())`
    const { stdout } = await run('python3', ['-c', code, String(server.port)])
    expect(stdout).toBe('yes\nyes\n')
    expect(await requests(server)).toMatchObject([
      { data: 'one', statusCode: 200, complete: true },
      { data: 'two', statusCode: 200, complete: true },
    ])
  })

  test('python: files, HEAD and a part of one over one connection', async () => {
    const site = folder()
    writeFileSync(join(site, 'a.txt'), '0123456789')
    const server = await listenWith(['--serve', site, '--json', '--count', '1'])
    const code = `
import http.client, sys
connection = http.client.HTTPConnection('127.0.0.1', int(sys.argv[1]))
for method, headers in (('GET', {}), ('HEAD', {}), ('GET', {'Range': 'bytes=2-4'})):
    connection.request(method, '/a.txt', headers=headers)
    answer = connection.getresponse()
    print(answer.status, answer.getheader('Content-Length'), answer.read().decode())`
    const { stdout } = await run('python3', ['-c', code, String(server.port)])
    expect(stdout).toBe('200 10 0123456789\n200 10 \n206 3 234\n')
    expect(await requests(server)).toMatchObject([{ statusCode: 200 }, { method: 'HEAD' }, { statusCode: 206 }])
  })

  test('nc: requests behind one another in one go, and its end of file', async () => {
    const server = await listenWith(HTTP)
    const asked = ['/1', '/2', '/3'].map((target) => `GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`).join('')
    const answers = (await peer('nc', ['-N', '127.0.0.1', String(server.port)], asked)).toString()
    expect(answers.match(/HTTP\/1\.1 200 OK\r\n[\s\S]*?\r\n\r\nyes/g)).toHaveLength(3)
    expect(await requests(server)).toMatchObject([{ target: '/1' }, { target: '/2' }, { target: '/3', complete: true }])
  })
})
