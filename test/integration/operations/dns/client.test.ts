import { describe, expect, it, onTestFinished } from 'vitest'
import { Deadline } from '../../../../src/core/deadline.js'
import { type AskOptions, DnsClient, type DnsServer, serverAt } from '../../../../src/operations/dns/index.js'
import type { Done } from '../../../../src/operations/dns/inquiry.js'
import { replyFailure } from '../../../../src/operations/dns/verdict.js'
import { CLASS, frameMessage, TYPE } from '../../../../src/protocol/dns/index.js'
import { nameHex, RESPONSE_BITS } from '../../../helpers/dns-message.js'
import { ASK_ONCE, type Asked, a, dnsServer, messageFor } from '../../../helpers/dns-server.js'
import { refusingPort } from '../../../helpers/sockets.js'

const TC = 0x0200
const NAME = 'host.example.'
const question = { name: NAME, type: TYPE.A, class: CLASS.IN }
const good = { answers: [a(NAME, '192.0.2.1')] }

async function ask(servers: DnsServer | readonly DnsServer[], more: Partial<AskOptions> = {}) {
  const client = new DnsClient({ ...ASK_ONCE, ...more }, new AbortController().signal)
  try {
    return await client.askAny([servers].flat(), question, Deadline.never)
  } finally {
    client.close()
  }
}

/** Asks a server that does this. */
async function asking(script: (asked: Asked) => void, more: Partial<AskOptions> = {}) {
  const server = await dnsServer(script)
  const outcome = await ask(serverAt('127.0.0.1', server.port, 'udp'), more)
  const values = outcome.ok ? outcome.value.answer.chain.records.map(({ text }) => text) : []
  return { outcome, values, server, reply: outcome.ok ? outcome.value : null }
}

describe('an answer counts only if it fits the question', () => {
  it.each<[string, (asked: Asked) => void]>([
    ['another id', (asked) => asked.answer({ id: asked.query.id ^ 1, answers: [a(NAME, '198.51.100.66')] })],
    ['another name', (asked) => asked.answer({ question: { name: 'evil.example.', type: 'A' } })],
    ['another type', (asked) => asked.answer({ question: { name: NAME, type: 'AAAA' } })],
    ['another class', (asked) => asked.answer({ question: { name: NAME, type: 'A', class: 3 } })],
    ['a query, not a response', (asked) => asked.answer({ bits: 0x0100 })],
    ['no question', (asked) => asked.answer({ question: null, answers: [a(NAME, '198.51.100.66')] })],
    ['one octet', (asked) => asked.send(Uint8Array.of(1))],
    ['nothing', (asked) => asked.send(new Uint8Array(0))],
    ['its id alone', (asked) => asked.send(Uint8Array.of(asked.query.id >> 8, asked.query.id & 255))],
  ])('%s: dropped, and the true answer is waited for', async (_what, forge) => {
    const { values, reply } = await asking((asked) => {
      forge(asked)
      asked.answer(good)
    })
    expect(values).toEqual(['192.0.2.1'])
    expect(reply?.dropped).toBe(1)
  })

  it('never hears what comes from another port', async () => {
    const { values, reply } = await asking(async (asked) => {
      await asked.answerFromElsewhere({ answers: [a(NAME, '198.51.100.66')] })
      asked.answer(good)
    })
    expect(values).toEqual(['192.0.2.1'])
    expect(reply?.dropped).toBe(0)
  })

  it('tells of an answer that comes from elsewhere alone, and does not take it', async () => {
    const { outcome } = await asking((asked) => asked.answerFromElsewhere(good), { tries: 2, timeoutMs: 1000 })
    expect(outcome).toMatchObject({
      ok: false,
      failure: {
        code: 'EAGAIN',
        origin: 'deadline',
        message: expect.stringMatching(/; 127\.0\.0\.1:\d+, which was not asked, did$/),
        hint: expect.stringContaining('answers from another one than it was asked at'),
      },
    })
  })

  it('hears at the second try who answers late, from where it was asked', async () => {
    let tries = 0
    const { values } = await asking((asked) => ++tries === 2 && asked.answer(good), { tries: 2, timeoutMs: 2000 })
    expect(values).toEqual(['192.0.2.1'])
  })

  it('takes a question in other letters as the same', async () => {
    const { values } = await asking((asked) =>
      asked.answer({ question: { name: 'HOST.Example.', type: 'A' }, answers: [a('Host.EXAMPLE.', '192.0.2.1')] }),
    )
    expect(values).toEqual(['192.0.2.1'])
  })

  it('asks each question with an id and from a port that the last one did not have', async () => {
    const server = await dnsServer((asked) => asked.answer(good))
    for (let i = 0; i < 20; i++) await ask(serverAt('127.0.0.1', server.port, 'udp'))
    const distinct = (values: readonly number[]) => new Set(values).size
    expect(distinct(server.asked.map(({ port }) => port))).toBeGreaterThan(15)
    expect(distinct(server.asked.map(({ query }) => query.id))).toBeGreaterThan(15)
  })
})

describe('silence and what is like it', () => {
  it('a server that says nothing is asked as often as wanted, then EAGAIN with every attempt', async () => {
    const { outcome, server } = await asking(() => {}, { timeoutMs: 50, tries: 3 })
    expect(server.asked).toHaveLength(3)
    expect(outcome).toMatchObject({
      ok: false,
      failure: { code: 'EAGAIN', origin: 'deadline', attempts: [{}, {}, {}] },
    })
  })

  it('an answer that cannot be read is no silence', async () => {
    const { outcome } = await asking((asked) => asked.send(messageFor(asked).subarray(0, 14)), { timeoutMs: 50 })
    expect(outcome).toMatchObject({
      ok: false,
      failure: {
        code: 'EBADRESP',
        origin: 'peer',
        phase: 'protocol',
        message: expect.stringMatching(
          / sent an answer that cannot be read, and no other came in the 50(\.0)? ms allowed$/,
        ),
        advice: 'more-time',
      },
    })
  })

  it.each([0x8000, 0x8080, 0x8400])(
    'an empty answer with flags %#x is lame where nothing vouches for it',
    async (bits) => {
      const { outcome } = await asking((asked) => asked.answer({ bits }))
      const failed = outcome.ok ? replyFailure(outcome.value) : outcome.failure
      expect(failed?.code).toBe(bits === 0x8000 ? 'LAME' : 'NODATA')
      if (bits === 0x8000)
        expect(failed?.message).toMatch(/ LAME from 127\.0\.0\.1:\d+: it says nothing, and is neither/)
    },
  )

  it('after a lame server the next one is asked', async () => {
    const [lame, other] = [
      await dnsServer((asked) => asked.answer({ bits: 0x8000 })),
      await dnsServer((asked) => asked.answer(good)),
    ]
    const outcome = await ask([lame, other].map(({ port }) => serverAt('127.0.0.1', port, 'udp')))
    expect(outcome.ok && outcome.value).toMatchObject({ answer: { kind: 'answer' }, attempts: [{ code: 'LAME' }] })
  })

  it('a header alone that is cut short leads to TCP', async () => {
    const { reply, values } = await asking((asked) =>
      asked.via === 'tcp' ? asked.answer(good) : asked.answer({ question: null, bits: RESPONSE_BITS | TC }),
    )
    expect(values).toEqual(['192.0.2.1'])
    expect(reply).toMatchObject({ transport: 'tcp', truncated: true })
  })

  it.each<[string, Parameters<Asked['answer']>[0], RegExp]>([
    ['of a loop', { answers: [{ name: NAME, type: 'CNAME', rdata: nameHex(NAME) }] }, /CNAME/],
    ['of an alias', { answers: [{ name: NAME, type: 'CNAME', rdata: nameHex('b.example.') }] }, /b\.example\./],
    ['of a server that does not recurse', { bits: 0x8002 }, /has not loaded it/],
    ['of a resolver', {}, /DNSSEC/],
  ])('the hint of SERVFAIL fits: %s', async (_, spec, hint) => {
    const { outcome } = await asking((asked) => asked.answer({ bits: RESPONSE_BITS | 2, ...spec }))
    const failed = outcome.ok ? replyFailure(outcome.value) : outcome.failure
    expect(failed).toMatchObject({ code: 'SERVFAIL', hint: expect.stringMatching(hint) })
  })

  it('the second try is answered, and says so', async () => {
    let first = true
    const { reply } = await asking(
      (asked) => {
        if (!first) asked.answer(good)
        first = false
      },
      { timeoutMs: 100, tries: 3 },
    )
    expect(reply?.tries).toBe(2)
  })

  it('a port where nothing listens is ECONNREFUSED at once', async () => {
    const outcome = await ask(serverAt('127.0.0.1', await refusingPort(), 'udp'), { tries: 3 })
    expect(outcome).toMatchObject({ ok: false, failure: { code: 'ECONNREFUSED', origin: 'os', attempts: [{}] } })
  })

  it('the next server is asked where one is dead, and where one has SERVFAIL or REFUSED', async () => {
    const failing = await dnsServer((asked) => asked.answer({ bits: RESPONSE_BITS | 2 }))
    const refusing = await dnsServer((asked) => asked.answer({ bits: RESPONSE_BITS | 5 }))
    const answering = await dnsServer((asked) => asked.answer(good))
    const ports = [await refusingPort(), failing.port, refusing.port, answering.port]
    const outcome = await ask(ports.map((port) => serverAt('127.0.0.1', port, 'udp')))
    expect(outcome.ok && outcome.value.port).toBe(answering.port)
    // None of them is hidden by the answer.
    expect(outcome.ok && outcome.value.attempts).toMatchObject([
      { port: ports[0], ok: false, code: 'ECONNREFUSED', origin: 'os' },
      { port: failing.port, ok: false, code: 'SERVFAIL', origin: 'resolver', errno: null },
      { port: refusing.port, ok: false, code: 'REFUSED' },
    ])
  })

  it('SERVFAIL of all is SERVFAIL, not silence', async () => {
    const failing = await dnsServer((asked) => asked.answer({ bits: RESPONSE_BITS | 2 }))
    const dead = await refusingPort()
    const servers = [failing.port, dead].map((port) => serverAt('127.0.0.1', port, 'udp'))
    const outcome = await ask(servers)
    expect(outcome.ok && outcome.value.answer.kind).toBe('servfail')
    expect(outcome.ok && outcome.value.attempts).toMatchObject([{ port: dead, code: 'ECONNREFUSED' }])
    expect(outcome.ok && replyFailure(outcome.value)).toMatchObject({
      code: 'SERVFAIL',
      attempts: [
        { port: dead, code: 'ECONNREFUSED' },
        { port: failing.port, code: 'SERVFAIL' },
      ],
    })
  })

  it('silence of the first and a closed port behind it: it is told whose the last word was', async () => {
    const silent = await dnsServer(() => {})
    const servers = [silent.port, await refusingPort()].map((port) => serverAt('127.0.0.1', port, 'udp'))
    const client = new DnsClient({ ...ASK_ONCE, timeoutMs: 100, tries: 2 }, new AbortController().signal)
    onTestFinished(() => client.close())
    const [outcome, last] = await new Promise<Parameters<Done>>((resolve) =>
      client.inquire(servers, question, Deadline.never, (...told) => resolve(told)),
    )
    expect(last).toEqual({ server: servers[0], transport: 'udp', truncated: false })
    expect(outcome.ok === false && outcome.failure.attempts.map(({ code }) => code)).toEqual([
      'EAGAIN',
      'ECONNREFUSED',
      'EAGAIN',
    ])
  })
})

describe('EDNS (RFC 6891, section 7)', () => {
  it('FORMERR to an OPT: once more without', async () => {
    const { reply, server } = await asking((asked) =>
      asked.query.edns ? asked.answer({ bits: RESPONSE_BITS | 1, question: null }) : asked.answer(good),
    )
    expect(server.asked.map(({ query }) => query.edns !== null)).toEqual([true, false])
    expect(reply).toMatchObject({ ednsRefused: true, answer: { kind: 'answer' } })
  })

  it('FORMERR to a plain question stands', async () => {
    const { reply, server } = await asking((asked) => asked.answer({ bits: RESPONSE_BITS | 1 }))
    expect(server.asked).toHaveLength(2)
    expect(reply?.answer.kind).toBe('error')
  })

  it('without EDNS there is no OPT', async () => {
    const { server } = await asking((asked) => asked.answer(good), { edns: null })
    expect(server.asked[0]?.query.edns).toBeNull()
  })

  it('sends size, DO, NSID and subnet', async () => {
    const edns = {
      udpPayloadSize: 4096,
      dnssecOk: true,
      nsid: true,
      subnet: { address: Uint8Array.of(192, 0, 2, 99), prefixLength: 24 },
    }
    const { server } = await asking((asked) => asked.answer(good), { edns })
    expect(server.asked[0]?.query.edns).toMatchObject({ udpPayloadSize: 4096, dnssecOk: true })
    const [nsid, subnet] = server.asked[0]?.query.edns?.options ?? []
    expect(nsid?.name).toBe('NSID')
    expect(subnet?.fields).toMatchObject({ address: '192.0.2.0', sourcePrefixLength: 24 })
  })
})

describe('TCP', () => {
  it('is where a truncated answer is asked for again', async () => {
    const { reply, server } = await asking((asked) =>
      asked.via === 'udp' ? asked.answer({ bits: RESPONSE_BITS | TC }) : asked.answer(good),
    )
    expect(server.asked.map(({ via }) => via)).toEqual(['udp', 'tcp'])
    expect(reply).toMatchObject({ transport: 'tcp', truncated: true, answer: { kind: 'answer' } })
  })

  it.each<[string, (asked: Asked) => void]>([
    ['another id', (asked) => asked.answer({ id: asked.query.id ^ 1, ...good })],
    ['another name', (asked) => asked.answer({ question: { name: 'evil.example.', type: 'A' } })],
  ])('over TCP, %s: dropped, and the true answer is waited for', async (_what, forge) => {
    const { reply, values } = await asking(
      (asked) => {
        forge(asked)
        asked.answer(good)
      },
      { tcp: true },
    )
    expect(values).toEqual(['192.0.2.1'])
    expect(reply).toMatchObject({ transport: 'tcp', dropped: 1 })
  })

  it('over TCP, nothing but what answers another question: silence, and it is told', async () => {
    const { outcome } = await asking((asked) => asked.answer({ id: asked.query.id ^ 1, ...good }), {
      tcp: true,
      timeoutMs: 200,
    })
    expect(outcome.ok === false && outcome.failure).toMatchObject({
      origin: 'deadline',
      message: expect.stringContaining('; 1 message that did not answer the question came instead'),
    })
  })

  it('a truncated answer over TCP is not asked for forever', async () => {
    const { server } = await asking((asked) => asked.answer({ bits: RESPONSE_BITS | TC }))
    expect(server.asked.map(({ via }) => via)).toEqual(['udp', 'tcp'])
  })

  it.each([1, 2, 3, 7])('reads an answer that comes in pieces of %i octets, its length too', async (size) => {
    const { values } = await asking(
      async ({ socket, ...asked }) => {
        socket?.setNoDelay(true)
        const bytes = frameMessage(messageFor(asked, good))
        for (let at = 0; at < bytes.length; at += size) {
          await new Promise<void>((resolve) => socket?.write(bytes.subarray(at, at + size), () => resolve()))
        }
      },
      { tcp: true },
    )
    expect(values).toEqual(['192.0.2.1'])
  })

  it('reads on past messages that answer something else', async () => {
    const { values } = await asking(
      (asked) => {
        asked.answer({ id: asked.query.id ^ 1 })
        asked.send(new Uint8Array(0))
        asked.answer(good)
      },
      { tcp: true },
    )
    expect(values).toEqual(['192.0.2.1'])
  })

  it.each<[string, (asked: Asked) => void]>([
    ['before it answered', ({ socket }) => socket?.end()],
    ['in the middle of an answer', ({ socket }) => socket?.end(Uint8Array.of(0, 40, 1, 2, 3))],
  ])('a connection that ends %s is a broken answer', async (text, script) => {
    const { outcome } = await asking(script, { tcp: true })
    expect(outcome).toMatchObject({ ok: false, failure: { code: 'EBADRESP', origin: 'peer' } })
    expect(outcome.ok ? '' : outcome.failure.message).toContain(text)
  })

  it('opens another connection where a server ends an idle one', async () => {
    const server = await dnsServer((asked) => {
      asked.answer(good)
      asked.socket?.end()
    })
    const client = new DnsClient({ ...ASK_ONCE, tcp: true, tries: 3 }, new AbortController().signal)
    const target = serverAt('127.0.0.1', server.port, 'udp')
    for (let i = 0; i < 3; i++) expect((await client.ask(target, question, Deadline.never)).ok).toBe(true)
    client.close()
    expect(new Set(server.asked.map(({ port }) => port)).size).toBe(3)
  })

  it('carries many questions over one connection, answered in any order', async () => {
    const waiting: Asked[] = []
    const server = await dnsServer((asked) => {
      waiting.push(asked)
      if (waiting.length === 10)
        for (const each of waiting.reverse()) each.answer({ answers: [a(each.name, '192.0.2.7')] })
    })
    const client = new DnsClient({ ...ASK_ONCE, tcp: true }, new AbortController().signal)
    const target = serverAt('127.0.0.1', server.port, 'udp')
    const outcomes = await Promise.all(
      Array.from({ length: 10 }, (_, i) => client.ask(target, { ...question, name: `n${i}.example.` }, Deadline.never)),
    )
    client.close()
    expect(outcomes.map((outcome) => outcome.ok && outcome.value.question.name)).toEqual(
      Array.from({ length: 10 }, (_, i) => `n${i}.example.`),
    )
    expect(new Set(server.asked.map(({ port }) => port)).size).toBe(1)
  })
})

describe('six outcomes and more, told apart', () => {
  const soa = {
    name: 'example.',
    type: 'SOA',
    rdata: `${nameHex('ns.example.')} ${nameHex('h.example.')} 00000001 00000002 00000003 00000004 0000001e`,
  }
  const cname = (from: string, to: string) => ({ name: from, type: 'CNAME', rdata: nameHex(to) })
  it.each([
    ['NXDOMAIN', 'resolver', { bits: RESPONSE_BITS | 3, authorities: [soa] }],
    ['NODATA', 'resolver', { authorities: [soa] }],
    ['SERVFAIL', 'resolver', { bits: RESPONSE_BITS | 2 }],
    ['REFUSED', 'resolver', { bits: RESPONSE_BITS | 5 }],
    ['NOTIMP', 'resolver', { bits: RESPONSE_BITS | 4 }],
    [
      'REFERRAL',
      'resolver',
      { bits: 0x8100, authorities: [{ name: 'example.', type: 'NS', rdata: nameHex('ns.example.') }] },
    ],
    ['CNAME_LOOP', 'resolver', { answers: [cname(NAME, 'b.example.'), cname('b.example.', NAME)] }],
    ['CNAME_LOOP', 'resolver', { answers: [cname(NAME, NAME)] }],
    ['EBADRESP', 'peer', { answers: [{ name: NAME, type: 'A', rdata: '010203' }] }],
    ['EBADRESP', 'peer', { counts: [1, 1, 0, 0] as const }],
  ])('%s, by the %s', async (code, origin, spec) => {
    const { reply } = await asking((asked) => asked.answer(spec))
    expect(reply && replyFailure(reply)).toMatchObject({ code, origin })
    expect(reply && replyFailure(reply)?.hint).toEqual(expect.stringMatching(/./))
  })

  it('one bad record does not lose the rest', async () => {
    const { values } = await asking((asked) =>
      asked.answer({ answers: [{ name: NAME, type: 'A', rdata: '010203' }, a(NAME, '192.0.2.1')] }),
    )
    expect(values).toContain('192.0.2.1')
  })
})

describe('an abort', () => {
  it('ends a question that nobody answers', async () => {
    const controller = new AbortController()
    const server = await dnsServer(() => controller.abort())
    const client = new DnsClient(ASK_ONCE, controller.signal)
    const outcome = await client.ask(serverAt('127.0.0.1', server.port, 'udp'), question, Deadline.never)
    client.close()
    expect(outcome).toMatchObject({ ok: false, failure: { code: 'ECANCELED', origin: 'abort' } })
  })
})
