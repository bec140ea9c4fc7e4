import { describe, expect, it } from 'vitest'
import { TYPE } from '../../src/protocol/dns/index.js'
import { jsonLines, netkit } from '../helpers/cli.js'
import { type MessageSpec, nameHex, RESPONSE_BITS } from '../helpers/dns-message.js'
import { type Asked, a, dnsServer, type ScriptedServer } from '../helpers/dns-server.js'
import { expectValidLines } from '../helpers/schema.js'
import { refusingPort } from '../helpers/sockets.js'

const at = ({ port }: ScriptedServer) => `127.0.0.1:${port}`
const soa = {
  name: 'example.',
  type: 'SOA',
  rdata: `${nameHex('ns.example.')} ${nameHex('h.example.')} 00000001 00000002 00000003 00000004 0000001e`,
}

/** A zone: names that begin with n have an address, `alias` is one, `gone` does not exist, the rest has no record. */
function answerOf(asked: Asked): MessageSpec | null {
  const { name, type } = asked
  const label = name.split('.')[0] ?? ''
  if (label.startsWith('gone')) return { bits: RESPONSE_BITS | 3, authorities: [soa] }
  if (label === 'fail') return { bits: RESPONSE_BITS | 2 }
  if (label === 'closed') return { bits: RESPONSE_BITS | 5 }
  if (label === 'broken') return { answers: [{ name, type: 'A', rdata: '01' }] }
  if (label === 'silent') return null
  if (type !== TYPE.A) return { authorities: [soa] }
  if (label === 'alias') {
    const alias = { name, type: 'CNAME', ttl: 5, rdata: nameHex('n1.example.') }
    return { answers: [alias, a('n1.example.', '192.0.2.1', 7)] }
  }
  if (!label.startsWith('n')) return { authorities: [soa] }
  return { answers: [a(name, `192.0.2.${Number(label.slice(1)) % 250}`, 7)] }
}

function zone(asked: Asked): void {
  const spec = answerOf(asked)
  if (spec) asked.answer(spec)
}

describe('resolve, as programs see it', () => {
  it('tells the addresses of localhost and that they are in the hosts file', async () => {
    const { code, stdout } = await netkit(['resolve', '-4', 'localhost', '--json'])
    const lines = jsonLines(stdout)
    expectValidLines('resolve', lines)
    expect(lines[0]).toMatchObject({ type: 'answer', address: '127.0.0.1', source: 'hosts', ttl: null, port: null })
    expect(code).toBe(0)
  })

  it('an address is itself, and no resolver sees it', async () => {
    const { stdout } = await netkit(['resolve', '2001:DB8::1', '--json'])
    expect(jsonLines(stdout)[0]).toMatchObject({ value: '2001:db8::1', source: 'literal' })
  })

  it("gives getaddrinfo's tuples for a service", async () => {
    const tuples = async (service: string) => {
      const { stdout } = await netkit(['resolve', '127.0.0.1', '--service', service, '--json'])
      const answers = jsonLines(stdout).filter(({ type }) => type === 'answer')
      return answers.map(({ socketType, protocol, port }) => `${socketType} ${protocol} ${port}`)
    }
    expect(await tuples('443')).toEqual(['stream tcp 443', 'dgram udp 443', 'raw ip 443'])
    expect(await tuples('ssh')).toContain('stream tcp 22')
  })

  it('finds the canonical name in the hosts file', async () => {
    const { stdout } = await netkit(['resolve', '-4', 'localhost', '--canonical', '--json'])
    const server = jsonLines(stdout).find(({ type }) => type === 'server')
    expect(server).toMatchObject({ canonicalName: 'localhost', canonicalSource: 'hosts', transport: 'getaddrinfo' })
  })

  it('shows values alone with --short', async () => {
    expect((await netkit(['resolve', '-4', 'localhost', '--short'])).stdout).toBe('127.0.0.1\n')
  })
})

describe('resolve, asking a server', () => {
  it('shows owner, TTL, type and value, and who answered beside them', async () => {
    const server = await dnsServer(zone)
    const { code, stdout, stderr } = await netkit(['resolve', 'alias.example', '-t', 'A', '--server', at(server)])
    expect(stdout.split('\n').map((line) => line.trim().split(/\s+/))).toEqual([
      ['NAME', 'TTL', 'TYPE', 'VALUE'],
      ['alias.example.', '5', 'CNAME', 'n1.example.'],
      ['n1.example.', '7', 'A', '192.0.2.1'],
      [''],
    ])
    expect(stderr).toContain(`NOERROR, ${at(server)} udp`)
    expect(code).toBe(0)
  })

  it('every line of --json is in the schema, sections and EDNS included', async () => {
    const server = await dnsServer(zone)
    const args = ['resolve', 'alias.example', 'gone.example', 'closed.example', '--server', at(server), '--sections']
    const { stdout } = await netkit([...args, '--json'])
    const lines = jsonLines(stdout)
    expectValidLines('resolve', lines)
    expect(new Set(lines.map(({ type }) => type))).toEqual(new Set(['answer', 'server', 'unresolved', 'result']))
    expect(lines.find(({ section }) => section === 'authority')).toMatchObject({ recordType: 'SOA' })
  })

  it.each([
    ['gone.example', 'NXDOMAIN', 3],
    ['other.example', 'NODATA', 3],
    ['fail.example', 'SERVFAIL', 3],
    ['closed.example', 'REFUSED', 3],
    ['silent.example', 'EAGAIN', 4],
    ['broken.example', 'EBADRESP', 7],
  ])('%s is %s, exit %i, in text and in JSON', async (name, code, exit) => {
    const server = await dnsServer(zone)
    const args = ['resolve', name, '-4', '--server', at(server), '--timeout', '200ms', '--retries', '0']
    const text = await netkit(args)
    expect(text.code).toBe(exit)
    expect(text.stderr).toContain(code)
    expect(text.stderr).toContain('hint: ')
    const json = await netkit([...args, '--json'])
    expect(jsonLines(json.stdout).at(-1)).toMatchObject({ type: 'result', ok: false, code, resolved: 0 })
    expect(json.code).toBe(exit)
  })

  it('a dead server is ECONNREFUSED, and no verdict on the name', async () => {
    const { code, stderr } = await netkit(['resolve', 'n1.example', '--server', `127.0.0.1:${await refusingPort()}`])
    expect(stderr).toContain('ECONNREFUSED')
    expect(code).toBe(1)
  })

  it('escapes what a server sends', async () => {
    const server = await dnsServer((asked) =>
      asked.answer({ answers: [{ name: asked.name, type: 'TXT', rdata: '041b5b324a' }] }),
    )
    const { stdout } = await netkit(['resolve', 'n1.example', '-t', 'TXT', '--server', at(server)])
    expect(stdout).not.toContain('\u001b')
    expect(stdout).toContain('"\\027[2J"')
  })

  it('asks what the flags say', async () => {
    const server = await dnsServer(zone)
    const flags = ['--no-recurse', '--no-check', '--dnssec', '--bufsize', '4096', '--class', 'CH', '--tcp']
    await netkit(['resolve', 'n1.example', '-t', 'TYPE65280', '--server', at(server), ...flags])
    const [asked] = server.asked
    expect(asked?.via).toBe('tcp')
    expect(asked?.query).toMatchObject({
      flags: { rd: false, cd: true },
      edns: { dnssecOk: true, udpPayloadSize: 4096 },
    })
    expect(asked?.query.questions).toEqual([{ name: 'n1.example.', type: 65280, class: 3 }])
  })
})

describe('--type', () => {
  it.each(['IXFR', 'IXFR=', 'IXFR=x', 'IXFR=4294967296', 'A=1', 'OPT', 'NOSUCH'])('%s is misuse', async (type) => {
    const { code, stderr } = await netkit(['resolve', 'example', '-t', type, '--server', '127.0.0.1:9'])
    expect(code).toBe(2)
    expect(stderr).toContain('--type: ')
    expect(stderr).not.toContain(`did you mean ${type}?`)
  })
})

describe('resolve, many names', () => {
  it('from stdin, in their order, each failure on its own line', async () => {
    const server = await dnsServer((asked) => {
      // The first is answered last: the order is the input's, not the answers'.
      if (asked.name === 'n0.example.') setTimeout(() => zone(asked), 100)
      else zone(asked)
    })
    const names = Array.from({ length: 300 }, (_, i) => (i % 100 === 50 ? `gone${i}.example` : `n${i}.example`))
    const stdin = `\ufeff# names\n\n${names.join('\r\n')} # the last\n a..b \n`
    const { code, stdout, stderr } = await netkit(
      ['resolve', '--names', '-', '-4', '--short', '--server', at(server)],
      { stdin },
    )
    expect(stdout.trimEnd().split('\n')).toEqual(
      names.filter((name) => !name.startsWith('gone')).map((name) => `192.0.2.${Number(/\d+/.exec(name)?.[0]) % 250}`),
    )
    expect(stderr.split('\n').filter((line) => line.includes('NXDOMAIN'))[0]).toMatch(/^gone50\.example A: NXDOMAIN /)
    expect(stderr).toMatch(/^a\.\.b: /m)
    expect(code).toBe(1)
  })

  it('whose question is lost: sent again within the try, unless the tries are counted', async () => {
    const losing = () => {
      let lost = false
      return dnsServer((asked) => {
        if (lost || asked.name !== 'n7.example.') zone(asked)
        else lost = true
      })
    }
    const stdin = Array.from({ length: 30 }, (_, i) => `n${i}.example\n`).join('')
    const ask = async (server: ScriptedServer, ...flags: string[]) => {
      const args = ['resolve', '--names', '-', '-4', '--json', '--server', at(server), ...flags]
      const { code, stdout } = await netkit(args, { stdin })
      const lines = jsonLines(stdout)
      expectValidLines('resolve', lines)
      return { code, told: lines.find(({ type, name }) => type === 'server' && name === 'n7.example') }
    }
    const again = await ask(await losing(), '--timeout', '25s')
    expect(again).toMatchObject({ code: 0, told: { tries: 1, status: 'answer', dropped: 0 } })
    expect(again.told?.['repeats']).toBeGreaterThanOrEqual(1)
    const once = await ask(await losing(), '--timeout', '700ms', '--retries', '0')
    expect(once).toMatchObject({ code: 1, told: { tries: 1, status: 'timeout', repeats: 0 } })
    const alone = await netkit(['resolve', 'n7.example', '-4', '--server', at(await losing()), '--timeout', '1500ms'])
    expect(alone).toMatchObject({ code: 0, stderr: expect.stringContaining('try 2') })
  })

  it('all failed alike: their code', async () => {
    const server = await dnsServer(zone)
    const { code } = await netkit(['resolve', 'gone1.example', 'gone2.example', '-4', '--server', at(server)])
    expect(code).toBe(3)
  })

  it('a file that cannot be read is exit 5, one without names exit 2', async () => {
    expect((await netkit(['resolve', '--names', '/nonexistent'])).code).toBe(5)
    expect((await netkit(['resolve', '--names', '/'])).code).toBe(5)
    expect((await netkit(['resolve', '--names', '-'], { stdin: '\n# none\n' })).code).toBe(2)
  })

  it('a line that is no name, however long, is told in few words', async () => {
    const args = ['resolve', '--names', '-', '-t', 'A', '--server', '127.0.0.1']
    const { code, stderr } = await netkit(args, { stdin: `${'a'.repeat(100_000)}\n` })
    expect(stderr).toContain('aaa" (100,000 characters) is not a domain name')
    expect(stderr.length).toBeLessThan(2000)
    expect(code).toBe(2)
  })
})

describe('resolve as a health check', () => {
  it.each([
    [['n1.example', '--expect', '192.0.2.1'], 0],
    [['n1.example', '--expect', '192.0.2.1', '--expect', '192.0.2.9'], 1],
    [['n1.example', '--expect-none'], 1],
    [['gone.example', '--expect-none'], 0],
    [['other.example', '--expect-none'], 0],
    [['fail.example', '--expect-none'], 3],
    [['gone.example', '--expect', '192.0.2.1'], 3],
    [['alias.example', '--expect', '192.0.2.1'], 0],
  ])('%j: exit %i', async (args, exit) => {
    const server = await dnsServer(zone)
    const { code, stdout } = await netkit(['resolve', ...args, '-4', '--server', at(server), '--json'])
    expectValidLines('resolve', jsonLines(stdout))
    expect(code).toBe(exit)
  })

  it.each([
    ['"v=spf1 ip4:192.0.2.1" " -all"', 0],
    ['v=spf1 ip4:192.0.2.1 -all', 0],
    ['v=spf1 ip4:192.0.2.1', 1],
  ])('a text of several strings, expected as %s: exit %i', async (expected, exit) => {
    const rdata = Buffer.concat(
      ['v=spf1 ip4:192.0.2.1', ' -all'].map((text) => Buffer.from([text.length, ...Buffer.from(text)])),
    )
    const server = await dnsServer((asked) => asked.answer({ answers: [{ name: asked.name, type: 'TXT', rdata }] }))
    expect(
      (await netkit(['resolve', 'x.example', '-t', 'TXT', '--expect', expected, '--server', at(server)])).code,
    ).toBe(exit)
  })
})

describe('resolve --compare', () => {
  const said = (octets: string) => (asked: Asked) => asked.answer({ answers: [a(asked.name, octets)] })

  it('says who differs, in what', async () => {
    const [one, other] = [await dnsServer(said('127.0.0.1')), await dnsServer(said('192.0.2.9'))]
    const args = ['resolve', 'localhost', '-4', '--compare', '--server', `${at(one)},${at(other)}`]
    const { code, stdout } = await netkit([...args, '--json'])
    const lines = jsonLines(stdout)
    expectValidLines('resolve', lines)
    expect(lines.find(({ type }) => type === 'comparison')).toMatchObject({
      agree: false,
      groups: [
        { servers: ['getaddrinfo', at(one)], values: ['127.0.0.1'] },
        { servers: [at(other)], values: ['192.0.2.9'] },
      ],
    })
    expect(code).toBe(1)
    expect((await netkit(args)).stdout).toMatch(new RegExp(`${at(other)}\\s+192\\.0\\.2\\.9`))
  })

  it('exits 0 where all agree, whatever order and TTL', async () => {
    const server = await dnsServer(said('127.0.0.1'))
    expect((await netkit(['resolve', 'localhost', '-4', '--compare', '--server', at(server)])).code).toBe(0)
  })

  it('takes records that stand there twice for one', async () => {
    const twice = await dnsServer((asked) =>
      asked.answer({ answers: [a(asked.name, '127.0.0.1'), a(asked.name, '127.0.0.1')] }),
    )
    expect((await netkit(['resolve', 'localhost', '-4', '--compare', '--server', at(twice)])).code).toBe(0)
  })
})

describe('resolve --trace', () => {
  it('goes down from the root, and shows each referral', async () => {
    const referral = (zoneName: string) => ({
      bits: 0x8000,
      authorities: [{ name: zoneName, type: 'NS', rdata: nameHex(`ns.${zoneName}`) }],
      additionals: [a(`ns.${zoneName}`, '127.0.0.1')],
    })
    const answers = [
      (asked: Asked) => asked.answer(referral('example.')),
      (asked: Asked) => asked.answer(referral('sub.example.')),
      (asked: Asked) => asked.answer({ bits: 0x8400, answers: [a(asked.name, '192.0.2.1')] }),
    ]
    const server = await dnsServer((asked) => answers.shift()?.(asked))
    const args = ['resolve', 'www.sub.example', '--trace', '--root', at(server), '--json']
    const { code, stdout } = await netkit(args)
    const lines = jsonLines(stdout)
    expectValidLines('resolve', lines)
    expect(lines.filter(({ type }) => type === 'referral').map(({ zone }) => zone)).toEqual([
      'example.',
      'sub.example.',
    ])
    expect(lines.find(({ type }) => type === 'answer')).toMatchObject({ value: '192.0.2.1' })
    expect(server.asked.every(({ query }) => !query.flags.rd)).toBe(true)
    expect(code).toBe(0)
  })

  it('does not go round in circles', async () => {
    const server = await dnsServer((asked) =>
      asked.answer({
        bits: 0x8000,
        authorities: [{ name: 'example.', type: 'NS', rdata: nameHex('ns.example.') }],
        additionals: [a('ns.example.', '127.0.0.1')],
      }),
    )
    const { code, stdout } = await netkit(['resolve', 'www.example', '--trace', '--root', at(server), '--json'])
    expect(jsonLines(stdout).at(-1)).toMatchObject({ code: 'LAME_DELEGATION' })
    expect(server.asked).toHaveLength(2)
    expect(code).toBe(3)
  })
})

describe('resolve --check-hijack', () => {
  it('names a resolver that answers for what cannot exist', async () => {
    const honest = await dnsServer((asked) => asked.answer({ bits: RESPONSE_BITS | 3, authorities: [soa] }))
    const lying = await dnsServer((asked) => asked.answer({ answers: [a(asked.name, '192.0.2.66')] }))
    const check = (...servers: ScriptedServer[]) =>
      netkit(['resolve', '--check-hijack', '--server', servers.map(at).join(','), '--json'])
    expect((await check(honest)).code).toBe(0)
    const { code, stdout } = await check(honest, lying)
    const lines = jsonLines(stdout)
    expectValidLines('resolve', lines)
    const caught = lines.filter(({ hijacked }) => hijacked === true)
    expect(new Set(caught.map(({ server }) => server))).toEqual(new Set([at(lying)]))
    expect(caught[0]?.['values']).toEqual(['192.0.2.66'])
    expect(code).toBe(1)
    expect(lines.at(-1)?.['message']).toContain('192.0.2.66')
  })

  it('names one that makes them aliases of a name without addresses', async () => {
    const lying = await dnsServer((asked) =>
      asked.answer({ answers: [{ name: asked.name, type: 'CNAME', rdata: nameHex('ads.example.') }] }),
    )
    const { code, stdout } = await netkit(['resolve', '--check-hijack', '--server', at(lying), '--json'])
    const caught = jsonLines(stdout).filter(({ type }) => type === 'hijack')
    expect(caught.map(({ hijacked, values }) => [hijacked, values])).toEqual(Array(3).fill([true, ['ads.example.']]))
    expect(code).toBe(1)
  })
})

describe('resolve refuses, before anything is sent', () => {
  it.each([
    [['resolve'], '<name>'],
    [['resolve', 'a..b'], 'a..b'],
    [['resolve', '010.0.0.1'], '010.0.0.1'],
    [['resolve', 'x', '-t', 'AAAAA'], 'AAAA'],
    [['resolve', 'x', '-t', 'A,A'], 'A,A'],
    [['resolve', 'x', '--server', 'ftp://x'], 'ftp'],
    [['resolve', 'x', '--server', '192.0.2.1:0'], '192.0.2.1:0'],
    [['resolve', 'x', '--bufsize', '100', '--server', '127.0.0.1'], '--bufsize'],
    [['resolve', 'x', '--subnet', '192.0.2.0/33', '--server', '127.0.0.1'], '--subnet'],
    [['resolve', 'x', '--no-edns', '--dnssec', '--server', '127.0.0.1'], '--dnssec'],
    [['resolve', 'x', '--compare', '--trace'], '--trace'],
    [['resolve', 'x', '--root', '127.0.0.1'], '--root'],
    [['resolve', 'x', '--service', 'nosuchservice'], '--service'],
    [['resolve', 'x', '--service', 'http', '-t', 'A'], '--service'],
    [['resolve', 'x', '--expect', 'a', '--expect-none'], '--expect-none'],
    [['resolve', 'x', '--concurrency', '0'], '--concurrency'],
    [['resolve', '192.0.2.1', '-t', 'A', '--server', '127.0.0.1'], 'PTR'],
    [['resolve', `${'a.'.repeat(130)}b`, '--server', '127.0.0.1'], 'octets'],
    [['resolve', '127.0.0.1', '-6'], '"127.0.0.1"'],
    [['resolve', '--check-hijack', '-t', 'MX', '--server', '127.0.0.1'], '--type'],
    [['resolve', 'x', '-t', 'A', '-4', '--server', '::1'], '--server'],
    [['resolve', 'x', '--server', '::1', '--source', '127.0.0.1'], '--source 127.0.0.1'],
    [['resolve', 'x', '--trace', '-t', 'A', '-6', '--root', '127.0.0.1'], '--root'],
    [['resolve', 'x', '--server', '127.0.0.1,127.0.0.1'], 'stands there twice'],
    [['reverse', '127.0.0.1', '-6', '--server', '127.0.0.1'], '--server'],
  ])('%j', async (args, names) => {
    const { code, stderr } = await netkit(args)
    expect(code).toBe(2)
    expect(stderr.trimEnd().split('\n')).toHaveLength(1)
    expect(stderr).toContain(names)
  })
})
