import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { watch as watchFolder } from 'node:fs/promises'
import { dirname } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type JsonLine, jsonLines, netkit, start } from '../helpers/cli.js'
import { folder } from '../helpers/folder.js'
import { expectValidLines } from '../helpers/schema.js'
import { listening } from '../helpers/sockets.js'

const ENGINES = process.platform === 'linux' ? ['net', 'syscall'] : ['net']

/** Ports that no system hands out by itself, and three listeners: nothing else comes and goes among them meanwhile. */
async function range(): Promise<{ text: string; open: number[] }> {
  const servers = [await listening(), await listening(), await listening()]
  const open = servers.map(({ port }) => port).sort((a, b) => a - b)
  return { text: ['20001-20600', ...open].join(','), open }
}

function ports(lines: readonly JsonLine[]): string[] {
  return lines
    .flatMap(({ type, address, port, state }) => (type === 'port' ? [`${address} ${port} ${state}`] : []))
    .sort()
}

function expectEachOnce(lines: readonly JsonLine[]): void {
  const result = lines.at(-1)
  const found = ports(lines)
  expect(found).toHaveLength(Number(result?.['total']))
  expect(
    new Set(lines.flatMap(({ type, address, port }) => (type === 'port' ? [`${address} ${port}`] : []))).size,
  ).toBe(found.length)
  expect(result).toMatchObject({ ok: true, scanned: found.length })
}

describe('--shard and --merge', () => {
  test('three parts come to what the whole scan finds', async () => {
    const { text } = await range()
    const file = folder()
    const files = await Promise.all(
      [1, 2, 3].map(async (part) => {
        const path = file(`${part}.jsonl`)
        const { code, stderr } = await netkit([
          'portscan',
          '127.0.0.1-2',
          text,
          '--shard',
          `${part}/3`,
          '--json',
          '-o',
          path,
        ])
        expect(code, stderr).toBe(0)
        return path
      }),
    )
    const [whole, merged] = await Promise.all([
      netkit(['portscan', '127.0.0.1-2', text, '--json']),
      netkit(['portscan', '--merge', ...files, '--json']),
    ])
    const [a, b] = [whole, merged].map(({ stdout }) => jsonLines(stdout))
    if (!a || !b) expect.fail('two runs')
    expectValidLines('portscan', b)
    expect(ports(b)).toEqual(ports(a))
    expectEachOnce(b)
    const kept = [
      'scan',
      'targets',
      'ports',
      'shard',
      'total',
      'open',
      'closed',
      'filtered',
      'hosts',
      'seed',
      'reasons',
    ]
    for (const key of kept) expect(b.at(-1)?.[key], key).toEqual(a.at(-1)?.[key])
    const hosts = (lines: readonly JsonLine[]) =>
      lines
        .flatMap(({ type, address, open, closed }) => (type === 'host' ? [`${address} ${open} ${closed}`] : []))
        .sort()
    expect(hosts(b)).toEqual(hosts(a))

    const table = await netkit(['portscan', '--merge', ...files])
    expect(table.stdout).toContain(`${a.at(-1)?.['open']} open`)
  })

  test('what is no complete set of parts is refused', async () => {
    const { port } = await listening()
    const file = folder()
    const scan = async (name: string, ...args: string[]) => {
      const path = file(name)
      await netkit(['portscan', '127.0.0.1', `${port},1-20`, '--json', '-o', path, ...args])
      return path
    }
    const [one, two, whole, other] = await Promise.all([
      scan('1', '--shard', '1/2'),
      scan('2', '--shard', '2/2'),
      scan('whole'),
      scan('other', '--shard', '2/2', '--seed', '7'),
    ])
    const lines = readFileSync(one, 'utf8').trimEnd().split('\n')
    const unfinished = file('unfinished')
    writeFileSync(unfinished, `${lines.slice(0, -1).join('\n')}\n`)
    const interrupted = file('interrupted')
    writeFileSync(interrupted, lines.join('\n').replace(/"scanned":\d+/, '"scanned":1'))
    const text = file('text')
    writeFileSync(text, 'hello\n')
    const folderPath = file('folder')
    mkdirSync(folderPath)
    const cases: readonly (readonly [readonly string[], number, RegExp])[] = [
      [[one], 2, /of 2 parts these are missing: 2/],
      [[one, one], 2, /are both part 1 of 2/],
      [[one, two, one], 2, /are both part 1 of 2/],
      [[one, other], 2, /part of another scan/],
      [[one, whole], 2, /is no shard/],
      [[unfinished, two], 2, /does not end with the result/],
      [[interrupted, two], 2, /is not complete: 1 of \d+ ports/],
      [[text, two], 2, /not made of JSON Lines/],
      [[], 2, /--merge needs/],
      [[file('absent'), two], 5, /cannot read .*absent: ENOENT/],
      [[folderPath, two], 5, /cannot read .*folder: EISDIR/],
    ]
    for (const [files, code, message] of cases) {
      const run = await netkit(['portscan', '--merge', ...files])
      expect(run.stderr).toMatch(message)
      expect(run.code, run.stderr).toBe(code)
      expect(run.stdout).toBe('')
    }
  })

  test('a name that no part could resolve stays a failure', async () => {
    const file = folder()
    const paths = [1, 2].map((part) => file(`${part}`))
    for (const [i, path] of paths.entries()) {
      const args = ['portscan', '127.0.0.1,no-such-host.invalid', '1-20', '--shard', `${i + 1}/2`, '--json', '-o', path]
      expect((await netkit(args)).code).toBe(1)
    }
    const merged = await netkit(['portscan', '--merge', ...paths, '--json'])
    expect(merged.code).toBe(1)
    expect(jsonLines(merged.stdout).at(-1)).toMatchObject({ ok: false, code: 'PARTIAL', scanned: 20, unresolved: 1 })
  })
})

/** Waits until the state file, which is replaced as a whole each time, has verdicts in it. */
async function stateWithVerdicts(path: string): Promise<void> {
  for await (const _ of watchFolder(dirname(path))) if (hasVerdicts(path)) return
}

function hasVerdicts(path: string): boolean {
  if (!existsSync(path)) return false
  const [state = ''] = readFileSync(path, 'utf8').split('\n')
  const { tally } = JSON.parse(state) as { tally: { counts: Record<string, number> } }
  return (tally.counts['closed'] ?? 0) > 0
}

describe('--resume', () => {
  test.each(ENGINES.flatMap((engine) => (['SIGKILL', 'SIGINT'] as const).map((signal) => ({ engine, signal }))))(
    'the $engine engine goes on after $signal, and every port comes once',
    async ({ engine, signal }) => {
      const { text, open } = await range()
      const state = folder()('state')
      const args = ['portscan', '127.0.0.1', text, '--engine', engine, '--json', '--resume', state]
      const child = start([...args, '--rate', '150'])
      onTestFinished(() => void child.kill('SIGKILL'))
      child.stdout.resume()
      const ended = once(child, 'close')
      await stateWithVerdicts(state)
      child.kill(signal)
      expect((await ended)[0]).toBe(signal === 'SIGINT' ? 130 : null)
      expect(existsSync(state)).toBe(true)

      const other = await netkit(['portscan', '127.0.0.2', text, '--resume', state])
      expect(other.code).toBe(2)
      expect(other.stderr).toContain('belongs to another scan')

      const { code, stdout, stderr } = await netkit(args)
      expect(code, stderr).toBe(0)
      const lines = jsonLines(stdout)
      expectValidLines('portscan', lines)
      expectEachOnce(lines)
      expect(
        lines
          .filter((line) => line['state'] === 'open')
          .map((line) => line['port'])
          .sort(),
      ).toEqual(open)
      expect(Number(lines.at(-1)?.['probesSent'])).toBeLessThan(Number(lines.at(-1)?.['total']))
      expect(existsSync(state)).toBe(false)
    },
  )

  test('open ports that were being asked for their banner are asked again', async () => {
    let asked = 0
    let resolve = () => {}
    const promise = new Promise<void>((done) => {
      resolve = done
    })
    const { port } = await listening((socket) => {
      if (++asked === 2) resolve()
      if (asked > 2) socket.write('hello\r\n')
    })
    const state = folder()('state')
    const args = ['portscan', '127.0.0.1', String(port), '--banner', '--json', '--resume', state]
    const child = start(args)
    const out: Buffer[] = []
    child.stdout.on('data', (bytes: Buffer) => out.push(bytes))
    const ended = once(child, 'close')
    await promise // the first connection was the scan's, the second asks
    child.kill('SIGINT')
    expect((await ended)[0]).toBe(130)
    expect(jsonLines(Buffer.concat(out).toString())[1]).toMatchObject({ type: 'port', port, banner: null })
    const { code, stdout } = await netkit(args)
    expect(code).toBe(0)
    expect(jsonLines(stdout).filter(({ type }) => type === 'port')).toMatchObject([{ port, banner: 'hello\r\n' }])
  })

  test('a state that cannot be kept is known before anything is sent', async () => {
    const file = folder()
    const seen: unknown[] = []
    const { port } = await listening((socket) => {
      seen.push(socket)
      socket.end()
    })
    writeFileSync(file('text'), 'hello')
    mkdirSync(file('folder'))
    const cases = [
      [file('absent/state'), 5, /cannot write .*ENOENT/],
      [file('folder'), 5, /cannot read .*EISDIR/],
      [file('text'), 2, /is not a state file/],
    ] as const
    for (const [path, code, message] of cases) {
      const run = await netkit(['portscan', '127.0.0.1', String(port), '--resume', path])
      expect(run.stderr).toMatch(message)
      expect(run.code).toBe(code)
    }
    expect(seen).toEqual([])
  })
})
