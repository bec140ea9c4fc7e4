import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { jsonLines, netkit } from '../../../helpers/cli.js'
import { listening } from '../../../helpers/sockets.js'

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url))

/**
 * Scans with the built library in a process of its own, which counts its sockets before and after and tells of both and
 * of the outcome. `stop` aborts once there is progress.
 */
const SCAN = `
import { readdirSync, readlinkSync } from 'node:fs'
const [, library, targetText, portText, engine, stop] = process.argv
const { Deadline } = await import(library + 'core/deadline.js')
const { parseTargets } = await import(library + 'core/address/target-syntax.js')
const { parsePorts } = await import(library + 'core/ports/ports.js')
const { PORTSCAN_DEFAULTS, portscan } = await import(library + 'operations/portscan/index.js')
const sockets = () => readdirSync('/proc/self/fd').filter((fd) => {
  try { return readlinkSync('/proc/self/fd/' + fd).startsWith('socket:') } catch { return false }
}).length
const controller = new AbortController()
const options = {
  ...PORTSCAN_DEFAULTS,
  targets: parseTargets(targetText, 'targets'), ports: parsePorts(portText, 'ports'), show: 'open', engine,
}
const before = sockets()
const outcome = await portscan(options, {
  signal: controller.signal,
  deadline: Deadline.never,
  emit: ({ type, done }) => { if (stop === 'stop' && type === 'progress' && done > 0) controller.abort() },
})
const { ok, value, failure } = outcome
process.stdout.write(JSON.stringify({ ok, value, code: failure?.code, origin: failure?.origin, left: sockets() - before }))
`

async function scan(targets: string, ports: string, engine: 'net' | 'syscall', stop = '') {
  const { spawn } = await import('node:child_process')
  const library = new URL('../../../../dist/', import.meta.url).href
  const args = ['--input-type=module', '-e', SCAN, library, targets, ports, engine, stop]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  for await (const chunk of child.stdout) text += chunk
  return JSON.parse(text)
}

describe.each(['net', 'syscall'] as const)('engine %s', (engine) => {
  it('calls a port open that hangs up with a reset as soon as it has accepted', async () => {
    const { port } = await listening((socket) => socket.resetAndDestroy())
    for (let round = 0; round < 5; round++) {
      const run = await netkit(['portscan', '127.0.0.1', `${port}`, '--engine', engine, '--json'])
      expect(jsonLines(run.stdout).find(({ type }) => type === 'port')).toMatchObject({ port, state: 'open' })
    }
  })

  it.skipIf(process.platform !== 'linux')('leaves no socket behind (counted in /proc, on Linux)', async () => {
    const { port } = await listening()
    const { ok, value, left } = await scan('127.0.0.1,127.0.0.2', `1-2000,${port}`, engine)
    expect(ok).toBe(true)
    expect(value).toMatchObject({ scanned: value.total, engine })
    expect(value.open).toBeGreaterThan(0)
    expect(left).toBe(0)
  })

  // Counted in /proc as well.
  it.skipIf(process.platform !== 'linux')('leaves none when it is aborted, and tells what it knows', async () => {
    // Too much to be done before the test's time is over, so that it must be the abort that ends it.
    const { ok, value, code, origin, left } = await scan('127.0.0.0/8', '-', engine, 'stop')
    expect({ ok, code, origin }).toEqual({ ok: false, code: 'ECANCELED', origin: 'abort' })
    expect(value.scanned).toBeGreaterThan(0)
    expect(value.scanned).toBeLessThan(value.total)
    expect(value.open + value.closed + value.filtered).toBe(value.scanned)
    expect(left).toBe(0)
  })

  it('tells an open port from a closed one, on both families', async () => {
    const four = await listening()
    const six = await listening(undefined, '::1')
    const ports = [...new Set([four.port, six.port])]
    const { code, stdout } = await netkit(['portscan', '127.0.0.1,::1', ports.join(), '--json', '--engine', engine])
    expect(code).toBe(0)
    const found = jsonLines(stdout).filter(({ type }) => type === 'port')
    expect(found).toHaveLength(2 * ports.length)
    for (const { address, port, state, code: why, errno } of found) {
      const open = port === (address === '::1' ? six.port : four.port)
      expect({ address, port, state, why, errno }).toEqual({
        ...{ address, port, state: open ? 'open' : 'closed' },
        ...(open ? { why: null, errno: 0 } : { why: 'ECONNREFUSED', errno: 111 }),
      })
    }
  })
})

it('tells of a source address that is not ours as bind(2) does', async () => {
  const run = await netkit(['portscan', '127.0.0.1', '9', '--source', '192.0.2.1', '--json'])
  expect(run.code).toBe(5)
  const failed = { code: 'EADDRNOTAVAIL', phase: 'bind', syscall: 'bind' }
  expect(jsonLines(run.stdout).at(-1)).toMatchObject(failed)
})

describe('without koffi', () => {
  const copy = () => {
    const directory = mkdtempSync(join(tmpdir(), 'netkit-bare-'))
    onTestFinished(() => rmSync(directory, { recursive: true }))
    for (const part of ['dist', 'bin', 'package.json'])
      cpSync(join(ROOT, part), join(directory, part), { recursive: true })
    return join(directory, 'bin', 'netkit.js')
  }
  const scanWith = async (bin: string, ...more: string[]) => {
    const { spawnSync } = await import('node:child_process')
    const run = spawnSync(process.execPath, [bin, 'portscan', '127.0.0.1', '1-600', ...more], { encoding: 'utf8' })
    return { code: run.status, stdout: run.stdout, stderr: run.stderr }
  }

  it("Node's sockets serve, and the reason is told", async () => {
    const bin = copy()
    const { code, stdout } = await scanWith(bin, '--json')
    const lines = jsonLines(stdout)
    expect(code).toBe(0)
    const reason = expect.stringMatching(process.platform === 'linux' ? /koffi/ : /Linux/)
    expect(lines.filter(({ type }) => type === 'engine')).toMatchObject([{ engine: 'net', workers: 0, reason }])
    expect(lines.at(-1)).toMatchObject({ ok: true, engine: 'net', scanned: 600 })
    const verbose = await scanWith(bin, '--verbose')
    expect(verbose.stderr).toMatch(/^engine net: .*\n$/)
  })

  it('--engine syscall is refused by this machine, and says what would do', async () => {
    const { code, stdout } = await scanWith(copy(), '--json', '--engine', 'syscall')
    expect(code).toBe(5)
    expect(jsonLines(stdout)).toMatchObject([
      { type: 'result', ok: false, code: 'ENGINE_UNAVAILABLE', advice: 'any-engine' },
    ])
  })
})
