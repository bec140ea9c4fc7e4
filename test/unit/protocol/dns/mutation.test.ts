import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { classifyAnswer } from '../../../../src/protocol/dns/answer.js'
import { mismatch } from '../../../../src/protocol/dns/match.js'
import type { DnsMessage } from '../../../../src/protocol/dns/message.js'
import { decodeMessage } from '../../../../src/protocol/dns/wire/decode.js'
import { dnsMessage, hex, type RecordSpec } from '../../../helpers/dns-message.js'
import { PRESENTATIONS } from './presentations.js'

const QUESTION = { name: 'example.', type: 255, class: 1 }
const OPT = {
  name: '.',
  type: 'OPT',
  class: 1232,
  rdata: '0003 0003 6e7331 0008 0007 0001 1800 c00002 000f 0003 0006 61',
}

/** Whole messages with every type that there is, a few records each. */
const SEEDS: readonly Uint8Array[] = Array.from({ length: Math.ceil(PRESENTATIONS.length / 5) }, (_, at) => {
  const records = PRESENTATIONS.slice(at * 5, at * 5 + 5).map(([type, rdata]): RecordSpec => ({ type, rdata }))
  return dnsMessage({
    question: { name: 'example.', type: 'ANY' },
    answers: records,
    authorities: records.slice(0, 2),
    additionals: [OPT],
  })
})

const mutation = fc.record({
  at: fc.nat({ max: 5000 }),
  octet: fc.oneof(fc.nat({ max: 255 }), fc.constantFrom(0, 1, 0x3f, 0x40, 0x7f, 0x80, 0xc0, 0xff)),
  how: fc.constantFrom('set', 'set', 'set', 'insert', 'remove', 'point', 'cut'),
})

function mutate(seed: Uint8Array, mutations: ReadonlyArray<{ at: number; octet: number; how: string }>): Uint8Array {
  const bytes = Array.from(seed)
  for (const { at, octet, how } of mutations) {
    const where = at % Math.max(1, bytes.length)
    if (how === 'set') bytes[where] = octet
    else if (how === 'insert') bytes.splice(where, 0, octet)
    else if (how === 'remove') bytes.splice(where, 1)
    else if (how === 'point') bytes.splice(where, 2, 0xc0, octet)
    else bytes.length = where
  }
  return Uint8Array.from(bytes)
}

/** What does not hold of a decoded message, though it must whatever its octets; null where all does. */
function unsound(bytes: Uint8Array, message: DnsMessage): string | null {
  const records = [...message.answers, ...message.authorities, ...message.additionals]
  if (records.length * 11 + message.questions.length * 5 > bytes.length) return 'more records than fit'
  const faults = [message.fault, message.edns?.fault ?? null, ...records.map(({ fault }) => fault)]
  if (faults.some((fault) => fault !== null && (fault.offset > bytes.length || fault.reason === '')))
    return 'a vague fault'
  for (const { fault, fields, offset, rdataBytes, text, ttl } of records) {
    if (offset >= bytes.length) return 'a record beyond the end'
    if (ttl > 0xffff_ffff) return `a TTL of ${ttl}`
    if (fault !== null && fields !== null) return 'fields in spite of a fault'
    // The longest texts are of types and of names: an octet is eight types, or half a pointer to a name.
    if (text.length > 100 * rdataBytes + 2200) return `${text.length} characters for ${rdataBytes} octets`
    if (/[^ -~]/.test(text)) return 'a text that is not printable ASCII'
  }
  JSON.stringify(classifyAnswer(QUESTION, message))
  mismatch(message, 1, QUESTION)
  return null
}

test('20,000 mutated messages: no exception, and what is said of them holds', () => {
  let faults = 0
  let whole = 0
  fc.assert(
    fc.property(fc.constantFrom(...SEEDS), fc.array(mutation, { minLength: 1, maxLength: 6 }), (seed, mutations) => {
      const bytes = mutate(seed, mutations)
      const message = decodeMessage(bytes)
      expect(message === null).toBe(bytes.length < 12)
      if (message === null) return
      expect(unsound(bytes, message)).toBeNull()
      if (message.fault === null) whole += 1
      else faults += 1
    }),
    { numRuns: 20_000 },
  )
  expect(faults).toBeGreaterThan(1000)
  expect(whole).toBeGreaterThan(1000)
}, 120_000)

test('a reader that knows the question and wants the answer alone comes to the same', () => {
  let walkedOver = 0
  fc.assert(
    fc.property(
      fc.constantFrom(...SEEDS),
      fc.array(mutation, { maxLength: 3 }),
      fc.nat({ max: 4 }),
      (seed, mutations, at) => {
        const bytes = mutate(seed, mutations)
        const message = decodeMessage(bytes)
        if (message === null || message.fault !== null) return
        const question = { ...QUESTION, type: message.answers[at]?.type ?? 1 }
        const brief = decodeMessage(bytes, bytes.length, { question, answersOnly: true })
        if (brief === null) throw new Error('a message that can be decoded')
        expect(brief.questions).toEqual(message.questions)
        expect(brief.answers).toEqual(message.answers)
        expect({ ...brief.edns, options: [] }).toEqual({ ...message.edns, options: [] })
        expect(classifyAnswer(question, brief)).toEqual(classifyAnswer(question, message))
        if (brief.authorities.length < message.authorities.length) walkedOver++
      },
    ),
    { numRuns: 3000 },
  )
  expect(walkedOver).toBeGreaterThan(500)
})

test('what is decoded keeps none of the octets', () => {
  for (const seed of SEEDS) {
    const kept = decodeMessage(seed)
    const lent = new Uint8Array(seed.length + 100).fill(0xc0)
    lent.set(seed)
    const message = decodeMessage(lent, seed.length)
    lent.fill(0xff)
    expect(message).toEqual(kept)
  }
})

test('any octets at all', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const message = decodeMessage(bytes)
      if (message !== null) expect(unsound(bytes, message)).toBeNull()
    }),
    { numRuns: 2000 },
  )
})

/** Messages of 64 KiB that are made to cost as much as they can. */
describe('the work is bounded', () => {
  const header = (answers: number) => hex(`0001 8180 0000 ${answers.toString(16).padStart(4, '0')} 0000 0000`)
  const longName = hex(`${'0161'.repeat(127)}00`)
  const repeated = (unit: Uint8Array, before: Uint8Array): Uint8Array => {
    const count = Math.floor((65535 - 12 - before.length) / unit.length)
    const message = new Uint8Array(12 + before.length + count * unit.length)
    message.set(header(count + 1))
    message.set(before, 12)
    for (let at = 0; at < count; at++) message.set(unit, 12 + before.length + at * unit.length)
    return message
  }
  const first = Uint8Array.from([...longName, ...hex('0001 0001 00000000 0000')])

  test.each([
    ['owners that all point to the longest name', repeated(hex('c00c 0001 0001 00000000 0000'), first)],
    ['aliases from the longest name to itself', repeated(hex('c00c 0005 0001 00000000 0002 c00c'), first)],
    ['records without octets', repeated(hex('00 0001 0001 00000000 0000'), hex('00 0001 0001 00000000 0000'))],
    [
      'records with every type in a bitmap',
      repeated(hex(`00 002f 0001 00000000 0023 00 0020 ${'ff'.repeat(32)}`), first),
    ],
  ])('%s', (_, bytes) => {
    const message = decodeMessage(bytes)
    expect(message?.answers).toHaveLength(message?.counts.answer ?? 0)
    expect(message?.answers.length).toBeGreaterThan(1000)
  })

  test('an alias of an alias of an alias, as long as a message can hold', () => {
    const links = Array.from(
      { length: 1500 },
      (_, at): RecordSpec => ({ name: `n${at}.`, type: 'CNAME', rdata: target(at + 1) }),
    )
    const message = decodeMessage(dnsMessage({ question: { name: 'n0.', type: 'A' }, answers: links.reverse() }))
    if (message === null) throw new Error('no message')
    const { chain } = classifyAnswer({ name: 'n0.', type: 1, class: 1 }, message)
    expect(chain.links).toHaveLength(1500)
  })

  function target(at: number): string {
    const label = `n${at}`
    return `${label.length.toString(16).padStart(2, '0')}${Buffer.from(label).toString('hex')}00`
  }
})
