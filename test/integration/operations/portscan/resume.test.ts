import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, watch } from 'node:fs'
import { dirname } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { BIN, jsonLines } from '../../../helpers/cli.js'
import { folder } from '../../../helpers/folder.js'
import { Namespace, whyNoNamespaces } from '../../../helpers/namespace.js'
import { generator } from '../../../helpers/simulated-network.js'

const why = whyNoNamespaces('nft')

/** One that answers, one whose firewall drops some, and one (RFC 5737) that is silent. */
const TARGETS = '127.0.0.1-2,198.51.100.7'
const PORTS = '1-250,20001-20050'
const TOTAL = 3 * 300
const RULES = `table ip t {
  chain c {
    type filter hook input priority 0
    ip daddr 198.51.100.0/24 drop
    ip daddr 127.0.0.2 tcp dport 20001-20040 drop
  }
}
`
const KILLS = 3
const SEED = 20_251

const VARIANTS = [
  { engine: 'net', shard: [] },
  { engine: 'syscall', shard: [] },
  { engine: 'net', shard: ['--shard', '2/3'] },
  { engine: 'syscall', shard: ['--shard', '3/3'] },
]

function network(): Namespace {
  const space = new Namespace('resume')
  onTestFinished(() => space.remove())
  space.ip('route', 'add', 'local', '198.51.100.0/24', 'dev', 'lo')
  space.run('nft', ['-f', '-'], RULES)
  return space
}

describe(`--resume${why === null ? '' : ` (skipped: ${why})`}`, () => {
  test('after SIGKILL at any moment no port is lost or reported twice', { timeout: 120_000 }, async ({ skip }) => {
    if (why !== null) return skip(why)
    const space = network()
    const children: ReturnType<Namespace['spawn']>[] = []
    onTestFinished(() => {
      for (const child of children) child.kill('SIGKILL')
    })

    const scanToTheEnd = async ({ engine, shard }: (typeof VARIANTS)[number], state: string) => {
      const total = shard.length > 0 ? TOTAL / 3 : TOTAL
      const random = generator(SEED + total + engine.length)
      const args = ['portscan', TARGETS, PORTS, '--json', '--engine', engine, '--resume', state, ...shard]
      const start = (...more: readonly string[]) => {
        const child = space.spawn(process.execPath, [BIN, ...args, '--timeout', '200ms', ...more])
        children.push(child)
        child.stderr.pipe(process.stderr)
        return child
      }

      for (let kills = 0; kills < KILLS; kills++) {
        const child = start('--rate', String(Math.ceil(total / 3)))
        // While the state is written for the nth time, or when so many lines have come.
        const never = Number.POSITIVE_INFINITY
        let [writes, lines] = kills % 2 === 0 ? [2 + 2 * random(), never] : [never, (total / 2) * random()]
        const watcher = watch(dirname(state), (_, name) => {
          if (name?.endsWith('.tmp') && --writes <= 0) child.kill('SIGKILL')
        })
        child.stdout.on('data', (chunk: Buffer) => {
          lines -= chunk.toString().split('\n').length - 1
          if (lines <= 0) child.kill('SIGKILL')
        })
        await once(child, 'close')
        watcher.close()
        if (existsSync(state))
          expect(JSON.parse(readFileSync(state, 'utf8').split('\n')[0] ?? '')).toMatchObject({ version: 3 })
      }

      const last = start()
      const out: Buffer[] = []
      last.stdout.on('data', (chunk: Buffer) => out.push(chunk))
      expect((await once(last, 'close'))[0]).toBe(0)
      const found = jsonLines(Buffer.concat(out).toString())
      const ports = found.flatMap(({ type, address, port }) => (type === 'port' ? [`${address} ${port}`] : []))
      expect(ports).toHaveLength(total)
      expect(new Set(ports).size).toBe(total)
      expect(found.at(-1)).toMatchObject({ ok: true, scanned: total, open: 0 })
      if (shard.length === 0) expect(found.at(-1)).toMatchObject({ closed: 560, filtered: 340 })
      expect(readdirSync(dirname(state))).toEqual([])
    }

    const folders = VARIANTS.map(() => folder()('state'))
    await Promise.all(VARIANTS.map((variant, i) => scanToTheEnd(variant, folders[i] ?? '')))
  })
})
