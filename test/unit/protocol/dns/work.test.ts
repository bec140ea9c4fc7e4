import { describe, expect, it } from 'vitest'
import {
  agedBy,
  classifyAnswer,
  decodeMessage,
  MessageAssembler,
  readPlainRecords,
  TYPE,
  typeNames,
  typeNumber,
  ZoneTransfer,
} from '../../../../src/protocol/dns/index.js'
import { CLASS } from '../../../../src/protocol/dns/registry.js'

const SIZES = [1024, 4096, 65_535]
const QUESTION = { name: 'a.', type: TYPE.A, class: CLASS.IN }

/** Octets that count how often they are read. */
function counting(bytes: Uint8Array) {
  const work = { reads: 0 }
  const proxy = new Proxy(bytes, {
    get(target, key) {
      if (typeof key === 'string' && /^\d+$/.test(key)) work.reads++
      const value: unknown = Reflect.get(target, key, target)
      if (typeof value !== 'function') return value
      return (...args: unknown[]) => {
        const made: unknown = value.apply(target, args)
        // A part of it counts as read where it is taken, once.
        if (made instanceof Uint8Array) work.reads += made.length
        return made
      }
    },
  })
  return { proxy, work }
}

const u16 = (value: number) => [(value >> 8) & 255, value & 255]
const header = (...counts: number[]) => [0, 1, 0x81, 0x80, ...counts.flatMap(u16)]
const question = [1, 0x61, 0, 0, 1, 0, 1]

/** As often as it fits behind the head, which is told how often. */
function filled(
  size: number,
  head: (count: number) => readonly number[],
  unit: (nth: number) => readonly number[],
): Uint8Array {
  const start = head(0).length
  const bytes: number[] = []
  let count = 0
  for (let next = unit(count); start + bytes.length + next.length <= size; next = unit(count)) {
    bytes.push(...next)
    count++
  }
  return Uint8Array.from([...head(count), ...bytes])
}

const pointer = (at: number) => [0xc0 | (at >> 8), at & 255]
const longest = [63, 63, 63, 61].flatMap((length) => [length, ...Array(length).fill(1)])
const record = (name: readonly number[], type: number, rdata: readonly number[]) => [
  ...[...name, ...u16(type), 0, 1, 0, 0, 0, 60, ...u16(rdata.length)],
  ...rdata,
]

/** By size: a message that makes as much work as one of that size can. */
const MESSAGES: Readonly<Record<string, (size: number) => Uint8Array>> = {
  'questions of one octet': (size) =>
    filled(
      size,
      (count) => header(count, 0, 0, 0),
      () => [0, 0, 1, 0, 1],
    ),
  'questions that point to the first': (size) =>
    filled(
      size,
      (count) => [...header(count + 1, 0, 0, 0), ...question],
      () => [...pointer(12), 0, 1, 0, 1],
    ),
  'records that point to the longest name': (size) =>
    filled(
      size,
      (count) => [...header(1, count, 0, 0), ...longest, 0, 0, 1, 0, 1],
      () => record(pointer(12), TYPE.A, [1, 2, 3, 4]),
    ),
  'records whose names are chains of pointers': (size) =>
    filled(
      size,
      (count) => [...header(1, count, 0, 0), ...question],
      (nth) =>
        record(nth === 0 || nth > 900 ? pointer(12) : [1, 0x62, ...pointer(19 + (nth - 1) * 18)], TYPE.A, [1, 2, 3, 4]),
    ),
  'aliases in a row': (size) =>
    filled(
      size,
      (count) => [...header(1, count, 0, 0), ...question],
      (nth) => {
        const name = (at: number) =>
          at === 0 ? [1, 0x61, 0] : [5, ...[...String(10_000 + at)].map((c) => c.charCodeAt(0)), 0]
        return record(name(nth), TYPE.CNAME, name(nth + 1))
      },
    ),
  'DNAMEs in a row': (size) =>
    filled(
      size,
      (count) => [...header(1, count, 0, 0), ...question],
      () => record([1, 0x61, 0], TYPE.DNAME, [1, 0x62, 0]),
    ),
  'records of many owners': (size) =>
    filled(
      size,
      (count) => [...header(1, count, 0, 0), ...question],
      (nth) => record([2, ...u16(nth), 0], TYPE.CNAME, [0]),
    ),
  'OPTs, of which one may be': (size) =>
    filled(
      size,
      (count) => [...header(1, 0, 0, count), ...question],
      () => [0, 0, 41, 4, 0, 0, 0, 0, 0, 0, 0],
    ),
}

/** All that is done with a message that came. */
function decodeAll(bytes: Uint8Array): number {
  readPlainRecords(bytes, bytes.length, 1, QUESTION)
  let characters = 0
  for (const expected of [
    null,
    { question: QUESTION, answersOnly: false },
    { question: QUESTION, answersOnly: true },
  ]) {
    const message = decodeMessage(bytes, bytes.length, expected)
    if (message === null) throw new Error('a message has a header')
    const answer = classifyAnswer(QUESTION, message)
    agedBy(1, message)
    characters += answer.chain.links.length
    for (const each of [...message.answers, ...message.authorities, ...message.additionals]) {
      characters += each.text.length + each.name.length + JSON.stringify(each.fields).length
    }
    for (const { name } of message.questions) characters += name.length
  }
  return characters
}

/** Reads and characters for each octet, by size. */
function workOf(make: (size: number) => Uint8Array): number[] {
  return SIZES.map((size) => {
    const bytes = make(size)
    const { proxy, work } = counting(bytes)
    const characters = decodeAll(proxy)
    return (work.reads + characters) / bytes.length
  })
}

/** Milliseconds at the least of several times; where that is next to nothing, as much as can be told apart. */
function timeOf(bytes: Uint8Array): number {
  const times = Array.from({ length: 8 }, () => {
    const startedAt = performance.now()
    decodeAll(bytes)
    return performance.now() - startedAt
  })
  return Math.max(0.2, Math.min(...times))
}

/** A name of 255 octets, each escaped, for each pointer of two, in a record of twelve; three times over. */
const MOST = 3 * 200

/**
 * For an octet of the longest not more than for one of the short ones, with room for what a length happens to cut off.
 * Work that grew with the square would be sixteen times as much.
 */
function expectLinear(each: readonly number[], what = ''): void {
  const [shortest = 0, short = 0, longest = 0] = each
  for (const work of each) expect(work, what).toBeLessThan(MOST)
  expect(longest, what).toBeLessThan(4 * Math.max(8, shortest, short))
}

describe('work grows no faster than what came', () => {
  it.each(Object.entries(MESSAGES))('%s', (_, make) => {
    const each = workOf(make)
    expectLinear(each)
    // What is copied is not read: the square would be some 250 times as much.
    expect(timeOf(make(65_535)) / timeOf(make(4096))).toBeLessThan(80)
  })

  const patterns: readonly (readonly [string, (at: number) => number])[] = [
    ['zeros', () => 0],
    ['ones', () => 1],
    ['all bits', () => 255],
    ['counting', (at) => at & 255],
    ['pointers', (at) => (at % 2 === 0 ? 0xc0 : 12)],
    ['windows of bits', (at) => (at % 3 === 0 ? Math.floor(at / 3) & 255 : at % 3 === 1 ? 1 : 255)],
    ['parameters', (at) => [0, 1, 0, 1][at % 4] ?? 0],
  ]
  const types = typeNames.map((name) => [name, typeNumber(name) ?? 0] as const)

  it.each(types)('RDATA of %s', (_, type) => {
    for (const [pattern, at] of patterns) {
      const each = workOf((size) => {
        const rdata = Array.from({ length: size - 19 - 12 }, (_, index) => at(index))
        return Uint8Array.from([...header(1, 1, 0, 0), ...question, ...record(pointer(12), type, rdata)])
      })
      expectLinear(each, pattern)
    }
  })

  it.each(patterns)('options of EDNS: %s', (_, at) => {
    const each = workOf((size) => {
      const options = Array.from({ length: size - 19 - 11 }, (_, index) => at(index))
      return Uint8Array.from([
        ...header(1, 0, 0, 1),
        ...question,
        0,
        0,
        41,
        4,
        0,
        0,
        0,
        0,
        0,
        ...u16(options.length),
        ...options,
      ])
    })
    expectLinear(each)
  })

  it('a stream that comes octet by octet', () => {
    const reads = SIZES.map((size) => {
      const { proxy, work } = counting(Uint8Array.from([...u16(size), ...new Uint8Array(size)]))
      const assembler = new MessageAssembler()
      let messages = 0
      for (let at = 0; at < size + 2; at++) messages += assembler.push(proxy.subarray(at, at + 1)).length
      expect(messages).toBe(1)
      return work.reads / size
    })
    for (const each of reads) expect(each).toBeLessThan(3)
  })

  it('a zone in very many messages', () => {
    const soa = record([1, 0x61, 0], 6, [0, 0, ...Array(20).fill(1)])
    const transfer = new ZoneTransfer({ ...QUESTION, type: TYPE.AXFR }, undefined)
    const first = Uint8Array.from([...header(1, 1, 0, 0), 1, 0x61, 0, 0, 252, 0, 1, ...soa])
    const other = Uint8Array.from([...header(0, 1, 0, 0), ...record([1, 0x62, 1, 0x61, 0], TYPE.A, [1, 2, 3, 4])])
    const take = (bytes: Uint8Array) => {
      const message = decodeMessage(bytes)
      if (message === null) throw new Error('a message has a header')
      return transfer.take(message, 1)
    }
    expect(take(first)).toBe('part')
    for (let i = 0; i < 20_000; i++) expect(take(other)).toBe('part')
    expect(take(first)).toMatchObject({ answers: { length: 20_002 } })
  })
})
