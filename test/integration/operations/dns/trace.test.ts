import { describe, expect, it } from 'vitest'
import { Deadline } from '../../../../src/core/deadline.js'
import {
  parseServer,
  type ResolveEvent,
  type ResolveOptions,
  resolve,
} from '../../../../src/operations/resolve/index.js'
import { CLASS, TYPE } from '../../../../src/protocol/dns/index.js'
import { type MessageSpec, nameHex, type RecordSpec } from '../../../helpers/dns-message.js'
import { type Asked, a, dnsServer, type ScriptedServer } from '../../../helpers/dns-server.js'

type Script = (asked: Asked) => void

const AUTHORITATIVE = 0x8400
const answers = (...records: RecordSpec[]): MessageSpec => ({ bits: AUTHORITATIVE, answers: records })
const alias = (name: string, target: string): RecordSpec => ({ name, type: 'CNAME', rdata: nameHex(target) })
const refuse: Script = (asked) => asked.answer({ bits: 0x8005 })
const silence: Script = () => {}

/** What a busy machine may take to answer, and how long silence is listened to. */
const PATIENT_MS = 10_000
const SILENT_MS = 1000

/** A referral to a zone; name servers with their addresses, null for no glue. */
function to(zone: string, nameServers: Readonly<Record<string, string | null>>): MessageSpec {
  return {
    bits: 0x8000,
    authorities: Object.keys(nameServers).map((name) => ({ name: zone, type: 'NS', rdata: nameHex(name) })),
    additionals: Object.entries(nameServers).flatMap(([name, address]) => (address === null ? [] : [a(name, address)])),
  }
}

/** Servers at these addresses of loopback, all on one port; the first is the root's. */
async function tree(scripts: Readonly<Record<string, Script>>) {
  const servers: Record<string, ScriptedServer> = {}
  let port = 0
  for (const [address, script] of Object.entries(scripts)) {
    const server = await dnsServer(script, address, port)
    servers[address] = server
    port = server.port
  }
  return { servers, root: (address: string) => parseServer(`${address}:${port}`, '--root') }
}

/** Says what was asked for at a server. */
const asked = (server: ScriptedServer | undefined) => server?.asked.map(({ name }) => name) ?? []

async function trace(
  name: string,
  roots: readonly ReturnType<typeof parseServer>[],
  {
    type = TYPE.A as number,
    family = undefined as 4 | 6 | undefined,
    deadline = Deadline.never,
    timeoutMs = PATIENT_MS,
  } = {},
) {
  const options: ResolveOptions = {
    names: [name],
    mode: { kind: 'trace', roots },
    types: [type],
    class: CLASS.IN,
    ask: {
      recursionDesired: false,
      checkingDisabled: false,
      edns: { udpPayloadSize: 1232 },
      tcp: false,
      timeoutMs,
      tries: 2,
      family,
      tls: {},
    },
    sections: false,
    expect: [],
    expectNone: false,
    concurrency: 1,
  }
  const events: ResolveEvent[] = []
  const context = { signal: new AbortController().signal, deadline, emit: (event: ResolveEvent) => events.push(event) }
  const outcome = await resolve(options, { ...context, emit: (event) => void events.push(event) })
  const steps = events.map((event) => {
    if (event.type === 'referral') return `${event.zone} from ${event.address}`
    if (event.type === 'answer') return `${event.owner} ${event.recordType} ${event.value}`
    if (event.type === 'server') return `${event.code ?? 'ok'} ${event.address}`
    return event.type
  })
  return { events, steps, outcome, code: outcome.ok ? null : outcome.failure.code }
}

describe('a trace', () => {
  it('goes on to the next server where one refuses, is not there, does not serve the zone, or fails', async () => {
    const { root, servers } = await tree({
      '127.0.0.1': (query) =>
        query.answer(
          to('example.', { 'a.example.': '127.0.0.2', 'b.example.': '127.0.0.3', 'c.example.': '127.0.0.4' }),
        ),
      '127.0.0.2': refuse,
      // Nobody listens at 127.0.0.3.
      '127.0.0.4': (query) =>
        query.answer(
          to('sub.example.', {
            'up.sub.example.': '127.0.0.5',
            'f.sub.example.': '127.0.0.6',
            'g.sub.example.': '127.0.0.7',
          }),
        ),
      '127.0.0.5': (query) => query.answer(to('.', { 'root.': '127.0.0.1' })),
      '127.0.0.6': (query) => query.answer({ bits: 0x8000 }),
      '127.0.0.7': (query) => query.answer(answers(a(query.name, '192.0.2.1'))),
    })
    const { steps, outcome, events } = await trace('www.sub.example', [root('127.0.0.1')])
    expect(steps).toEqual([
      'example. from 127.0.0.1',
      'REFUSED 127.0.0.2',
      'ECONNREFUSED 127.0.0.3',
      'sub.example. from 127.0.0.4',
      'LAME_DELEGATION 127.0.0.5',
      'LAME_DELEGATION 127.0.0.6',
      'www.sub.example. A 192.0.2.1',
      'ok 127.0.0.7',
    ])
    expect(outcome).toMatchObject({ ok: true, value: { resolved: 1 } })
    expect(events.at(-1)).toMatchObject({ server: expect.stringMatching(/^g\.sub\.example\. \(127\.0\.0\.7:\d+\)$/) })
    expect(Object.values(servers).every((server) => server.asked.length === 1)).toBe(true)
  })

  it('comes back to servers that were silent, after it has asked the others', async () => {
    let asks = 0
    const { root } = await tree({
      '127.0.0.1': silence,
      '127.0.0.2': (query) => {
        if (++asks > 1) query.answer(answers(a(query.name, '192.0.2.1')))
      },
    })
    const { steps } = await trace('www.example', [root('127.0.0.1'), root('127.0.0.2')], { timeoutMs: SILENT_MS })
    expect(steps).toEqual([
      'EAGAIN 127.0.0.1',
      'EAGAIN 127.0.0.2',
      'EAGAIN 127.0.0.1',
      'www.example. A 192.0.2.1',
      'ok 127.0.0.2',
    ])
  })

  it.each<[string, Script, Script, string, string]>([
    ['refuse', refuse, refuse, 'REFUSED', 'resolver'],
    ['are silent', silence, silence, 'EAGAIN', 'deadline'],
    ['refuse or are silent', refuse, silence, 'SEVERAL', 'resolver'],
  ])('fails with why all servers of a zone do: they %s', async (_, first, second, code, origin) => {
    const { root } = await tree({
      '127.0.0.1': (query) => query.answer(to('example.', { 'a.example.': '127.0.0.2', 'b.example.': '127.0.0.3' })),
      '127.0.0.2': first,
      '127.0.0.3': second,
    })
    const timeoutMs = second === silence ? SILENT_MS : PATIENT_MS
    const { outcome } = await trace('www.example', [root('127.0.0.1')], { timeoutMs })
    expect(outcome).toMatchObject({
      ok: false,
      failure: {
        code,
        origin,
        message: expect.stringContaining('all 2 name servers of example. failed'),
        attempts: [{ address: '127.0.0.2' }, { address: '127.0.0.3' }],
      },
    })
  })

  it('follows an alias into another zone from the root again, and tells a loop', async () => {
    const { root } = await tree({
      '127.0.0.1': (query) =>
        query.name.endsWith('.two.')
          ? query.answer(to('two.', { 'ns.two.': '127.0.0.3' }))
          : query.answer(to('one.', { 'ns.one.': '127.0.0.2' })),
      // A server that would recurse, were it asked to.
      '127.0.0.2': (query) => query.answer({ ...answers(alias(query.name, 'www.two.')), bits: AUTHORITATIVE | 0x80 }),
      '127.0.0.3': (query) =>
        query.answer(
          query.name === 'www.two.' ? answers(a(query.name, '192.0.2.2')) : answers(alias(query.name, 'x.one.')),
        ),
    })
    expect((await trace('www.one', [root('127.0.0.1')])).steps).toEqual([
      'one. from 127.0.0.1',
      'www.one. CNAME www.two.',
      'ok 127.0.0.2',
      'two. from 127.0.0.1',
      'www.two. A 192.0.2.2',
      'ok 127.0.0.3',
    ])
    const looping = await tree({
      '127.0.0.1': (query) => query.answer(answers(alias(query.name, query.name === 'a.' ? 'b.' : 'a.'))),
    })
    expect((await trace('a.', [looping.root('127.0.0.1')])).code).toBe('CNAME_LOOP')
    expect(asked(looping.servers['127.0.0.1'])).toEqual(['a.', 'b.'])
  })

  it('a denial at the end is NXDOMAIN', async () => {
    const { root } = await tree({
      '127.0.0.1': (query) => query.answer(to('example.', { 'ns.example.': '127.0.0.2' })),
      '127.0.0.2': (query) => query.answer({ bits: AUTHORITATIVE | 3 }),
    })
    expect((await trace('gone.example', [root('127.0.0.1')])).code).toBe('NXDOMAIN')
  })

  it('asks over IPv6, and for AAAA records of name servers with -6', async () => {
    const one = await dnsServer((query) => {
      if (query.name === 'ns.other.') {
        const rdata = '00000000000000000000000000000001'
        return query.answer(
          query.type === TYPE.AAAA ? answers({ name: query.name, type: 'AAAA', rdata }) : { bits: AUTHORITATIVE },
        )
      }
      query.answer(one.asked.length === 1 ? to('example.', { 'ns.other.': null }) : answers(a(query.name, '192.0.2.1')))
    }, '::1')
    const { steps, events } = await trace('www.example', [parseServer(`[::1]:${one.port}`, '--root')], { family: 6 })
    expect(steps).toEqual(['example. from ::1', 'www.example. A 192.0.2.1', 'ok ::1'])
    expect(events.at(-1)).toMatchObject({ server: `ns.other. ([::1]:${one.port})`, address: '::1' })
    expect(one.asked.map(({ type }) => type)).toEqual([TYPE.A, TYPE.AAAA, TYPE.A])
  })
})

describe('name servers without glue', () => {
  it('are looked up from the root, not by this system', async () => {
    const { root, servers } = await tree({
      '127.0.0.1': (query) =>
        query.name.endsWith('.other.')
          ? query.answer(to('other.', { 'ns.other.': '127.0.0.3' }))
          : query.answer(to('example.', { 'dns.other.': null })),
      '127.0.0.2': (query) => query.answer(answers(a(query.name, '192.0.2.1'))),
      '127.0.0.3': (query) => query.answer(answers(a(query.name, '127.0.0.2'))),
    })
    const { steps } = await trace('www.example', [root('127.0.0.1')])
    expect(steps).toEqual(['example. from 127.0.0.1', 'www.example. A 192.0.2.1', 'ok 127.0.0.2'])
    expect(asked(servers['127.0.0.3'])).toEqual(['dns.other.'])
  })

  it('come after those with glue, and only where those do not help', async () => {
    const { root, servers } = await tree({
      '127.0.0.1': (query) =>
        query.name === 'dns.other.'
          ? query.answer(answers(a(query.name, '127.0.0.3')))
          : query.answer(to('example.', { 'dns.other.': null, 'ns.example.': '127.0.0.2' })),
      '127.0.0.2': (query) =>
        query.name === 'bad.example.' ? refuse(query) : query.answer(answers(a(query.name, '192.0.2.1'))),
      '127.0.0.3': (query) => query.answer(answers(a(query.name, '192.0.2.2'))),
    })
    expect((await trace('good.example', [root('127.0.0.1')])).steps.at(-1)).toBe('ok 127.0.0.2')
    expect(asked(servers['127.0.0.1'])).toEqual(['good.example.'])
    expect((await trace('bad.example', [root('127.0.0.1')])).steps.at(-1)).toBe('ok 127.0.0.3')
  })

  it('that need each other have no address', async () => {
    const { root, servers } = await tree({
      '127.0.0.1': (query) =>
        query.answer(query.name.endsWith('.one.') ? to('one.', { 'ns.two.': null }) : to('two.', { 'ns.one.': null })),
    })
    const { outcome } = await trace('www.one', [root('127.0.0.1')])
    expect(outcome).toMatchObject({
      ok: false,
      failure: { code: 'LAME_DELEGATION', message: expect.stringContaining('one. (ns.two.)') },
    })
    expect(servers['127.0.0.1']?.asked.length).toBeLessThan(10)
  })

  it('that lead to ever more names are given up', async () => {
    let count = 0
    const { root, servers } = await tree({
      '127.0.0.1': (query) => {
        const names = Array.from({ length: 20 }, () => [`ns.n${++count}.`, null] as const)
        query.answer(to(`${query.name.split('.').at(-2)}.`, Object.fromEntries(names)))
      },
    })
    const { code } = await trace('www.example', [root('127.0.0.1')])
    expect(code).toBe('LAME_DELEGATION')
    expect(servers['127.0.0.1']?.asked.length).toBe(200)
  })
})

describe('what a referral says counts only so far', () => {
  it('an address of a name that is not below the zone is not taken', async () => {
    const { root, servers } = await tree({
      '127.0.0.1': (query) =>
        query.answer(
          query.name === 'ns.bank.'
            ? answers(a('ns.bank.', '127.0.0.4'))
            : to('example.', { 'ns.example.': '127.0.0.2' }),
        ),
      '127.0.0.2': (query) => query.answer(to('sub.example.', { 'ns.bank.': '127.0.0.3' })),
      '127.0.0.3': (query) => query.answer(answers(a(query.name, '198.51.100.66'))),
      '127.0.0.4': (query) => query.answer(answers(a(query.name, '192.0.2.1'))),
    })
    const { steps } = await trace('www.sub.example', [root('127.0.0.1')])
    expect(steps).toContain('www.sub.example. A 192.0.2.1')
    expect(asked(servers['127.0.0.3'])).toEqual([])
  })

  it('a zone whose name only looks like one above is none', async () => {
    const { root } = await tree({
      '127.0.0.1': (query) => query.answer(to('b.example.', { 'ns.b.example.': '127.0.0.1' })),
    })
    expect((await trace('a\\.b.example', [root('127.0.0.1')])).steps).toEqual([
      'LAME_DELEGATION 127.0.0.1',
      'unresolved',
    ])
  })

  it('a zone that is its own is no way down', async () => {
    const { root, servers } = await tree({
      '127.0.0.1': (query) => query.answer(to('example.', { 'ns.example.': '127.0.0.1' })),
    })
    expect((await trace('www.example', [root('127.0.0.1')])).code).toBe('LAME_DELEGATION')
    expect(asked(servers['127.0.0.1'])).toHaveLength(2)
  })
})
