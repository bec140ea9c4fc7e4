import { spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createReadStream, openSync, readFileSync } from 'node:fs'
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { CERTIFICATE, PRIVATE_KEY } from '../helpers/certificate.js'
import { BIN, netkit } from '../helpers/cli.js'
import { peer } from '../helpers/peer.js'
import { listening, refusingPort } from '../helpers/sockets.js'

const MEBIBYTE = 1_048_576

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'netkit-'))
  onTestFinished(() => rm(path, { recursive: true, force: true }))
  return path
}

async function randomFile(path: string, mebibytes: number): Promise<string> {
  const file = await open(path, 'w')
  const hash = createHash('sha256')
  for (let i = 0; i < mebibytes; i++) {
    const piece = randomBytes(MEBIBYTE)
    hash.update(piece)
    await file.write(piece)
  }
  await file.close()
  return hash.digest('hex')
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const piece of createReadStream(path)) hash.update(piece)
  return hash.digest('hex')
}

/** netkit with files as stdin and stdout. */
async function run(args: readonly string[], input: string, output: string): Promise<number | null> {
  const stdio = [openSync(input, 'r'), openSync(output, 'w'), 'inherit'] as const
  const child = spawn(process.execPath, [BIN, ...args], { stdio: [...stdio] })
  const [code] = await once(child, 'close')
  return code
}

describe('files both ways at once, each side half-closing', () => {
  it.each([
    ['ncat', (port: string) => ['-lv', '127.0.0.1', port], /Listening on 127/],
    ['socat', (port: string) => ['-d', '-d', '-t', '30', '-', `TCP-LISTEN:${port},bind=127.0.0.1`], /listening on/],
  ] as const)('%s', async (command, args, ready) => {
    const path = await folder()
    const [ours, theirs, got, gotThere] = ['ours', 'theirs', 'got', 'got-there'].map((name) => join(path, name)) as [
      string,
      string,
      string,
      string,
    ]
    const [oursHash, theirsHash] = [await randomFile(ours, 32), await randomFile(theirs, 24)]
    const port = String(await refusingPort())
    const stdio = [openSync(theirs, 'r'), openSync(gotThere, 'w'), 'pipe'] as const
    const other = await peer(command, args(port), ready, [...stdio])
    const closed = once(other, 'close')
    expect(await run(['connect', '127.0.0.1', port], ours, got)).toBe(0)
    await closed
    expect(await hashOf(got)).toBe(theirsHash)
    expect(await hashOf(gotThere)).toBe(oursHash)
  })
})

/**
 * OpenBSD's nc, once it listens, gives up what it has still to send when the other side's FIN comes and its buffer
 * happens to be empty ("listen and net in gone, queues empty, done"). So here it ends first, and netkit after it.
 */
it('files both ways at once with nc, which half-closes first', async () => {
  const path = await folder()
  const [ours, theirs, gotThere] = [join(path, 'ours'), join(path, 'theirs'), join(path, 'got-there')] as const
  const [oursHash, theirsHash] = [await randomFile(ours, 32), await randomFile(theirs, 24)]
  const port = String(await refusingPort())
  const other = await peer('nc', ['-lvN', '127.0.0.1', port], /Listening/, [
    openSync(theirs, 'r'),
    openSync(gotThere, 'w'),
    'pipe',
  ])
  const closed = once(other, 'close')
  const child = spawn(process.execPath, [BIN, 'connect', '127.0.0.1', port], { stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = once(child, 'close')
  const writing = pipeline(createReadStream(ours), child.stdin, { end: false })
  const hash = createHash('sha256')
  let left = 24 * MEBIBYTE
  for await (const piece of child.stdout) {
    hash.update(piece)
    left -= piece.length
    if (left === 0) void writing.then(() => child.stdin.end())
  }
  expect(hash.digest('hex')).toBe(theirsHash)
  expect((await ended)[0]).toBe(0)
  await closed
  expect(await hashOf(gotThere)).toBe(oursHash)
})

describe('TLS with openssl s_server', () => {
  async function server(flags: readonly string[]) {
    const path = await folder()
    const [cert, key] = [join(path, 'cert.pem'), join(path, 'key.pem')]
    await writeFile(cert, CERTIFICATE)
    await writeFile(key, PRIVATE_KEY)
    const port = String(await refusingPort())
    const args = ['s_server', '-accept', `127.0.0.1:${port}`, '-cert', cert, '-key', key, '-naccept', '1', ...flags]
    return { path, cert, port, args }
  }

  it('sends a file and ends it in order', async () => {
    const { path, cert, port, args } = await server([])
    const [ours, nothing] = [join(path, 'ours'), join(path, 'nothing')]
    const hash = await randomFile(ours, 16)
    const child = await peer('openssl', args, /ACCEPT/)
    const closed = once(child, 'close')
    const there: Buffer[] = []
    child.stdout?.on('data', (bytes: Buffer) => there.push(bytes))
    expect(await run(['connect', '127.0.0.1', port, '--tls', '--ca', cert], ours, nothing)).toBe(0)
    await closed
    // Before and after the bytes s_server tells of the session and of its end.
    const all = Buffer.concat(there)
    const sent = readFileSync(ours)
    const at = all.indexOf(sent)
    expect(at).toBeGreaterThanOrEqual(0)
    expect(
      createHash('sha256')
        .update(all.subarray(at, at + sent.length))
        .digest('hex'),
    ).toBe(hash)
  })

  it('takes a line, gives it back reversed, and reports the certificate', async () => {
    const { cert, port, args } = await server(['-rev'])
    await peer('openssl', args, /ACCEPT/)
    const steps = ['--send', 'stressed\\n', '--expect', '^desserts$']
    const { code, stderr } = await netkit(['connect', 'localhost', port, '-4', '-v', '--tls', '--ca', cert, ...steps])
    expect(stderr).toMatch(/TLSv1\.3, TLS_\w+, certificate valid for [\d,]+ days/)
    expect(stderr).toMatch(/CN=localhost/)
    expect(code).toBe(0)
  })

  it('is exit 6 where nobody vouches for the certificate', async () => {
    const { port, args } = await server([])
    await peer('openssl', args, /ACCEPT/)
    const { code, stderr } = await netkit(['connect', 'localhost', port, '-4', '--tls'])
    expect(stderr).toMatch(/DEPTH_ZERO_SELF_SIGNED_CERT/)
    expect(code).toBe(6)
  })
})

describe('other ways', () => {
  it('an HTTP server, by hand', async () => {
    const port = String(await refusingPort())
    await peer('python3', ['-u', '-m', 'http.server', '--bind', '127.0.0.1', '-d', await folder(), port], /Serving/)
    const steps = ['--send', 'GET / HTTP/1.0\\r\\n\\r\\n', '--expect', '^HTTP/1.0 200 OK', '--expect', '</html>']
    const { code, stdout } = await netkit(['connect', '127.0.0.1', port, ...steps])
    expect(stdout).toContain('Directory listing')
    expect(code).toBe(0)
  })

  it('an HTTP proxy (ncat)', async () => {
    const { port } = await listening((socket) => void socket.pipe(socket))
    const proxy = String(await refusingPort())
    await peer('ncat', ['-lkv', '--proxy-type', 'http', '127.0.0.1', proxy], /Listening on 0/)
    const flags = ['--proxy', `http://127.0.0.1:${proxy}`]
    // ncat's proxy does not pass a FIN on, so the end is ours to say.
    const steps = ['--send', 'through', '--expect', 'through']
    const { code, stdout } = await netkit(['connect', '127.0.0.1', String(port), ...flags, ...steps])
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'through' })
    const refused = await netkit(['connect', '127.0.0.1', String(await refusingPort()), ...flags])
    expect(refused.stderr).toMatch(/the proxy .* answered CONNECT .* with 50\d/)
    expect(refused.code).toBe(1)
  })

  it('a Unix socket and UDP (socat)', async () => {
    const path = join(await folder(), 'socket')
    await peer('socat', ['-d', '-d', `UNIX-LISTEN:${path}`, 'EXEC:cat'], /listening on/)
    expect(await netkit(['connect', `unix:${path}`], { stdin: 'hi' })).toMatchObject({ code: 0, stdout: 'hi' })

    const port = String(await refusingPort())
    await peer('socat', ['-d', '-d', `UDP-RECVFROM:${port},bind=127.0.0.1`, 'EXEC:cat'], /receiving on/)
    const udp = await netkit(['connect', '--udp', '127.0.0.1', port, '--send', 'hi', '--expect', '^hi$'])
    expect(udp).toMatchObject({ code: 0, stdout: 'hi' })
  })
})

describe('1 GiB there and back', () => {
  it.each([
    ['in the clear', [] as string[], 'TCP-LISTEN:PORT,bind=127.0.0.1'],
    ['over TLS', ['--tls', '--insecure'], 'OPENSSL-LISTEN:PORT,bind=127.0.0.1,cert=CERT,key=KEY,verify=0'],
  ])('with a reader that pauses, %s: every byte, in flat memory', { timeout: 180_000 }, async (_, flags, listen) => {
    const path = await folder()
    const [cert, key, ours] = [join(path, 'cert.pem'), join(path, 'key.pem'), join(path, 'ours')]
    await writeFile(cert, CERTIFICATE)
    await writeFile(key, PRIVATE_KEY)
    const hash = await randomFile(ours, 1024)
    const port = String(await refusingPort())
    const address = listen.replace('PORT', port).replace('CERT', cert).replace('KEY', key)
    await peer('socat', ['-d', '-d', '-b', '65536', '-t', '60', address, 'EXEC:cat'], /listening on/)
    const child = spawn(process.execPath, [BIN, 'connect', '127.0.0.1', port, ...flags, '-q'], {
      stdio: [openSync(ours, 'r'), 'pipe', 'inherit'],
    })
    const closed = once(child, 'close')
    const came = createHash('sha256')
    let [bytes, pauses, peakKiB] = [0, 0, 0]
    if (!child.stdout) throw new Error('stdout is a pipe')
    for await (const piece of child.stdout) {
      came.update(piece)
      bytes += piece.length
      if (bytes > pauses * 256 * MEBIBYTE) {
        pauses++
        await sleep(500) // the reader is slow: what it does not take must not pile up in netkit
        const status = readFileSync(`/proc/${child.pid}/status`, 'utf8')
        peakKiB = Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1])
      }
    }
    const [code] = await closed
    expect(code).toBe(0)
    expect(bytes).toBe(1024 * MEBIBYTE)
    expect(came.digest('hex')).toBe(hash)
    expect(peakKiB).toBeGreaterThan(0)
    expect(peakKiB).toBeLessThan(150 * 1024)
  })
})
