import { mkdirSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BIN, jsonLines } from '../helpers/cli.js'
import { Daemons } from '../helpers/daemons.js'
import { Namespace } from '../helpers/namespace.js'
import { expectValidLines } from '../helpers/schema.js'

const SERVER = '127.0.0.2'
const HEAD = '$TTL 300\n@ SOA ns.lab.example. h 1 7200 3600 1209600 30\n@ NS ns.lab.example.\n'

let namespace: Namespace
let daemons: Daemons

/** Knot makes a name of every address of 127.0.0.0/8 and 2001:db8::/64; of the first half of these the names lead back. */
beforeAll(async () => {
  namespace = new Namespace('reverse')
  daemons = new Daemons(namespace)
  const { directory } = daemons
  namespace.etc({
    'resolv.conf': `nameserver ${SERVER}\n`,
    hosts:
      '127.0.0.1 localhost\n192.0.2.77 main.example second third.example\n192.0.2.77 late\n2001:db8:f::7 six.example six\n',
    'nsswitch.conf': 'hosts: files dns\n',
  })
  mkdirSync(`${directory}/knot`)
  const module = (id: string, type: string, network: string) => `  - id: ${id}
    type: ${type}
    prefix: dyn-
    ttl: 60
    network: ${network}
${type === 'reverse' ? '    origin: lab.example\n' : ''}`
  const zone = (domain: string, text: string, modules: string) => `  - domain: ${domain}
    file: ${daemons.file(domain, text)}
    module: [${modules}]
    journal-content: none
`
  const v6 = '0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa'
  const conf = `server:
    rundir: ${directory}/knot
    listen: ${SERVER}@53
database:
    storage: ${directory}/knot
mod-synthrecord:
${module('reverse4', 'reverse', '127.0.0.0/8')}${module('reverse6', 'reverse', '2001:db8::/64')}${module('forward4', 'forward', '127.0.0.0/9')}${module('forward6', 'forward', '2001:db8::/65')}
zone:
${zone('127.in-addr.arpa', HEAD, 'mod-synthrecord/reverse4')}${zone(v6, HEAD, 'mod-synthrecord/reverse6')}${zone('lab.example', `${HEAD}ns A ${SERVER}\n`, 'mod-synthrecord/forward4, mod-synthrecord/forward6')}`
  daemons.start('knotd', ['-c', daemons.file('knot.conf', conf)])
  await daemons.answers(SERVER, 'lab.example')
}, 60_000)
afterAll(() => {
  daemons?.stop()
  namespace?.remove()
})

async function reverse(args: readonly string[], input = '') {
  const { code, stdout } = await namespace.start(process.execPath, [BIN, 'reverse', ...args, '--json'], input)
  const lines = jsonLines(stdout)
  expectValidLines('reverse', lines)
  return { code, names: lines.filter(({ type }) => type === 'name'), result: lines.at(-1) }
}

/** Addresses from 127.1.0.0 upwards. */
function addresses(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `127.${1 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}`)
}

const nameOf = (address: string) => `dyn-${address.replaceAll('.', '-')}.lab.example`

describe('many addresses', () => {
  it('a block, in its order, none lost', async () => {
    const { code, names, result } = await reverse(['127.1.0.0/20', '--server', SERVER])
    expect(names.map(({ name }) => name)).toEqual(addresses(4096).map(nameOf))
    expect(result).toMatchObject({ ok: true, addresses: 4096, named: 4096 })
    expect(code).toBe(0)
  }, 60_000)

  it('from stdin: memory does not grow with their number', async () => {
    /** Kilobytes at the most, by getrusage(2). */
    const program = `import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)`
    const peakOf = async (count: number) => {
      const list = addresses(count)
      const netkit = [process.execPath, BIN, 'reverse', '--targets', '-', '--server', SERVER, '--short', '-q']
      const { stdout, stderr } = await namespace.start('python3', ['-c', program, ...netkit], list.join('\n'))
      expect(stdout).toBe(list.map((address) => `${nameOf(address)}\n`).join(''))
      return Number(stderr.trim())
    }
    const few = await peakOf(5000)
    expect(few).toBeGreaterThan(10_000)
    expect(await peakOf(40_000)).toBeLessThan(few * 1.4)
  }, 240_000)

  it('--verify tells those that lead back from those that do not, in both families', async () => {
    const targets = ['127.127.255.250-127.128.0.5', '2001:db8::7', '2001:db8::8000:0:0:7']
    const { code, names, result } = await reverse([...targets, '--server', SERVER, '--verify'])
    const confirmed = names.map(({ address, confirmed }) => [address, confirmed])
    expect(confirmed).toEqual([
      ...[250, 251, 252, 253, 254, 255].map((last) => [`127.127.255.${last}`, true]),
      ...[0, 1, 2, 3, 4, 5].map((last) => [`127.128.0.${last}`, false]),
      ['2001:db8::7', true],
      ['2001:db8::8000:0:0:7', false],
    ])
    expect(result).toMatchObject({ code: 'PARTIAL', confirmed: 7 })
    expect(code).toBe(1)
  })
})

describe('as the C library has it', () => {
  /** As CPython's socket module has it. */
  const python = (expression: string) =>
    JSON.parse(namespace.run('python3', ['-c', `import socket, json; print(json.dumps(socket.${expression}))`]))

  it.each(['192.0.2.77', '2001:db8:f::7', '127.0.0.1', '127.3.2.1', '2001:db8::9'])(
    '%s: names by gethostbyaddr, service by getnameinfo',
    async (address) => {
      const [primary, aliases] = python(`gethostbyaddr('${address}')`)
      const [, service] = python(`getnameinfo(('${address}', 22), 0)`)
      const { names } = await reverse([address, '--service', '22'])
      expect(names.map(({ name }) => name)).toEqual([primary, ...aliases])
      expect(new Set(names.map(({ service }) => service))).toEqual(new Set([service]))
      expect(service).toBe('ssh')
    },
  )

  it.each(['192.0.2.77', '2001:db8:f::7'])('%s: the line that getent prints', async (address) => {
    const { names } = await reverse([address])
    const [, ...expected] = namespace.run('getent', ['hosts', address]).trim().split(/\s+/)
    expect(names.map(({ name }) => name)).toEqual(expected)
  })
})
