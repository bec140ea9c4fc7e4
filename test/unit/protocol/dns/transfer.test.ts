import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CLASS, classifyAnswer, decodeMessage, TYPE, ZoneTransfer } from '../../../../src/protocol/dns/index.js'
import { dnsMessage, type MessageSpec, nameHex, type RecordSpec } from '../../../helpers/dns-message.js'

const ID = 77
const question = { name: 'zone.', type: TYPE.AXFR, class: CLASS.IN }
const asked = { name: 'zone.', type: 'AXFR' }
const soa: RecordSpec = {
  name: 'zone.',
  type: 'SOA',
  rdata: `${nameHex('ns.')}${nameHex('h.')}${'00000001'.repeat(5)}`,
}
const address = (n: number): RecordSpec => ({
  name: 'a.zone.',
  type: 'A',
  rdata: `c00002${n.toString(16).padStart(2, '0')}`,
})

function message(spec: MessageSpec) {
  const decoded = decodeMessage(dnsMessage({ id: ID, question: asked, ...spec }))
  if (!decoded) throw new Error('no message')
  return decoded
}

/** What the messages come to: the whole, and how many of them it took; null where more was waited for. */
function transfer(...specs: MessageSpec[]) {
  const collector = new ZoneTransfer(question)
  for (const [at, spec] of specs.entries()) {
    const whole = collector.take(message(spec), ID)
    if (typeof whole !== 'string') return { taken: at + 1, whole, answer: classifyAnswer(question, whole) }
  }
  return null
}

describe('a zone transfer', () => {
  it('is the same however its records are spread over messages, with the question repeated or not', () => {
    const cuts = fc.array(fc.nat({ max: 21 }), { maxLength: 5 })
    fc.assert(
      fc.property(cuts, fc.boolean(), (cuts, repeated) => {
        const records = [soa, ...Array.from({ length: 20 }, (_, n) => address(n)), soa]
        const bounds = [0, ...cuts.sort((a, b) => a - b), records.length]
        const pieces = bounds.slice(1).map((end, i) => records.slice(bounds[i], end))
        const specs = pieces
          .filter((piece) => piece.length > 0)
          .map((answers, i) => ({ answers, question: repeated || i === 0 ? asked : null }))
        const done = transfer(...specs)
        expect(done).toMatchObject({ taken: specs.length, answer: { kind: 'answer' } })
        expect(done?.whole.answers.map(({ text }) => text)).toEqual(
          transfer({ answers: records })?.whole.answers.map(({ text }) => text),
        )
        expect(done?.whole.counts.answer).toBe(22)
      }),
    )
  })

  it('waits for its end, past what is not of it', () => {
    const rest = { answers: [address(1), soa], question: null }
    expect(transfer({ answers: [soa] }, { answers: [address(1)], question: null })).toBeNull()
    expect(transfer({ answers: [soa] }, { ...rest, id: 78 }, { ...rest, bits: 0 }, rest)).toMatchObject({ taken: 4 })
    expect(transfer({ answers: [soa] }, { ...rest, question: { name: 'other.', type: 'AXFR' } }, rest)).toMatchObject({
      taken: 3,
    })
    expect(transfer({ answers: [soa, soa], question: null })).toBeNull()
  })

  it.each([
    ['REFUSED', [{ bits: 0x8005 }], 'refused'],
    ['NOTAUTH', [{ bits: 0x8009 }], 'error'],
    ['nothing', [{}], 'nodata'],
    ['a record that is no SOA', [{ answers: [address(1)] }], 'broken'],
    ['SERVFAIL on the way', [{ answers: [soa] }, { bits: 0x8002, question: null }], 'servfail'],
    ['a message that cannot be read', [{ answers: [soa] }, { counts: [0, 5, 0, 0], question: null }], 'broken'],
  ] as const)('%s ends it', (_what, specs, kind) => {
    expect(transfer(...specs)).toMatchObject({ taken: specs.length, answer: { kind } })
  })
})

describe('an incremental transfer (RFC 1995)', () => {
  const question = { name: 'zone.', type: TYPE.IXFR, class: CLASS.IN }
  const asked = { name: 'zone.', type: 'IXFR' }
  const at = (serial: number): RecordSpec => ({
    ...soa,
    rdata: `${nameHex('ns.')}${nameHex('h.')}${serial.toString(16).padStart(8, '0')}${'00000001'.repeat(4)}`,
  })

  /** The same, one message for each list of records. */
  function since(serial: number, ...messages: RecordSpec[][]) {
    const collector = new ZoneTransfer(question, serial)
    for (const [i, answers] of messages.entries()) {
      const whole = collector.take(message({ answers, question: i === 0 ? asked : null }), ID)
      if (typeof whole !== 'string') return { taken: i + 1, answer: classifyAnswer(question, whole) }
    }
    return null
  }

  const differences = [at(3), at(1), address(1), at(2), address(2), at(2), at(3), address(3), address(4), at(3)]

  it('is whole once its last difference is, however it is cut into messages', () => {
    const cuts = fc.array(fc.nat({ max: differences.length - 1 }), { maxLength: 4 })
    fc.assert(
      fc.property(cuts, (cuts) => {
        const bounds = [0, ...cuts.sort((a, b) => a - b), differences.length]
        const pieces = bounds.slice(1).map((end, i) => differences.slice(bounds[i], end))
        const messages = pieces.filter((piece) => piece.length > 0)
        const done = since(1, ...messages)
        expect(done).toMatchObject({ taken: messages.length, answer: { kind: 'answer' } })
        expect(done?.answer.chain.records).toHaveLength(differences.length)
      }),
    )
  })

  it.each<[string, number, RecordSpec[][], number | null]>([
    ['nothing is newer', 3, [[at(3)]], 1],
    ['what is there is newer than the zone', 4, [[at(3)]], 1],
    ['serials have wrapped around', 0xffff_fff0, [[at(3)]], null],
    [
      'the zone comes as a whole instead',
      1,
      [
        [at(3), address(1)],
        [address(2), at(3)],
      ],
      2,
    ],
    ['only deletions', 1, [[at(2), at(1), address(1), at(2), at(2)]], 1],
    ['it stops before its end', 1, [differences.slice(0, -1)], null],
    ['it stops behind a difference', 1, [differences.slice(0, 5)], null],
  ])('%s', (_what, serial, messages, taken) => {
    expect(since(serial, ...messages)?.taken ?? null).toBe(taken)
  })
})

describe('types that only questions have', () => {
  it.each([
    ['MAILB', ['MB', 'MG', 'MR', 'A'], 3],
    ['MAILA', ['MD', 'MF', 'MX'], 2],
    ['ANY', ['MB', 'A'], 2],
  ])('%s is answered by %j', (type, types, count) => {
    const rdata = (type: string) => (type === 'A' ? 'c0000201' : type === 'MX' ? `000a${nameHex('x.')}` : nameHex('x.'))
    const decoded = message({
      question: { name: 'zone.', type },
      answers: types.map((type) => ({ name: 'zone.', type, rdata: rdata(type) })),
    })
    const [asked] = decoded.questions
    if (!asked) throw new Error('no question')
    const answer = classifyAnswer(asked, decoded)
    expect(answer.kind).toBe('answer')
    expect(answer.chain.records).toHaveLength(count)
  })
})
