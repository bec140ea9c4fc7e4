import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { BIN, jsonLines, netkit, start } from '../helpers/cli.js'
import { Namespace, whyNoNamespaces } from '../helpers/namespace.js'
import { expectValidLines } from '../helpers/schema.js'
import { listening, refusingPort } from '../helpers/sockets.js'

const HOST = '127.0.0.1'

async function openAndClosed() {
  const [{ port: open }, closed] = [await listening(), await refusingPort()]
  return { open, closed, both: `${open},${closed}` }
}

/** A file with this text, gone when the test ends. */
function file(text: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'netkit-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  const path = join(directory, 'targets')
  writeFileSync(path, text)
  return path
}

const found = (stdout: string) =>
  jsonLines(stdout)
    .filter(({ type }) => type === 'port')
    .map(({ address, port, state }) => `${address} ${port} ${state}`)
    .sort()

describe('--exclude', () => {
  it('of a name leaves out the addresses that it stands for', async () => {
    const seen: number[] = []
    const { port } = await listening((socket) => {
      seen.push(socket.remotePort ?? 0)
      socket.end()
    })
    const { code, stdout } = await netkit(['portscan', '127.0.0.1-2', String(port), '--exclude', 'localhost', '--json'])
    expect(code).toBe(0)
    expect(jsonLines(stdout).at(-1)).toMatchObject({ targets: '127.0.0.2', total: 1, hosts: 1 })
    expect(seen).toEqual([])
  })

  it.each([
    ['127.0.0.1', 'localhost'],
    ['localhost', '127.0.0.1,::1'],
    ['127.0.0.1', '127.0.0.0/8'],
  ])('of all that there is is misuse, not a scan that holds: %s without %s', async (target, excluded) => {
    const { code, stdout, stderr } = await netkit([
      'portscan',
      target,
      '9',
      '--exclude',
      excluded,
      '--expect-open',
      '9',
    ])
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain('--exclude leaves no target')
  })

  it('of a name that does not resolve scans nothing', async ({ skip }) => {
    const why = whyNoNamespaces()
    if (why !== null) return skip(why)
    const space = new Namespace('exclude')
    onTestFinished(() => space.remove())
    space.etc({ 'resolv.conf': 'nameserver 127.0.0.1\n', hosts: '127.0.0.1 localhost\n' })
    const args = ['portscan', '127.0.0.1', '9', '--exclude', 'nosuch.example', '--json']
    const { code, stdout } = await space.start(process.execPath, [BIN, ...args])
    expect(code).toBe(3)
    expect(jsonLines(stdout)).toMatchObject([{ type: 'result', ok: false, scanned: 0, phase: 'lookup' }])
  })
})

describe('on the screen', () => {
  it('shows the open ports in a table, and counts the others by reason', async () => {
    const { open, both } = await openAndClosed()
    const { code, stdout, stderr } = await netkit(['portscan', HOST, both])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const [head, row, blank, summary, ...rest] = stdout.split('\n')
    expect(head).toMatch(/^ *PORT +SERVICE +RTT *$/)
    expect(row).toMatch(new RegExp(`^ *${open} +\\S+ +\\d+\\.\\d+ ms$`))
    expect(blank).toBe('')
    expect(summary).toMatch(/^2 probed on 1 address in .+: 1 open, 1 closed \(ECONNREFUSED\)$/)
    expect(rest).toEqual([''])
  })

  it.each([
    ['open', 1],
    ['closed', 1],
    ['filtered', 0],
    ['all', 2],
  ])('--show %s has %i rows', async (show, rows) => {
    const { open, closed, both } = await openAndClosed()
    const { stdout } = await netkit(['portscan', HOST, both, '--show', show])
    const [table = ''] = stdout.includes('\n\n') ? stdout.split('\n\n') : ['']
    const shown = table.split('\n').slice(1)
    expect(shown).toHaveLength(rows)
    expect(stdout.includes(`${open} `)).toBe(show === 'open' || show === 'all')
    expect(new RegExp(`\\b${closed} +closed`).test(stdout)).toBe(show === 'closed' || show === 'all')
  })

  it('names the address where there are several', async () => {
    const { open } = await openAndClosed()
    const { stdout } = await netkit(['portscan', '127.0.0.1,::1', `${open}`, '--show', 'all'])
    expect(stdout).toMatch(new RegExp(`^127\\.0\\.0\\.1 +${open} +open`, 'm'))
    expect(stdout).toMatch(new RegExp(`^::1 +${open} +closed .*ECONNREFUSED \\(111\\)`, 'm'))
  })

  it('tells of one probe as of one', async () => {
    const { stdout } = await netkit(['portscan', HOST, '9', '--json'])
    expect(jsonLines(stdout)[0]).toMatchObject({
      type: 'engine',
      reason: '1 probe is done before threads have started',
    })
  })

  it('--quiet leaves the findings alone', async () => {
    const { both } = await openAndClosed()
    const { stdout } = await netkit(['portscan', HOST, both, '--quiet'])
    expect(stdout.trimEnd().split('\n')).toHaveLength(2)
  })
})

describe('--json', () => {
  it('tells banners in UTF-8 from banners in Latin-1, and neither can write to the terminal', async () => {
    const { port: text } = await listening((socket) => void socket.end('é\u0085'))
    const { port: bytes } = await listening((socket) => void socket.end(Buffer.from('é\x85', 'latin1')))
    const args = ['portscan', HOST, `${text},${bytes}`, '--banner']
    const { stdout } = await netkit([...args, '--json'])
    const lines = jsonLines(stdout)
    expectValidLines('portscan', lines)
    const said = (of: number) => lines.find(({ type, port }) => type === 'port' && port === of)
    expect(said(text)).toMatchObject({ banner: 'é\u0085', bannerBase64: null })
    expect(said(bytes)).toMatchObject({ banner: 'é\u0085', bannerBase64: '6YU=' })
    const shown = (await netkit(args)).stdout
    expect(shown.match(/é\\x85/g)).toHaveLength(2)
    expect(stdout + shown).not.toContain('\u0085')
  })

  it('is what the schema says', async () => {
    const { open, closed, both } = await openAndClosed()
    const { code, stdout, stderr } = await netkit(['portscan', HOST, both, '--json'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const lines = jsonLines(stdout)
    expectValidLines('portscan', lines)
    const common = { type: 'port', target: HOST, address: HOST, tries: 1, banner: null }
    const ports = lines.filter(({ type }) => type === 'port')
    expect(ports).toHaveLength(2)
    expect(ports).toContainEqual(
      expect.objectContaining({ ...common, port: open, state: 'open', code: null, errno: 0, origin: null }),
    )
    expect(ports).toContainEqual(
      expect.objectContaining({
        ...common,
        port: closed,
        state: 'closed',
        code: 'ECONNREFUSED',
        errno: 111,
        origin: 'os',
      }),
    )
    expect(lines.at(-1)).toMatchObject({
      ok: true,
      total: 2,
      scanned: 2,
      open: 1,
      closed: 1,
      filtered: 0,
      probesSent: 2,
    })
  })

  it('has progress when asked for', async () => {
    const args = ['portscan', HOST, '1-100', '--rate', '100', '--json']
    const { stdout } = await netkit([...args, '--progress=json'])
    const lines = jsonLines(stdout)
    expectValidLines('portscan', lines)
    const progress = lines.filter(({ type }) => type === 'progress')
    expect(progress.length).toBeGreaterThan(0)
    expect(progress[0]).toMatchObject({ total: 100, open: expect.any(Number) })
    const without = await netkit(args)
    expect(jsonLines(without.stdout).map(({ type }) => type)).not.toContain('progress')
  })
})

describe('targets and ports', () => {
  it('--targets FILE, --targets -, --exclude and --exclude-ports', async () => {
    const { open, closed, both } = await openAndClosed()
    const text = '# loopback\n127.0.0.2-3\n127.0.0.4 # and one more\n'
    const args = ['portscan', HOST, both, '--json', '--exclude', '127.0.0.3', '--exclude-ports', `${closed}`]
    const expected = [`127.0.0.1 ${open} open`, `127.0.0.2 ${open} closed`, `127.0.0.4 ${open} closed`]
    expect(found((await netkit([...args, '--targets', file(text)])).stdout)).toEqual(expected)
    expect(found((await netkit([...args, '--targets', '-'], { stdin: text })).stdout)).toEqual(expected)
    const alone = ['portscan', '--targets', '-', '--ports', both, '--exclude-ports', `${closed}`, '--json']
    expect(found((await netkit(alone, { stdin: HOST })).stdout)).toEqual([`127.0.0.1 ${open} open`])
  })

  it('a file of targets that cannot be read is no misuse', async () => {
    const { code, stderr } = await netkit(['portscan', '--targets', '/nonexistent/targets'])
    expect(code).toBe(5)
    expect(stderr).toContain('ENOENT')
  })

  it.each([
    [HOST, '0'],
    [HOST, '65536'],
    [HOST, '80x'],
    [HOST, '9-3'],
    [HOST, ''],
    [HOST, '80,,81'],
    ['10.0.0.0/33'],
    ['2001:db8::/129'],
    ['010.0.0.1'],
    ['10.0.0.20-1'],
    ['1.2.3'],
    [''],
    [`${'a'.repeat(254)}`],
    [HOST, '80', '--frobnicate'],
    [HOST, '80', '--rate', '0'],
    [HOST, '80', '--rate', '1', '--rate', '2'],
    [HOST, '80', '--retries', '-1'],
    [HOST, '80', '--timeout', '0'],
    [HOST, '80', '--show', 'some'],
    [HOST, '80', '--engine', 'warp'],
    [HOST, '80', 'more'],
    [HOST, '80', '--ports', '81'],
    [HOST, '80', '--exclude-ports', '80'],
    [HOST, '80', '--exclude', HOST],
    [HOST, '--expect-open', '80', '--expect-closed', '80'],
    ['::1', '80', '-4'],
    [],
  ])('refuses %j %j %j %j', async (...args) => {
    const { code, stdout, stderr } = await netkit(['portscan', ...args])
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(/^netkit portscan: .+\n$/)
    const json = await netkit(['portscan', ...args, '--json'])
    expect(json.code).toBe(2)
    expect(jsonLines(json.stdout)).toMatchObject([{ type: 'result', ok: false, code: 'EUSAGE', origin: 'usage' }])
  })
})

describe('expectations', () => {
  it('that hold are silent and exit 0', async () => {
    const { open, closed } = await openAndClosed()
    const { code, stdout } = await netkit([
      'portscan',
      HOST,
      '--expect-open',
      `${open}`,
      '--expect-closed',
      `${closed}`,
    ])
    expect(code).toBe(0)
    expect(stdout).not.toContain('broken')
  })

  it('that are broken have a line each and exit 1', async () => {
    const { open, closed } = await openAndClosed()
    const args = ['portscan', HOST, '--expect-open', `${closed}`, '--expect-closed', `${open}`]
    const { code, stdout } = await netkit(args)
    expect(code).toBe(1)
    expect(stdout.match(/^broken .*$/gm)).toEqual([
      `broken port ${closed} should be open, is closed (ECONNREFUSED)`,
      `broken port ${open} should be not open, is open`,
    ])
    const json = await netkit([...args, '--json'])
    const lines = jsonLines(json.stdout)
    expectValidLines('portscan', lines)
    expect(lines.filter(({ type }) => type === 'broken')).toHaveLength(2)
    expect(lines.at(-1)).toMatchObject({ ok: false, code: 'EXPECTATION', origin: 'expectation' })
  })

  it('--expect-only: nothing else may be open', async () => {
    const { open, both } = await openAndClosed()
    const other = await listening()
    const args = ['portscan', HOST, `${both},${other.port}`, '--expect-only']
    expect((await netkit([...args, `${open},${other.port}`])).code).toBe(0)
    const { code, stdout } = await netkit([...args, `${open}`])
    expect(code).toBe(1)
    expect(stdout).toContain(`broken port ${other.port} should be not open, is open`)
  })
})

const why = whyNoNamespaces('unshare')

describe(`in a network of its own${why === null ? '' : ` (skipped: ${why})`}`, () => {
  /** Loopback alone, and a resolver that nobody asks: names come from the hosts file or not at all. */
  const isolated = () => {
    const space = new Namespace('cli')
    onTestFinished(() => space.remove())
    space.etc({ 'nsswitch.conf': 'hosts: files\n', hosts: '127.0.0.1 good.test\n' })
    return space
  }

  it('a name that does not resolve does not stop the others', async ({ skip }) => {
    if (why !== null) return skip(why)
    const args = [BIN, 'portscan', 'missing.test,good.test', '7', '--json']
    const { code, stdout } = await isolated().start(process.execPath, args)
    const lines = jsonLines(stdout)
    expectValidLines('portscan', lines)
    expect(code).toBe(1)
    expect(lines.find(({ target }) => target === 'missing.test')).toMatchObject({ address: null, origin: 'resolver' })
    expect(lines.find(({ type }) => type === 'port')).toMatchObject({ target: 'good.test', state: 'closed' })
    expect(lines.at(-1)).toMatchObject({ ok: false, unresolved: 1, hosts: 1, scanned: 1 })
  })

  it('no name that resolves: exit 3', async ({ skip }) => {
    if (why !== null) return skip(why)
    const run = await isolated().start(process.execPath, [BIN, 'portscan', 'missing.test,gone.test', '7'])
    expect(run.code).toBe(3)
    expect(run.stderr).toContain('missing.test')
  })
})

/** So slow that only what the test does can end it. */
const ENDLESS = ['portscan', HOST, '1-1000', '--rate', '20', '--json', '--progress=json']

describe('ends early', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s: what is known so far, and exit %i', async (signal, exit) => {
    for (const engine of ['net', 'syscall']) {
      const child = start([...ENDLESS, '--engine', engine])
      let stdout = ''
      child.stdout.on('data', (chunk: Buffer) => {
        stdout += chunk
        if (/"type":"progress","done":[1-9]/.test(stdout)) child.kill(signal)
      })
      const [code] = await once(child, 'close')
      expect(code).toBe(exit)
      const lines = jsonLines(stdout)
      expectValidLines('portscan', lines)
      const result = lines.at(-1)
      expect(result).toMatchObject({ ok: false, code: 'ECANCELED', origin: 'abort', total: 1000 })
      expect(result?.['scanned']).toBeGreaterThan(0)
      expect(found(stdout)).toHaveLength(Number(result?.['scanned']))
    }
  })

  it('--max-time: what is known so far, and exit 4', async () => {
    const { code, stdout } = await netkit([...ENDLESS, '--max-time', '1s'])
    expect(code).toBe(4)
    const lines = jsonLines(stdout)
    expectValidLines('portscan', lines)
    expect(lines.at(-1)).toMatchObject({ ok: false, code: 'EAGAIN', origin: 'deadline', total: 1000 })
    expect(found(stdout)).toHaveLength(Number(lines.at(-1)?.['scanned']))
  })

  it('a closed pipe ends it quietly', async () => {
    const child = start(ENDLESS)
    let stderr = ''
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk
    })
    child.stdout.once('data', () => child.stdout.destroy())
    const [code] = await once(child, 'close')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  })
})
