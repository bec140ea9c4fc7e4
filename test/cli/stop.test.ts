import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { jsonLines, start } from '../helpers/cli.js'
import { expectValidLines } from '../helpers/schema.js'
import { listening } from '../helpers/sockets.js'

const SIGNALS = [
  ['SIGHUP', 129],
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const

// Each would wait for ever, and says so before.
const ENDLESS: readonly [string, () => Promise<readonly string[]>, boolean][] = [
  ['connect', async () => ['127.0.0.1', String((await listening()).port)], false],
  // Being stopped is how listening ends.
  ['listen', async () => ['0', '--host', '127.0.0.1'], true],
]

describe.each(ENDLESS)('netkit %s', (name, argv, ok) => {
  test.each(SIGNALS)('%s: what is known so far, and exit %i', async (signal, exit) => {
    const child = start([name, '--json', ...(await argv())])
    onTestFinished(() => void child.kill('SIGKILL'))
    let stdout = ''
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk
      if (/"type":"(connected|listening)"/.test(stdout)) child.kill(signal)
    })
    const [code] = await once(child, 'close')
    expect(code).toBe(exit)
    const lines = jsonLines(stdout)
    expectValidLines(name, lines)
    expect(lines.at(-1)).toMatchObject(ok ? { ok, code: null } : { ok, code: 'ECANCELED', origin: 'abort' })
  })
})

describe('while stdin is read', () => {
  test.each(SIGNALS)('%s: that it was, and exit %i', async (signal, exit) => {
    const child = start(['portscan', '--targets', '-', '9', '--json'])
    onTestFinished(() => void child.kill('SIGKILL'))
    let stdout = ''
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk
    })
    child.stdin.on('error', () => {}) // it ends before it has read all
    // More than a pipe holds: once this is gone, reading has begun. It never ends.
    child.stdin.write(Buffer.alloc(4 << 20, '127.0.0.1\n'), () => child.kill(signal))
    const [code] = await once(child, 'close')
    expect(code).toBe(exit)
    const lines = jsonLines(stdout)
    expectValidLines('portscan', lines)
    expect(lines).toMatchObject([{ type: 'result', ok: false, code: 'ECANCELED', origin: 'abort' }])
  })
})

describe('a run whose output nobody reads', () => {
  // More than all buffers on the way hold. Nothing is ever taken from child.stdout.
  const HUGE = ['portscan', '127.0.0.1', '1-20000', '--json', '--progress=json']

  test('ends at the second ^C, though the first has it wait', async () => {
    const child = start(HUGE)
    onTestFinished(() => void child.kill('SIGKILL'))
    await once(child.stdout, 'readable')
    const again = setInterval(() => child.kill('SIGINT'), 100)
    const [code, signal] = await once(child, 'exit')
    clearInterval(again)
    expect({ code, signal }).toEqual({ code: 130, signal: null })
  })

  test.each(['SIGINT', 'SIGTERM'] as const)('ends after one %s, in whatever view', async (signal) => {
    const { port } = await listening((socket) => {
      socket.on('error', () => {})
      const pour = () => {
        while (socket.write(Buffer.alloc(65_536))) {}
      }
      socket.on('drain', pour)
      pour()
    })
    const address = `127.0.0.1:${port}`
    const runs = [['connect', address], ['connect', address, '--json'], ['raw-http', `http://${address}/`], HUGE].map(
      async (argv) => {
        const child = start(argv)
        onTestFinished(() => void child.kill('SIGKILL'))
        await once(child.stdout, 'readable')
        child.kill(signal)
        const [code] = await once(child, 'exit')
        return code
      },
    )
    const expected = signal === 'SIGINT' ? 130 : 143
    expect(await Promise.all(runs)).toEqual(runs.map(() => expected))
  })

  test('leaves no half of a file behind', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'netkit-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    const child = start([
      'portscan',
      '127.0.0.1',
      '1-1000',
      '--rate',
      '20',
      '--format',
      'csv',
      '-o',
      join(folder, 'scan'),
    ])
    onTestFinished(() => void child.kill('SIGKILL'))
    while ((await readdir(folder)).length === 0) await new Promise((resolve) => setImmediate(resolve))
    child.kill('SIGHUP')
    const [code] = await once(child, 'exit')
    expect(code).toBe(129)
    // What is known by then, if anything is.
    expect((await readdir(folder)).filter((name) => name !== 'scan.partial')).toEqual([])
  })
})
