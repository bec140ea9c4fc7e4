import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BIN, jsonLines } from '../helpers/cli.js'
import { Daemons } from '../helpers/daemons.js'
import { Namespace } from '../helpers/namespace.js'

const NAMES = Array.from({ length: 300 }, (_, i) => `n${i}.closing.example`)
/** NSD closes a connection after so many questions, dnsmasq after 100 (its TCP_MAX_QUERIES). */
const AT = { one: '127.0.0.1', two: '127.0.0.2', fifty: '127.0.0.3', dnsmasq: '127.0.0.4' }

let namespace: Namespace
let daemons: Daemons
let list = ''

beforeAll(async () => {
  namespace = new Namespace('closing')
  daemons = new Daemons(namespace)
  const hosts = NAMES.map((name) => `${name}. A 192.0.2.1\n`).join('')
  const zone = daemons.file('zone', `$TTL 60\n@ SOA ns h 1 2 3 4 5\n@ NS ns\nns A 192.0.2.1\n${hosts}`)
  list = daemons.file('names', NAMES.map((name) => `${name}\n`).join(''))
  for (const [name, most] of Object.entries({ one: 1, two: 2, fifty: 50 })) {
    const config = `server:
  server-count: 1
  rrl-ratelimit: 0
  tcp-query-count: ${most}
  ip-address: ${AT[name as keyof typeof AT]}
  username: ""
  chroot: ""
  zonesdir: "${daemons.directory}"
  database: ""
  pidfile: "${daemons.directory}/${name}.pid"
  xfrdfile: ""
  xfrdir: "${daemons.directory}"
  zonelistfile: "${daemons.directory}/${name}.list"
remote-control:
  control-enable: no
zone:
  name: closing.example
  zonefile: ${zone}
`
    daemons.start('nsd', ['-d', '-c', daemons.file(`${name}.conf`, config)])
  }
  const plain = ['--keep-in-foreground', '--conf-file=/dev/null', '--no-resolv', '--no-hosts', '--user=', '--pid-file=']
  const serves = ['--local=/closing.example/', '--address=/closing.example/192.0.2.1', '--bind-interfaces']
  daemons.start('dnsmasq', [...plain, ...serves, `--listen-address=${AT.dnsmasq}`])
  for (const address of Object.values(AT)) await daemons.answers(address, 'n0.closing.example')
}, 60_000)
afterAll(() => {
  daemons?.stop()
  namespace?.remove()
})

describe.each(Object.entries(AT))('a server that closes its connections: %s', (_, address) => {
  it('resolves every name that dig resolves, at the first try', async () => {
    const { stdout: dug } = await namespace.start('dig', [`@${address}`, '+tcp', '+short', '-f', list])
    expect(dug.match(/^192\.0\.2\.1$/gm)).toHaveLength(NAMES.length)
    const args = ['resolve', '--names', list, '-t', 'A', '--server', `tcp://${address}`, '--retries', '0', '--json']
    const { code, stdout } = await namespace.start(process.execPath, [BIN, ...args])
    const answers = jsonLines(stdout).filter(({ type }) => type === 'answer')
    expect(answers.map(({ value }) => value)).toEqual(NAMES.map(() => '192.0.2.1'))
    expect(code).toBe(0)
  })
})
