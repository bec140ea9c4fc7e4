import { type ChildProcess, spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { openSync, readFileSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { BIN, netkit } from '../helpers/cli.js'
import { folder } from '../helpers/folder.js'
import { listening } from '../helpers/sockets.js'

const MEBIBYTE = 1_048_576
/** More than all buffers on the way and all the memory that connect may have. A GiB, for those who have the time: NETKIT_TEST_MIB=1024. */
const SIZE = Number(process.env.NETKIT_TEST_MIB ?? 128) * MEBIBYTE
const MEMORY_KIB = 150 * 1024

async function randomFile(path: string): Promise<string> {
  const hash = createHash('sha256')
  const file = await open(path, 'w')
  for (let written = 0; written < SIZE; written += MEBIBYTE) {
    const piece = randomBytes(MEBIBYTE)
    hash.update(piece)
    await file.write(piece)
  }
  await file.close()
  return hash.digest('hex')
}

function start(args: readonly string[], input: string): ChildProcess {
  const child = spawn(process.execPath, [BIN, ...args], { stdio: [openSync(input, 'r'), 'pipe', 'pipe'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}

/** A listener on a free port of loopback, and that port. */
async function listener(args: readonly string[], input = '/dev/null') {
  const child = start(['listen', '0', ...args], input)
  let told = ''
  const port = await new Promise<string>((resolve, reject) => {
    child.once('close', () => reject(new Error(`listen ended: ${told}`)))
    child.stderr?.on('data', (text: Buffer) => {
      told += text.toString()
      const found = /127\.0\.0\.1:(\d+)/.exec(told)
      if (found?.[1]) resolve(found[1])
    })
  })
  return { child, port }
}

/** What a process says, and its peak of memory. Fails with its complaint, for which the other end may wait for ever. */
async function heard(child: ChildProcess, slowly: boolean) {
  const closed = once(child, 'close')
  let complaint = ''
  child.stderr?.on('data', (text: Buffer) => {
    complaint += text.toString()
  })
  const hash = createHash('sha256')
  let peakKiB = 0
  const watch = setInterval(() => {
    if (child.exitCode !== null) return
    const status = readFileSync(`/proc/${child.pid}/status`, 'utf8')
    peakKiB = Math.max(peakKiB, Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? 0))
  }, 20)
  for await (const piece of child.stdout ?? []) {
    hash.update(piece)
    if (slowly) for (let turns = 0; turns < 20; turns++) await turn()
  }
  const [code] = await closed
  clearInterval(watch)
  if (code !== 0) throw new Error(`${child.spawnargs.slice(2).join(' ')}: ended with ${code}: ${complaint}`)
  return { hash: hash.digest('hex'), peakKiB }
}

describe.skipIf(process.platform !== 'linux')('connect and listen, every byte, connect in flat memory', () => {
  it.each([
    ['both ways at once', 'both', [], []],
    ['both ways at once, over TLS', 'both', ['--tls', '--insecure'], ['--tls']],
    ['to the listener alone', 'there', [], []],
    ['from the listener alone, over TLS', 'back', ['--tls', '--insecure'], ['--tls']],
  ] as const)('%s', { timeout: 300_000 }, async (_, way, ours, theirs) => {
    const path = folder()
    const nothing = '/dev/null'
    const [input, back] = [path('ours'), path('theirs')]
    const empty = createHash('sha256').digest('hex')
    const there = way === 'back' ? empty : await randomFile(input)
    const here = way === 'there' ? empty : await randomFile(back)
    const server = await listener(['--once', ...theirs], way === 'there' ? nothing : back)
    // A busy machine may take its time for a handshake.
    const patient = ['connect', '127.0.0.1', server.port, '--timeout', '60s', ...ours]
    const client = start(patient, way === 'back' ? nothing : input)
    const [got, gotThere] = await Promise.all([heard(client, true), heard(server.child, false)])
    expect(got.hash).toBe(here)
    expect(gotThere.hash).toBe(there)
    const peaks = [got.peakKiB, gotThere.peakKiB].map((kib) => Math.round(kib / 1024))
    if (process.env.NETKIT_TEST_MIB)
      console.log(`${way} ${ours.join(' ')}: connect ${peaks[0]} MiB, listen ${peaks[1]} MiB`)
    expect(got.peakKiB).toBeGreaterThan(0)
    expect(got.peakKiB).toBeLessThan(MEMORY_KIB)
    expect(gotThere.peakKiB).toBeLessThan(MEMORY_KIB)
  })
})

it('listen that answers at once ends TLS as well, not the connection alone', async () => {
  const server = await listener(['--once', '--tls', '--reply', 'hello'])
  server.child.stdout?.resume()
  const run = await netkit(['connect', `127.0.0.1:${server.port}`, '--tls', '--insecure', '--json'])
  expect(run.code).toBe(0)
  expect(JSON.parse(run.stdout.trim().split('\n').at(-1) ?? '')).toMatchObject({ ok: true, closeNotify: true })
})

describe('what connect records, listen replays', () => {
  const said = [Buffer.from('220 ready\r\n'), Buffer.from([0, 0xff, 0xfe, 0x1b]), Buffer.from('grüße\n')]

  it.each([
    ['in the clear', [], []],
    ['over TLS', ['--tls'], ['--tls', '--insecure']],
  ] as const)('%s', async (_, theirs, ours) => {
    const path = folder()('recording')
    // A peer that speaks first, then answers each line, and leaves after the third piece.
    const { port } = await listening((socket) => {
      let next = 0
      socket.write(said[next++] ?? '')
      socket.on('data', () => {
        socket.write(said[next++] ?? '')
        if (next === said.length) socket.end()
      })
    })
    const steps = [
      '--expect',
      'ready',
      '--send',
      'one\\n',
      '--expect',
      '\\x1b',
      '--send',
      'two\\xff',
      '--expect',
      '\\n',
    ]
    const recorded = await netkit(['connect', `127.0.0.1:${port}`, '--record', path, ...steps])
    expect(recorded).toMatchObject({ code: 0, stdout: Buffer.concat(said).toString() })
    const lines = readFileSync(path, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines.map(({ direction }) => direction)).toEqual(['received', 'sent', 'received', 'sent', 'received'])
    expect(lines.map(({ data }) => data)).toEqual(['220 ready\r\n', 'one\n', null, null, 'grüße\n'])
    const times = lines.map(({ atMs }) => atMs)
    expect(times).toEqual([...times].sort((a, b) => a - b))

    const server = await listener(['--once', '--replay', path, ...theirs])
    server.child.stdout?.resume()
    const closed = once(server.child, 'close')
    const again = folder()('again')
    const replayed = await netkit(['connect', `127.0.0.1:${server.port}`, '--record', again, ...ours])
    expect(replayed).toMatchObject({ code: 0, stdout: Buffer.concat(said).toString() })
    expect((await closed)[0]).toBe(0)
    // What the replay says is all there is to record: pieces may join on their way, none is ours.
    const directions = readFileSync(again, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).direction)
    expect(new Set(directions)).toEqual(new Set(['received']))
  })

  it('a mistake is told by its line, before anything is bound', async () => {
    const path = folder()('recording')
    const good = '{"atMs":0,"direction":"received","data":"hi"}\n'
    for (const bad of [
      '{"atMs":-1,"direction":"sent","data":""}',
      'hi',
      '{"atMs":1,"direction":"received","dataBase64":"?"}',
    ]) {
      writeFileSync(path, `${good}${good}${bad}\n`)
      const run = await netkit(['listen', '0', '--replay', path])
      expect(run.stderr).toMatch(/--replay: .*recording:3 is not/)
      expect(run.code).toBe(2)
    }
  })
})
