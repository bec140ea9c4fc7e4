import { once } from 'node:events'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { describe, expect, it, onTestFinished } from 'vitest'
import { CLASS, decodeMessage, TYPE } from '../../src/protocol/dns/index.js'
import { CERTIFICATE, PRIVATE_KEY } from '../helpers/certificate.js'
import { jsonLines, netkit } from '../helpers/cli.js'
import { type MessageSpec, nameHex, RESPONSE_BITS, type RecordSpec } from '../helpers/dns-message.js'
import { type Asked, a, dnsServer, messageFor, type ScriptedServer } from '../helpers/dns-server.js'
import { expectValidLines } from '../helpers/schema.js'
import { refusingPort } from '../helpers/sockets.js'

const at = ({ address, port }: ScriptedServer) =>
  address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
const soa: RecordSpec = {
  name: 'example.',
  type: 'SOA',
  rdata: `${nameHex('ns.example.')} ${nameHex('h.example.')} 00000001 00000002 00000003 00000004 0000001e`,
}

/** OPT with these options: code and value in hexadecimal; its class is the payload size. */
function opt(...options: readonly (readonly [number, string])[]): RecordSpec {
  const rdata = options
    .map(([code, hex]) =>
      [code.toString(16).padStart(4, '0'), (hex.length / 2).toString(16).padStart(4, '0'), hex].join(''),
    )
    .join('')
  return { name: '.', type: 'OPT', class: 1232, ttl: 0, rdata }
}

/** Short only where nothing is to come. */
const patienceWith = (status: string) => (status === 'timeout' ? ['--timeout', '150ms', '--retries', '0'] : [])

const hex = (text: string) => Buffer.from(text).toString('hex')

async function ask(server: ScriptedServer, ...args: string[]) {
  const { code, stdout } = await netkit(['resolve', 'www.example', '-4', '--server', at(server), ...args, '--json'])
  const lines = jsonLines(stdout)
  expectValidLines('resolve', lines)
  return { code, server: lines.find(({ type }) => type === 'server'), result: lines.at(-1) }
}

describe('every outcome is told apart: in text, JSON, hints and exit codes', () => {
  const deny = (rcode: number): MessageSpec => ({ bits: RESPONSE_BITS | rcode, authorities: [soa] })
  const alias = (name: string, target: string): RecordSpec => ({ name, type: 'CNAME', rdata: nameHex(target) })
  const outcomes: Readonly<Record<string, (asked: Asked) => void>> = {
    answer: (asked) => asked.answer({ answers: [a(asked.name, '192.0.2.1')] }),
    nxdomain: (asked) => asked.answer(deny(3)),
    nodata: (asked) => asked.answer(deny(0)),
    servfail: (asked) => asked.answer({ bits: RESPONSE_BITS | 2 }),
    refused: (asked) => asked.answer({ bits: RESPONSE_BITS | 5 }),
    error: (asked) => asked.answer({ bits: RESPONSE_BITS | 9 }),
    broken: (asked) => asked.answer({ answers: [{ name: asked.name, type: 'A', rdata: '01' }] }),
    loop: (asked) => asked.answer({ answers: [alias(asked.name, 'b.example.'), alias('b.example.', asked.name)] }),
    incomplete: (asked) => asked.answer({ bits: 0x8500, answers: [alias(asked.name, 'b.example.')] }),
    timeout: () => {},
  }

  /** Status; code; exit code alone, with --expect 192.0.2.1, with --expect 192.0.2.9, with --expect-none. */
  it.each([
    ['answer', null, 0, 0, 1, 1],
    ['nxdomain', 'NXDOMAIN', 3, 3, 3, 0],
    ['nodata', 'NODATA', 3, 3, 3, 0],
    ['servfail', 'SERVFAIL', 3, 3, 3, 3],
    ['refused', 'REFUSED', 3, 3, 3, 3],
    ['error', 'NOTAUTH', 3, 3, 3, 3],
    ['broken', 'EBADRESP', 7, 7, 7, 7],
    ['loop', 'CNAME_LOOP', 3, 3, 3, 3],
    ['incomplete', 'INCOMPLETE', 3, 3, 3, 3],
    ['timeout', 'EAGAIN', 4, 4, 4, 4],
  ] as const)('%s', async (status, code, plain, met, unmet, none) => {
    const server = await dnsServer(outcomes[status] ?? (() => {}))
    const patience = patienceWith(status)
    const alone = await ask(server, ...patience)
    expect(alone.server).toMatchObject({ status, code })
    expect(alone.result).toMatchObject({ code, ok: code === null })
    expect(alone.code).toBe(plain)
    expect((await ask(server, ...patience, '--expect', '192.0.2.1')).code).toBe(met)
    const unexpected = await ask(server, ...patience, '--expect', '192.0.2.9')
    expect(unexpected.code).toBe(unmet)
    // What is wrong with the answer goes before what was expected of it.
    expect(unexpected.result).toMatchObject({ code: code ?? 'UNEXPECTED' })
    expect((await ask(server, ...patience, '--expect-none')).code).toBe(none)
    const text = await netkit(['resolve', 'www.example', '-4', '--server', at(server), ...patience])
    expect(text.stdout).toMatch(code === null ? /192\.0\.2\.1/ : /^(?!.*192\.0\.2\.1)/)
    if (code !== null) expect(text.stderr).toContain(code)
    expect(text.stderr.includes('hint: ')).toBe(code !== null)
  })

  it('a hint of its own for each', async () => {
    const hints: unknown[] = []
    for (const [status, script] of Object.entries(outcomes)) {
      if (status === 'answer') continue
      hints.push((await ask(await dnsServer(script), ...patienceWith(status))).result?.['hint'])
    }
    expect(hints).not.toContain(null)
    expect(hints.filter((hint, i) => hints.indexOf(hint) !== i)).toEqual([])
  })
})

describe('an answer that is not whole', () => {
  const address = (asked: Asked) => [a(asked.name, '192.0.2.1')]

  it('has fewer records than it says: broken, though one could be read', async () => {
    const server = await dnsServer((asked) => asked.answer({ answers: address(asked), counts: [1, 9, 0, 0] }))
    const { code, server: told } = await ask(server)
    expect(code).toBe(7)
    expect(told).toMatchObject({ status: 'broken', code: 'EBADRESP', answers: 1, fault: expect.stringMatching(/byte/) })
  })

  it('ends behind the answer section: it answers, and the damage is told', async () => {
    const server = await dnsServer((asked) => asked.answer({ answers: address(asked), counts: [1, 1, 1, 0] }))
    const { code, server: told } = await ask(server)
    expect(code).toBe(0)
    expect(told).toMatchObject({ status: 'answer', fault: expect.stringMatching(/byte/) })
    const { stderr } = await netkit(['resolve', 'www.example', '-4', '--server', at(server)])
    expect(stderr).toContain('damaged: ')
  })

  it('has octets behind it that belong to nothing: they are told', async () => {
    const server = await dnsServer((asked) => {
      asked.send(Buffer.concat([messageFor(asked, { answers: address(asked) }), Buffer.from('extra')]))
    })
    expect((await ask(server)).server).toMatchObject({ status: 'answer', trailingBytes: 5, fault: null })
    const { stderr } = await netkit(['resolve', 'www.example', '-4', '--server', at(server)])
    expect(stderr).toContain('5 B too many behind the message')
  })

  it('is cut short over TCP as well, where that proves no absence', async () => {
    const server = await dnsServer((asked) => asked.answer({ bits: RESPONSE_BITS | 0x0200 }))
    const { code, server: told, result } = await ask(server)
    expect(code).toBe(7)
    expect(told).toMatchObject({ status: 'broken', transport: 'tcp', truncated: true })
    expect(result).toMatchObject({ code: 'EBADRESP', message: expect.stringContaining('cut short (TC)') })
    expect((await ask(server, '--expect-none')).code).toBe(7)
  })

  it('is cut short over UDP, and the connection ends without one: both are told', async () => {
    const server = await dnsServer((asked) => {
      if (asked.via === 'udp') asked.answer({ bits: RESPONSE_BITS | 0x0200 })
      else asked.socket?.end()
    })
    const { code, server: told, result } = await ask(server, '--retries', '0')
    expect(code).toBe(7)
    expect(told).toMatchObject({ status: 'broken', transport: 'tcp', truncated: true })
    expect(result).toMatchObject({
      message: expect.stringMatching(/answers over UDP, but cut short \(TC\), and over TCP: .* ended the connection/),
    })
  })
})

describe('a socket that cannot be had', () => {
  it('with a source address of another machine: EADDRNOTAVAIL, exit 5', async () => {
    const server = await dnsServer((asked) => asked.answer({ answers: [a(asked.name, '192.0.2.1')] }))
    const { code, result } = await ask(server, '--source', '192.0.2.99')
    expect(code).toBe(5)
    expect(result).toMatchObject({ code: 'EADDRNOTAVAIL', syscall: 'bind', phase: 'bind' })
    expect(server.asked).toEqual([])
  })

  // Windows has no ulimit.
  it.skipIf(process.platform === 'win32')('with few descriptors: those that are there do, or EMFILE', async () => {
    const server = await dnsServer((asked) => asked.answer({ answers: [a(asked.name, '192.0.2.1')] }))
    const names = Array.from({ length: 500 }, (_, i) => `n${i}.example`)
    const args = ['resolve', '--names', '-', '-4', '--short', '--server', at(server)]
    const codes = new Set<number | null>()
    for (const limit of [22, 24, 26, 28, 32, 40]) {
      const { code, stdout, stderr } = await netkit(args, { stdin: names.join('\n'), descriptors: limit })
      codes.add(code)
      if (code === 0) expect(stdout.trim().split('\n')).toHaveLength(500)
      else expect({ code, stderr }).toEqual({ code: 5, stderr: expect.stringContaining('EMFILE') })
    }
    expect(codes).toContain(0)
  })
})

describe('what flags put on the wire, and what comes back by them', () => {
  it('--nsid, --subnet, --dnssec and extended errors', async () => {
    const server = await dnsServer((asked) =>
      asked.answer({
        bits: RESPONSE_BITS | 2,
        additionals: [
          opt([3, hex('a-server')], [8, '000118' + '18c00002'], [15, `0006${hex('no trust')}`], [15, '0023']),
        ],
      }),
    )
    const asked = await ask(server, '--nsid', '--subnet', '192.0.2.77/24', '--dnssec', '--bufsize', '4000')
    expect(asked.server?.['edns']).toMatchObject({
      nsid: 'a-server',
      clientSubnet: '192.0.2.0/24/24',
      extendedErrors: [
        { infoCode: 6, meaning: 'DNSSEC Bogus', extraText: 'no trust' },
        { infoCode: 35, meaning: 'Blocked by Upstream DNS Server', extraText: null },
      ],
    })
    expect(asked.result?.['message']).toContain('DNSSEC Bogus (no trust); Blocked by Upstream DNS Server')
    const { edns } = server.asked[0]?.query ?? {}
    expect(edns).toMatchObject({ udpPayloadSize: 4000, dnssecOk: true })
    expect(edns?.options.map(({ name }) => name).sort()).toEqual(['ECS', 'NSID'])
    expect(edns?.options.find(({ name }) => name === 'ECS')?.fields).toMatchObject({
      address: '192.0.2.0',
      sourcePrefixLength: 24,
      scopePrefixLength: 0,
    })
  })

  it('an answer cut short over UDP is asked for over TCP', async () => {
    const server = await dnsServer((asked) =>
      asked.answer(
        asked.via === 'udp'
          ? { bits: RESPONSE_BITS | 0x0200 }
          : { answers: [a(asked.name, '192.0.2.1'), a(asked.name, '192.0.2.2')] },
      ),
    )
    const { code, server: told } = await ask(server, '--bufsize', '512')
    expect(told).toMatchObject({ transport: 'tcp', truncated: true, answers: 2, tc: false })
    expect(server.asked.map(({ via }) => via)).toEqual(['udp', 'tcp'])
    expect(code).toBe(0)
  })

  it('--no-edns sends none; --class CH asks in CH', async () => {
    const server = await dnsServer((asked) =>
      asked.answer({ answers: [{ name: asked.name, type: 'TXT', class: CLASS.CH, rdata: `03${hex('9.9')}` }] }),
    )
    const args = [
      'resolve',
      'version.bind',
      '-t',
      'TXT',
      '--class',
      'CH',
      '--no-edns',
      '--no-recurse',
      '--server',
      at(server),
    ]
    const { stdout } = await netkit(args)
    expect(stdout).toMatch(/CLASS +TYPE[\s\S]*CH +TXT +"9\.9"/)
    expect(server.asked[0]?.query).toMatchObject({ edns: null, flags: { rd: false } })
  })

  it('a server on IPv6', async () => {
    const server = await dnsServer((asked) => asked.answer({ answers: [a(asked.name, '192.0.2.1')] }), '::1')
    for (const more of [[], ['--tcp']]) {
      const { server: told } = await ask(server, ...more)
      expect(told).toMatchObject({ server: `[::1]:${server.port}`, address: '::1', status: 'answer' })
    }
  })
})

describe('several servers', () => {
  it.each<[string, (asked: Asked) => void]>([
    ['is silent', () => {}],
    ['fails', (asked) => asked.answer({ bits: RESPONSE_BITS | 2 })],
    ['refuses', (asked) => asked.answer({ bits: RESPONSE_BITS | 5 })],
  ])('the next is asked where one %s', async (_, script) => {
    const [one, two] = [
      await dnsServer(script),
      await dnsServer((asked) => asked.answer({ answers: [a(asked.name, '192.0.2.1')] })),
    ]
    const servers = `127.0.0.1:${await refusingPort()},${at(one)},${at(two)}`
    const args = ['resolve', 'www.example', '-4', '--timeout', '600ms', '--server', servers, '--json']
    const { code, stdout } = await netkit(args)
    expect(jsonLines(stdout).find(({ type }) => type === 'server')).toMatchObject({ server: at(two) })
    expectValidLines('resolve', jsonLines(stdout))
    expect(code).toBe(0)
  })

  it('what went before the answer is told', async () => {
    const failing = await dnsServer((asked) => asked.answer({ bits: RESPONSE_BITS | 2 }))
    const two = await dnsServer((asked) => asked.answer({ answers: [a(asked.name, '192.0.2.1')] }))
    const closed = await refusingPort()
    const servers = `127.0.0.1:${closed},${at(failing)},${at(two)}`
    const args = ['resolve', 'www.example', '-4', '--server', servers]
    const { stderr } = await netkit(args)
    expect(stderr).toContain(`after ECONNREFUSED from 127.0.0.1:${closed} in `)
    expect(stderr).toContain(`after SERVFAIL from ${at(failing)} in `)
    const lines = jsonLines((await netkit([...args, '--json'])).stdout)
    expect(lines.find(({ type }) => type === 'server')).toMatchObject({
      server: at(two),
      attempts: [
        { port: closed, code: 'ECONNREFUSED', errno: 111 },
        { port: failing.port, code: 'SERVFAIL', errno: null },
      ],
    })
  })

  it.each([
    ['resolve', '--names', (i: number) => `n${i}.example`],
    ['reverse', '--targets', (i: number) => `192.0.2.${i % 250}`],
  ])('%s %s: a silent one costs the first ones a try, not all, and is told', async (command, flag, nth) => {
    const silent = await dnsServer(() => {})
    const other = await dnsServer((asked) =>
      asked.answer({
        answers: [
          asked.type === TYPE.PTR
            ? { name: asked.name, type: 'PTR', rdata: nameHex('n.example.') }
            : a(asked.name, '192.0.2.1'),
        ],
      }),
    )
    const args = [command, flag, '-', '--server', `${at(silent)},${at(other)}`, '--timeout', '300ms']
    const many = command === 'resolve' ? ['-4', '--concurrency', '5'] : ['--concurrency', '5']
    const stdin = Array.from({ length: 200 }, (_, i) => nth(i)).join('\n')
    const { code, stdout } = await netkit([...args, ...many, '--json'], { stdin })
    const lines = jsonLines(stdout)
    expectValidLines(command, lines)
    expect(code).toBe(0)
    expect(lines.filter(({ type }) => type === 'silent')).toMatchObject([{ server: at(silent) }])
    expect(new Set(silent.asked.map(({ name }) => name)).size).toBe(5)
    expect((await netkit([...args, ...many], { stdin })).stderr).toMatch(
      / has said nothing for [\d.]+ m?s: asked after/,
    )
  })

  it('a denial is an answer: nobody else is asked', async () => {
    const one = await dnsServer((asked) => asked.answer({ bits: RESPONSE_BITS | 3, authorities: [soa] }))
    const two = await dnsServer((asked) => asked.answer({ answers: [a(asked.name, '192.0.2.1')] }))
    const { code } = await netkit(['resolve', 'www.example', '-4', '--server', `${at(one)},${at(two)}`])
    expect(code).toBe(3)
    expect(two.asked).toHaveLength(0)
  })
})

describe('--compare tells what differs', () => {
  const says = (...records: ((name: string) => RecordSpec)[]) =>
    dnsServer((asked) => asked.answer({ answers: records.map((record) => record(asked.name)) }))
  const address =
    (octets: string, ttl = 60) =>
    (name: string) =>
      a(name, octets, ttl)
  const agree = async (one: ScriptedServer, two: ScriptedServer, ...type: string[]) => {
    const args = [
      'resolve',
      'localhost',
      '-t',
      type[0] ?? 'A',
      '--compare',
      '--server',
      `${at(one)},${at(two)}`,
      '--json',
    ]
    // getaddrinfo has that name from the hosts file: the servers are held against each other.
    const { stdout } = await netkit(args)
    const groups = jsonLines(stdout).find((line) => line.type === 'comparison')?.['groups'] as { servers: string[] }[]
    return groups.some(({ servers }) => servers.includes(at(one)) && servers.includes(at(two)))
  }

  it('not TTLs, not the order, not the case of a name', async () => {
    expect(
      await agree(
        await says(address('192.0.2.1', 5), address('192.0.2.2')),
        await says(address('192.0.2.2'), address('192.0.2.1')),
      ),
    ).toBe(true)
    const mx = (target: string) => (name: string) => ({ name, type: 'MX', rdata: `000a${nameHex(target)}` })
    expect(await agree(await says(mx('mail.example.')), await says(mx('MAIL.example.')), 'MX')).toBe(true)
  })

  it('values, and what kind of answer it is', async () => {
    expect(await agree(await says(address('192.0.2.1')), await says(address('192.0.2.2')))).toBe(false)
    expect(await agree(await says(address('192.0.2.1')), await says(address('192.0.2.1'), address('192.0.2.2')))).toBe(
      false,
    )
    const refusing = await dnsServer((asked) => asked.answer({ bits: RESPONSE_BITS | 5 }))
    expect(await agree(await says(address('192.0.2.1')), refusing)).toBe(false)
    const denying = await dnsServer((asked) => asked.answer({ bits: RESPONSE_BITS | 3, authorities: [soa] }))
    const empty = await dnsServer((asked) => asked.answer({ authorities: [soa] }))
    expect(await agree(denying, empty)).toBe(false)
  })

  it('an alias against an address: another chain', async () => {
    const aliased = await dnsServer((asked) =>
      asked.answer({
        answers: [
          { name: asked.name, type: 'CNAME', rdata: nameHex('other.example.') },
          a('other.example.', '192.0.2.1'),
        ],
      }),
    )
    expect(await agree(aliased, await says(address('192.0.2.1')))).toBe(false)
    expect(aliased.asked[0]?.type).toBe(TYPE.A)
  })
})

it('over HTTPS with a server of HTTP/1.1 alone, two questions have two connections and a result', async () => {
  const server = createServer({ cert: CERTIFICATE, key: PRIVATE_KEY }, async (request, response) => {
    const query = decodeMessage(await buffer(request))
    if (!query) throw new Error('no query')
    const name = query.questions[0]?.name ?? ''
    response.writeHead(200, { 'content-type': 'application/dns-message' })
    response.end(messageFor({ query }, { answers: [a(name, '192.0.2.1')] }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo
  const url = `https://127.0.0.1:${port}/dns-query`
  const args = ['resolve', 'a.example', 'b.example', '-t', 'A', '--server', url, '--insecure', '--json']
  const { code, stdout, stderr } = await netkit(args)
  expect(jsonLines(stdout).at(-1)).toMatchObject({ type: 'result', ok: true, resolved: 2 })
  expect(stderr).not.toMatch(/Warning/)
  expect(code).toBe(0)
})
