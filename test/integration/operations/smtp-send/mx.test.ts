import { describe, expect, test } from 'vitest'
import { errnoNumber } from '../../../../src/core/errno/index.js'
import { parseServer } from '../../../../src/operations/dns/index.js'
import type { MailRoute } from '../../../../src/operations/smtp-send/index.js'
import type { ScriptedServer } from '../../../helpers/dns-server.js'
import { type MailScript, mailServer } from '../../../helpers/scripted-server.js'
import { failureOf, ofType, options, type Sent, send } from '../../../helpers/smtp.js'
import { refusingPort } from '../../../helpers/sockets.js'
import { type Zone, zoneServer } from '../../../helpers/zone.js'

function routeTo(dns: ScriptedServer, port: number, domain = 'x.example'): MailRoute {
  return { kind: 'mx', domain, port, dnsServers: [parseServer(`127.0.0.1:${dns.port}`, 'server')] }
}

/** A mail to someone at x.example, by a name server with that zone. */
async function mailBy(zone: Zone, port: number, more: Parameters<typeof options>[1] = {}): Promise<Sent> {
  return send(options(port, { route: routeTo(await zoneServer(zone), port), ...more }))
}

/** Mail servers at 127.0.0.1, 127.0.0.2 ... on one port. */
async function mailServers(...scripts: readonly MailScript[]) {
  const [first, ...others] = scripts
  const one = await mailServer(first)
  const more = await Promise.all(
    others.map((script, i) => mailServer(script, { address: `127.0.0.${i + 2}`, port: one.port })),
  )
  return [one, ...more]
}

const exchanges = (sent: Sent) => ofType(sent.events, 'mx').map(({ exchange }) => exchange)
const quick = { reach: { family: undefined, sourceAddress: undefined, sourcePort: undefined, timeoutMs: 400 } }

describe('the mail servers of a domain', () => {
  test('are tried in the order of their preference, and each says why it was not the one', async () => {
    const [only] = await mailServers({})
    const port = only?.port ?? 0
    const sent = await mailBy(
      {
        'x.example': { MX: ['30 c.x.example', '5 a.x.example', '20 b.x.example'] },
        'a.x.example': { A: ['127.0.0.9'] },
        'c.x.example': { A: ['127.0.0.1'] },
      },
      port,
    )
    expect(sent.outcome).toMatchObject({ ok: true, value: { server: 'c.x.example', accepted: 1 } })
    expect(ofType(sent.events, 'mx')).toMatchObject([
      { exchange: 'a.x.example', preference: 5, addresses: ['127.0.0.9'], alias: null },
      { exchange: 'b.x.example', preference: 20, addresses: [] },
      { exchange: 'c.x.example', preference: 30, addresses: ['127.0.0.1'] },
    ])
    expect(ofType(sent.events, 'unreached')).toMatchObject([
      { host: 'a.x.example', code: 'ECONNREFUSED', origin: 'os' },
      { host: 'b.x.example', code: 'NXDOMAIN', origin: 'resolver' },
    ])
  })

  test('are in random order where they are equal', async () => {
    const names = ['a.x.example', 'b.x.example', 'c.x.example']
    const dns = await zoneServer({
      'x.example': { MX: names.map((name) => `10 ${name}`) },
      ...Object.fromEntries(names.map((name) => [name, { A: ['127.0.0.1'] }])),
    })
    const server = await mailServer()
    const firsts = new Set<string | undefined>()
    // By chance alone one of three stays away from the front of 60 with a probability of 10^-10.
    for (let i = 0; i < 60 && firsts.size < 3; i++) {
      const check = { route: routeTo(dns, server.port), quitAfter: 'connect', content: null } as const
      firsts.add(exchanges(await send(options(server.port, check)))[0])
    }
    expect([...firsts].sort()).toEqual(names)
  })

  test('are the domain itself where it has no MX, and only then', async () => {
    const server = await mailServer()
    const sent = await mailBy({ 'x.example': { A: ['127.0.0.1'] } }, server.port)
    expect(sent.outcome).toMatchObject({ ok: true, value: { server: 'x.example' } })
    expect(ofType(sent.events, 'mx')).toMatchObject([{ exchange: 'x.example', preference: null }])
  })

  test('may be found through an alias of the domain', async () => {
    const server = await mailServer()
    const zone: Zone = {
      'x.example': { CNAME: ['y.example'] },
      'y.example': { MX: ['1 mx.y.example'] },
      'mx.y.example': { A: ['127.0.0.1'] },
    }
    expect((await mailBy(zone, server.port)).outcome).toMatchObject({ ok: true, value: { server: 'mx.y.example' } })
  })

  test('may be an alias, which is noted', async () => {
    const server = await mailServer()
    const zone: Zone = {
      'x.example': { MX: ['1 mx.x.example'] },
      'mx.x.example': { CNAME: ['real.x.example'] },
      'real.x.example': { A: ['127.0.0.1'] },
    }
    const sent = await mailBy(zone, server.port)
    expect(sent.outcome.ok).toBe(true)
    expect(ofType(sent.events, 'mx')).toMatchObject([{ exchange: 'mx.x.example', alias: 'real.x.example' }])
  })

  test('are asked for over TCP where the answer is cut', async () => {
    const server = await mailServer()
    const zone: Zone = { 'x.example': { MX: ['1 mx.x.example'] }, 'mx.x.example': { A: ['127.0.0.1'] } }
    const dns = await zoneServer(zone, { cut: true })
    const sent = await send(options(server.port, { route: routeTo(dns, server.port) }))
    expect(sent.outcome.ok).toBe(true)
    expect(new Set(dns.asked.map(({ via }) => via))).toEqual(new Set(['udp', 'tcp']))
  })

  test.each([
    ['[127.0.0.1]', '127.0.0.1'],
    ['[IPv6:::1]', '::1'],
  ])('are what the literal %s says, without a question', async (domain, host) => {
    const dns = await zoneServer({})
    const port = await refusingPort(host)
    const sent = await send(options(port, { route: routeTo(dns, port, domain) }))
    expect(ofType(sent.events, 'attempt')).toMatchObject([{ host, address: host }])
    expect(dns.asked).toEqual([])
  })
})

describe('no mail server to be found', () => {
  test.each<[string, Zone, { code: string; origin: string; phase: string }]>([
    ['a name that does not exist', {}, { code: 'NXDOMAIN', origin: 'resolver', phase: 'lookup' }],
    ['SERVFAIL', { 'x.example': 'servfail' }, { code: 'SERVFAIL', origin: 'resolver', phase: 'lookup' }],
    ['REFUSED', { 'x.example': 'refused' }, { code: 'REFUSED', origin: 'resolver', phase: 'lookup' }],
    [
      'an answer that cannot be read',
      { 'x.example': 'garbage' },
      { code: 'EBADRESP', origin: 'peer', phase: 'protocol' },
    ],
    ['silence', { 'x.example': 'silence' }, { code: 'EAGAIN', origin: 'deadline', phase: 'read' }],
    ['a null MX', { 'x.example': { MX: ['0 .'] } }, { code: 'SMTP_NULL_MX', origin: 'peer', phase: 'lookup' }],
    ['no MX and no address', { 'x.example': {} }, { code: 'NODATA', origin: 'resolver', phase: 'lookup' }],
    [
      'an MX without an address',
      { 'x.example': { MX: ['1 mx.x.example'] }, 'mx.x.example': {} },
      { code: 'NODATA', origin: 'resolver', phase: 'lookup' },
    ],
    [
      'an MX whose address the name server cannot find out',
      { 'x.example': { MX: ['1 mx.x.example'] }, 'mx.x.example': 'servfail' },
      { code: 'SERVFAIL', origin: 'resolver', phase: 'lookup' },
    ],
    [
      'an MX that is an address',
      { 'x.example': { MX: ['1 127.0.0.1'] } },
      { code: 'EBADNAME', origin: 'resolver', phase: 'lookup' },
    ],
    [
      'an MX that is no host name',
      { 'x.example': { MX: ['1 a\\032b.x.example'] } },
      { code: 'EBADNAME', origin: 'resolver', phase: 'lookup' },
    ],
    [
      'an alias that leads back to itself',
      { 'x.example': { MX: ['1 mx.x.example'] }, 'mx.x.example': { CNAME: ['mx.x.example'] } },
      { code: 'CNAME_LOOP', origin: 'resolver', phase: 'lookup' },
    ],
  ])('%s', async (_what, zone, expected) => {
    const server = await mailServer()
    const sent = await mailBy(zone, server.port, quick)
    expect(failureOf(sent)).toMatchObject(expected)
    expect(failureOf(sent).message).toMatch(/x\.example|^127\.0\.0\.1: an address is no name/)
    expect(ofType(sent.events, 'recipient')).toMatchObject([{ status: 'not-reached' }])
    expect(server.bytes().length).toBe(0)
  })

  test('a null MX beside others means nothing', async () => {
    const server = await mailServer()
    const zone: Zone = { 'x.example': { MX: ['0 .', '10 mx.x.example'] }, 'mx.x.example': { A: ['127.0.0.1'] } }
    expect((await mailBy(zone, server.port)).outcome.ok).toBe(true)
  })
})

describe('when the next mail server is tried', () => {
  const two: Zone = {
    'x.example': { MX: ['1 a.x.example', '2 b.x.example'] },
    'a.x.example': { A: ['127.0.0.1'] },
    'b.x.example': { A: ['127.0.0.2'] },
  }

  test.each<[string, MailScript]>([
    ['421 as the greeting', { banner: '421 too busy\r\n' }],
    ['554 as the greeting', { banner: '554 no mail here\r\n' }],
    ['a close', { banner: { do: 'close' } }],
    ['silence', { banner: { do: 'silence' } }],
    ['450 to EHLO', { EHLO: '450 later\r\n' }],
  ])('after %s', async (_what, script) => {
    const [first, second] = await mailServers(script, {})
    const sent = await mailBy(two, first?.port ?? 0, { replyTimeoutMs: 300 })
    expect(sent.outcome).toMatchObject({ ok: true, value: { server: 'b.x.example' } })
    expect(ofType(sent.events, 'unreached').map(({ host }) => host)).toEqual(['a.x.example'])
    expect([first?.messages.length, second?.messages.length]).toEqual([0, 1])
  })

  test.each<[string, MailScript, string]>([
    ['the sender is refused', { MAIL: '450 4.2.0 later\r\n' }, 'SMTP_450'],
    ['the sender is refused, and the server gone', { MAIL: '450 4.2.0 later\r\n', RCPT: { do: 'close' } }, 'SMTP_450'],
    ['the recipient is refused', { RCPT: '450 4.2.0 later\r\n' }, 'SMTP_450'],
    ['the message is refused', { message: '451 later\r\n' }, 'SMTP_451'],
    ['it is lost amid the mail', { message: { do: 'close' } }, 'SMTP_CLOSED'],
    ['it is no mail server', { banner: 'SSH-2.0-x\r\n' }, 'SMTP_PROTOCOL'],
  ])('not where %s', async (_what, script, code) => {
    const [first, second] = await mailServers(script, {})
    const sent = await mailBy(two, first?.port ?? 0)
    expect(failureOf(sent).code).toBe(code)
    expect(second?.heard).toEqual([])
  })

  test.each<[string, MailScript, { code: string; origin: string }]>([
    ['refuses', { banner: '554 5.3.2 no mail here\r\n' }, { code: 'SMTP_554', origin: 'peer' }],
    ['hangs up', { banner: { do: 'close' } }, { code: 'SMTP_CLOSED', origin: 'peer' }],
    ['is silent', { banner: { do: 'silence' } }, { code: 'EAGAIN', origin: 'deadline' }],
    ['is gone for a reason', { EHLO: '421 4.3.2 enough\r\n' }, { code: 'SMTP_421', origin: 'peer' }],
  ])('and each attempt stands in the failure, in order, where the last one %s', async (_what, script, last) => {
    const [server] = await mailServers(script)
    const port = server?.port ?? 0
    const zone: Zone = {
      'x.example': { MX: ['1 a.x.example', '2 b.x.example', '3 c.x.example'] },
      'a.x.example': { A: ['127.0.0.9', '127.0.0.8'] },
      'b.x.example': {},
      'c.x.example': { A: ['127.0.0.7', '127.0.0.1'] },
    }
    const sent = await mailBy(zone, port, { replyTimeoutMs: 200 })
    const { code, attempts, parts } = failureOf(sent)
    const refused = { port, ok: false, code: 'ECONNREFUSED', errno: errnoNumber('ECONNREFUSED'), syscall: 'connect' }
    expect(code).toBe('SEVERAL')
    expect(parts.map(({ endpoint }) => endpoint?.host)).toEqual(['a.x.example', 'b.x.example', 'c.x.example'])
    const ofHosts = attempts.filter(({ code }) => code !== 'NODATA')
    expect(ofHosts).toMatchObject([
      { ...refused, address: expect.stringMatching(/127\.0\.0\.[89]/) },
      { ...refused, address: expect.stringMatching(/127\.0\.0\.[89]/) },
      ...(ofHosts.length === 4 ? [{ ...refused, address: '127.0.0.7' }] : []),
      { address: '127.0.0.1', port, ok: true, ...last },
    ])
    // The name server that knew no address of b.
    expect(attempts[2]).toMatchObject({ address: '127.0.0.1', ok: false, code: 'NODATA', origin: 'resolver' })
  })

  test('alike or not, and also where one of them ends it for good', async () => {
    const [first, second] = await mailServers({ banner: '421 busy\r\n' }, { banner: '421 busy\r\n' })
    const port = first?.port ?? 0
    const alike = failureOf(await mailBy(two, port))
    expect(alike).toMatchObject({
      code: 'SMTP_421',
      attempts: [
        { address: '127.0.0.1', ok: true, code: 'SMTP_421' },
        { address: '127.0.0.2', ok: true, code: 'SMTP_421' },
      ],
    })
    expect(second?.heard).toEqual([])
    const [busy] = await mailServers({ banner: '421 busy\r\n' }, { MAIL: '550 5.7.1 no\r\n' })
    expect(failureOf(await mailBy(two, busy?.port ?? 0))).toMatchObject({
      code: 'SMTP_550',
      attempts: [
        { address: '127.0.0.1', ok: true, code: 'SMTP_421' },
        { address: '127.0.0.2', ok: true, code: 'SMTP_550' },
      ],
    })
  })

  test('and all of them are told of where none would have it', async () => {
    const [first] = await mailServers({ banner: '554 5.3.2 no mail here\r\n' }, { banner: '421 too busy\r\n' })
    const sent = await mailBy(two, first?.port ?? 0)
    expect(failureOf(sent)).toMatchObject({ code: 'SEVERAL', parts: [{ code: 'SMTP_554' }, { code: 'SMTP_421' }] })
    expect(failureOf(sent).message).toContain('all 2 mail servers failed')
    expect(ofType(sent.events, 'unreached')).toMatchObject([
      { host: 'a.x.example', code: 'SMTP_554' },
      { host: 'b.x.example', code: 'SMTP_421' },
    ])
  })
})
