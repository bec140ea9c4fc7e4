import { describe, expect, it } from 'vitest'
import { TYPE } from '../../src/protocol/dns/index.js'
import { jsonLines, netkit, start } from '../helpers/cli.js'
import { type MessageSpec, nameHex, RESPONSE_BITS } from '../helpers/dns-message.js'
import { type Asked, a, dnsServer } from '../helpers/dns-server.js'
import { expectValidLines } from '../helpers/schema.js'

/** 192.0.2.N is otherN.example and hostN.example; only even hosts lead back, by the second name; N = 9 has no name. */
function answerOf({ name, type }: Asked): MessageSpec {
  if (type === TYPE.PTR) {
    const [last] = name.split('.')
    if (last === '9') return { bits: RESPONSE_BITS | 3 }
    const names = [`other${last}.example.`, `host${last}.example.`]
    return { answers: names.map((target) => ({ name, type: 'PTR', ttl: 30, rdata: nameHex(target) })) }
  }
  const number = Number(/^host(\d+)/.exec(name)?.[1] ?? Number.NaN)
  if (type === TYPE.A && number % 2 === 0) return { answers: [a(name, `192.0.2.${number}`)] }
  return {}
}

const zone = (asked: Asked) => asked.answer(answerOf(asked))

const names = (stdout: string) => jsonLines(stdout).filter(({ type }) => type === 'name')

describe('reverse', () => {
  it('gives primary name and aliases from the hosts file, as gethostbyaddr does', async () => {
    const { code, stdout } = await netkit(['reverse', '127.0.0.1', '--verify', '--json'])
    const lines = jsonLines(stdout)
    expectValidLines('reverse', lines)
    expect(lines[0]).toMatchObject({
      type: 'name',
      name: 'localhost',
      role: 'primary',
      source: 'hosts',
      confirmed: true,
    })
    expect(code).toBe(0)
  })

  it("tells a port's service, as getnameinfo does", async () => {
    const { stdout } = await netkit(['reverse', '127.0.0.1', '--service', '80', '--json'])
    expect(names(stdout)[0]).toMatchObject({ service: 'http' })
  })

  it('asks a server for all names', async () => {
    const { port } = await dnsServer(zone)
    const { stdout } = await netkit(['reverse', '192.0.2.4', '--server', `127.0.0.1:${port}`, '--json'])
    expect(names(stdout)).toMatchObject([
      { name: 'host4.example', role: 'primary', source: 'dns', ttl: 30, confirmed: null, addresses: null },
      { name: 'other4.example', role: 'primary' },
    ])
  })

  it('asks for IPv6 addresses by nibbles', async () => {
    const server = await dnsServer(zone)
    await netkit(['reverse', '2001:db8::1', '--server', `127.0.0.1:${server.port}`])
    expect(server.asked[0]?.name).toBe('1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa.')
  })

  it('verifies by every name, A and AAAA', async () => {
    const server = await dnsServer(zone)
    const { code, stdout } = await netkit([
      'reverse',
      '192.0.2.4',
      '--verify',
      '--server',
      `127.0.0.1:${server.port}`,
      '--json',
    ])
    expect(names(stdout).map(({ confirmed }) => confirmed)).toEqual([true, false])
    expect(new Set(server.asked.map(({ type }) => type))).toEqual(new Set([TYPE.PTR, TYPE.A, TYPE.AAAA]))
    expect(code).toBe(0)
  })

  it('a name that leads nowhere is UNCONFIRMED, exit 1', async () => {
    const { port } = await dnsServer(zone)
    const args = ['reverse', '192.0.2.5', '--verify', '--server', `127.0.0.1:${port}`]
    const { code, stderr } = await netkit(args)
    expect(stderr).toContain('no name that leads back')
    expect(code).toBe(1)
  })

  it('no name is exit 3', async () => {
    const { port } = await dnsServer(zone)
    const { code, stderr } = await netkit(['reverse', '192.0.2.9', '--server', `127.0.0.1:${port}`])
    expect(stderr).toContain('NXDOMAIN')
    expect(code).toBe(3)
  })

  it('keeps the order in which addresses and blocks are written', async () => {
    const { port } = await dnsServer(zone)
    const words = ['192.0.2.6', '192.0.2.2,192.0.2.4', '192.0.2.1-3']
    const { stdout } = await netkit(['reverse', ...words, '--server', `127.0.0.1:${port}`, '--json'])
    expect([...new Set(names(stdout).map(({ address }) => address))]).toEqual(
      [6, 2, 4, 1, 3].map((last) => `192.0.2.${last}`),
    )
    const twice = await netkit(['reverse', '192.0.2.6', '192.0.2.6', '--server', `127.0.0.1:${port}`, '--json'])
    expect(twice.code).toBe(0)
    const once = await netkit(['reverse', '192.0.2.6', '--server', `127.0.0.1:${port}`, '--json'])
    expect(names(twice.stdout)).toHaveLength(names(once.stdout).length)
  })

  it('looks all names of an address up at once under --verify', async () => {
    const targets = Array.from({ length: 20 }, (_, i) => `many${i}.example.`)
    const waiting: Asked[] = []
    const { port } = await dnsServer((asked) => {
      if (asked.type === TYPE.PTR) {
        asked.answer({ answers: targets.map((target) => ({ name: asked.name, type: 'PTR', rdata: nameHex(target) })) })
      } else if (waiting.push(asked) === 2 * targets.length) {
        // None is answered before all have been asked.
        for (const each of waiting) each.answer({ answers: each.type === TYPE.A ? [a(each.name, '192.0.2.1')] : [] })
      }
    })
    const args = ['reverse', '192.0.2.1', '--verify', '--json', '--server', `127.0.0.1:${port}`, '--retries', '0']
    const { code, stdout } = await netkit([...args, '--timeout', '60s'])
    expect(code).toBe(0)
    expect(names(stdout).filter(({ confirmed }) => confirmed)).toHaveLength(20)
  })

  it('walks a block in order and sums up', async () => {
    const { port } = await dnsServer(zone)
    const args = ['reverse', '192.0.2.0/24', '--verify', '--server', `127.0.0.1:${port}`]
    const { code, stdout } = await netkit([...args, '--json'])
    const lines = jsonLines(stdout)
    expectValidLines('reverse', lines)
    const addresses = [...new Set(names(stdout).map(({ address }) => address))]
    expect(addresses).toEqual(
      Array.from({ length: 256 }, (_, i) => `192.0.2.${i}`).filter((each) => each !== '192.0.2.9'),
    )
    expect(lines.at(-1)).toMatchObject({ addresses: 256, named: 255, confirmed: 128, code: 'PARTIAL' })
    expect(code).toBe(1)
    expect((await netkit(args)).stderr).toContain('256 addresses, 255 with a name, 128 confirmed')
  })

  it('takes addresses from stdin as they come, in their order, each mistake on its own', async () => {
    const { port } = await dnsServer(zone)
    const stdin =
      '\ufeff# the lab\r\n192.0.2.7, 192.0.2.4\r\n\r\n192.0.2.2/31 # two\nlocalhost\n192.0.2.300\n192.0.2.7\n'
    const args = ['reverse', '--targets', '-', '--short', '--server', `127.0.0.1:${port}`]
    const { code, stdout, stderr } = await netkit(args, { stdin })
    expect(stdout.split('\n').filter((line) => line.startsWith('host'))).toEqual(
      [7, 4, 2, 3, 7].map((number) => `host${number}.example`),
    )
    expect(stderr).toMatch(/^localhost: .*not an address/m)
    expect(stderr).toMatch(/^192\.0\.2\.300: /m)
    expect(stderr).toContain('7 addresses, 5 with a name')
    expect(code).toBe(1)
    const json = await netkit([...args, '--json'], { stdin })
    expectValidLines('reverse', jsonLines(json.stdout))
  })

  it('names an address before the input has ended', async () => {
    const { port } = await dnsServer(zone)
    const child = start(['reverse', '--targets', '-', '--short', '--server', `127.0.0.1:${port}`])
    child.stdin.write('192.0.2.4\n')
    const first = await new Promise((resolve) => child.stdout.once('data', (bytes: Buffer) => resolve(String(bytes))))
    expect(first).toContain('host4.example')
    child.stdin.end()
    expect(await new Promise((resolve) => child.once('close', resolve))).toBe(0)
  })

  it.each([
    ['/nonexistent', 5],
    ['/', 5],
    ['/dev/null', 2],
  ])('--targets %s is exit %i', async (file, exit) => {
    expect((await netkit(['reverse', '--targets', file, '--server', '127.0.0.1:1'])).code).toBe(exit)
  })

  it.each([
    [['reverse']],
    [['reverse', '192.0.2.1', '--targets', '-']],
    [['reverse', 'localhost']],
    [['reverse', '192.0.2.0/33']],
    [['reverse', '192.0.2.1', '--service', '70000']],
  ])('refuses %j', async (args) => {
    const { code, stderr } = await netkit(args)
    expect(code).toBe(2)
    expect(stderr.trimEnd().split('\n')).toHaveLength(1)
  })
})
