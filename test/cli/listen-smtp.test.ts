import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { BIN, jsonLines, netkit, start } from '../helpers/cli.js'
import { inProcess } from '../helpers/in-process.js'
import { expectValidLines } from '../helpers/schema.js'

async function folder(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'netkit-'))
  onTestFinished(() => rm(directory, { recursive: true, force: true }))
  return directory
}

interface Sink {
  readonly port: number
  readonly child: ChildProcess
  readonly lines: () => ReturnType<typeof jsonLines>
}

/** Waits until a sink that was started with --json listens. */
async function up(child: ChildProcess): Promise<Sink> {
  let output = ''
  child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()))
  onTestFinished(async () => {
    const gone = new Promise((resolve) => child.once('exit', resolve))
    if (child.exitCode === null && child.signalCode === null && child.kill()) await gone
  })
  const lines = () => jsonLines(output.slice(0, output.lastIndexOf('\n') + 1))
  await vi.waitUntil(() => lines().length > 0, { timeout: 20_000 })
  return { port: Number(lines()[0]?.['port']), child, lines }
}

const sink = (...args: readonly string[]) => up(start(['listen', '--json', '--smtp', ...args]))
const MAIL = ['--from', 'a@b.example', '--to', 'd@e.example', '--helo', 'me.example']
const send = (to: string | number, ...args: readonly string[]) =>
  netkit(['smtp-send', '--server', typeof to === 'string' ? to : `localhost:${to}`, ...MAIL, ...args])

test('a Unix socket, both ways', async () => {
  const path = join(await folder(), 'sink')
  const { lines } = await sink(`unix:${path}`)
  const run = await send(`unix:${path}`, '--subject', 'hi', '--body', 'text')
  expect(run).toMatchObject({ code: 0 })
  expect(run.stdout).toContain(`unix:${path}`)
  await expect.poll(() => lines().find(({ type }) => type === 'mail')).toMatchObject({ text: 'text\n', replyCode: 250 })
})

test('TLS with a certificate of its own, and a login whose password is in a file', async () => {
  const directory = await folder()
  await writeFile(join(directory, 'pw'), 'open sesame\n')
  const login = ['--auth', 'me', '--password-file', join(directory, 'pw')]
  const { port } = await sink('0', '--starttls', ...login)
  const good = await send(port, '--starttls', 'always', '--insecure', ...login)
  expect(good).toMatchObject({ code: 0 })
  expect(good.stdout).toContain('AUTH CRAM-MD5')
  expect((await send(port, '--starttls', 'always')).code).toBe(6)
  expect((await send(port, '--insecure')).stdout).toContain('530 5.7.0')
})

test.each([
  ['--reject', 'lunch=550'],
  ['--reject', 'mail=250'],
  ['--reject', 'ehlo:a@b.example=550'],
  ['--reject', 'message:a@b.example=550'],
  ['--delay', 'lunch=1s'],
  ['--delay', 'mail=soon'],
])('%s %s is misuse', async (flag, value) => {
  const run = await inProcess(['listen', '0', '--smtp', flag, value])
  expect(run.code).toBe(2)
  expect(run.stderr).toContain(flag)
})

test('what cannot be a folder is told at once, with a hint on folders', async () => {
  const path = join(await folder(), 'file')
  await writeFile(path, '')
  const run = await netkit(['listen', '0', '--smtp', '--save', path])
  expect(run.code).toBe(5)
  expect(run.stderr).toContain('hint: name a folder')
})

test.runIf(process.platform === 'linux')('a folder that cannot be made below one that is there', () => {
  // A name below /proc is ENOENT however it is made, for which Node's recursive mkdir never ends.
  const args = [BIN, 'listen', '0', '--smtp', '--save', '/proc/netkit/mails']
  const run = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 20_000, killSignal: 'SIGKILL' })
  expect(run.status).toBe(5)
  expect(run.stderr).toContain('--save: cannot use /proc/netkit/mails: ENOENT')
})

test('killed amid mails: what was accepted is there, and nothing half', async () => {
  const directory = await folder()
  const { port, child } = await sink('0', '--save', directory)
  const sending = send(port, '--json', '--repeat', '2000', '--body', 'x'.repeat(5000))
  await vi.waitUntil(async () => (await readdir(directory)).some((name) => name.endsWith('.eml')), { timeout: 20_000 })
  child.kill('SIGKILL')
  const lines = jsonLines((await sending).stdout)
  const accepted = lines.filter(({ type, status }) => type === 'recipient' && status === 'accepted').length
  const kept = (await readdir(directory)).filter((name) => name.endsWith('.eml'))
  expect(accepted).toBeLessThan(2000)
  expect(kept.length).toBeGreaterThanOrEqual(accepted)
  const sizes = await Promise.all(kept.map(async (name) => (await readFile(join(directory, name))).length))
  expect(new Set(sizes).size).toBe(1)
})

const whyNot = () => {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'mounting needs root on Linux'
  const tried = spawnSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', '-o', 'size=64k', 'none', '/mnt'])
  return tried.status === 0 ? null : 'no mount namespace can be made here'
}
const missing = whyNot()

describe.skipIf(missing)(`a full disk${missing ? ` (skipped: ${missing})` : ''}`, () => {
  test('is 452, once there is room again mails are taken, and nothing half is left', async () => {
    const directory = await folder()
    const script = 'mount -t tmpfs -o size=64k none "$1" && exec "$2" "$3" listen 0 --json --smtp --save "$1"'
    const shell = ['--mount', 'sh', '-c', script, 'sh', directory, process.execPath, BIN]
    const { port, lines } = await up(spawn('unshare', shell))
    const path = join(await folder(), 'big')
    await writeFile(path, 'x'.repeat(200_000))
    const big = await send(port, '--body', `@${path}`)
    expect(big.code).toBe(1)
    expect(big.stdout).toContain('452')
    expect((await send(port, '--body', 'small')).code).toBe(0)
    await expect.poll(() => lines().filter(({ type }) => type === 'mail').length).toBe(2)
    expect(lines().find(({ type }) => type === 'problem')).toMatchObject({ code: 'ENOSPC', origin: 'os' })
  })
})

test('refusals stand in the text, one line each, and in --json as the schema has them', async () => {
  const { port, lines, child } = await sink('0', '--count', '1', '--reject', 'rcpt:bad*=550')
  await send(port, '--to', 'bad@x.example', '--body', 'x')
  if (child.exitCode === null) await new Promise((resolve) => child.once('close', resolve))
  expectValidLines('listen', lines())
  expect(lines().find(({ type }) => type === 'refusal')).toMatchObject({ command: 'RCPT', replyCode: 550 })

  const shown = start(['listen', '0', '--smtp', '--reject', 'rcpt:bad*=550'])
  let out = ''
  let err = ''
  shown.stdout.on('data', (chunk: Buffer) => (out += chunk))
  shown.stderr.on('data', (chunk: Buffer) => (err += chunk))
  onTestFinished(() => void shown.kill())
  const where = () => /listening on .*:(\d+);/.exec(err)?.[1]
  await expect.poll(where, { timeout: 20_000 }).toBeDefined()
  await send(Number(where()), '--to', 'bad@x.example', '--body', 'x')
  await expect.poll(() => out).toContain('#1 refused RCPT TO:<bad@x.example>: 550 5.1.1 rejected on purpose\n')
})

describe('a message that takes long to read is read beside, and told whole', () => {
  const told = async (directory: string, ...messages: readonly string[]) => {
    const { port, lines } = await sink('0')
    for (const [at, message] of messages.entries()) {
      const path = join(directory, `${at}.eml`)
      await writeFile(path, message, 'latin1')
      expect((await send(port, '--data', path)).code).toBe(0)
    }
    const all = (wanted: string) => lines().filter(({ type }) => type === wanted)
    await vi.waitUntil(() => all('closed').length === messages.length, { timeout: 30_000 })
    // Each before the end of its connection; one that is read at once may overtake another's.
    for (const { id } of all('closed')) {
      const types = lines().flatMap(({ type, id: of }) => (of === id && type !== 'connection' ? [type] : []))
      expect(types).toEqual(['mail', 'closed'])
    }
    return all('mail').sort((a, b) => Number(a['id']) - Number(b['id']))
  }
  const HEAD = 'Subject: x\r\n'

  test('one after the other, of many lines, and one that names windows-1252', async () => {
    const empty = `${HEAD}\r\n${'\r\n'.repeat(300_000)}`
    const quotes = `${HEAD}Content-Type: text/plain; charset=windows-1252\r\n\r\n\x93${'a\r\n'.repeat(1000)}`
    const [first, second, third] = await told(await folder(), empty, quotes, 'Subject: =?windows-1252?Q?=80?=\r\n\r\n')
    expect(first).toMatchObject({ text: '\n'.repeat(300_000), headers: [['Subject', 'x']] })
    expect(second).toMatchObject({ text: `“${'a\n'.repeat(1000)}` })
    expect(third).toMatchObject({ headers: [['Subject', '€']] })
  })

  test('what has more lines or parts than are taken apart is shown as it is, behind its header', async () => {
    const lines = '\r\n'.repeat(1_000_001)
    const parts = '--b\r\n\r\nx\r\n'.repeat(10_001)
    const type = 'Content-Type: multipart/mixed; boundary=b\r\n'
    const [first, second] = await told(await folder(), `${HEAD}\r\n${lines}`, `${HEAD}${type}\r\n${parts}`)
    expect(first).toMatchObject({ headers: [['Subject', 'x']], parts: [] })
    expect(first?.['text']).toBe(lines)
    expect(second?.['text']).toBe(parts)
    expect(second?.['headers']).toHaveLength(2)
  })
})
