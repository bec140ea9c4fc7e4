import { spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { BIN, jsonLines, netkit, start } from '../helpers/cli.js'
import { expectValidLines } from '../helpers/schema.js'
import { listening, refusingPort } from '../helpers/sockets.js'

const MEBIBYTE = 1_048_576
const echo = (socket: Socket) => void socket.pipe(socket)
const servedBy = (serve: (socket: Socket) => void) => async () => (await listening(serve)).port

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'netkit-'))
  onTestFinished(() => rm(path, { recursive: true }))
  return path
}

describe('netkit connect from a pipe', () => {
  it('carries 64 MiB both ways without touching a byte', async () => {
    const { port } = await listening(echo)
    const child = start(['connect', '127.0.0.1', String(port)])
    const [sent, came] = [createHash('sha256'), createHash('sha256')]
    child.stdout.on('data', (bytes: Buffer) => came.update(bytes))
    for (let i = 0; i < 64; i++) {
      const bytes = randomBytes(MEBIBYTE)
      sent.update(bytes)
      if (!child.stdin.write(bytes)) await once(child.stdin, 'drain')
    }
    child.stdin.end()
    const [code] = await once(child, 'close')
    expect(code).toBe(0)
    expect(came.digest('hex')).toBe(sent.digest('hex'))
  })

  it('writes what comes to a file', async () => {
    const { port } = await listening(echo)
    const path = join(await folder(), 'out')
    const { code, stdout } = await netkit(['connect', `127.0.0.1:${port}`, '-o', path], { stdin: 'a\0\xff' })
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' })
    expect(await readFile(path, 'utf8')).toBe('a\0\xff')
  })

  it('says nothing of its own where nothing went wrong', async () => {
    const { port } = await listening(echo)
    const run = await netkit(['connect', '127.0.0.1', String(port)], { stdin: 'x' })
    expect(run).toEqual({ code: 0, stdout: 'x', stderr: '' })
  })

  const reset = servedBy((socket) => void socket.on('data', () => socket.resetAndDestroy()))
  const silent = servedBy(() => {})
  it.each([
    ['refused', 1, /ECONNREFUSED/, refusingPort, []],
    ['reset', 1, /ECONNRESET/, reset, ['--send', 'x', '--expect', 'y']],
    ['silent', 4, /said anything for 100 ms/, silent, ['--send', 'x', '--idle-timeout', '100ms']],
    ['out of time', 4, /longer than the 300 ms allowed/, silent, ['--max-time', '300ms']],
    ['not as expected', 1, /what came instead: "hi"/, servedBy((socket) => socket.end('hi')), ['--expect', 'ho']],
    ['not TLS', 6, /TLS/, servedBy((socket) => socket.end('220 hi\r\n')), ['--tls']],
    ['no file', 5, /--output: cannot write/, silent, ['--output', '/no/such/folder/file']],
  ] as const)('%s is exit %i', async (_, expected, words, target, flags) => {
    const { code, stderr } = await netkit(['connect', '127.0.0.1', String(await target()), ...flags])
    expect(stderr).toMatch(words)
    expect(code).toBe(expected)
  })

  it('is interrupted with 130, with what came before', async () => {
    const { port } = await listening((socket) => socket.write('hello'))
    const child = start(['connect', '127.0.0.1', String(port)])
    const [bytes] = await once(child.stdout, 'data')
    child.kill('SIGINT')
    const [code] = await once(child, 'close')
    expect(String(bytes)).toBe('hello')
    expect(code).toBe(130)
  })

  it('ends quietly when nobody reads it any more', async () => {
    const { port } = await listening((socket) => {
      const more = () => {
        while (socket.writable && socket.write(Buffer.alloc(65_536)));
        socket.once('drain', more)
      }
      more()
    })
    const child = start(['connect', '127.0.0.1', String(port)])
    let errors = ''
    child.stderr.on('data', (bytes: Buffer) => {
      errors += bytes.toString()
    })
    await once(child.stdout, 'data')
    child.stdout.destroy()
    const [code] = await once(child, 'close')
    expect({ code, errors }).toEqual({ code: 0, errors: '' })
  })
})

it.runIf(process.platform !== 'win32')("a folder as stdin is this machine's no, and not an empty input", async () => {
  const { port } = await listening(echo)
  const directory = await open(await folder())
  onTestFinished(() => directory.close())
  const stdio = [directory.fd, 'ignore', 'pipe'] as const
  const child = spawn(process.execPath, [BIN, 'connect', '127.0.0.1', String(port)], { stdio: [...stdio] })
  let told = ''
  child.stderr?.on('data', (text: Buffer) => {
    told += text.toString()
  })
  const [code] = await once(child, 'close')
  expect(told).toMatch(/^netkit connect: stdin: cannot read what was to be sent: EISDIR: /)
  expect(code).toBe(5)
})

/** Large enough for sendfile(2), where there is one. */
describe('netkit connect with a large file as its stdin', () => {
  async function send(serve: (socket: Socket) => void, flags: readonly string[] = []) {
    const { port } = await listening(serve)
    const path = join(await folder(), 'large')
    const bytes = randomBytes(40 * MEBIBYTE)
    await writeFile(path, bytes)
    const file = await open(path)
    onTestFinished(() => file.close())
    const args = [BIN, 'connect', '127.0.0.1', String(port), '-v', ...flags]
    const child = spawn(process.execPath, args, { stdio: [file.fd, 'pipe', 'pipe'] })
    let told = ''
    child.stderr?.on('data', (text: Buffer) => {
      told += text.toString()
    })
    child.stdout?.resume()
    const closed = once(child, 'close').then(([code]) => ({ code, told }))
    return { child, closed, hash: createHash('sha256').update(bytes).digest('hex') }
  }

  it('sends every byte, past a reader that pauses', async () => {
    const got = createHash('sha256')
    const { closed, hash } = await send((socket) => {
      let pauses = 0
      socket.on('data', (bytes: Buffer) => {
        got.update(bytes)
        if (++pauses % 40 > 0) return
        socket.pause()
        setImmediate(() => socket.resume())
      })
      socket.on('end', () => socket.end('thanks'))
    })
    const { code, told } = await closed
    expect(code).toBe(0)
    expect(got.digest('hex')).toBe(hash)
    expect(told).toMatch(/FIN from this side first; 6 B in, 40 MiB out/)
  })

  it('tells of a reset in the middle, after what the peer had said', async () => {
    const { closed } = await send((socket) => {
      let bytesIn = 0
      socket.on('data', (bytes: Buffer) => {
        bytesIn += bytes.length
        if (bytesIn > 4 * MEBIBYTE) socket.resetAndDestroy()
      })
    })
    const { code, told } = await closed
    expect(told).toMatch(/lost: reset \(RST\)/)
    expect(told).toMatch(/ECONNRESET|EPIPE/)
    expect(code).toBe(1)
  })

  it('is interrupted, and idle, while the peer takes nothing', async () => {
    const stopped = await send((socket) => void socket.once('data', () => socket.pause()))
    stopped.child.stderr?.once('data', () => stopped.child.kill('SIGINT'))
    expect((await stopped.closed).code).toBe(130)
    const idle = await send((socket) => void socket.once('data', () => socket.pause()), ['--idle-timeout', '200ms'])
    expect(await idle.closed).toMatchObject({ code: 4, told: expect.stringMatching(/for 200 ms/) })
  })
})

describe('netkit connect as a conversation', () => {
  it('takes --send and --expect in the order in which they were given', async () => {
    const { port } = await listening((socket) => {
      socket.write('ready\n')
      socket.on('data', (bytes) => socket.write(`<${bytes.toString()}>\n`))
      socket.on('end', () => socket.end())
    })
    const steps = ['--expect', 'ready', '--send', 'a\\x41', '--expect=^<aA>', '--send', 'b', '--expect', '^<b>$']
    const run = await netkit(['connect', ...steps, `127.0.0.1:${port}`])
    expect(run).toEqual({ code: 0, stdout: 'ready\n<aA>\n<b>\n', stderr: '' })
    const wrong = ['--send', 'a', '--expect', '<a>', '--expect', 'ready']
    expect((await netkit(['connect', ...wrong, `127.0.0.1:${port}`, '-w', '300ms'])).code).toBe(1)
  })

  it('tells all of it as JSON Lines', async () => {
    const { port } = await listening(echo)
    const steps = ['--send', '\\xff', '--send', 'b', '--expect', 'b']
    const { code, stdout } = await netkit(['connect', `127.0.0.1:${port}`, '--json', ...steps])
    const lines = jsonLines(stdout)
    expectValidLines('connect', lines)
    expect(code).toBe(0)
    const types = lines.map(({ type }) => type).filter((type) => type !== 'data')
    expect(types).toEqual(['attempt', 'connected', 'match', 'closed', 'result'])
    const [first] = lines.filter(({ type }) => type === 'data')
    expect(first).toMatchObject({ direction: 'sent', data: null, dataBase64: '/w==' })
    expect(lines.at(-1)).toMatchObject({ ok: true, bytesIn: 2, bytesOut: 2, reason: 'fin' })
  })

  it('tells a failure as JSON Lines too', async () => {
    const { code, stdout } = await netkit(['connect', '127.0.0.1', String(await refusingPort()), '--json'])
    const lines = jsonLines(stdout)
    expectValidLines('connect', lines)
    expect(code).toBe(1)
    expect(lines.at(-1)).toMatchObject({ ok: false, code: 'ECONNREFUSED', bytesIn: null, reason: null })
  })

  it('dumps both directions', async () => {
    const { port } = await listening(echo)
    const { stdout } = await netkit(['connect', `127.0.0.1:${port}`, '--hex', '--crlf'], { stdin: 'hi\n' })
    const line = `00000000  68 69 0d 0a${' '.repeat(39)}|hi..|`
    expect(stdout).toBe(`> ${line}\n< ${line}\n`)
  })
})

describe('netkit connect refuses', () => {
  it.each([
    [['--send', 'a\\q'], /--send/],
    [['--expect', '('], /--expect/],
    [['--udp', '--tls'], /--udp/],
    [['--udp', '--proxy', 'socks5://127.0.0.1'], /--udp/],
    [['--alpn', 'h2'], /--alpn goes with --tls/],
    [['--tls', '--alpn', ','], /--alpn/],
    [['--starttls', 'ftp'], /--starttls/],
    [['--hex', '--raw'], /--hex/],
    [['--proxy', 'ftp://x:1'], /--proxy/],
    [['--proxy', 'http://proxy'], /--proxy/],
    [['--proxy', 'http://ann@proxy:3128'], /--proxy-password-env/],
    [['--proxy-password-env', 'X'], /--proxy/],
    [['--probe', '--send', 'x'], /--send goes with a session/],
    [['--count', '1', '--tls'], /--tls goes with a session/],
    [['--idle-timeout', '0'], /--idle-timeout/],
    [['--output', 'x', '--record', 'x'], /same file/],
    [['-p', '5'], /no flag -p here; the local port is --source-port/],
    [['-l'], /netkit listen/],
    [['-N'], /always told to the peer/],
    [['--ssl'], /--tls/],
    [['-zu'], /--udp does not go with --probe.*--send/],
  ])('%j', async (flags, words) => {
    const { code, stdout, stderr } = await netkit(['connect', 'localhost', '1', ...flags])
    expect(stderr).toMatch(words)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  })

  it.each([
    [['http://localhost:1'], /endpoint/],
    [['unix:'], /endpoint/],
    [['-z', 'ws://x:1'], /"ws:\/\/x:1" is not host:port, tcp:\/\/, tls:\/\/ or udp:\/\/host:port, or unix:PATH\n$/],
    [['localhost', '80', 'extra'], /unexpected argument "extra"/],
    [['unix:/x', '-4'], /Unix socket/],
    [['-z', 'tls://a:1', 'b:2'], /probed/],
    [['-q', '1', 'localhost', '1'], /-q is --quiet .* --idle-timeout/],
    [['-x', 'proxy:1080', 'localhost', '1'], /-x is --hex .* --proxy/],
  ])('%j', async (args, words) => {
    const { code, stderr } = await netkit(['connect', ...args])
    expect(stderr).toMatch(words)
    expect(code).toBe(2)
  })

  it.each(['http', 'ftp'])('a password in --proxy %s://, without showing it once more', async (scheme) => {
    const proxy = `${scheme}://ann:hunter2@proxy:3128`
    const { code, stderr } = await netkit(['connect', 'localhost', '1', '--proxy', proxy])
    expect(code).toBe(2)
    expect(stderr).toMatch(/--proxy-password-env/)
    expect(stderr).not.toContain('hunter2')
  })

  it('a certificate without its key', async () => {
    const path = join(await folder(), 'cert.pem')
    await writeFile(path, 'no key here')
    const { code, stderr } = await netkit(['connect', 'localhost', '1', '--tls', '--cert', path])
    expect(stderr).toMatch(/--cert needs --key/)
    expect(code).toBe(2)
  })
})
