import { describe, expect, test } from 'vitest'
import { Deadline } from '../../src/core/deadline.js'
import { hopsOf } from '../../src/operations/smtp-send/route.js'
import { mxServer } from '../helpers/mx-server.js'
import { mailServer } from '../helpers/scripted-server.js'
import { failureOf, ofType, options, send } from '../helpers/smtp.js'

const context = () => ({ deadline: Deadline.after(10_000), signal: new AbortController().signal })

describe('the mail servers of a domain', () => {
  test('stand in the order of their preference', async () => {
    const { address, asked } = await mxServer({
      'x.example': [
        { preference: 20, exchange: 'late.x.example' },
        { preference: 5, exchange: 'first.x.example' },
        { preference: 10, exchange: 'second.x.example' },
      ],
    })
    const hops = await hopsOf({ kind: 'mx', domain: 'x.example', port: 25, dnsServer: address }, context())
    expect(hops).toMatchObject({
      ok: true,
      value: [{ host: 'first.x.example', preference: 5 }, { host: 'second.x.example' }, { host: 'late.x.example' }],
    })
    expect(asked).toEqual(['x.example'])
  })

  test('are the domain itself where it has no MX', async () => {
    const { address } = await mxServer({ 'x.example': [] })
    const hops = await hopsOf({ kind: 'mx', domain: 'x.example', port: 25, dnsServer: address }, context())
    expect(hops).toMatchObject({ ok: true, value: [{ host: 'x.example', preference: null }] })
  })

  test.each([
    ['[127.0.0.1]', '127.0.0.1'],
    ['[IPv6:::1]', '::1'],
  ])('are what the literal %s says, without a question', async (domain, host) => {
    const { address, asked } = await mxServer({})
    const hops = await hopsOf({ kind: 'mx', domain, port: 25, dnsServer: address }, context())
    expect(hops).toMatchObject({ ok: true, value: [{ host }] })
    expect(asked).toEqual([])
  })
})

describe('a mail by MX', () => {
  const route = (domain: string, port: number, dnsServer: string) => ({ kind: 'mx', domain, port, dnsServer }) as const

  test('goes to the next where the first is not there, and the story tells of both', async () => {
    const server = await mailServer()
    const dns = await mxServer({
      'x.example': [
        { preference: 1, exchange: 'nowhere.invalid' },
        { preference: 2, exchange: 'localhost' },
      ],
    })
    const sent = await send(options(server.port, { route: route('x.example', server.port, dns.address) }))
    expect(sent.outcome).toMatchObject({ ok: true, value: { server: 'localhost', accepted: 1 } })
    expect(ofType(sent.events, 'mx').map(({ exchange }) => exchange)).toEqual(['nowhere.invalid', 'localhost'])
    expect(ofType(sent.events, 'unreached')).toMatchObject([{ host: 'nowhere.invalid', origin: 'resolver' }])
  })

  test('goes to the next where the first turns it away for now, and only then', async () => {
    const later = await mailServer({ banner: ['421 too busy\r\n', '220 now\r\n'] })
    const dns = await mxServer({
      'x.example': [
        { preference: 1, exchange: 'localhost' },
        { preference: 2, exchange: 'localhost' },
      ],
    })
    const sent = await send(options(later.port, { route: route('x.example', later.port, dns.address) }))
    expect(sent.outcome.ok).toBe(true)
    const refusing = await mailServer({ RCPT: '450 4.2.0 later\r\n' })
    const other = await send(options(refusing.port, { route: route('x.example', refusing.port, dns.address) }))
    expect(failureOf(other).code).toBe('SMTP_450')
    expect(refusing.heard.filter((line) => line.startsWith('EHLO')).length).toBe(1)
  })

  test('a null MX is a no', async () => {
    const dns = await mxServer({ 'x.example': [{ preference: 0, exchange: '' }] })
    const sent = await send(options(25, { route: route('x.example', 25, dns.address) }))
    expect(failureOf(sent)).toMatchObject({ code: 'SMTP_NULL_MX', origin: 'peer', phase: 'lookup' })
  })

  test.each([
    ['no such name', 'ENOTFOUND'],
    ['broken', 'ESERVFAIL'],
  ] as const)('%s is the failure of the lookup', async (answer, code) => {
    const dns = await mxServer({ 'x.example': answer })
    const sent = await send(options(25, { route: route('x.example', 25, dns.address) }))
    expect(failureOf(sent)).toMatchObject({ code, origin: 'resolver', phase: 'lookup' })
  })
})
