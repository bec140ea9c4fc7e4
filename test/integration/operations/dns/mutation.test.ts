import { expect, it } from 'vitest'
import { Deadline } from '../../../../src/core/deadline.js'
import { DnsClient, serverAt } from '../../../../src/operations/dns/index.js'
import { replyFailure } from '../../../../src/operations/dns/verdict.js'
import { CLASS, TYPE } from '../../../../src/protocol/dns/index.js'
import { nameHex } from '../../../helpers/dns-message.js'
import { a, dnsServer, messageFor } from '../../../helpers/dns-server.js'

const PACKETS = 20_000
const AT_ONCE = 100
const SEED = 20_260_101

/** The same numbers in every run (Park and Miller's generator): a failure can be had again. */
function numbers(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state * 48_271) % 0x7fff_ffff
    return state % below
  }
}

/** Bits flipped, octets set, cut, doubled: mostly behind the question, so that most are taken for answers. */
function mutate(bytes: Uint8Array, random: (below: number) => number): Uint8Array {
  const mutated = Uint8Array.from(bytes)
  const from = random(4) === 0 ? 0 : Math.min(bytes.length - 1, 30)
  for (let i = random(6); i >= 0; i--) {
    const at = from + random(bytes.length - from)
    mutated[at] = random(2) === 0 ? random(256) : (mutated[at] ?? 0) ^ (1 << random(8))
  }
  const shape = random(8)
  if (shape === 0) return mutated.subarray(0, random(bytes.length))
  return shape === 1 ? Uint8Array.from([...mutated, ...mutated.subarray(random(bytes.length))]) : mutated
}

it(`survives ${PACKETS} mutated answers, each followed by the true one`, { timeout: 240_000 }, async () => {
  const random = numbers(SEED)
  const server = await dnsServer((asked) => {
    const { name } = asked
    const true_ = messageFor(asked, {
      answers: [
        { name, type: 'CNAME', rdata: nameHex('b.example.') },
        { name: 'b.example.', type: 'MX', rdata: `000a ${nameHex('mail.example.')}` },
        { name: 'b.example.', type: 'HTTPS', rdata: '0001 00 0001 0003 02 6832' },
        a('b.example.', '192.0.2.1'),
      ],
    })
    if (asked.via === 'udp') asked.send(mutate(true_, random))
    asked.send(true_)
  })
  const options = { tcp: false, recursionDesired: true, checkingDisabled: false, edns: {}, tls: {} }
  // Long enough that no answer is late however busy the machine; every question has an answer that counts.
  const client = new DnsClient({ ...options, timeoutMs: 60_000, tries: 1 }, new AbortController().signal)
  const target = serverAt('127.0.0.1', server.port, 'udp')
  const kinds = new Map<string, number>()
  let next = 0
  const worker = async () => {
    while (next < PACKETS) {
      const name = `n${next++}.example.`
      const outcome = await client.ask(target, { name, type: TYPE.A, class: CLASS.IN }, Deadline.never)
      if (!outcome.ok) throw new Error(`${name}: ${outcome.failure.message}`, { cause: outcome.failure })
      replyFailure(outcome.value)
      const { kind } = outcome.value.answer
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  client.close()
  expect([...kinds.values()].reduce((sum, count) => sum + count, 0)).toBe(PACKETS)
  // Mutations that do nothing would prove nothing.
  expect(kinds.size).toBeGreaterThan(4)
})
