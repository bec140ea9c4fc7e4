import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { BIN, jsonLines } from '../../../helpers/cli.js'
import { Namespace, whyNoNamespaces } from '../../../helpers/namespace.js'
import { expectValidLines } from '../../../helpers/schema.js'

const why = whyNoNamespaces('nft')

/** Addresses of documentation (RFC 5737), which stand for hosts in a network of this test's own. */
const UNREACHABLE = '192.0.2.1'
const SILENT = '198.51.100.1'
const PORTS = 3000

describe.skipIf(why !== null)(`hosts that are down${why ? ` (${why})` : ''}`, () => {
  let network: Namespace
  beforeAll(() => {
    network = new Namespace('dead')
    network.ip('route', 'add', 'unreachable', `${UNREACHABLE}/32`)
    network.ip('addr', 'add', `${SILENT}/32`, 'dev', 'lo')
    network.run(
      'nft',
      ['-f', '-'],
      `table ip t {
 chain c {
  type filter hook input priority 0
  ip daddr ${SILENT} drop
 }
}
`,
    )
  })
  afterAll(() => network?.remove())

  async function scan(...args: string[]) {
    const child = network.spawn(process.execPath, [BIN, 'portscan', ...args])
    const [out, err]: [Buffer[], Buffer[]] = [[], []]
    child.stdout.on('data', (bytes: Buffer) => out.push(bytes))
    child.stderr.on('data', (bytes: Buffer) => err.push(bytes))
    child.stdin.end()
    const [code] = await once(child, 'close')
    return { code, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() }
  }

  test.each(['net', 'syscall'])('are given up by the %s engine with --skip-dead, and reported', async (engine) => {
    const targets = `127.0.0.1,${UNREACHABLE},${SILENT}`
    const { code, stdout, stderr } = await scan(
      ...[targets, `1-${PORTS}`, '--skip-dead', '--engine', engine, '--json', '--timeout', '300ms'],
    )
    expect(code, stderr).toBe(0)
    const lines = jsonLines(stdout)
    expectValidLines('portscan', lines)
    const hosts = new Map(lines.flatMap((line) => (line.type === 'host' ? [[line['address'], line]] : [])))
    expect(hosts.get('127.0.0.1')).toMatchObject({ closed: PORTS, skipped: 0 })
    for (const address of [UNREACHABLE, SILENT]) {
      const host = hosts.get(address)
      const [filtered, skipped] = [host?.['filtered'], host?.['skipped']]
      expect(Number(skipped), address).toBeGreaterThan(0)
      expect(Number(filtered) + Number(skipped), address).toBe(PORTS)
    }
    const skipped = [...hosts.values()].reduce((sum, host) => sum + Number(host['skipped']), 0)
    expect(lines.at(-1)).toMatchObject({ ok: true, total: 3 * PORTS, scanned: 3 * PORTS - skipped, skipped })
    expect(lines.filter(({ type }) => type === 'port')).toHaveLength(3 * PORTS - skipped)
  })

  test('are told of in the table', async () => {
    const { stdout, stderr } = await scan(
      ...[`127.0.0.1,${UNREACHABLE},${SILENT}`, `1-${PORTS}`, '--skip-dead', '-v', '--timeout', '300ms'],
    )
    expect(stdout).toMatch(/[\d,]+ skipped on 2 addresses given up/)
    expect(stderr).toMatch(new RegExp(`gave up ${UNREACHABLE}: [\\d,]+ ports skipped`))
  })

  test('are scanned to the end without it', async () => {
    const { code, stdout } = await scan(UNREACHABLE, '1-50', '--json')
    expect(code).toBe(0)
    expect(jsonLines(stdout).at(-1)).toMatchObject({
      scanned: 50,
      skipped: 0,
      reasons: [{ state: 'filtered', code: 'EHOSTUNREACH', count: 50 }],
    })
  })
})
