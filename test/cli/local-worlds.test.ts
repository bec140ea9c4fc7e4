import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { buffer } from 'node:stream/consumers'
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

interface Link {
  readonly ifname: string
  readonly mtu: number
  readonly address: string
  readonly operstate: string
  readonly addr_info: readonly { readonly local: string; readonly prefixlen: number; readonly address?: string }[]
}

/** What ip(8) tells of interfaces, a line for each address. */
function fromIp(namespace: Namespace): string[] {
  const links = JSON.parse(namespace.run('ip', ['-j', 'address'])) as Link[]
  const lines = links.flatMap(({ ifname, mtu, address, operstate, addr_info }) => {
    const hardware = [ifname, mtu, address, operstate.toLowerCase()].join(' ')
    if (addr_info.length === 0) return [`${hardware} none`]
    return addr_info.map(({ local, prefixlen, address }) => `${hardware} ${local}/${prefixlen} ${address ?? 'no peer'}`)
  })
  return lines.sort()
}

/** The same of an interface event. */
function asIp({ name, mtuBytes, mac, state, address, prefixLength, peerAddress }: JsonLine): string {
  const at = address === null ? 'none' : `${address}/${prefixLength} ${peerAddress ?? 'no peer'}`
  return [name, mtuBytes, mac, state, at].join(' ')
}

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
    expect(of('interface').map(asIp).sort()).toEqual(fromIp(namespace))
  })

  it('tells addresses also of interfaces that are down or have no carrier, and other ends', async () => {
    const namespace = world({ 'resolv.conf': '', hosts })
    namespace.ip('link', 'add', 'one', 'type', 'veth', 'peer', 'bare')
    namespace.ip('link', 'add', 'two', 'type', 'veth', 'peer', 'three')
    for (const name of ['one', 'bare', 'two', 'three']) namespace.ip('link', 'set', name, 'addrgenmode', 'none')
    namespace.ip('address', 'add', '192.0.2.5/24', 'dev', 'one')
    namespace.ip('address', 'add', '192.0.2.6/24', 'dev', 'one', 'label', 'one:1')
    namespace.ip('address', 'add', '10.9.0.1', 'peer', '10.9.0.2/32', 'dev', 'bare')
    namespace.ip('address', 'add', '10.9.0.5', 'peer', '10.9.0.6/32', 'dev', 'two')
    namespace.ip('address', 'add', '198.51.100.1/25', 'broadcast', '+', 'dev', 'three')
    namespace.ip('address', 'add', 'fe80::5/64', 'dev', 'two', 'nodad')
    for (const name of ['one', 'two', 'three']) namespace.ip('link', 'set', name, 'up')
    const { of } = await local(namespace, 'box')
    expect(of('interface').map(asIp).sort()).toEqual(fromIp(namespace))
    const peers = of('interface').map(({ address, peerAddress }) => [address, peerAddress])
    expect(peers.filter(([, peer]) => peer !== null).sort()).toEqual([
      ['10.9.0.1', '10.9.0.2'],
      ['10.9.0.5', '10.9.0.6'],
    ])
  })

  it('without native code tells what Node does, each interface by its own name', async () => {
    const namespace = world({ 'resolv.conf': '', hosts })
    namespace.ip('link', 'add', 'one', 'type', 'veth', 'peer', 'two')
    for (const name of ['one', 'two']) {
      namespace.ip('link', 'set', name, 'addrgenmode', 'none')
      namespace.ip('link', 'set', name, 'up')
    }
    namespace.ip('address', 'add', '192.0.2.6/25', 'dev', 'one', 'label', 'one:1')
    namespace.ip('address', 'add', '2001:db8::5/64', 'dev', 'two', 'nodad')
    const { stdout } = await namespace.start(process.execPath, ['--no-addons', BIN, 'local', '--json', '-w', '2s'])
    const lines = jsonLines(stdout)
    expectValidLines('local', lines)
    const interfaces = lines.filter(({ type }) => type === 'interface')
    expect(interfaces.map(asIp).sort()).toEqual(fromIp(namespace))
    const netmasks = interfaces.map(({ address, netmask }) => [address, netmask])
    expect(netmasks).toContainEqual(['192.0.2.6', '255.255.255.128'])
    expect(netmasks).toContainEqual(['2001:db8::5', 'ffff:ffff:ffff:ffff::'])
  })

  it('names the interface toward a host where the source address can be told from others', async () => {
    const namespace = world({ 'resolv.conf': '', hosts })
    namespace.ip('link', 'add', 'one', 'type', 'veth', 'peer', 'two')
    for (const name of ['one', 'two']) {
      namespace.ip('link', 'set', name, 'addrgenmode', 'none')
      namespace.ip('address', 'add', '192.0.2.5/24', 'dev', name)
      namespace.ip('address', 'add', 'fe80::5/64', 'dev', name, 'nodad')
      namespace.ip('link', 'set', name, 'up')
    }
    namespace.ip('address', 'add', '198.51.100.1/24', 'broadcast', '+', 'dev', 'two')
    const to = ['192.0.2.9', 'fe80::1%two', '198.51.100.255', 'fe80::1', 'fe80::1%three', '2001:db8::1']
    const { of } = await local(
      namespace,
      'box',
      to.flatMap((host) => ['--to', host]),
    )
    const told = of('source').map(({ sourceAddress, interfaceName, code }) => [sourceAddress, interfaceName, code])
    expect(told).toEqual([
      ['192.0.2.5', null, null],
      ['fe80::5%two', 'two', null],
      ['198.51.100.1', 'two', null],
      [null, null, 'EINVAL'],
      [null, null, 'EINVAL'],
      [null, null, 'ENETUNREACH'],
    ])
    expect(of('source')[4]).toMatchObject({ hint: expect.stringContaining('no interface is called three here') })
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

const title = 'interfaces are those of this namespace, also where sysfs shows another one'
it.skipIf(whyNot !== null)(`${title}${whyNot ? ` (skipped: ${whyNot})` : ''}`, async () => {
  const child = spawn('unshare', ['-n', process.execPath, BIN, 'local', '--json'])
  const [text] = await Promise.all([buffer(child.stdout), once(child, 'close')])
  const lines = jsonLines(text.toString())
  expectValidLines('local', lines)
  const own = lines.filter(({ type }) => type === 'interface')
  expect(new Set(own.map(({ name }) => name))).toEqual(new Set(['lo']))
})
