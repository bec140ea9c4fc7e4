import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { constants } from 'node:os'
import { describe, expect, onTestFinished, test } from 'vitest'
import { BIN, jsonLines, netkit, start } from '../helpers/cli.js'
import { Namespace, whyNoNamespaces } from '../helpers/namespace.js'
import { expectValidLines } from '../helpers/schema.js'
import { listening, refusingPort } from '../helpers/sockets.js'

const { ECONNREFUSED } = constants.errno

describe('connect --probe', () => {
  test('reached: the address on stdout, both ends on stderr', async () => {
    const { port } = await listening()
    const run = await netkit(['connect', '-z', '127.0.0.1', String(port)])
    expect(run.code).toBe(0)
    expect(run.stdout).toMatch(
      new RegExp(`^ADDRESS +RESULT +TIME\\n127\\.0\\.0\\.1:${port} +connected +[\\d.]+ ms\\n$`),
    )
    expect(run.stderr).toMatch(
      /^127\.0\.0\.1:\d+ from 127\.0\.0\.1:\d+ to 127\.0\.0\.1:\d+, lookup .* ms, connect .* ms\n$/,
    )
    expect((await netkit(['connect', '-zq', `127.0.0.1:${port}`])).stderr).toBe('')
  })

  test('refused: the errno, one line of reason, a hint', async () => {
    const port = await refusingPort()
    const run = await netkit(['connect', '-z', '127.0.0.1', String(port)])
    expect(run.code).toBe(1)
    expect(run.stdout).toContain(`ECONNREFUSED (${ECONNREFUSED})`)
    expect(run.stderr).toMatch(
      new RegExp(
        `^netkit connect: cannot connect to 127\\.0\\.0\\.1:${port}: ECONNREFUSED: [^\\n]+\\n {2}hint: [^\\n]+\\n$`,
      ),
    )
    expect((await netkit(['connect', '-zq', '127.0.0.1', String(port)])).stderr).not.toContain('hint')
  })

  test('--json says the same, one line each, nothing on stderr', async () => {
    const { port } = await listening()
    const refused = await refusingPort()
    const reached = await netkit(['connect', '-z', '--json', `127.0.0.1:${port}`])
    const lines = jsonLines(reached.stdout)
    expectValidLines('connect', lines)
    expect(lines.map(({ type }) => type)).toEqual(['attempt', 'connected', 'result'])
    expect(lines.at(-1)).toMatchObject({ ok: true, code: null, reached: 1, endpoints: 1, attempts: [] })
    expect(reached).toMatchObject({ code: 0, stderr: '' })

    const failed = await netkit(['connect', '-z', '--json', `tcp://127.0.0.1:${refused}`])
    const failedLines = jsonLines(failed.stdout)
    expectValidLines('connect', failedLines)
    expect(failedLines.map(({ type }) => type)).toEqual(['attempt', 'unreached', 'result'])
    expect(failedLines.at(-1)).toMatchObject({
      ok: false,
      code: 'ECONNREFUSED',
      errno: ECONNREFUSED,
      origin: 'os',
      phase: 'connect',
      syscall: 'connect',
      attempts: [{ address: '127.0.0.1', port: refused, code: 'ECONNREFUSED' }],
    })
    expect(failed).toMatchObject({ code: 1, stderr: '' })
  })

  test('several endpoints: each is tried; some reached is a no', async () => {
    const { port } = await listening()
    const refused = await refusingPort()
    const run = await netkit(['connect', '-z', '--json', `127.0.0.1:${refused}`, `127.0.0.1:${port}`])
    expect(run.code).toBe(1)
    const lines = jsonLines(run.stdout)
    expectValidLines('connect', lines)
    expect(lines.at(-1)).toMatchObject({ code: 'PARTIAL', reached: 1, endpoints: 2 })
  })

  test('several that are waited for: the time is over, however many were reached', async () => {
    const { port } = await listening()
    const refused = await refusingPort()
    const run = await netkit(['connect', '--wait', '1s', '--json', `127.0.0.1:${port}`, `127.0.0.1:${refused}`])
    expect(run.code).toBe(4)
    const lines = jsonLines(run.stdout)
    expectValidLines('connect', lines)
    expect(lines.at(-1)).toMatchObject({ code: 'EAGAIN', origin: 'deadline', reached: 1, endpoints: 2 })
    expect(lines.at(-1)?.message).toMatch(/^1 of 2 endpoints failed, first: .* could not be reached within 1 s/)
  })

  test('many endpoints at once give no warnings', async () => {
    const { port } = await listening()
    const endpoints = Array.from({ length: 40 }, (_, i) => `127.0.1.${i + 1}:${port}`)
    const run = await netkit(['connect', '-q', '--wait', '10ms', ...endpoints])
    expect(run.stderr).not.toMatch(/warning/i)
  })
})

describe('misuse: exit 2, one line on stderr, nothing on stdout, nothing sent', () => {
  test.each([
    [[], /<endpoint> is missing/],
    [['127.0.0.1'], /host:port/],
    [['127.0.0.1', '0'], /"0" is not a port, 1 to 65535/],
    [['127.0.0.1', '65536'], /"65536" is not a port/],
    [['127.0.0.1', '80x'], /"80x" is not a port/],
    [['127.0.0.1', '9-3'], /"9-3" is not a port/],
    [['127.0.0.1', '080'], /"080" is not a port/],
    [['127.0.0.1', ''], /"" is not a port/],
    [['010.0.0.1', '80'], /without leading zeros/],
    [['127.1', '80'], /four octets/],
    [['', '80'], /"" is not a host name/],
    [['a'.repeat(63).concat('.').repeat(4), '80'], /at most 253 octets/],
    [['local\0host', '80'], /./],
    [['127.0.0.1:80', '127.0.0.1:80'], /twice/],
    [['127.0.0.1:80', '127.0.0.1:81'], /several endpoints go with --probe \(-z\) or --wait/],
    [['127.0.0.1:0'], /port/],
    [['http://localhost/'], /is not host:port/],
    [['-4', '::1', '80'], /"::1" is not an IPv4 address, as -4 asks/],
    [['-6', '127.0.0.1', '80'], /"127.0.0.1" is not an IPv6 address, as -6 asks/],
    [['--source', '::1', '127.0.0.1', '80'], /as --source ::1 asks/],
    [['-4', '-6', 'localhost', '80'], /exclude each other/],
    [['--source', 'localhost', 'localhost', '80'], /literal/],
    [['--source-port', '0', 'localhost', '80'], /--source-port/],
    [['-z', '--source-port', '9', 'localhost:80', 'localhost:81'], /one endpoint/],
    [['-w0', 'localhost', '80'], /above zero/],
    [['-w5', '-w6', 'localhost', '80'], /--timeout is given twice/],
    [['--timeout', 'soon', 'localhost', '80'], /a duration/],
    [['--count', '0', 'localhost', '80'], /--count/],
    [['--count', '3', 'localhost:80', 'localhost:81'], /one endpoint/],
    [['--count', '3', '--wait', '1s', 'localhost', '80'], /exclude each other/],
    [['--interval', '1s', 'localhost', '80'], /goes with --count/],
    [['--wait', '0', 'localhost', '80'], /above zero/],
    [['--max-time', '0', 'localhost', '80'], /--max-time/],
    [['--prob', 'localhost', '80'], /did you mean --probe\?/],
  ])('%j', async (argv, message) => {
    const run = argv.some((word) => word.includes('\0')) ? null : await netkit(['connect', ...argv])
    if (run === null) return // no system hands a NUL to a program
    expect(run).toMatchObject({ code: 2, stdout: '' })
    expect(run.stderr).toMatch(/^netkit connect: [^\n]+\n$/)
    expect(run.stderr).toMatch(message)
    const json = await netkit(['connect', '--json', ...argv])
    const lines = jsonLines(json.stdout)
    expectValidLines('connect', lines)
    expect(json).toMatchObject({ code: 2, stderr: run.stderr })
    expect(lines).toMatchObject([{ type: 'result', ok: false, code: 'EUSAGE', origin: 'usage' }])
  })
})

describe('connect --count', () => {
  test('sums up loss and times', async () => {
    const { port } = await listening()
    const run = await netkit(['connect', '--count', '3', '--interval', '0', '127.0.0.1', String(port)])
    expect(run).toMatchObject({ code: 0, stderr: '' })
    expect(run.stdout).toMatch(
      /\n {3}3 {2}127[^\n]+ ms\n\n3 tries, 3 connected, 0% lost\nmin .* ms, mean .*, median .*, p95 .*, max .*\n$/,
    )
    const json = await netkit(['connect', '--json', '-c2', '-i0', '127.0.0.1', String(port)])
    const lines = jsonLines(json.stdout)
    expectValidLines('connect', lines)
    expect(lines.map(({ type }) => type)).toEqual(['probe', 'probe', 'result'])
    expect(lines.at(-1)).toMatchObject({ ok: true, statistics: { sent: 2, received: 2, lossPercent: 0 } })
  })

  test('one try is one, and no more', async () => {
    const { port } = await listening()
    const run = await netkit(['connect', '--count', '1', '127.0.0.1', String(port)])
    expect(run.stdout).toContain('\n\n1 try, 1 connected, 0% lost\n')
  })

  test('all refused is the errno of each', async () => {
    const port = await refusingPort()
    const run = await netkit(['connect', '--json', '-c2', '-i0', '127.0.0.1', String(port)])
    expect(run.code).toBe(1)
    const lines = jsonLines(run.stdout)
    expectValidLines('connect', lines)
    expect(lines.at(-1)).toMatchObject({ code: 'ECONNREFUSED', statistics: { sent: 2, received: 0, lossPercent: 100 } })
  })

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s ends it with what is known, exit %i', async (signal, code) => {
    const { port } = await listening()
    const child = start(['connect', '--json', '--count', 'inf', '--interval', '10ms', '127.0.0.1', String(port)])
    onTestFinished(() => void child.kill('SIGKILL'))
    let stdout = ''
    child.stdout.on('data', (chunk: Buffer) => {
      if (stdout === '') child.kill(signal)
      stdout += chunk
    })
    const [exit] = await once(child, 'close')
    expect(exit).toBe(code)
    const lines = jsonLines(stdout)
    expectValidLines('connect', lines)
    expect(lines.at(-1)).toMatchObject({ ok: false, code: 'ECANCELED', origin: 'abort' })
    expect(lines.at(-1)?.['statistics']).toMatchObject({ sent: lines.length - 1 })
  })

  test.skipIf(process.platform === 'win32')('a reader that leaves ends it quietly', async () => {
    const { port } = await listening()
    const line = `"$0" "$@" | head -n 1; exit "\${PIPESTATUS[0]}"`
    const argv = [process.execPath, BIN, 'connect', '--count', 'inf', '--interval', '1ms', '127.0.0.1', String(port)]
    const child = spawn('bash', ['-c', line, ...argv])
    onTestFinished(() => void child.kill('SIGKILL'))
    const out: Buffer[] = []
    const err: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk))
    const [exit] = await once(child, 'close')
    expect({ exit, stderr: Buffer.concat(err).toString() }).toEqual({ exit: 0, stderr: '' })
    expect(Buffer.concat(out).toString()).toMatch(/^ {3}1 {2}[^\n]+\n$/)
  })
})

describe('--max-time bounds every mode', () => {
  test('a count that it cuts short has not done what was asked', async () => {
    const { port } = await listening()
    const argv = ['connect', '--json', '-c1000', '-i', '1h', '--max-time', '1s', '127.0.0.1', String(port)]
    const run = await netkit(argv)
    expect(run.code).toBe(4)
    const lines = jsonLines(run.stdout)
    expectValidLines('connect', lines)
    expect(lines.at(-1)).toMatchObject({ code: 'EAGAIN', origin: 'deadline', statistics: { sent: 1, received: 1 } })
  })

  test('a count without end is done when it is over', async () => {
    const { port } = await listening()
    const run = await netkit(['connect', '--json', '-cinf', '-i1h', '--max-time', '1s', '127.0.0.1', String(port)])
    expect(run.code).toBe(0)
    expect(jsonLines(run.stdout).at(-1)).toMatchObject({ ok: true, statistics: { sent: 1 } })
  })

  test('waiting', async () => {
    const port = await refusingPort()
    const run = await netkit(['connect', '--json', '--wait', '1h', '--max-time', '200ms', '127.0.0.1', String(port)])
    expect(run.code).toBe(4)
    const lines = jsonLines(run.stdout)
    expectValidLines('connect', lines)
    expect(lines.at(-1)).toMatchObject({ code: 'EAGAIN', origin: 'deadline' })
    expect(lines.at(-1)?.['message']).toMatch(/within (200|19\d(\.\d)?) ms/)
  })
})

describe('connect --wait', () => {
  test('until it is there', async () => {
    const port = await refusingPort()
    const child = start(['connect', '--json', '--wait', '30s', '127.0.0.1', String(port)])
    onTestFinished(() => void child.kill('SIGKILL'))
    const server = createServer((socket) => socket.end())
    onTestFinished(() => void server.close())
    let stdout = ''
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk
      if (!server.listening && stdout.includes('"unreached"')) server.listen(port, '127.0.0.1')
    })
    const [exit] = await once(child, 'close')
    expect(exit).toBe(0)
    const lines = jsonLines(stdout)
    expectValidLines('connect', lines)
    expect(lines.find(({ type }) => type === 'unreached')).toMatchObject({
      code: 'ECONNREFUSED',
      again: true,
      tries: 1,
    })
    expect(lines.at(-2)).toMatchObject({ type: 'connected', port })
    expect(lines.at(-1)).toMatchObject({ ok: true, reached: 1 })
  })

  test('or until the time is over: exit 4, with the last reason', async () => {
    const port = await refusingPort()
    const run = await netkit(['connect', '--wait', '150ms', '127.0.0.1', String(port)])
    expect(run).toMatchObject({ code: 4, stdout: '' })
    expect(run.stderr).toMatch(
      /^netkit connect: 127\.0\.0\.1:\d+ could not be reached within 150 ms in (1 try|\d+ tries); the last: .*ECONNREFUSED/,
    )
  })
})

const why = whyNoNamespaces()

describe(`names${why === null ? '' : ` (skipped: ${why})`}`, () => {
  test('one that does not resolve is exit 3, and does not stop the others', async ({ skip }) => {
    if (why !== null) return skip(why)
    const namespace = new Namespace('names')
    onTestFinished(() => namespace.remove())
    namespace.etc({ hosts: '127.0.0.1 known.test\n', 'nsswitch.conf': 'hosts: files\n' })
    const run = (...argv: string[]) => namespace.start(process.execPath, [BIN, 'connect', ...argv])
    const unknown = await run('nonexistent.invalid', '80')
    expect(unknown).toMatchObject({ code: 3, stdout: '' })
    expect(unknown.stderr).toMatch(/^netkit connect: cannot resolve nonexistent\.invalid: ENOTFOUND: /)
    const both = await run('-z', '--json', 'nonexistent.invalid:80', 'known.test:9')
    const lines = jsonLines(both.stdout)
    expectValidLines('connect', lines)
    expect(both.code).toBe(1)
    expect(
      lines
        .filter(({ type }) => type === 'unreached')
        .map(({ code }) => code)
        .sort(),
    ).toEqual(['ECONNREFUSED', 'ENOTFOUND'])
  })
})

test('a key with a passphrase is misuse, and it is said what to do', async () => {
  const pem = '-----BEGIN ENCRYPTED PRIVATE KEY-----\n-----END ENCRYPTED PRIVATE KEY-----\n'
  const { code, stderr } = await netkit(['connect', '127.0.0.1:9', '--tls', '--key', '-'], { stdin: pem })
  expect(code).toBe(2)
  expect(stderr).toContain('--key: that key has a passphrase')
})
