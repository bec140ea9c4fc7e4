import { describe, expect, it, onTestFinished } from 'vitest'
import { BIN, type JsonLine, jsonLines } from '../helpers/cli.js'
import { Namespace, whyNoNamespaces } from '../helpers/namespace.js'
import { expectValidLines } from '../helpers/schema.js'

const whyNot = whyNoNamespaces('python3', 'unshare')

/** A network of its own, and what its files say. */
function world(files: Readonly<Record<string, string>>): Namespace {
  const namespace = new Namespace('local')
  onTestFinished(() => namespace.remove())
  namespace.etc(files)
  return namespace
}

/** Runs shell commands inside, on a host of that name. */
async function inside(namespace: Namespace, hostName: string, script: string) {
  return namespace.start('unshare', ['-u', '-m', 'sh', '-ec', `hostname ${hostName}; ${script}`])
}

const command = (...args: string[]) => [process.execPath, BIN, 'local', '--timeout', '2s', '--json', ...args].join(' ')

async function local(namespace: Namespace, hostName: string, args: readonly string[] = [], before = '') {
  const { code, stdout } = await inside(namespace, hostName, `${before} ${command(...args)}`)
  const lines = jsonLines(stdout)
  expectValidLines('local', lines)
  return { code, lines, of: (type: string) => lines.filter((line) => line.type === type) }
}

const python = async (namespace: Namespace, hostName: string, expression: string) =>
  (await inside(namespace, hostName, `python3 -c 'import socket; print(${expression})'`)).stdout.trim()

const hosts =
  '127.0.0.1 localhost\n127.0.1.1 box.lab.example box\n192.0.2.5 first second\n192.0.2.5 third\n127.0.2.1 plain\n'

describe.skipIf(whyNot !== null)(`local, in a network of its own${whyNot ? ` (skipped: ${whyNot})` : ''}`, () => {
  it('has no source address where there is no way: the reason instead', async () => {
    const namespace = world({ 'resolv.conf': '', hosts })
    const { code, of } = await local(namespace, 'box', ['--to', '192.0.2.1'])
    expect(of('source')).toMatchObject([
      { to: '192.0.2.1', sourceAddress: null, interfaceName: null, code: 'ENETUNREACH', syscall: 'connect' },
    ])
    expect(code).toBe(1)
  })

  it('tells interfaces as ip does, and the source address that the routes choose', async () => {
    const namespace = world({ 'resolv.conf': '', hosts })
    namespace.ip('link', 'add', 'one', 'mtu', '1400', 'address', '02:00:00:00:00:01', 'type', 'veth', 'peer', 'bare')
    // No link-local addresses, which would come in their own time.
    for (const name of ['one', 'bare']) namespace.ip('link', 'set', name, 'addrgenmode', 'none')
    namespace.ip('link', 'set', 'bare', 'up')
    namespace.ip('address', 'add', '192.0.2.5/24', 'dev', 'one')
    namespace.ip('address', 'add', '198.51.100.5/32', 'dev', 'one')
    namespace.ip('address', 'add', '2001:db8::5/64', 'dev', 'one', 'nodad')
    namespace.ip('link', 'set', 'one', 'up')
    namespace.ip('route', 'add', '203.0.113.0/24', 'dev', 'one', 'src', '198.51.100.5')
    const { of } = await local(namespace, 'box', ['--to', '192.0.2.77', '--to', '203.0.113.1', '--to', '2001:db8::1'])
    expect(of('source').map(({ sourceAddress, interfaceName }) => `${sourceAddress} ${interfaceName}`)).toEqual([
      '192.0.2.5 one',
      '198.51.100.5 one',
      '2001:db8::5 one',
    ])
    type Link = {
      ifname: string
      mtu: number
      address: string
      operstate: string
      addr_info: { local: string; prefixlen: number }[]
    }
    const links = JSON.parse(namespace.run('ip', ['-j', 'address'])) as Link[]
    const expected = links.flatMap(({ ifname, mtu, address, operstate, addr_info }) =>
      (addr_info.length > 0 ? addr_info : [{ local: null, prefixlen: null }]).map((each) =>
        [ifname, mtu, address, operstate.toLowerCase(), each.local, each.prefixlen].join(' '),
      ),
    )
    const row = ({ name, mtuBytes, mac, state, address, prefixLength }: JsonLine) =>
      [name, mtuBytes, mac, state, address, prefixLength].join(' ')
    expect(of('interface').map(row).sort()).toEqual(expected.sort())
  })

  it.each(['box', 'plain', 'nosuch', 'box.lab.example'])(
    'the full name of %s is what CPython finds',
    async (hostName) => {
      const namespace = world({ 'resolv.conf': '', hosts, 'nsswitch.conf': 'hosts: files\n' })
      const { of } = await local(namespace, hostName)
      expect(of('host')).toMatchObject([{ hostName, fqdn: await python(namespace, hostName, 'socket.getfqdn()') }])
    },
  )

  it('reads an odd resolv.conf as the C library does', async () => {
    const text = `# a comment
; another
nameserver   fe80::1%lo # with a zone
nameserver ::1
nameserver no-address
nameserver 192.0.2.53
nameserver 192.0.2.54
domain old.example
search a.example b.example.
options ndots:99 timeout:0 rotate inet6
options ndots:3
`
    const { of } = await local(world({ 'resolv.conf': text, hosts }), 'box')
    expect(of('resolver').map(({ address }) => address)).toEqual(['fe80::1%lo', '::1', '192.0.2.53'])
    expect(of('settings')).toMatchObject([{ search: ['a.example', 'b.example.'], ndots: 3, resolverTimeoutMs: 1000 }])
  })

  it('without files and without /proc/sys and /sys: null, and no interface that is not there', async () => {
    const hide = ['/etc', '/proc/sys', '/sys'].map((path) => `mount -t tmpfs none ${path};`).join(' ')
    const { of, code } = await local(world({ 'resolv.conf': '' }), 'box', [], hide)
    expect(of('host')).toMatchObject([{ hostName: 'box', fqdn: 'box', fqdnStep: 'host name', fqdnAddress: null }])
    expect(of('settings')).toMatchObject([
      {
        search: [],
        ndots: null,
        resolverPath: null,
        ephemeralPortFirst: null,
        ephemeralPortLast: null,
        backlogMax: null,
      },
    ])
    expect(of('interface').every(({ mtuBytes, state }) => mtuBytes === null && state === null)).toBe(true)
    expect(of('hosts')).toEqual([])
    expect(code).toBe(0)
  })
})
