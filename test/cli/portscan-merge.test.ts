import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { BIN, jsonLines, netkit } from '../helpers/cli.js'
import { folder } from '../helpers/folder.js'
import { expectValidLines } from '../helpers/schema.js'
import { listening, refusingPort } from '../helpers/sockets.js'

/** Both halves of a scan of two addresses: of three ports one listens, on the first address alone. */
async function halves(...flags: string[]) {
  const { port, server } = await listening()
  const closed = await refusingPort()
  const file = folder()
  const targets = '127.0.0.1-2'
  const ports = `${port},${closed},20001`
  const paths = await Promise.all(
    [1, 2].map(async (part) => {
      const path = file(`${part}`)
      const args = [targets, ports, '--shard', `${part}/2`, '--json', '-o', path, ...flags]
      const { code, stderr } = await netkit(['portscan', ...args])
      expect(code, stderr).toBe(0)
      return path
    }),
  )
  return { port, closed, server, file, targets, ports, merge: (...more: string[]) => merge(paths, more), paths }
}

function merge(paths: readonly string[], more: readonly string[]) {
  return netkit(['portscan', '--merge', ...paths, ...more])
}

describe('--merge holds all parts together against', () => {
  test('expectations', async () => {
    const { port, closed, merge } = await halves()
    const met = await merge('--expect-closed', `${closed}`)
    expect(met.code, met.stderr).toBe(0)
    const broken = await merge('--expect-only', `${port}`)
    expect(broken.code).toBe(1)
    expect(broken.stdout).toContain(`broken 127.0.0.2 port ${port} should be open, is closed (ECONNREFUSED)`)
    const json = await merge('--expect-open', `${port}`, '--json')
    const lines = jsonLines(json.stdout)
    expectValidLines('portscan', lines)
    expect(lines.filter(({ type }) => type === 'broken')).toMatchObject([{ target: '127.0.0.2', port }])
    expect(lines.at(-1)).toMatchObject({ ok: false, code: 'EXPECTATION', scanned: 6 })
    const csv = await merge('--expect-open', `${port}`, '--format', 'csv')
    expect(csv.code).toBe(1)
    expect(csv.stdout).not.toContain('broken')
    expect(csv.stderr).toContain(`broken 127.0.0.2 port ${port} should be open`)
    const other = await merge('--expect-open', '20002')
    expect(other.code).toBe(2)
    expect(other.stderr).toContain('--expect-open: port 20002 is not among the ports of that scan')
  })

  test('an earlier scan', async () => {
    const { port, server, targets, ports, file, merge } = await halves()
    const before = file('before')
    await netkit(['portscan', targets, ports, '--json', '-o', before])
    const same = await merge('--diff', before)
    expect(same.code, same.stderr).toBe(0)
    await new Promise((resolve) => server.close(resolve))
    await netkit(['portscan', targets, ports, '--json', '-o', before])
    const differs = await merge('--diff', before)
    expect(differs.code).toBe(1)
    expect(differs.stdout).toContain(`opened 127.0.0.1:${port}`)
  })

  test('neither, where the parts do not hold all verdicts', async () => {
    const { port, merge } = await halves('--show', 'open')
    const open = await merge()
    expect(open.code, open.stderr).toBe(0)
    expect(open.stdout).toMatch(new RegExp(`^127\\.0\\.0\\.1 +${port} `, 'm'))
    expect(open.stdout).toContain('6 probed on 2 addresses: 1 open, 5 closed')
    const json = await merge('--json')
    expect(jsonLines(json.stdout).filter(({ type }) => type === 'port')).toMatchObject([{ port, state: 'open' }])
    for (const args of [
      ['--show', 'all'],
      ['--expect-open', `${port}`],
    ]) {
      const refused = await merge(...args)
      expect(refused.code).toBe(2)
      expect(refused.stderr).toMatch(/holds \d of \d verdicts, and all are needed .*; scan its part with --show all/)
    }
  })
})

test('--diff of a merge: what was open on a host that was given up is open no more', async () => {
  const { port, targets, ports, file, merge, paths } = await halves()
  const before = file('before')
  await netkit(['portscan', targets, ports, '--json', '-o', before])
  // As a part would write it that had given up the host before it came to this port.
  for (const path of paths) {
    const lines = jsonLines(readFileSync(path, 'utf8'))
    const found = lines.find(({ type, state }) => type === 'port' && state === 'open')
    if (!found) continue
    const given = lines.flatMap((line) => {
      if (line === found) return []
      if (line.type === 'host' && line['address'] === found['address']) return [{ ...line, open: 0, skipped: 1 }]
      return [line.type === 'result' ? { ...line, scanned: Number(line['scanned']) - 1, open: 0, skipped: 1 } : line]
    })
    writeFileSync(path, given.map((line) => `${JSON.stringify(line)}\n`).join(''))
  }
  const { code, stdout } = await merge('--diff', before, '--json')
  expect(code).toBe(1)
  expect(jsonLines(stdout).filter(({ type }) => type === 'change')).toMatchObject([
    { change: 'closed', address: '127.0.0.1', port, stateBefore: 'open', state: null },
  ])
})

test.skipIf(process.platform === 'win32')('a part that is a pipe is refused: it cannot be read twice', async () => {
  const piped = 'echo "{}" | "$0" "$1" portscan --merge /dev/stdin'
  const run = spawnSync('sh', ['-c', piped, process.execPath, BIN], { encoding: 'utf8' })
  expect(run.status).toBe(2)
  expect(run.stderr).toContain('/dev/stdin is no file; parts are read twice')
})

test('--resume goes on only for what was kept', async () => {
  const { port } = await listening()
  const state = folder()('state')
  const scan = (...args: string[]) =>
    netkit(['portscan', '127.0.0.1', `${port},20001-20100`, '--resume', state, ...args])
  const cut = await scan('--rate', '20', '--max-time', '1s', '--show', 'open', '--json')
  expect(cut.code).toBe(4)
  for (const other of [['--json'], ['--show', 'open', '--banner'], ['--expect-open', '20001', '--show', 'open']]) {
    const run = await scan(...other)
    expect(run.code).toBe(2)
    expect(`${run.stdout}${run.stderr}`).toContain('was kept for a scan that shows or checks something else')
  }
  expect((await scan()).code).toBe(0) // a table shows what is open, too
})
