import { describe, expect, test } from 'vitest'
import { classifyAnswer } from '../../../../src/protocol/dns/answer.js'
import { followChain } from '../../../../src/protocol/dns/cname.js'
import { mismatch } from '../../../../src/protocol/dns/match.js'
import type { DnsMessage, Question } from '../../../../src/protocol/dns/message.js'
import { typeNumber } from '../../../../src/protocol/dns/types.js'
import { decodeMessage } from '../../../../src/protocol/dns/wire/decode.js'
import { dnsMessage, type MessageSpec, nameHex, type RecordSpec } from '../../../helpers/dns-message.js'

function decode(spec: MessageSpec): DnsMessage {
  const message = decodeMessage(dnsMessage(spec))
  if (message === null) throw new Error('no message')
  return message
}

function question(name: string, type: string): Question {
  return { name, type: typeNumber(type) ?? 0, class: 1 }
}

const cname = (name: string, to: string): RecordSpec => ({ name, type: 'CNAME', rdata: nameHex(to) })
const dname = (name: string, to: string): RecordSpec => ({ name, type: 'DNAME', rdata: nameHex(to) })
const a = (name: string): RecordSpec => ({ name, type: 'A', rdata: 'c0000201' })
const ns = (name: string): RecordSpec => ({ name, type: 'NS', rdata: nameHex('ns.example.') })
const soa = (ttl: number, minimum: number): RecordSpec => ({
  type: 'SOA',
  ttl,
  rdata: `0000 ${'00000001'.repeat(4)} ${minimum.toString(16).padStart(8, '0')}`,
})

describe('what answers a query', () => {
  const asked = question('Example.', 'A')

  test.each<[string, MessageSpec, string | null]>([
    ['the same question in another case', { question: { name: 'eXAMPLE.', type: 'A' } }, null],
    ['another id', { id: 2 }, 'id'],
    ['a query', { bits: 0x0100 }, 'not a response'],
    ['a notify', { bits: 0xa000 }, 'opcode'],
    ['another name', { question: { name: 'other.', type: 'A' } }, 'question'],
    ['another type', { question: { name: 'example.', type: 'AAAA' } }, 'question'],
    ['another class', { question: { name: 'example.', type: 'A', class: 3 } }, 'question'],
    ['no question', { question: null }, 'question'],
    ['no question, but FORMERR', { question: null, bits: 0x8001 }, null],
    ['no question, but REFUSED', { question: null, bits: 0x8005 }, null],
    ['no question and NXDOMAIN', { question: null, bits: 0x8003 }, 'question'],
    ['two questions', { counts: [2, 0, 0, 0] }, 'question'],
    ['a question that cannot be read', { question: null, counts: [1, 0, 0, 0] }, 'question unreadable'],
  ])('%s', (_, spec, why) => {
    expect(mismatch(decode(spec), 1, asked)).toBe(why)
  })
})

describe('aliases', () => {
  const follow = (asked: Question, answers: RecordSpec[]) => followChain(asked, decode({ answers }).answers)
  const steps = (chain: ReturnType<typeof follow>) => chain.links.map(({ from, to, type }) => `${from} ${type} ${to}`)

  test('are followed in whatever order they come', () => {
    const chain = follow(question('a.', 'A'), [a('C.'), cname('B.', 'c.'), cname('A.', 'b.'), a('d.')])
    expect(steps(chain)).toEqual(['a. CNAME b.', 'b. CNAME c.'])
    expect(chain).toMatchObject({ end: 'c.', broken: null, records: [{ name: 'C.', text: '192.0.2.1' }] })
  })

  test('are the answer where they are asked for', () => {
    const records = [cname('a.', 'b.'), a('b.')]
    expect(follow(question('a.', 'CNAME'), records)).toMatchObject({ links: [], records: [{ text: 'b.' }] })
    expect(follow(question('a.', 'ANY'), records)).toMatchObject({ links: [], records: [{ text: 'b.' }] })
  })

  test('that bite their tail', () => {
    const chain = follow(question('a.', 'A'), [cname('a.', 'b.'), cname('b.', 'A.')])
    expect(chain).toMatchObject({ end: 'A.', broken: 'loop', records: [] })
    expect(follow(question('a.', 'A'), [cname('a.', 'a.')]).broken).toBe('loop')
  })

  test('DNAME replaces the end of a name', () => {
    const chain = follow(question('x.Y.old.', 'A'), [dname('OLD.', 'new.example.'), a('x.y.new.example.')])
    expect(steps(chain)).toEqual(['x.Y.old. DNAME x.Y.new.example.'])
    expect(chain.records).toHaveLength(1)
    expect(steps(follow(question('x.y.', 'A'), [dname('y.', '.')]))).toEqual(['x.y. DNAME x.'])
    // The root's own DNAME holds for its target too, until no name has room for it.
    const endless = follow(question('x.y.', 'A'), [dname('.', 'z.')])
    expect(steps(endless)[0]).toBe('x.y. DNAME x.y.z.')
    expect(endless).toMatchObject({ broken: 'too long' })
  })

  test('DNAME says nothing of its owner, nor of names that only look to lie below', () => {
    const records = [dname('old.', 'new.')]
    expect(follow(question('old.', 'A'), records).links).toEqual([])
    expect(follow(question('x\\.old.', 'A'), records).links).toEqual([])
  })

  test('a CNAME made from a DNAME goes first', () => {
    const records = [dname('old.', 'new.'), cname('x.old.', 'x.new.'), a('x.new.')]
    expect(steps(follow(question('x.old.', 'A'), records))).toEqual(['x.old. CNAME x.new.'])
  })

  test('a name that grows too long', () => {
    const label = `${'x'.repeat(63)}.`
    const chain = follow(question(`${label.repeat(3)}y.`, 'A'), [dname('y.', label)])
    expect(chain).toMatchObject({ broken: 'too long', links: [] })
    expect(follow(question('a.a.', 'A'), [dname('a.', 'a.a.')]).broken).toBe('too long')
  })

  test('whose target cannot be read', () => {
    expect(follow(question('a.', 'A'), [{ name: 'a.', type: 'CNAME', rdata: 'c0ff' }]).broken).toBe('unreadable')
  })

  test('another class is another world', () => {
    expect(follow(question('a.', 'A'), [{ ...cname('a.', 'b.'), class: 3 }]).links).toEqual([])
    expect(follow({ ...question('a.', 'A'), class: 255 }, [{ ...cname('a.', 'b.'), class: 3 }]).links).toHaveLength(1)
  })
})

describe('what a response says', () => {
  const AA = 0x8400
  test.each<[string, string, MessageSpec]>([
    ['records', 'answer', { answers: [a('example.')] }],
    ['records behind an alias', 'answer', { answers: [cname('example.', 'b.'), a('b.')] }],
    ['a good record beside a bad one', 'answer', { answers: [a('example.'), { type: 'A', rdata: 'c0' }] }],
    ['a denial with SOA', 'nodata', { authorities: [soa(60, 300)] }],
    ['nothing at all, from a resolver', 'nodata', {}],
    ['nothing at all, from an authority', 'nodata', { bits: AA }],
    ['nothing at all, from one who is neither', 'lame', { bits: 0x8000 }],
    ['records of another type alone', 'nodata', { answers: [{ type: 'TXT', rdata: '0161' }] }],
    ['an alias to a name without data', 'nodata', { answers: [cname('example.', 'b.')], authorities: [soa(60, 300)] }],
    ['the same from a resolver without SOA', 'nodata', { answers: [cname('example.', 'b.')] }],
    ['an alias out of an authority', 'incomplete', { bits: AA, answers: [cname('example.', 'b.')] }],
    ['NS of a zone below', 'referral', { bits: 0x8000, authorities: [ns('example.')] }],
    ['NS beside an authoritative denial', 'nodata', { bits: AA, authorities: [ns('example.')] }],
    ['NS and SOA', 'nodata', { bits: 0x8000, authorities: [ns('example.'), soa(60, 300)] }],
    ['no such name', 'nxdomain', { bits: 0x8183, authorities: [soa(60, 300)] }],
    ['an alias to no such name', 'nxdomain', { bits: 0x8183, answers: [cname('example.', 'b.')] }],
    ['SERVFAIL', 'servfail', { bits: 0x8182 }],
    ['REFUSED', 'refused', { bits: 0x8185 }],
    ['FORMERR', 'error', { bits: 0x8181 }],
    ['BADVERS', 'error', { additionals: [{ name: '.', type: 'OPT', class: 512, ttl: 0x01000000, rdata: '' }] }],
    ['an alias to itself', 'loop', { answers: [cname('example.', 'example.')] }],
    ['records of another name alone', 'broken', { answers: [a('other.')] }],
    ['the same beside a denial', 'nodata', { answers: [a('other.')], authorities: [soa(60, 300)] }],
    ['records of a name that does not exist', 'broken', { bits: 0x8183, answers: [a('example.')] }],
    ['records of another name beside no such name', 'nxdomain', { bits: 0x8183, answers: [a('other.')] }],
    ['bad records only', 'broken', { answers: [{ type: 'A', rdata: 'c0' }] }],
    ['an alias that cannot be read', 'broken', { answers: [{ type: 'CNAME', rdata: 'c0ff' }] }],
    ['a message cut off before its answer', 'broken', { counts: [1, 1, 0, 0] }],
    ['a message cut off behind its answer', 'answer', { answers: [a('example.')], counts: [1, 1, 1, 0] }],
  ])('%s: %s', (_, kind, spec) => {
    const answer = classifyAnswer(question('example.', 'A'), decode(spec))
    expect(answer.kind).toBe(kind)
    expect(answer.fault === null).toBe(kind !== 'broken')
  })

  test.each([
    [60, 300, 60],
    [600, 300, 300],
  ])('a denial with TTL %s and minimum %s lasts %s seconds', (ttl, minimum, lasts) => {
    const denial = decode({ bits: 0x8183, authorities: [soa(ttl, minimum)] })
    expect(classifyAnswer(question('example.', 'A'), denial).negativeTtl).toBe(lasts)
  })

  test('a denial without SOA does not say how long it lasts, an answer has no denial', () => {
    expect(classifyAnswer(question('example.', 'A'), decode({ bits: 0x8183 })).negativeTtl).toBeNull()
    const answer = decode({ answers: [a('example.')], authorities: [soa(60, 300)] })
    expect(classifyAnswer(question('example.', 'A'), answer).negativeTtl).toBeNull()
  })
})
