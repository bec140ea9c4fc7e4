import { expect, it } from 'vitest'
import { Deadline } from '../../../../src/core/deadline.js'
import {
  type AskOptions,
  parseServer,
  type ResolveEvent,
  type ResolveOptions,
  resolve,
} from '../../../../src/operations/resolve/index.js'
import { CLASS, TYPE } from '../../../../src/protocol/dns/index.js'
import { ASK_ONCE, type Asked, a, dnsServer, messageFor } from '../../../helpers/dns-server.js'

const RESPONSE = 0x8400
const OPT = { name: '.', type: 'OPT', class: 1232, ttl: 0, rdata: '' }
const truly = (asked: Asked) => asked.answer({ answers: [a(asked.name, '192.0.2.1')] })

/** What a server may do, by the first label of the name; `nth` counts the questions for that name. */
const WAYS: Record<string, (asked: Asked, nth: number) => void> = {
  plain: truly,
  several: (asked) =>
    asked.answer({ answers: [a(asked.name, '192.0.2.1'), a(asked.name, '192.0.2.2')], additionals: [OPT] }),
  behind: (asked) =>
    asked.answer({ answers: [a(asked.name, '192.0.2.1')], authorities: [a('ns.example.', '192.0.2.9')] }),
  surplus: (asked) => asked.send(Uint8Array.of(...messageFor(asked, { answers: [a(asked.name, '192.0.2.1')] }), 1, 2)),
  alias: (asked) =>
    asked.answer({
      answers: [{ name: asked.name, type: 'CNAME', rdata: '0161 00' }, a('a.', '192.0.2.3')],
    }),
  case: (asked) =>
    asked.answer({
      question: { name: asked.name.toUpperCase(), type: 'A' },
      answers: [a(asked.name.toUpperCase(), '192.0.2.4')],
    }),
  nx: (asked) => asked.answer({ bits: RESPONSE | 3 }),
  nodata: (asked) => asked.answer({}),
  servfail: (asked) => asked.answer({ bits: RESPONSE | 2 }),
  refused: (asked) => asked.answer({ bits: RESPONSE | 5 }),
  badvers: (asked) =>
    asked.answer({ answers: [a(asked.name, '192.0.2.1')], additionals: [{ ...OPT, ttl: 0x0100_0000 }] }),
  noedns: (asked) => (asked.query.edns ? asked.answer({ bits: RESPONSE | 1 }) : truly(asked)),
  cut: (asked) => (asked.via === 'udp' ? asked.answer({ bits: RESPONSE | 0x0200 }) : truly(asked)),
  damaged: (asked) => asked.answer({ answers: [{ name: asked.name, type: 'A', rdata: 'c000' }] }),
  lost: (asked, nth) => (nth > 1 ? truly(asked) : undefined),
  silent: () => undefined,
  forged: (asked) => {
    const answers = [a(asked.name, '198.51.100.66')]
    asked.answer({ question: { name: 'evil.example.', type: 'A' }, answers })
    asked.answer({ id: asked.query.id ^ 0x5555, answers })
    asked.answer({ bits: 0x0100, answers })
    asked.send(new Uint8Array(3))
    truly(asked)
  },
}

async function run(server: string, wantsServers: boolean, names: readonly string[], ask: Partial<AskOptions>) {
  const events: ResolveEvent[] = []
  const options: ResolveOptions = {
    names,
    mode: { kind: 'dns', servers: [parseServer(server, '--server')], search: false },
    types: [TYPE.A],
    class: CLASS.IN,
    ask: { ...ASK_ONCE, ...ask },
    sections: false,
    expect: [],
    expectNone: false,
    concurrency: 40,
  }
  const outcome = await resolve(options, {
    signal: new AbortController().signal,
    deadline: Deadline.never,
    emit: (event) => events.push(event),
    wants: (type) => type !== 'server' || wantsServers,
  })
  const failure = outcome.ok ? null : outcome.failure
  return { events: events.filter(({ type }) => type !== 'server'), failure, value: outcome.value }
}

it.each([
  ['sent again as soon as they seem lost', '', { timeoutMs: 3000, repeats: true }],
  ['sent once a try', '', { timeoutMs: 2000, tries: 2 }],
  ['sent over TCP', 'tcp://', { timeoutMs: 2000, tries: 2 }],
])('of questions %s the records alone are told as with all else', async (_what, scheme, ask) => {
  const asked = new Map<string, number>()
  const server = await dnsServer((each) => {
    const nth = (asked.get(each.name) ?? 0) + 1
    asked.set(each.name, nth)
    WAYS[each.name.replace(/\d.*/, '')]?.(each, nth)
  })
  const ways = Object.keys(WAYS)
  const names = Array.from({ length: 10 * ways.length }, (_, i) => `${ways[i % ways.length]}${i}.example`)
  const all = await run(`${scheme}127.0.0.1:${server.port}`, true, names, ask)
  const questions = new Map(asked)
  asked.clear()
  const brief = await run(`${scheme}127.0.0.1:${server.port}`, false, names, ask)
  // How often a silent one is repeated, and what comes to its port meanwhile, depends on the time.
  const byChance = /, though asked \d+ times|; \d+ datagrams? that did not answer the question came instead/g
  const told = (run: unknown) => JSON.parse(JSON.stringify(run).replace(byChance, ''))
  expect(told(brief)).toEqual(told(all))
  expect(new Set(brief.events.map(({ type }) => type))).toEqual(new Set(['answer', 'unresolved']))
  expect(asked.size).toBe(names.length)
  // No way costs a question more; what is sent again may depend on the time.
  if (!('repeats' in ask)) expect(asked).toEqual(questions)
})
