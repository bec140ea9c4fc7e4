import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BIN, jsonLines } from '../helpers/cli.js'
import { expectValidLines } from '../helpers/schema.js'
import { STUB, StubResolver } from '../helpers/stub-resolver.js'

let stub: StubResolver

beforeAll(async () => {
  stub = await StubResolver.start()
}, 60_000)
afterAll(() => stub?.stop())

/** The built command inside, and its JSON Lines. */
async function resolve(...args: string[]) {
  const { code, stdout } = await stub.namespace.start(process.execPath, [BIN, 'resolve', ...args, '--json'])
  const lines = jsonLines(stdout)
  expectValidLines('resolve', lines)
  const of = (type: string) => lines.filter((line) => line.type === type)
  return { code, of, values: of('answer').map(({ value }) => value), result: lines.at(-1) }
}

describe('a validating resolver', () => {
  /** Status and extended error as dig has them. */
  async function dig(name: string) {
    const { stdout } = await stub.namespace.start('dig', [`@${STUB.address}`, name, 'A'])
    const [, infoCode, meaning] = /^; EDE: (\d+) \(([^)]*)\)/m.exec(stdout) ?? []
    return { rcode: /status: (\w+)/.exec(stdout)?.[1], infoCode: Number(infoCode), meaning }
  }

  interface Edns {
    readonly extendedErrors: readonly { readonly infoCode: number; readonly meaning: string }[]
  }

  it.each(['www.tampered.test', 'www.expired.test', 'nosuch.unproved.test'])(
    '%s: the extended error that dig shows, with a hint, and the answer with --no-check',
    async (name) => {
      const first = await resolve(name, '-t', 'A')
      expect(first).toMatchObject({ code: 3, result: { code: 'SERVFAIL' } })
      expect(first.result?.['hint']).toContain('the answer fails DNSSEC')
      const errorOf = ({ of }: typeof first) => (of('server')[0]?.['edns'] as Edns | null)?.extendedErrors[0]
      // Bogus, expired, no DNSKEY, no NSEC: the first answer knows it best, those from Unbound's cache less.
      expect([6, 7, 9, 12]).toContain(errorOf(first)?.infoCode)
      const { rcode, infoCode, meaning } = await dig(name)
      expect(errorOf(await resolve(name, '-t', 'A'))).toMatchObject({ infoCode, meaning })
      expect(rcode).toBe('SERVFAIL')
      const unchecked = await resolve(name, '-t', 'A', '--no-check')
      const truth = name.startsWith('nosuch') ? 'NXDOMAIN' : 'NOERROR'
      expect(unchecked.of('server')[0]).toMatchObject({ cd: true, rcode: truth })
    },
  )

  it('vouches for what validates', async () => {
    const { of, values } = await resolve('www.good.test', '-t', 'A', '--dnssec')
    expect(of('server')[0]).toMatchObject({ ad: true, edns: { dnssecOk: true } })
    expect(of('answer').map(({ recordType }) => recordType)).toEqual(['A', 'RRSIG'])
    expect(values[0]).toBe('192.0.2.40')
  })

  it.each([
    ['x.blocked.example', 'NXDOMAIN'],
    ['x.refused.example', 'REFUSED'],
  ])('%s is %s', async (name, code) => {
    expect(await resolve(name, '-t', 'A')).toMatchObject({ code: 3, result: { code } })
  })
})

describe('a stub resolver in resolv.conf', () => {
  /** What the C library finds, or the number of its error. */
  const python = (name: string) =>
    JSON.parse(
      stub.namespace.run('python3', [
        '-c',
        `import socket, json
try: print(json.dumps([a[4][0] for a in socket.getaddrinfo(${JSON.stringify(name)}, 0, type=socket.SOCK_STREAM)]))
except socket.gaierror as error: print(error.errno)`,
      ]),
    ) as string[] | number

  it.each(['www', 'www.corp.example', 'multi', 'second', 'six', 'nosuch', 'www.tampered.test', 'www.good.test'])(
    '%s: getaddrinfo as CPython sees it, and --search as well',
    async (name) => {
      const expected = python(name)
      const { values, code } = await resolve(name)
      if (typeof expected === 'number') expect(code).toBe(3)
      else expect(values.sort()).toEqual(expected.sort())
      if (name === 'second' || name === 'six') return // of the hosts file
      const searched = await resolve(name, '-t', 'A,AAAA', '--search')
      expect(searched.values.sort()).toEqual(typeof expected === 'number' ? [] : expected)
    },
  )

  it('--search goes on after SERVFAIL, and tells of it where nothing else is found', async () => {
    // There is no root here: Unbound cannot find out about names outside of its zones.
    expect(await resolve('www', '-t', 'A', '--search')).toMatchObject({ code: 0, values: ['192.0.2.10'] })
    expect(await resolve('no.such.name', '-t', 'A', '--search')).toMatchObject({
      code: 3,
      result: { code: 'SERVFAIL' },
    })
  })
})

describe('a server with a zone in its address', () => {
  it.each(['', 'tcp://', 'tls://', 'https://'])('%s', async (scheme) => {
    const server = `${scheme}[${STUB.linkLocal}%one]`
    const trust = scheme.endsWith('s://') ? ['--ca', stub.file('ca.pem', stub.ca), '--servername', 'dns.example'] : []
    const { values, of, code } = await resolve('www.corp.example', '-t', 'A', '--server', server, ...trust)
    expect(of('server')[0]).toMatchObject({ address: `${STUB.linkLocal}%one`, code: null })
    expect(values).toEqual(['192.0.2.10'])
    expect(code).toBe(0)
  })

  it.each([
    [STUB.linkLocal, 'a link-local address needs its interface'],
    [`${STUB.linkLocal}%three`, 'no interface is called three here'],
  ])('%s: what is wrong with it', async (server, hint) => {
    for (const scheme of ['', 'tcp://']) {
      const { result } = await resolve('www.corp.example', '-t', 'A', '--server', `${scheme}[${server}]`)
      expect(result).toMatchObject({ code: 'EINVAL', hint: expect.stringContaining(hint) })
    }
  })
})

describe('two servers with a zone in two versions', () => {
  const both = `${STUB.authority},${STUB.other}`
  const compare = async (name: string, ...more: string[]) => {
    const { code, of, result } = await resolve(name, '--compare', '--server', both, ...more)
    return { code, reason: result?.['code'], groups: of('comparison').map(({ groups }) => groups) }
  }

  it('other data differs, order and TTL do not', async () => {
    expect(await compare('www.corp.example', '-t', 'A')).toMatchObject({
      code: 1,
      reason: 'DIFFERENT',
      groups: [
        [
          { servers: ['getaddrinfo', STUB.authority], values: ['192.0.2.10'] },
          { servers: [STUB.other], values: ['192.0.2.20'] },
        ],
      ],
    })
    for (const name of ['multi.corp.example', 'mail.corp.example'])
      expect(await compare(name, '-t', 'A')).toMatchObject({ code: 0, groups: [[{ code: null }]] })
  })

  it('where all agree that there is nothing, that is the result, and may be expected', async () => {
    expect(await compare('nosuch.corp.example')).toMatchObject({ code: 3, reason: 'NXDOMAIN' })
    expect(await compare('nosuch.corp.example', '--expect-none')).toMatchObject({ code: 0 })
    expect(await compare('mail.corp.example')).toMatchObject({ code: 0 })
    expect(await compare('mail.corp.example', '-t', 'AAAA')).toMatchObject({ code: 3, reason: 'NODATA' })
  })

  it('who could not be asked differs, by name of the reason', async () => {
    const { code, of } = await resolve(
      'www.corp.example',
      '-4',
      '--compare',
      '--server',
      `${STUB.authority},127.0.0.99`,
    )
    expect(of('comparison')[0]).toMatchObject({
      groups: [{ code: null }, { servers: ['127.0.0.99'], code: 'ECONNREFUSED' }],
    })
    expect(code).toBe(1)
  })

  it('--expect and --expect-none hold the answer of one server against what it should be', async () => {
    const at = ['www.corp.example', '-t', 'A', '--server', STUB.other]
    expect((await resolve(...at, '--expect', '192.0.2.20')).code).toBe(0)
    expect(await resolve(...at, '--expect', '192.0.2.10')).toMatchObject({ code: 1, result: { code: 'UNEXPECTED' } })
    expect(await resolve(...at, '--expect-none')).toMatchObject({ code: 1, result: { code: 'UNEXPECTED' } })
    expect((await resolve('nosuch.corp.example', '-t', 'A', '--server', STUB.other, '--expect-none')).code).toBe(0)
  })

  it('--check-hijack names the one that answers for all names, with its answers in both families', async () => {
    const { code, of, result } = await resolve('--check-hijack', '--server', STUB.other)
    expect(of('hijack').map(({ hijacked, values }) => [hijacked, values])).toEqual(
      Array(3).fill([true, ['203.0.113.80', '2001:db8::80']]),
    )
    expect(result).toMatchObject({ code: 'HIJACKED', message: expect.stringContaining(STUB.other) })
    expect(code).toBe(1)
  })

  it('says over what, and why, nobody could be asked', async () => {
    const dead = ['--server', '127.0.0.99']
    for (const [flags, transport] of [
      [['-t', 'A'], 'udp'],
      [['-t', 'A', '--tcp'], 'tcp'],
      [['-t', 'AXFR'], 'tcp'],
    ] as const)
      expect((await resolve('corp.example', ...flags, ...dead)).of('server')[0]).toMatchObject({
        transport,
        code: 'ECONNREFUSED',
      })
    const { of, code } = await resolve('--check-hijack', ...dead)
    expect(of('hijack')).toMatchObject(Array(3).fill({ status: 'failed', hijacked: false, code: 'ECONNREFUSED' }))
    expect(code).toBe(1)
  })
})
