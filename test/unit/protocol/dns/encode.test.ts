import packet from 'dns-packet'
import { describe, expect, test } from 'vitest'
import { UsageError } from '../../../../src/core/usage-error.js'
import { decodeMessage } from '../../../../src/protocol/dns/wire/decode.js'
import { type EdnsRequest, encodeQuery, type Query } from '../../../../src/protocol/dns/wire/encode.js'
import { hex } from '../../../helpers/dns-message.js'

const plain: Query = { id: 0x1234, name: 'www.example', type: 65 }
const QUESTION = '03777777 076578616d706c65 00 0041 0001'

test.each([
  ['recursion by default', {}, '1234 0100 0001 0000 0000 0000'],
  ['none on request', { recursionDesired: false }, '1234 0000 0001 0000 0000 0000'],
  ['AD and CD', { authenticData: true, checkingDisabled: true }, '1234 0130 0001 0000 0000 0000'],
])('%s', (_, more, header) => {
  expect(encodeQuery({ ...plain, ...more })).toEqual(hex(header + QUESTION))
})

test('another class, and the root', () => {
  expect(encodeQuery({ id: 1, name: '.', type: 2, class: 3 })).toEqual(
    hex('0001 0100 0001 0000 0000 0000 00 0002 0003'),
  )
})

test('RFC 1995, section 3: IXFR tells the serial that is there', () => {
  const query = encodeQuery({ id: 0x1234, name: 'www.example', type: 251, since: 0xfedcba98, edns: {} })
  expect(query).toEqual(
    hex(
      `1234 0100 0001 0000 0001 0001 ${QUESTION.replace('0041', '00fb')}` +
        'c00c 0006 0001 00000000 0016 00 00 fedcba98 00000000 00000000 00000000 00000000' +
        '00 0029 04d0 00000000 0000',
    ),
  )
  expect(decodeMessage(query)).toMatchObject({ fault: null, trailingBytes: 0, authorities: [{ type: 6 }] })
  expect(() => encodeQuery({ ...plain, since: 2 ** 32 })).toThrow(UsageError)
})

describe('EDNS', () => {
  test.each<[string, EdnsRequest, string]>([
    ['defaults', {}, '00 0029 04d0 00000000 0000'],
    ['buffer size and DO', { udpPayloadSize: 4096, dnssecOk: true }, '00 0029 1000 00008000 0000'],
    ['NSID', { nsid: true }, '00 0029 04d0 00000000 0004 0003 0000'],
    [
      'RFC 7871: an IPv4 subnet, cut to its prefix',
      { subnet: { address: hex('c00002ff'), prefixLength: 25 } },
      '00 0029 04d0 00000000 000c 0008 0008 0001 1900 c0000280',
    ],
    [
      'a short one',
      { subnet: { address: hex('c0ffffff'), prefixLength: 9 } },
      '00 0029 04d0 00000000 000a 0008 0006 0001 0900 c080',
    ],
    [
      'none of the address',
      { subnet: { address: hex('c00002ff'), prefixLength: 0 } },
      '00 0029 04d0 00000000 0008 0008 0004 0001 0000',
    ],
    [
      'IPv6',
      { subnet: { address: hex(`20010db8${'ff'.repeat(12)}`), prefixLength: 32 } },
      '00 0029 04d0 00000000 000c 0008 0008 0002 2000 20010db8',
    ],
    [
      'a cookie',
      { cookie: { client: hex('0102030405060708') } },
      '00 0029 04d0 00000000 000c 000a 0008 0102030405060708',
    ],
  ])('%s', (_, edns, opt) => {
    expect(encodeQuery({ ...plain, edns })).toEqual(hex(`1234 0100 0001 0000 0000 0001 ${QUESTION}${opt}`))
  })

  test.each([1, 64, 128, 468])('padding to multiples of %s', (paddingBlock) => {
    for (let length = 1; length <= 63; length++) {
      const query = encodeQuery({ id: 1, name: 'x'.repeat(length), type: 1, edns: { nsid: true, paddingBlock } })
      expect(query.length % paddingBlock).toBe(0)
      expect(decodeMessage(query)?.edns?.options.map(({ name }) => name)).toEqual(['NSID', 'PADDING'])
    }
  })
})

test('dns-packet reads the same', () => {
  const edns = { udpPayloadSize: 1400, dnssecOk: true, subnet: { address: hex('c0000200'), prefixLength: 24 } }
  const query = packet.decode(
    Buffer.from(encodeQuery({ id: 77, name: 'A.example.', type: 28, checkingDisabled: true, edns })),
  )
  expect(query).toMatchObject({ type: 'query', id: 77, flag_rd: true, flag_cd: true, opcode: 'QUERY' })
  expect(query.questions).toEqual([{ name: 'A.example', type: 'AAAA', class: 'IN' }])
  expect(query.additionals?.[0]).toMatchObject({
    type: 'OPT',
    udpPayloadSize: 1400,
    flag_do: true,
    options: [{ code: 8, family: 1, sourcePrefixLength: 24, ip: '192.0.2.0' }],
  })
})

test.each<[string, Partial<Query>]>([
  ['type 0', { type: 0 }],
  ['type 65536', { type: 65536 }],
  ['half a type', { type: 1.5 }],
  ['an id out of range', { id: 65536 }],
  ['a class out of range', { class: -1 }],
  ['a label of 64 octets', { name: 'x'.repeat(64) }],
  ['an empty label', { name: 'a..b' }],
  ['a buffer below 512', { edns: { udpPayloadSize: 511 } }],
  ['a prefix too long', { edns: { subnet: { address: new Uint8Array(4), prefixLength: 33 } } }],
  ['half an address', { edns: { subnet: { address: new Uint8Array(8), prefixLength: 8 } } }],
  ['a short cookie', { edns: { cookie: { client: new Uint8Array(7) } } }],
  ['a long server cookie', { edns: { cookie: { client: new Uint8Array(8), server: new Uint8Array(33) } } }],
  ['a padding block of 0', { edns: { paddingBlock: 0 } }],
])('%s is refused', (_, more) => {
  expect(() => encodeQuery({ ...plain, ...more })).toThrow(UsageError)
})
