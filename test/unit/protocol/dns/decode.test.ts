import { describe, expect, test } from 'vitest'
import type { DnsMessage } from '../../../../src/protocol/dns/message.js'
import { agedBy, keptSeconds } from '../../../../src/protocol/dns/ttl.js'
import { decodeMessage } from '../../../../src/protocol/dns/wire/decode.js'
import { dnsMessage, hex, nameHex } from '../../../helpers/dns-message.js'

function decode(bytes: Uint8Array): DnsMessage {
  const message = decodeMessage(bytes)
  if (message === null) throw new Error('no message')
  return message
}

const A = { type: 'A', rdata: 'c0000201' }

test('the header, bit by bit', () => {
  const bits: ReadonlyArray<readonly [number, string]> = [
    [0x8000, 'qr'],
    [0x0400, 'aa'],
    [0x0200, 'tc'],
    [0x0100, 'rd'],
    [0x0080, 'ra'],
    [0x0040, 'z'],
    [0x0020, 'ad'],
    [0x0010, 'cd'],
  ]
  for (const [bit, name] of bits) {
    const { flags } = decode(dnsMessage({ bits: bit }))
    expect(Object.entries(flags).filter(([, set]) => set)).toEqual([[name, true]])
  }
  expect(decode(dnsMessage({ id: 0xbeef, bits: 0x2805 }))).toMatchObject({ id: 0xbeef, opcode: 5, rcode: 5 })
})

test.each([0, 1, 11])('%s octets are no message', (length) => {
  expect(decodeMessage(new Uint8Array(length))).toBeNull()
})

test('RFC 1035, section 4.1.4: compressed names', () => {
  // F.ISI.ARPA at 20, FOO.F.ISI.ARPA at 40, ARPA at 64 and the root at 92, as the owners of questions.
  const names = new Uint8Array(100)
  names.set(hex('0001 0000 0004 0000 0000 0000'))
  names.set(hex('00 0001 0001'), 12)
  names.set(hex('01 46 03 495349 04 41525041 00'), 17)
  names.set(hex('0001 0001'), 29)
  names.set(hex('03 464f4f c011 0001 0001'), 33)
  names.set(hex('c017 0001 0001'), 43)
  const message = decode(names.subarray(0, 49))
  expect(message.questions.map(({ name }) => name)).toEqual(['.', 'F.ISI.ARPA.', 'FOO.F.ISI.ARPA.', 'ARPA.'])
  expect(message).toMatchObject({ fault: null, trailingBytes: 0 })
})

test('names in RDATA point back into the message', () => {
  const message = decode(
    dnsMessage({ question: { name: 'a.example.', type: 'MX' }, answers: [{ type: 'MX', rdata: '0005 01 62 c00e' }] }),
  )
  expect(message.answers[0]?.text).toBe('5 b.example.')
})

test('TTLs are less by the time for which a cache has had them, and never below 0', () => {
  const answers = [10, 3, 0xffff_ffff].map((ttl) => ({ ...A, ttl }))
  expect(agedBy(4, decode(dnsMessage({ answers }))).answers.map(({ ttl }) => ttl)).toEqual([6, 0, 0])
})

describe('one bad record does not lose the rest', () => {
  test('its octets and the fault stay, the others are whole', () => {
    const bad = { type: 'A', rdata: 'c00002' }
    const message = decode(
      dnsMessage({ answers: [A, bad, A], authorities: [{ type: 'NS', rdata: 'c0ff' }], additionals: [A] }),
    )
    expect(message.fault).toBeNull()
    expect(message.answers.map(({ text }) => text)).toEqual(['192.0.2.1', '\\# 3 C00002', '192.0.2.1'])
    const rdataAt = 12 + 13 + (9 + 10 + 4) + 9 + 10
    expect(message.answers.map(({ fault }) => fault)).toEqual([
      null,
      { offset: rdataAt, reason: '4 octets expected, 3 left' },
      null,
    ])
    expect(message.authorities[0]?.fault?.reason).toContain('not backwards')
    expect(message.additionals[0]?.text).toBe('192.0.2.1')
  })

  test('offsets are those of the records', () => {
    const { answers } = decode(dnsMessage({ answers: [A, A] }))
    expect(answers.map(({ offset }) => offset)).toEqual([25, 48])
  })
})

describe('where the structure breaks, reading ends', () => {
  test('more records promised than there are', () => {
    const message = decode(dnsMessage({ answers: [A], counts: [1, 3, 0, 0] }))
    expect(message.answers).toHaveLength(1)
    expect(message.counts.answer).toBe(3)
    expect(message.fault).toEqual({ offset: 48, reason: '3 answer entries promised, the message ends after 1' })
  })

  test('an RDLENGTH beyond the end', () => {
    const message = decode(dnsMessage({ answers: [A, { ...A, rdlength: 5 }] }))
    expect(message.answers).toHaveLength(1)
    expect(message.fault).toEqual({ offset: 67, reason: '5 octets expected, 4 left' })
  })

  test.each([
    ['itself', 'c00c'],
    ['forwards', 'c0200000'],
    ['a loop of two', '0161c00e'],
    ['the header', 'c002'],
    ['one octet short', 'c0'],
  ])('a question whose name points to %s', (_, name) => {
    const message = decode(hex(`0001 8180 0001 0000 0000 0000 ${name}`))
    expect(message.questions).toEqual([])
    expect(message.fault).not.toBeNull()
  })

  test('a name of 255 octets is read, one of 256 is not', () => {
    const long = `3f${'61'.repeat(63)}`.repeat(3)
    const question = (last: number) =>
      decode(hex(`0001 8180 0001 0000 0000 0000 ${long}${last.toString(16)}${'62'.repeat(last)}00 0001 0001`))
    expect(question(61).questions[0]?.name).toHaveLength(254)
    expect(question(62).fault?.reason).toContain('longer than 255')
  })

  test('pointers that follow pointers have a bound', () => {
    // One real name, then pointers each to the one before it, inside the RDATA of a record that nobody reads.
    const at = 12 + 13 + 9 + 10
    const chain = Array.from({ length: 200 }, (_, n) => (0xc000 | (n === 0 ? 12 : at + 2 * (n - 1))).toString(16)).join(
      '',
    )
    const ns = (hops: number) => ({ type: 'NS', rdata: (0xc000 | (at + 2 * (hops - 2))).toString(16) })
    const message = decode(dnsMessage({ answers: [{ type: 'TYPE65280', rdata: chain }, ns(127), ns(128)] }))
    expect(message.answers.map(({ text }) => text).slice(1)).toEqual(['example.', expect.stringContaining('\\# 2')])
    expect(message.answers[2]?.fault?.reason).toContain('more than 127')
  })
})

test('octets after the message are counted', () => {
  const bytes = dnsMessage({ answers: [A] })
  expect(decode(Uint8Array.from([...bytes, 1, 2, 3]))).toMatchObject({ trailingBytes: 3, fault: null })
})

test.each([
  [0x7fffffff, 0x7fffffff],
  [0x80000000, 0],
  [0xffffffff, 0],
  [0, 0],
])('a TTL of %s is told as it was sent, and counts as %s', (sent, kept) => {
  const [record] = decode(dnsMessage({ answers: [{ ...A, ttl: sent }] })).answers
  expect(record?.ttl).toBe(sent)
  expect(keptSeconds(record?.ttl ?? -1)).toBe(kept)
})

describe('OPT', () => {
  const opt = (rdata: string, more = {}) => ({ name: '.', type: 'OPT', class: 1232, ttl: 0, rdata, ...more })

  test('is unpacked, and is not among the additionals', () => {
    const message = decode(dnsMessage({ additionals: [opt('', { ttl: 0x01008000 }), A] }))
    expect(message.edns).toEqual({
      version: 0,
      udpPayloadSize: 1232,
      dnssecOk: true,
      flags: 0x8000,
      options: [],
      fault: null,
    })
    expect(message.rcode).toBe(16)
    expect(message.additionals).toHaveLength(1)
  })

  test.each([
    ['NSID', '0003 0003 6e7331', { hex: '6E7331', text: 'ns1' }],
    ['NSID', '0003 0001 ff', { hex: 'FF', text: null }],
    ['DAU', '0005 0002 080d', { algorithms: [8, 13] }],
    [
      'ECS',
      '0008 0007 0001 18 10 c00002',
      { family: 4, address: '192.0.2.0', sourcePrefixLength: 24, scopePrefixLength: 16 },
    ],
    [
      'ECS',
      '0008 0008 0002 20 00 20010db8',
      { family: 6, address: '2001:db8::', sourcePrefixLength: 32, scopePrefixLength: 0 },
    ],
    ['EXPIRE', '0009 0004 00000e10', { expireSeconds: 3600 }],
    ['COOKIE', '000a 0008 0102030405060708', { client: '0102030405060708', server: null }],
    [
      'COOKIE',
      '000a 0010 0102030405060708 090a0b0c0d0e0f10',
      { client: '0102030405060708', server: '090A0B0C0D0E0F10' },
    ],
    ['TCP-KEEPALIVE', '000b 0002 0064', { timeoutMs: 10_000 }],
    ['TCP-KEEPALIVE', '000b 0000', { timeoutMs: null }],
    ['PADDING', '000c 0003 000000', { sizeBytes: 3 }],
    ['KEY-TAG', '000e 0004 00010002', { keyTags: [1, 2] }],
    ['EDE', '000f 0002 0006', { infoCode: 6, meaning: 'DNSSEC Bogus', extraText: null }],
    ['EDE', '000f 0005 0012 6e6f00', { infoCode: 18, meaning: 'Prohibited', extraText: 'no' }],
    ['EDE', '000f 0004 ffff c3bc', { infoCode: 65535, meaning: null, extraText: 'ü' }],
    ['EDE', '000f 0003 0000 ff', { infoCode: 0, meaning: 'Other Error', extraText: '\\# 1 FF' }],
    ['REPORT-CHANNEL', `0012 0009 ${nameHex('example.')}`, { agentDomain: 'example.' }],
    ['ZONEVERSION', '0013 0006 02 00 78a3f175', { labels: 2, type: 0, version: '2024010101' }],
    ['OPT65001', 'fde9 0001 aa', null],
  ])('%s %s', (name, rdata, fields) => {
    const { edns } = decode(dnsMessage({ additionals: [opt(rdata)] }))
    expect(edns?.fault).toBeNull()
    expect(edns?.options).toEqual([expect.objectContaining({ name, fields, fault: null })])
  })

  test.each([
    ['0008 0004 0003 0000', 'address family 3'],
    ['0008 0004 0001 2100', '33 bits'],
    ['0008 0005 0001 1800 c0', '3 octets expected'],
    ['0008 0006 0001 0800 c000', 'too many'],
    ['000a 0007 01020304050607', '8 octets expected'],
    ['000a 0009 0102030405060708 09', 'server cookie of 1 octet '],
    ['000f 0001 00', '2 octets expected'],
    ['0009 0002 0000', '4 octets expected, 2 left'],
  ])('a bad option keeps its octets, the next one is read: %s', (rdata, reason) => {
    const { edns } = decode(dnsMessage({ additionals: [opt(`${rdata} 0003 0001 61`)] }))
    expect(edns?.fault).toBeNull()
    expect(edns?.options[0]).toMatchObject({ fields: null, fault: { reason: expect.stringContaining(reason) } })
    expect(edns?.options[1]).toMatchObject({ name: 'NSID', fields: { text: 'a' }, fault: null })
  })

  test('a list of options that breaks off', () => {
    const { edns } = decode(dnsMessage({ additionals: [opt('0003 0001 61 0003 0009 61')] }))
    expect(edns?.options).toHaveLength(1)
    expect(edns?.fault?.reason).toBe('9 octets expected, 1 left')
  })

  test.each([
    ['twice', { additionals: [opt(''), opt('')] }, 'a second OPT'],
    ['below a name', { additionals: [opt('', { name: 'x.' })] }, 'not the root'],
    ['in the answer', { answers: [opt('')] }, 'answer section'],
  ])('%s is a record with a fault', (_, spec, reason) => {
    const message = decode(dnsMessage(spec))
    const [record] = [...message.answers, ...message.additionals]
    expect(record?.fault?.reason).toContain(reason)
  })
})
