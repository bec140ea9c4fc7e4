import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readPlainAnswer } from '../../../../src/protocol/dns/fast/plain-answer.js'
import { readPlainRecords } from '../../../../src/protocol/dns/fast/plain-records.js'
import { mismatch } from '../../../../src/protocol/dns/match.js'
import { typeNumber } from '../../../../src/protocol/dns/types.js'
import { decodeMessage } from '../../../../src/protocol/dns/wire/decode.js'
import { parseName } from '../../../../src/protocol/dns/wire/name.js'
import { dnsMessage, hex, type MessageSpec, RESPONSE_BITS, type RecordSpec } from '../../../helpers/dns-message.js'
import { PRESENTATIONS } from './presentations.js'

const AT_QUESTION = 12

/** A message as it comes, and what was asked. */
interface Case {
  readonly spec: MessageSpec
  readonly asked: { readonly name: string; readonly type: string }
}

const name = fc.constantFrom(
  'example.',
  'example.',
  'WWW.Example.',
  'a.b.c.d.example.',
  'x\\.y.example.',
  '\\000.example.',
  '.',
)
const type = fc.constantFrom(
  'A',
  'AAAA',
  'MX',
  'TXT',
  'NS',
  'SOA',
  'OPT',
  'TYPE65280',
  ...PRESENTATIONS.map(([each]) => each),
)
const rdataOf = new Map([...PRESENTATIONS, ['A', 'c0000201'], ['OPT', '']] as [string, string][])

/** A record of the question, or one that differs from that in something. */
function record(asked: string): fc.Arbitrary<RecordSpec> {
  const own: RecordSpec = { pointer: AT_QUESTION, type: asked, rdata: rdataOf.get(asked) ?? '01 02 03' }
  return fc.oneof(
    { weight: 25, arbitrary: fc.constant(own) },
    fc.constant({ ...own, class: 3 }),
    fc.constant({ ...own, ttl: 0x8000_0001 }),
    fc.constant({ ...own, type: 'CNAME', rdata: '0161 00' }),
    fc.constant({ ...own, rdata: '01' }),
    fc.constant({ ...own, rdlength: 400 }),
    fc.constant({ ...own, pointer: AT_QUESTION + 2 }),
    fc.constant({ type: asked, rdata: own.rdata, name: 'example.' }),
  )
}

const opt: fc.Arbitrary<RecordSpec> = fc.record({
  name: fc.constantFrom('.', '.', '.', 'example.'),
  type: fc.constant('OPT'),
  class: fc.constantFrom(512, 1232),
  ttl: fc.constantFrom(0, 0x8000, 0x0001_0000, 0x0100_0000),
  rdata: fc.constantFrom('', '0003 0003 6e7331', '000f 0002 0012', '000f 0009 00'),
})
const other = fc.oneof(
  opt,
  fc.constantFrom<RecordSpec>(
    { pointer: AT_QUESTION, type: 'NS', rdata: '036e7331 c00c' },
    { name: 'ns1.example.', type: 'A', rdata: 'c0000201' },
    { name: 'ns1.example.', type: 'AAAA', rdata: '01' },
  ),
)

const cases: fc.Arbitrary<Case> = fc.record({ name, type }).chain((asked) =>
  fc.record({
    asked: fc.constant(asked),
    spec: fc.record({
      id: fc.nat({ max: 0xffff }),
      bits: fc.constantFrom(
        RESPONSE_BITS,
        RESPONSE_BITS,
        RESPONSE_BITS,
        0x8500,
        0x0100,
        0x8380,
        RESPONSE_BITS | 3,
        0xffff,
      ),
      question: fc.constantFrom(
        asked,
        asked,
        asked,
        asked,
        asked,
        { ...asked, name: 'Example.' },
        { ...asked, class: 3 },
        null,
      ),
      answers: fc.array(record(asked.type), { minLength: 1, maxLength: 3 }),
      authorities: fc.array(other, { maxLength: 2 }),
      additionals: fc.oneof(fc.array(opt, { maxLength: 1 }), fc.array(other, { maxLength: 3 })),
    }),
  }),
)

/** One octet set, and some cut off or put behind. */
const damage = fc.option(
  fc.record({
    at: fc.nat({ max: 300 }),
    octet: fc.nat({ max: 255 }),
    more: fc.oneof(fc.constant(0), fc.integer({ min: -30, max: 3 })),
  }),
  { freq: 1 },
)

test('a plain answer is what the decoder makes of the same message', () => {
  let plain = 0
  let brief = 0
  let alone = 0
  fc.assert(
    fc.property(cases, damage, ({ spec, asked }, harm) => {
      const bytes = new Uint8Array([...dnsMessage(spec), 0, 0, 0])
      const whole = bytes.length - 3
      const end = Math.max(12, whole + (harm?.more ?? 0))
      if (harm && harm.at < end) bytes[harm.at] = harm.octet
      const question = { name: parseName(asked.name), type: typeNumber(asked.type) ?? 0, class: 1 }
      const decoded = decodeMessage(bytes, end)
      const read = readPlainAnswer(bytes, end, question, false)
      if (read !== null) {
        plain++
        expect(read).toEqual(decoded)
      }
      const answers = readPlainAnswer(bytes, end, question, true)
      expect(answers === null && read !== null).toBe(false)
      if (answers !== null) {
        brief++
        expect(answers).toEqual({ ...decoded, authorities: [], additionals: [] })
        expect(decoded?.fault).toBeNull()
        expect(answers.answers.every(({ fault }) => fault === null)).toBe(true)
      }
      const id = (spec.id ?? 0) ^ (harm?.more === 1 ? 1 : 0)
      const records = readPlainRecords(bytes, end, id, question)
      const complete = decoded && mismatch(decoded, id, question) === null && !decoded.flags.tc
      expect(records).toEqual(complete && answers ? answers.answers : null)
      if (records !== null) alone++
    }),
    { numRuns: 20_000 },
  )
  expect(plain).toBeGreaterThan(400)
  expect(brief).toBeGreaterThan(plain + 400)
  expect(alone).toBeGreaterThan(400)
}, 60_000)

test.each<[string, Partial<MessageSpec>, boolean, boolean]>([
  ['one record', {}, true, true],
  ['and OPT', { additionals: [{ name: '.', type: 'OPT', class: 1232, ttl: 0, rdata: '' }] }, true, true],
  ['and the name server', { authorities: [{ name: 'example.', type: 'NS', rdata: '00' }] }, false, true],
  ['no record', { answers: [] }, false, false],
  ['an alias', { answers: [{ pointer: AT_QUESTION, type: 'CNAME', rdata: '0161 00' }] }, false, false],
  ['RDATA cut short', { answers: [{ pointer: AT_QUESTION, type: 'A', rdata: '0102' }] }, false, false],
  ['another response code', { bits: RESPONSE_BITS | 2 }, false, false],
  [
    'one of EDNS',
    { additionals: [{ name: '.', type: 'OPT', class: 1232, ttl: 0x0100_0000, rdata: '' }] },
    false,
    false,
  ],
  ['another question', { question: { name: 'example.', type: 'AAAA' } }, false, false],
])('%s', (_, more, isPlain, isBrief) => {
  const question = { name: 'example.', type: 1, class: 1 }
  const bytes = dnsMessage({ answers: [{ pointer: AT_QUESTION, type: 'A', rdata: 'c0000201' }], ...more })
  expect(readPlainAnswer(bytes, bytes.length, question, false) !== null).toBe(isPlain)
  expect(readPlainAnswer(bytes, bytes.length, question, true) !== null).toBe(isBrief)
  expect(readPlainRecords(bytes, bytes.length, 1, question) !== null).toBe(isBrief)
  expect(readPlainRecords(bytes, bytes.length, 2, question)).toBeNull()
})

test('what stands behind the end counts for nothing', () => {
  const question = { name: 'example.', type: 1, class: 1 }
  const bytes = dnsMessage({ answers: [{ pointer: AT_QUESTION, type: 'A', rdata: 'c0000201' }] })
  const lent = new Uint8Array([...bytes, ...hex('c00c 0001 0001')])
  for (let end = 12; end < bytes.length; end++) {
    expect(readPlainAnswer(lent, end, question, true)).toBeNull()
    expect(readPlainRecords(lent, end, 1, question)).toBeNull()
  }
  expect(readPlainAnswer(lent, bytes.length, question, true)?.sizeBytes).toBe(bytes.length)
})
