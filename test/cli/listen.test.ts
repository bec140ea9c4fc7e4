import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type JsonLine, jsonLines, netkit, start } from '../helpers/cli.js'
import { folder } from '../helpers/folder.js'
import { client } from '../helpers/listen.js'
import { expectValidLines } from '../helpers/schema.js'
import { listening } from '../helpers/sockets.js'

/** The command, running; `stopped` has all it said once it was interrupted or ended by itself. */
async function running(args: readonly string[], stdin: string | Uint8Array | null = null) {
  const child = start(['listen', ...args])
  onTestFinished(() => void child.kill('SIGKILL'))
  const out: Buffer[] = []
  let err = ''
  let wake: () => void = () => {}
  child.stdout.on('data', (chunk: Buffer) => {
    out.push(chunk)
    wake()
  })
  child.stderr.on('data', (chunk: Buffer) => {
    err += String(chunk)
    wake()
  })
  if (stdin !== null) child.stdin.end(stdin)
  const said = async (pattern: RegExp): Promise<RegExpExecArray> => {
    for (;;) {
      const found = pattern.exec(err) ?? pattern.exec(Buffer.concat(out).toString())
      if (found) return found
      if (child.exitCode !== null) throw new Error(`ended with ${child.exitCode}: ${err}`)
      await new Promise<void>((resolve) => {
        wake = resolve
        child.once('close', () => resolve())
      })
    }
  }
  const closed = once(child, 'close').then(() => ({ code: child.exitCode, stdout: Buffer.concat(out), stderr: err }))
  const port = Number((await said(/(?:listening on \S*:|"port":)(\d+)/))[1])
  const stop = () => {
    child.kill('SIGINT')
    return closed
  }
  return { child, port, said, closed, stop }
}

const typesOf = (lines: readonly JsonLine[]) => lines.map(({ type }) => type)

describe('--json', () => {
  test('a conversation, by the schema', async () => {
    const server = await running(['0', '--json', '--echo'])
    const peer = await client(server.port)
    peer.socket.end(Buffer.from([0x68, 0x69, 0xff]))
    await peer.received
    await server.said(/"type":"closed"/)
    const { code, stdout } = await server.stop()
    const lines = jsonLines(stdout.toString())
    expectValidLines('listen', lines)
    expect(typesOf(lines)).toEqual(['listening', 'connection', 'data', 'data', 'closed', 'result'])
    expect(lines[2]).toMatchObject({ id: 1, direction: 'received', data: null, dataBase64: 'aGn/' })
    expect(lines.at(-1)).toMatchObject({ ok: true, connections: 1, bytesIn: 3, bytesOut: 3 })
    expect(code).toBe(130)
  })

  test.each<[string, readonly string[], string, readonly string[]]>([
    [
      'requests',
      ['--http', '--body', 'x'],
      'GET / HTTP/1.0\r\n\r\n',
      ['listening', 'connection', 'request', 'closed', 'result'],
    ],
    ['messages', ['--chat'], 'hello\n', ['listening', 'connection', 'message', 'closed', 'result']],
    ['a refusal', ['--deny', '127.0.0.0/8'], 'x', ['listening', 'refused', 'result']],
    [
      'no HTTP',
      ['--http'],
      'no\r\n\r\n',
      ['listening', 'connection', 'data', 'problem', 'request', 'closed', 'result'],
    ],
    ['a failed handshake', ['--tls'], 'GET / HTTP/1.0\r\n\r\n', ['listening', 'problem', 'result']],
  ])('%s, by the schema', async (_what, args, text, types) => {
    const server = await running(['0', '--json', ...args])
    const peer = await client(server.port, { allowHalfOpen: false })
    peer.socket.end(text)
    await peer.ended
    await server.said(new RegExp(`"type":"${types.at(-2)}"`))
    const lines = jsonLines((await server.stop()).stdout.toString())
    expectValidLines('listen', lines)
    expect(typesOf(lines)).toEqual(types)
  })

  test('a taken port: exit 5 and the failure on the result', async () => {
    const { port } = await listening()
    const { code, stdout } = await netkit(['listen', String(port), '--json'])
    const lines = jsonLines(stdout)
    expectValidLines('listen', lines)
    expect(lines).toMatchObject([{ type: 'result', ok: false, code: 'EADDRINUSE', phase: 'bind', connections: 0 }])
    expect(code).toBe(5)
  })
})

describe('as nc -l', () => {
  test('bytes go through untouched in both directions', async () => {
    const sent = Buffer.from([0, 1, 2, 0x1b, 0xff, 10])
    const server = await running(['0', '--once'], Buffer.from([9, 0, 0xfe]))
    const peer = await client(server.port)
    peer.socket.end(sent)
    expect(await peer.received).toEqual(Buffer.from([9, 0, 0xfe]))
    const { code, stdout } = await server.closed
    expect(stdout).toEqual(sent)
    expect(code).toBe(0)
  })

  test('an empty input does not end our side', async () => {
    const server = await running(['0', '--once'], '')
    const peer = await client(server.port)
    let over = false
    void peer.received.then(() => (over = true))
    peer.socket.write('first')
    await server.said(/^first/)
    expect(over).toBe(false)
    peer.socket.end()
    expect((await server.closed).code).toBe(0)
  })

  test('a reset is exit 1, silence and nobody at all exit 4', async () => {
    const server = await running(['0', '--once'])
    const peer = await client(server.port)
    await server.said(/connected/)
    peer.socket.resetAndDestroy()
    expect((await server.closed).code).toBe(1)
    const idle = await running(['0', '--once', '--idle-timeout', '50ms'])
    await client(idle.port)
    expect((await idle.closed).code).toBe(4)
    expect((await netkit(['listen', '0', '--once', '--max-time', '50ms'])).code).toBe(4)
    expect((await netkit(['listen', '0', '--max-time', '50ms'])).code).toBe(0)
  })
})

describe('what a person sees', () => {
  test('who came, what they sent in safe characters, how they left, and how to open it', async () => {
    const server = await running(['0', '--echo'])
    expect((await server.said(/only this machine.*/))[0]).toContain('--host 0.0.0.0')
    const peer = await client(server.port)
    const { localPort } = peer.socket
    peer.socket.end('\x1b[2Jhi\n\xff')
    await server.said(/closed \(FIN\)/)
    const { stdout, stderr } = await server.stop()
    expect(stdout.toString()).toContain('#1 < \\e[2Jhi\\n\n#1 < ÿ\n#1 > \\e[2Jhi\\n\n')
    expect(stderr).toContain(`#1 127.0.0.1:${localPort} connected\n`)
    expect(stderr).toMatch(/#1 closed \(FIN\) after .* in 9 B, out 9 B\n/)
    expect(stderr + stdout).not.toContain('\x1b')
  })

  test('--hex', async () => {
    const server = await running(['0', '--hex'], '')
    const peer = await client(server.port)
    peer.socket.end('0123456789abcdef!')
    await server.said(/closed/)
    expect((await server.stop()).stdout.toString()).toBe(
      '#1 < 00000000  30 31 32 33 34 35 36 37  38 39 61 62 63 64 65 66  |0123456789abcdef|\n' +
        '#1 < 00000010  21                                                |!|\n',
    )
  })

  test('a request in full', async () => {
    const server = await running(['0', '--http', '--status', '404', '--header', 'X-A: b'])
    const peer = await client(server.port)
    peer.socket.write('POST /a?b HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi')
    expect((await peer.received).toString()).toMatch(/^HTTP\/1\.1 404 Not Found\r\nX-A: b\r\n/)
    await server.said(/404/)
    expect((await server.stop()).stdout.toString()).toMatch(
      /^POST \/a\?b HTTP\/1\.1\nHost: h\nContent-Length: 2\nConnection: close\n\nhi\n-- #1 127\.0\.0\.1:\d+: 404, 0 B, /,
    )
  })

  test('what was spoken in place of HTTP, and what to do about it', async () => {
    const server = await running(['0', '--http'])
    const peer = await client(server.port)
    peer.socket.end(Buffer.from('160301020001000', 'hex'))
    await server.said(/a TLS hello came, and no HTTP\/1 request/)
    const [, hint] = await server.said(/hint: (.*)/)
    expect(hint).toBe('the client wants TLS: speak it here (--tls)')
    await server.stop()
  })

  test('a long flood is cut, and said to be', async () => {
    const server = await running(['0', '--echo'])
    const peer = await client(server.port)
    peer.socket.end('x'.repeat(10_000))
    await peer.received
    await server.said(/closed/)
    expect((await server.stop()).stdout.toString()).toMatch(/\.\.\. [\d,]+ bytes more/)
  })

  test('--exec that others can reach is warned of', async () => {
    const server = await running(['0', '--host', '0.0.0.0', '--exec', 'cat'])
    expect((await server.said(/warning:.*/))[0]).toContain('"cat"')
    await server.stop()
    const quiet = await running(['0', '--exec', 'cat'])
    expect((await quiet.stop()).stderr).not.toContain('warning')
  })
})

test.skipIf(process.platform !== 'linux')(
  'a command that heeds no SIGTERM does not outlive netkit, nor what it started',
  async () => {
    const command = "trap '' TERM; sleep 60 & echo $! $$; wait; wait"
    const server = await running(['0', '--shell', '--exec', command])
    const socket = connect(server.port, '127.0.0.1')
    const [line] = (await once(socket, 'data')) as [Buffer]
    const { code } = await server.stop()
    expect(code).toBe(130)
    const state = (pid: string) => {
      try {
        return /^\d+ \(.*\) (\S)/.exec(readFileSync(`/proc/${pid}/stat`, 'latin1'))?.[1]
      } catch {
        return 'gone'
      }
    }
    // It was sent SIGKILL; a zombie is whoever's turn it is to take note.
    for (const pid of String(line).trim().split(' '))
      while (!['Z', 'X', 'gone'].includes(state(pid) ?? '')) await nextTurn()
  },
)

describe('files', () => {
  function file(content: string | Uint8Array): string {
    const folder = mkdtempSync(join(tmpdir(), 'netkit-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const path = join(folder, 'file')
    writeFileSync(path, content)
    return path
  }

  test('--reply takes text with escapes, and the bytes of a file', async () => {
    const text = await running(['0', '--reply', 'a\\r\\n\\x00\\u00e9'])
    expect(await (await client(text.port)).received).toEqual(Buffer.from('a\r\n\0é'))
    const bytes = await running(['0', '--reply', `@${file(Buffer.from([0, 0xff, 0x5c]))}`])
    expect(await (await client(bytes.port)).received).toEqual(Buffer.from([0, 0xff, 0x5c]))
  })

  test('--replay plays what was received', async () => {
    const path = file('{"atMs":0,"direction":"received","data":"hi"}\n{"atMs":1,"direction":"sent","data":"no"}\n')
    const server = await running(['0', '--replay', path])
    expect((await (await client(server.port)).received).toString()).toBe('hi')
  })

  test('one that cannot be read is exit 5', async () => {
    expect(await netkit(['listen', '0', '--reply', '@/does/not/exist'])).toMatchObject({ code: 5 })
    expect(await netkit(['listen', '0', '--serve', '/does/not/exist'])).toMatchObject({ code: 5 })
  })
})

test.each<[string, readonly string[], string]>([
  ['no port', [], '<port> is missing'],
  ['a port that is none', ['80a'], 'is not a port'],
  ['a port too high', ['65536'], 'is not a port'],
  ['two addresses', ['127.0.0.1:80', '--host', '::1'], 'leave --host out'],
  ['a host that is none', ['1', '--host', '010.0.0.1'], '--host'],
  ['two modes', ['1', '--echo', '--http'], 'exclude each other'],
  ['a flag of another mode', ['1', '--status', '200'], '--status goes with --http'],
  ['--shell alone', ['1', '--shell'], '--shell goes with --exec'],
  ['--cert without --tls', ['1', '--cert', '/dev/null'], '--cert goes with --tls'],
  ['a certificate without key', ['1', '--tls', '--cert', '/dev/null'], 'go together'],
  ['HTTP over UDP', ['1', '--udp', '--http'], 'needs a stream'],
  ['--dual-stack on an IPv4 address', ['1', '--dual-stack'], '--host ::'],
  ['--ipv6-only on an IPv4 address', ['1', '--ipv6-only'], 'IPv6 --host'],
  ['--force on a port', ['1', '--force'], 'unix:PATH'],
  ['rules for a Unix socket', ['unix:/x', '--allow', '::1'], 'no meaning'],
  ['a rule that is none', ['1', '--allow', 'localhost'], '--allow'],
  ['an unknown fault', ['1', '--fault', 'explode'], 'a fault: reset'],
  ['a rate of nothing', ['1', '--fault', 'slow:0'], 'at least one byte'],
  ['a status out of range', ['1', '--http', '--status', '42'], '--status'],
  ['a field that is none', ['1', '--http', '--header', 'no colon'], 'a field'],
  ['a field with a line break', ['1', '--http', '--header', 'a: b\r\nc: d'], 'a field'],
  ['an open quote', ['1', '--exec', "it's"], 'quotes are closed'],
  ['an unknown escape', ['1', '--reply', '\\q'], 'escapes'],
  ['--once and --count', ['1', '--once', '--count', '3'], '--once is --count 1'],
  ['no time at all', ['1', '--idle-timeout', '0'], 'above zero'],
  ['an unknown flag', ['1', '--ecko'], 'did you mean --echo?'],
])('usage: %s', async (_what, args, message) => {
  const { code, stdout, stderr } = await netkit(['listen', ...args])
  expect(stderr).toContain(message)
  expect([code, stdout]).toEqual([2, ''])
})

describe('a client that has said all it has to say, and half-closes', () => {
  const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`

  test('gets the whole of a large file from --serve', async () => {
    const file = folder()
    writeFileSync(file('large'), Buffer.alloc(3_000_000))
    const server = await running(['0', '--serve', file('.')])
    const peer = await client(server.port)
    peer.socket.end(get('/large'))
    const received = await peer.received
    expect(received.length).toBeGreaterThan(3_000_000)
    expect(received.toString('latin1', 0, 15)).toBe('HTTP/1.1 200 OK')
  })

  test('gets its answer from --http, also a late one', async () => {
    const server = await running(['0', '--http', '--delay', '50ms', '--json'])
    const peer = await client(server.port)
    peer.socket.end(get('/'))
    expect((await peer.received).toString('latin1', 0, 15)).toBe('HTTP/1.1 200 OK')
    await server.said(/"type":"closed"/)
    const lines = jsonLines((await server.stop()).stdout.toString())
    expect(lines.filter(({ type }) => type === 'problem')).toEqual([])
    expect(lines.find(({ type }) => type === 'request')).toMatchObject({ statusCode: 200, complete: true })
  })
})
