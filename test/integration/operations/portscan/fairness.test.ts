import { createInterface } from 'node:readline'
import { describe, expect, onTestFinished, test } from 'vitest'
import { BIN, type JsonLine } from '../../../helpers/cli.js'
import { Namespace, whyNoNamespaces } from '../../../helpers/namespace.js'

const why = whyNoNamespaces('nft')

/** Addresses of documentation (RFC 5737) that stand for hosts in a network of this test's own. */
const DEAD = '198.51.100.1-20'
const LIVE = '127.0.0.1'
const PORTS = 500

describe(`a host that answers${why === null ? '' : ` (skipped: ${why})`}`, () => {
  const network = () => {
    const space = new Namespace('fair')
    onTestFinished(() => space.remove())
    space.ip('route', 'add', 'local', '198.51.100.0/24', 'dev', 'lo')
    const chain = 'chain c {\n type filter hook input priority 0\n ip daddr 198.51.100.0/24 drop\n }'
    space.run('nft', ['-f', '-'], `table ip t {\n ${chain}\n}\n`)
    return space
  }

  test.for(
    ['net', 'syscall'].flatMap((engine) => [
      { engine, flags: [] },
      { engine, flags: ['--in-order', '--concurrency', '512'] },
    ]),
  )('is done long before 20 that do not: %j', async ({ engine, flags }, { skip }) => {
    if (why !== null) return skip(why)
    const args = [BIN, 'portscan', `${LIVE},${DEAD}`, `1-${PORTS}`, '--json', '--engine', engine, ...flags]
    const child = network().spawn(process.execPath, args)
    onTestFinished(() => void child.kill('SIGKILL'))
    const verdicts = { live: 0, dead: 0 }
    for await (const line of createInterface(child.stdout)) {
      const { type, address } = JSON.parse(line) as JsonLine
      if (type !== 'port') continue
      verdicts[address === LIVE ? 'live' : 'dead']++
      if (verdicts.live === PORTS) break
    }
    expect(verdicts.live).toBe(PORTS)
    expect(verdicts.dead).toBeLessThan((20 * PORTS) / 10)
  })
})
