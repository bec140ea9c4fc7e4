import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BIN, jsonLines } from '../helpers/cli.js'
import { AT, DnsTree } from '../helpers/dns-tree.js'
import { expectValidLines } from '../helpers/schema.js'

let tree: DnsTree

beforeAll(async () => {
  tree = await DnsTree.grow()
}, 60_000)
afterAll(() => tree?.fell())

/** The built command inside, and its JSON Lines. */
async function netkit(command: string, ...args: string[]) {
  const { code, stdout } = await tree.namespace.start(process.execPath, [BIN, command, ...args, '--json'])
  const lines = jsonLines(stdout)
  expectValidLines(command, lines)
  const of = (type: string) => lines.filter((line) => line.type === type)
  return { code, lines, of, result: lines.at(-1) }
}

/** Zones that dig +trace went through, and the records at its end. */
async function digTrace(name: string, type: string) {
  const { stdout } = await tree.namespace.start('dig', ['+trace', '+nodnssec', '+nocookie', name, type])
  const records = stdout.split('\n').flatMap((line) => {
    const [owner, ttl, recordClass, recordType, ...data] = line.split(/\s+/)
    return recordClass === 'IN' ? [`${owner} ${ttl} ${recordType} ${data.join(' ')}`] : []
  })
  const zones = [...new Set(records.flatMap((record) => (record.includes(' NS ') ? [record.split(' ')[0]] : [])))]
  return { zones: zones.filter((zone) => zone !== '.'), records: records.filter((record) => !record.includes(' NS ')) }
}

describe('resolve --trace', () => {
  it.each([
    ['www.example', 'A'],
    ['www.sub.example', 'A'],
    ['www.sub.example', 'AAAA'],
    ['www.other', 'A'],
    ['any.wild.example', 'A'],
    ['200.2.0.192.in-addr.arpa', 'PTR'],
    ['1.0-127.2.0.192.in-addr.arpa', 'PTR'],
  ])('%s %s goes through the zones that dig goes through, to the same records', async (name, type) => {
    const { code, of } = await netkit('resolve', name, '-t', type, '--trace', '--root', AT.root)
    const expected = await digTrace(name, type)
    expect(of('referral').map(({ zone }) => zone)).toEqual(expected.zones)
    const records = of('answer').map(({ owner, ttl, recordType, value }) => `${owner} ${ttl} ${recordType} ${value}`)
    expect(records.sort()).toEqual(expected.records.sort())
    expect(records.length).toBeGreaterThan(0)
    expect(code).toBe(0)
  })

  it('follows an alias on into another zone', async () => {
    const { of, code } = await netkit('resolve', 'alias.example', '--trace', '--root', AT.root)
    expect(of('answer').map(({ value }) => value)).toEqual(['www.sub.example.', '192.0.2.1'])
    expect(of('referral').map(({ zone }) => zone)).toEqual(['example.', 'example.', 'sub.example.'])
    expect(code).toBe(0)
  })

  it('goes on to other servers of a family of which one has no route', async () => {
    const unrouted = '198.51.100.53'
    const { of, code } = await netkit('resolve', 'www.example', '--trace', '--root', `${unrouted},${AT.root}`)
    expect(of('server')[0]).toMatchObject({ address: unrouted, code: 'ENETUNREACH' })
    expect(of('answer')).toMatchObject([{ value: '192.0.2.10' }])
    expect(code).toBe(0)
  })

  it('asks the roots over IPv6 where there is no way to them over IPv4', async () => {
    const { of, result } = await netkit('resolve', 'www.example', '-t', 'A', '--trace', '-w', '1', '--retries', '0')
    const families = new Set(of('server').map(({ address }) => (String(address).includes(':') ? 6 : 4)))
    expect(families).toEqual(new Set([4, 6]))
    expect(result).toMatchObject({ code: 'ENETUNREACH' })
  })

  it('does not say of servers of the other family that they have no address', async () => {
    const { result, code } = await netkit('resolve', 'x.six', '-t', 'A', '--trace', '-4', '--root', AT.root)
    expect(result).toMatchObject({
      code: 'LAME_DELEGATION',
      message: expect.stringContaining('no IPv4 address is known of the name servers of six.'),
      hint: expect.stringContaining('without -4 or -6'),
    })
    expect(code).toBe(3)
  })

  it('says which server is not there, and that a delegation is lame', async () => {
    const { of, code, result } = await netkit('resolve', 'www.lame.example', '--trace', '--root', AT.root)
    const codes = new Map(of('server').map(({ address, code }) => [address, code]))
    expect(codes.get(AT.top)).toBe('LAME_DELEGATION')
    for (const [address, code] of codes) if (address === AT.dead) expect(code).toBe('ECONNREFUSED')
    expect(result).toMatchObject({ code: 'LAME_DELEGATION' })
    expect(code).toBe(3)
  })
})

describe('resolve through this system', () => {
  it('--canonical finds the end of the aliases in the DNS, and the primary name of a line of the hosts file', async () => {
    const server = async (...args: string[]) => (await netkit('resolve', ...args, '--canonical')).of('server')[0]
    const python = (name: string) =>
      tree.namespace
        .run('python3', [
          '-c',
          `import socket; print(socket.getaddrinfo(${JSON.stringify(name)}, 0, flags=socket.AI_CANONNAME)[0][3])`,
        ])
        .trim()
    for (const name of ['alias.example', 'www.example', 'www', 'far.example', 'listed']) {
      expect(await server('-4', name)).toMatchObject({ canonicalName: python(name) })
    }
    expect(await server('six')).toMatchObject({ canonicalName: 'six.sub.example', canonicalSource: 'dns' })
    expect(await server('listed')).toMatchObject({ canonicalName: 'listed.example', canonicalSource: 'hosts' })
  })

  it('--search tries the search domains, and tells the name as it was typed where none has it', async () => {
    expect((await netkit('resolve', 'mail', '-t', 'A', '--search')).of('answer')[0]).toMatchObject({
      name: 'mail',
      owner: 'mail.sub.example.',
    })
    expect(await netkit('resolve', 'mail', '-t', 'A')).toMatchObject({ code: 3, result: { code: 'NXDOMAIN' } })
    const { result } = await netkit('resolve', 'nosuch', '-t', 'A', '--search')
    expect(result).toMatchObject({ code: 'NXDOMAIN', message: expect.stringContaining('nosuch. A') })
    const asked = 'asked for nosuch.nowhere.example, nosuch.sub.example, nosuch in turn'
    expect(result?.['message']).toContain(asked)
  })

  it('--compare: getaddrinfo and the resolver agree, but for what the hosts file says', async () => {
    const servers = `${AT.resolver},${AT.leaf}`
    expect((await netkit('resolve', 'mail.sub.example', '--compare', '--server', servers)).code).toBe(0)
    const { of, code } = await netkit('resolve', 'listed.example', '-4', '--compare')
    expect(of('comparison')[0]).toMatchObject({
      agree: false,
      groups: [
        { servers: ['getaddrinfo'], values: ['192.0.2.99'] },
        { servers: [AT.resolver], values: [] },
      ],
    })
    expect(code).toBe(1)
  })

  it('--compare: "temporary failure" is how getaddrinfo says that a resolver refuses', async () => {
    const { of, code, result } = await netkit('resolve', 'x.refused.example.', '-t', 'A', '--compare')
    expect(of('comparison')).toMatchObject([{ agree: true, groups: [{ servers: ['getaddrinfo', AT.resolver] }] }])
    expect(result).toMatchObject({ code: 'REFUSED' })
    expect(code).toBe(3)
  })

  it('--check-hijack: an honest resolver, and a domain with a wildcard', async () => {
    expect((await netkit('resolve', '--check-hijack')).code).toBe(0)
    const { of, code } = await netkit('resolve', '--check-hijack', 'wild.example')
    const caught = of('hijack').filter(({ hijacked }) => hijacked)
    expect(caught.map(({ server, values }) => [server, values])).toEqual([
      [AT.resolver, ['192.0.2.66']],
      ['getaddrinfo', ['192.0.2.66']],
    ])
    expect(code).toBe(1)
  })
})

describe('what servers tell of themselves', () => {
  it.each([
    [AT.root, 'version.bind', '"a-bind"'],
    [AT.top, 'id.server', '"an-nsd"'],
    [AT.leaf, 'id.server', '"a-knot"'],
  ])('%s: %s in class CH is what dig shows', async (server, name, value) => {
    const { of } = await netkit('resolve', name, '-t', 'TXT', '--class', 'CH', '--server', server, '--no-recurse')
    const dig = tree.namespace.run('dig', [`@${server}`, '+short', name, 'TXT', 'CH']).trim()
    expect(of('answer')[0]).toMatchObject({ recordClass: 'CH', value: dig })
    expect(dig).toBe(value)
  })

  it.each([
    [AT.top, 'example', 'an-nsd'],
    [AT.leaf, 'sub.example', 'a-knot'],
  ])('%s: --nsid', async (server, name, nsid) => {
    const { of } = await netkit('resolve', name, '-t', 'SOA', '--server', server, '--nsid')
    expect(of('server')[0]).toMatchObject({ edns: { nsid } })
  })

  it.each(['192.0.2.0/24', '192.0.2.129/25', '2001:db8:1234:5678::/56', '0.0.0.0/0'])(
    '--subnet %s comes back as dig shows it',
    async (subnet) => {
      const { of } = await netkit('resolve', 'www.sub.example', '-t', 'A', '--server', AT.leaf, '--subnet', subnet)
      const dig = tree.namespace.run('dig', [`@${AT.leaf}`, 'www.sub.example', 'A', `+subnet=${subnet}`])
      const [, clientSubnet] = /^; CLIENT-SUBNET: (\S+)$/m.exec(dig) ?? []
      expect(clientSubnet).toMatch(/\/\d+\/0$/)
      expect(of('server')[0]).toMatchObject({ edns: { clientSubnet } })
    },
  )

  it('an authority refuses to recurse, and refers with --no-recurse', async () => {
    expect((await netkit('resolve', 'www.nowhere', '-4', '--server', AT.leaf)).result).toMatchObject({
      code: 'REFUSED',
    })
    const { result } = await netkit('resolve', 'www.example', '-4', '--server', AT.root, '--no-recurse')
    expect(result).toMatchObject({ code: 'REFERRAL' })
  })

  it('goes on to the next of several servers', async () => {
    const servers = `${AT.dead},${AT.leaf},${AT.resolver}`
    const { of, code } = await netkit('resolve', 'www.example', '-4', '--server', servers)
    expect(of('server')[0]).toMatchObject({ server: AT.resolver, status: 'answer' })
    expect(code).toBe(0)
  })
})

describe('reverse', () => {
  /** As CPython's socket.gethostbyaddr has it: the name, aliases, addresses. */
  const python = (address: string) =>
    JSON.parse(
      tree.namespace.run('python3', [
        '-c',
        `import socket, json; print(json.dumps(socket.gethostbyaddr(${JSON.stringify(address)})))`,
      ]),
    ) as [string, string[], string[]]
  const names = async (...args: string[]) => (await netkit('reverse', ...args)).of('name')

  it.each(['127.0.0.1', '192.0.2.99', '192.0.2.200', '2001:db8::1'])(
    '%s: primary name and aliases as gethostbyaddr gives them',
    async (address) => {
      const [primary, aliases] = python(address)
      expect((await names(address)).map(({ name }) => name)).toEqual([primary, ...aliases])
    },
  )

  it('finds all names behind an alias of RFC 2317, from this system and from a server', async () => {
    const expected = ['gone.sub.example', 'mail.sub.example', 'www.sub.example']
    expect((await names('192.0.2.1')).map(({ name }) => name).sort()).toEqual(expected)
    expect((await names('192.0.2.1', '--server', AT.resolver)).map(({ name }) => name).sort()).toEqual(expected)
  })

  it('--verify holds each name against the address, by A and AAAA', async () => {
    const found = await names('192.0.2.1', '2001:db8::1', '--verify')
    const confirmed = Object.fromEntries(found.map(({ address, name, confirmed }) => [`${name} ${address}`, confirmed]))
    expect(confirmed).toEqual({
      'www.sub.example 192.0.2.1': true,
      'mail.sub.example 192.0.2.1': true,
      'gone.sub.example 192.0.2.1': false,
      'six.sub.example 2001:db8::1': true,
    })
    expect(await netkit('reverse', '192.0.2.2', '--verify')).toMatchObject({ code: 1, result: { code: 'UNCONFIRMED' } })
  })

  it('an address without a name is NXDOMAIN', async () => {
    expect(await netkit('reverse', '192.0.2.250')).toMatchObject({ code: 3, result: { code: 'NXDOMAIN' } })
  })
})
