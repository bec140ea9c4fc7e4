import { once } from 'node:events'
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:tls'
import { describe, expect, onTestFinished, test } from 'vitest'
import { CERTIFICATE, PRIVATE_KEY } from '../helpers/certificate.js'
import { jsonLines, netkit } from '../helpers/cli.js'
import { folder } from '../helpers/folder.js'
import { expectValidLines } from '../helpers/schema.js'
import { listening, refusingPort } from '../helpers/sockets.js'

const HOST = '127.0.0.1'

describe('--output', () => {
  test('holds what stdout would have held, and stdout nothing', async () => {
    const { port } = await listening()
    const path = folder()('out')
    for (const format of ['--json', '--format=csv', '--format=xml', '--format=grep', '--format=table']) {
      const { code, stdout, stderr } = await netkit(['portscan', HOST, String(port), format, '-o', path])
      expect(code, stderr).toBe(0)
      expect(stdout).toBe('')
      expect(readFileSync(path, 'utf8')).toContain(String(port))
    }
  })

  test('leaves the old file as it is where there is nothing to put in its place', async () => {
    const { port } = await listening()
    const file = folder()
    writeFileSync(file('out'), 'old')
    writeFileSync(file('state'), 'no state')
    const misuses = [
      ['--resume', file('state')],
      ['--max-time', '0'],
      ['--rate', 'x'],
    ]
    for (const misuse of misuses) {
      const { code } = await netkit(['portscan', HOST, String(port), '--format', 'xml', '-o', file('out'), ...misuse])
      expect(code).toBe(2)
    }
    expect(readFileSync(file('out'), 'utf8')).toBe('old')
    expect(readdirSync(file('.')).sort()).toEqual(['out', 'state'])
  })

  test('leaves it too where the scan reached nothing', async () => {
    const { port } = await listening()
    const file = folder()
    writeFileSync(file('out'), 'old')
    const source = ['--source', '192.0.2.99'] // of no interface here
    const { code } = await netkit(['portscan', HOST, String(port), '--json', '-o', file('out'), ...source])
    expect(code).toBe(5)
    expect(readFileSync(file('out'), 'utf8')).toBe('old')
    expect(readdirSync(file('.'))).toEqual(['out'])
  })

  test('- is stdout, and no name is no file', async () => {
    const { port } = await listening()
    const { code, stdout } = await netkit(['portscan', HOST, String(port), '--json', '-o', '-'])
    expect(code).toBe(0)
    expect(jsonLines(stdout).at(-1)).toMatchObject({ type: 'result', open: 1 })
    expect((await netkit(['portscan', HOST, String(port), '-o', ''])).code).toBe(2)
  })

  test('follows a link and keeps the permissions of what it replaces', async () => {
    const { port } = await listening()
    const file = folder()
    writeFileSync(file('real'), 'old', { mode: 0o600 })
    symlinkSync(file('real'), file('link'))
    expect((await netkit(['portscan', HOST, String(port), '--json', '-o', file('link')])).code).toBe(0)
    expect(lstatSync(file('link')).isSymbolicLink()).toBe(true)
    expect(jsonLines(readFileSync(file('real'), 'utf8')).at(-1)).toMatchObject({ type: 'result', ok: true })
    expect(statSync(file('real')).mode & 0o777).toBe(0o600)
  })

  test('says which file cannot be written before anything is sent', async () => {
    let seen = 0
    const { port } = await listening((socket) => {
      seen++
      socket.end()
    })
    const file = folder()
    mkdirSync(file('folder'))
    for (const [path, code] of [
      [file('absent/out'), 'ENOENT'],
      [file('folder'), 'EISDIR'],
    ] as const) {
      const run = await netkit(['portscan', HOST, String(port), '-o', path])
      expect(run.code).toBe(5)
      expect(run.stderr).toContain(`netkit portscan: --output: cannot write ${path}: ${code}`)
    }
    expect(seen).toBe(0)
  })

  test.runIf(existsSync('/dev/full'))('writes to a device, which is not replaced (needs /dev/full)', async () => {
    const { port } = await listening()
    const full = await netkit(['portscan', HOST, String(port), '-o', '/dev/full'])
    expect(full.code).toBe(5)
    expect(full.stderr).toContain('cannot write /dev/full: ENOSPC')
    const none = await netkit(['portscan', HOST, String(port), '-o', '/dev/null'])
    expect(none).toMatchObject({ code: 0, stdout: '' })
    for (const device of ['/dev/full', '/dev/null']) expect(lstatSync(device).isCharacterDevice()).toBe(true)
  })
})

describe('--format', () => {
  test('csv has a record for each verdict, one line each, and no formulas', async () => {
    const { port } = await listening((socket) => socket.end('=1+1,"a"\r\nnext'))
    const closed = await refusingPort()
    const { stdout } = await netkit(['portscan', HOST, `${port},${closed}`, '--format', 'csv', '--banner'])
    const [head, ...records] = stdout.split('\r\n')
    expect(head).toBe('target,address,port,state,code,errno,rttMs,tries,service,banner')
    expect(records.pop()).toBe('')
    expect(records).toHaveLength(2)
    const open = records.find((each) => each.startsWith(`${HOST},${HOST},${port},open,,0,`))
    expect(open?.endsWith(`,"'=1+1,""a""\\r\\nnext"`), open).toBe(true)
    expect(records.some((each) => each.startsWith(`${HOST},${HOST},${closed},closed,ECONNREFUSED,`))).toBe(true)
  })

  test('xml escapes what XML cannot hold', async () => {
    const { port } = await listening((socket) => socket.end('<&>"\u001b[1m\u0000'))
    const { stdout } = await netkit(['portscan', HOST, String(port), '--format', 'xml', '--banner'])
    expect(stdout).toContain('<script id="banner" output="&#60;&#38;&#62;&#34;\\x1b[1m\\x00"/>')
    expect(stdout.endsWith('</nmaprun>\n')).toBe(true)
  })

  test('xml and grep count what is many and list what is few', async () => {
    const { port } = await listening()
    const few = await netkit(['portscan', HOST, `${port},20001-20025`, '--format', 'grep'])
    expect(few.stdout).toContain(`Host: ${HOST} ()\tPorts: 20001/closed/tcp/`)
    const many = await netkit(['portscan', HOST, `${port},20001-20026`, '--format', 'grep'])
    expect(many.stdout).toBe(`Host: ${HOST} ()\tPorts: ${port}/open/tcp/////\tIgnored State: closed (26)\n`)
    const xml = await netkit(['portscan', HOST, `${port},20001-20026`, '--format', 'xml'])
    expect(xml.stdout).toContain('<extraports state="closed" count="26">')
    expect(xml.stdout).toContain('<extrareasons reason="conn-refused" count="26"/>')
    expect(xml.stdout.match(/<port /g)).toHaveLength(1)
  })

  test('json is what --json gives, and no other goes with --json', async () => {
    const { port } = await listening()
    const { stdout } = await netkit(['portscan', HOST, String(port), '--format', 'json'])
    expectValidLines('portscan', jsonLines(stdout))
    expect((await netkit(['portscan', HOST, String(port), '--json', '--format', 'csv'])).code).toBe(2)
  })
})

test('--diff tells each change on a line and exits 1; without any it exits 0', async () => {
  const first = await listening()
  const second = await listening()
  const closed = await refusingPort()
  const before = folder()('before')
  const scan = (...args: string[]) => netkit(['portscan', HOST, `${first.port},${second.port},${closed}`, ...args])
  await scan('--json', '-o', before)
  const same = await scan('--diff', before)
  expect(same.code, same.stderr).toBe(0)
  expect(same.stdout).not.toMatch(/opened|changed/)

  await new Promise((resolve) => second.server.close(resolve))
  const differs = await scan('--diff', before)
  expect(differs.code).toBe(1)
  expect(differs.stdout).toContain(`closed ${HOST}:${second.port}`)
  const json = await scan('--diff', before, '--json')
  const lines = jsonLines(json.stdout)
  expectValidLines('portscan', lines)
  expect(lines.filter(({ type }) => type === 'change')).toMatchObject([
    { change: 'closed', port: second.port, stateBefore: 'open', state: 'closed' },
  ])
  expect(lines.at(-1)).toMatchObject({ ok: false, code: 'CHANGED' })

  await scan('--json', '-o', before)
  const again = await listening()
  const opened = await netkit(['portscan', HOST, `${again.port},${first.port}`, '--diff', before])
  expect(opened.code).toBe(0) // a port that the earlier scan did not look at is no news
})

describe('--banner', () => {
  async function said(port: number): Promise<Record<string, unknown>> {
    const { code, stdout, stderr } = await netkit(['portscan', HOST, String(port), '--banner', '--json'])
    expect(stderr).toBe('')
    expect(code).toBe(0)
    const lines = jsonLines(stdout)
    expectValidLines('portscan', lines)
    return lines.find(({ type }) => type === 'port') ?? {}
  }

  test('what a service says by itself, in several segments', async () => {
    const { port } = await listening((socket) => {
      socket.setNoDelay()
      socket.write('220-hello\r\n', () => setImmediate(() => socket.write('220 there\r\n')))
    })
    expect(await said(port)).toMatchObject({ state: 'open', banner: '220-hello\r\n220 there\r\n', tls: null })
  })

  test('what it answers to an empty line', async () => {
    const { port } = await listening((socket) =>
      socket.on('data', (bytes) => socket.write(`got ${bytes.toString('hex')}`)),
    )
    expect(await said(port)).toMatchObject({ banner: 'got 0d0a' })
  })

  test.each([
    ['stays silent', () => {}],
    ['resets', (socket: import('node:net').Socket) => socket.on('data', () => socket.resetAndDestroy())],
    ['closes', (socket: import('node:net').Socket) => socket.end()],
  ])('nothing of one that %s', async (_, behave) => {
    const { port } = await listening(behave)
    expect(await said(port)).toMatchObject({ state: 'open', banner: null, tls: null })
  })

  test('no more than 512 bytes of a flood', async () => {
    const { port } = await listening((socket) => socket.write('A'.repeat(1 << 20)))
    expect(await said(port)).toMatchObject({ banner: 'A'.repeat(512) })
  })

  test('characters that the bound cuts in two are left out, bytes that are no text kept as Latin-1', async () => {
    const text = await listening((socket) => socket.write(`a${'é'.repeat(300)}`))
    expect(await said(text.port)).toMatchObject({ banner: `a${'é'.repeat(255)}` })
    const bytes = await listening((socket) => socket.end(Buffer.from([0xff, 0x00, 0x1b])))
    expect(await said(bytes.port)).toMatchObject({ banner: 'ÿ\u0000\u001b' })
  })

  test('TLS on whatever port: what is said over it, the names of the certificate and how long it is good', async () => {
    const server = createServer({ cert: CERTIFICATE, key: PRIVATE_KEY }, (socket) => {
      socket.on('error', () => {})
      socket.end('hello\r\n')
    })
    server.on('tlsClientError', () => {})
    server.listen(0, HOST)
    await once(server, 'listening')
    onTestFinished(() => void server.close())
    const address = server.address()
    if (typeof address !== 'object' || address === null) throw new Error('listening')
    const event = await said(address.port)
    expect(event).toMatchObject({ banner: 'hello\r\n', tls: { names: ['localhost', HOST], authorized: false } })
    const table = await netkit(['portscan', HOST, String(address.port), '--banner'])
    expect(table.stdout).toMatch(/TLSv1\.\d localhost 127\.0\.0\.1 \([\d,]+ days left, not trusted\) {2}hello/)
  })

  test('control characters never reach the screen', async () => {
    const { port } = await listening((socket) => socket.end('\u001b]0;x\u0007\u0090\u202ehi'))
    for (const format of ['table', 'csv', 'grep', 'xml']) {
      const { stdout } = await netkit(['portscan', HOST, String(port), '--banner', '--format', format])
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
      expect(stdout).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/)
      expect(stdout).toContain('hi')
    }
  })

  test('many services are asked without a warning', async () => {
    const servers = await Promise.all(Array.from({ length: 20 }, () => listening((socket) => socket.end('hi'))))
    const list = servers.map(({ port }) => port).join(',')
    const { stdout, stderr } = await netkit(['portscan', HOST, list, '--banner', '--json'])
    expect(stderr).toBe('')
    expect(jsonLines(stdout).filter(({ banner }) => banner === 'hi')).toHaveLength(20)
  })
})
