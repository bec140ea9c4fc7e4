import { describe, expect, test } from 'vitest'
import type { ResourceRecord } from '../../../../src/protocol/dns/message.js'
import { decodeMessage } from '../../../../src/protocol/dns/wire/decode.js'
import { dnsMessage, nameHex, type RecordSpec } from '../../../helpers/dns-message.js'
import { PRESENTATIONS } from './presentations.js'

function decodeRecord(spec: RecordSpec): ResourceRecord {
  const message = decodeMessage(dnsMessage({ answers: [spec] }))
  const [record] = message?.answers ?? []
  if (record === undefined || message?.fault) throw new Error(`no record: ${message?.fault?.reason}`)
  return record
}

test.each(PRESENTATIONS)('%s %s as dig has it', (type, rdata, text) => {
  const record = decodeRecord({ type, rdata })
  expect(record.fault).toBeNull()
  expect(record.text).toBe(text)
})

/** What that dig does not know or a zone cannot hold. */
test.each([
  [
    'NSEC3',
    '0101000c04aabbccdd14174eb2409fe28bcb4887a1836f957f0a8425e27b000722010000000290',
    '1 1 12 AABBCCDD 2T7B4G4VSA5SMI47K61MV5BV1A22BOJR NS SOA MX RRSIG DNSKEY NSEC3PARAM',
  ],
  ['NSEC3', '010000000014174eb2409fe28bcb4887a1836f957f0a8425e27b', '1 0 0 - 2T7B4G4VSA5SMI47K61MV5BV1A22BOJR'],
  ['MD', nameHex('a.example.'), 'a.example.'],
  ['MF', nameHex('a.example.'), 'a.example.'],
  [
    'TSIG',
    `${nameHex('hmac-sha256.')}00006553f100012c0004000102033039001000 00`,
    'hmac-sha256. 1700000000 300 4 AAECAw== 12345 BADSIG 0',
  ],
  [
    'TKEY',
    `${nameHex('gss-tsig.')}6553f1006553ff10000300000004000102030000`,
    'gss-tsig. 1700000000 1700003600 3 NOERROR 4 AAECAw== 0',
  ],
  ['HHIT', 'a090755ba58d1affa5', 'oJB1W6WNGv+l'],
  ['BRID', 'a090755ba58d1affa5', 'oJB1W6WNGv+l'],
  ['CLA', '0a544350434c2d76342d6f', '"TCPCL-v4-o"'],
  ['IPN', 'ffffffffffffffff', '18446744073709551615'],
  ['NXNAME', '', ''],
  ['DSYNC', `003b ff 0035 ${nameHex('.')}`, 'CDS 255 53 .'],
  ['CERT', '00fd00000d000102', 'URI 0 ECDSAP256SHA256 AAEC'],
  ['APL', '0002218420010db8', '!2:2001:db8::/33'],
  ['LOC', '00000000 80000000 80000000 00989680', '0 0 0.000 N 0 0 0.000 E 0.00m 0.00m 0.00m 0.00m'],
  ['LOC', '00199013 80000000 7fffffff 0098967f', '0 0 0.000 N 0 0 0.001 W -0.01m 10000000m 0.09m 10m'],
  ['HTTPS', '0001 00 0008 0000 0009 0004 001d0017', '1 . ohttp tls-supported-groups=29,23'],
  ['SVCB', '0001 00 000a 000b 03646e73 0168 04612c2262', '1 . docpath="dns,h,a\\\\,\\"b"'],
  ['SVCB', '0001 00 000a 0000 000b 0000 000c 0002 6162', '1 . docpath pvd oots="ab"'],
  ['SVCB', '0001 00 029b 0000', '1 . key667'],
  ['UNECE', '616263', '\\# 3 616263'],
  ['DOA', '00000001 00000002 03 00', '1 2 3 "" -'],
  ['EUI48', '0000 5e00 5300', '00-00-5e-00-53-00'],
  ['UINFO', '616263', '\\# 3 616263'],
  ['A6', `80 ${nameHex('p.example.')}`, '128 p.example.'],
])('%s %s', (type, rdata, text) => {
  const record = decodeRecord({ type, rdata })
  expect(record.fault).toBeNull()
  expect(record.text).toBe(text)
})

test.each([
  ['IN', 1, 'A', 'c0000201', '192.0.2.1'],
  ['HS', 4, 'A', 'c0000201', '192.0.2.1'],
  ['CH', 3, 'A', `${nameHex('ch.example.')} 01ff`, 'ch.example. 777'],
  ['CH', 3, 'TXT', '0139', '"9"'],
  ['CH', 3, 'AAAA', 'c0000201', '\\# 4 C0000201'],
  ['an unknown class', 77, 'A', 'c0000201', '\\# 4 C0000201'],
])('in %s', (_, recordClass, type, rdata, text) => {
  expect(decodeRecord({ type, class: recordClass, rdata })).toMatchObject({ text, fault: null })
})

test.each([
  ['LOC', '01000000'],
  ['APL', '0001180300000000030000'],
  ['IPSECKEY', '0A0402AABB'],
  ['AMTRELAY', '0A8461'],
  ['ATMA', '0261'],
])('%s of a form that is unknown is no fault', (type, rdata) => {
  const record = decodeRecord({ type, rdata })
  expect(record).toMatchObject({ fields: null, fault: null, text: `\\# ${rdata.length / 2} ${rdata}` })
})

test('fields are JSON by name', () => {
  expect(decodeRecord({ type: 'MX', rdata: `000a ${nameHex('mail.example.')}` }).fields).toEqual({
    preference: 10,
    exchange: 'mail.example.',
  })
  expect(decodeRecord({ type: 'TXT', rdata: '02 2261 01ff' }).fields).toEqual({ strings: ['\\"a', '\\255'] })
  expect(decodeRecord({ type: 'HTTPS', rdata: '0001 00 0001 0003 026832 0003 0002 01bb' }).fields).toEqual({
    priority: 1,
    target: '.',
    params: { alpn: ['h2'], port: 443 },
  })
  expect(decodeRecord({ type: 'LOC', rdata: '00000000 80000001 80000000 00989681' }).fields).toMatchObject({
    latitudeMs: 1,
    altitudeCm: 1,
  })
})

describe('an RDATA that is wrong keeps its octets and says what is wrong', () => {
  test.each([
    ['A', 'c00002', '4 octets expected, 3 left'],
    ['A', 'c000020100', '1 octet too many'],
    ['A', '', '4 octets expected, 0 left'],
    ['AAAA', 'c0000201', '16 octets expected'],
    ['MX', '00', '2 octets expected'],
    ['MX', '000a 03 6162', 'label runs past the end'],
    ['MX', '000a 01 61', 'name runs past the end'],
    ['NS', '40', 'unknown type 0x40'],
    ['NS', '80 00', 'unknown type 0x80'],
    ['NS', 'c0ff', 'not backwards'],
    ['NS', 'c000', 'into the header'],
    ['NS', 'c0', 'pointer runs past the end'],
    ['TXT', '', '1 octet expected'],
    ['TXT', '05 61', '5 octets expected'],
    ['CAA', '00 00 61', 'CAA tag'],
    ['CAA', '00 02 6120 61', 'CAA tag'],
    ['NSEC', '00 0000', '0 octets'],
    ['NSEC', '00 0021', '33 octets'],
    ['NSEC', '00 0101 40 0001 40', 'out of order'],
    ['NXT', `00 ${'00'.repeat(17)}`, '17 octets'],
    ['LOC', '00010000 80000000 80000000 00989680', 'LOC size of 0e1'],
    ['LOC', '00a00000 80000000 80000000 00989680', 'LOC size of 10e0'],
    ['LOC', '00000000 ffffffff 80000000 00989680', 'beyond 90 degrees'],
    ['APL', '0001 21 00', '33 bits'],
    ['APL', '0001 20 05 0102030405', '5 octets'],
    ['HIP', '00 02 0000', 'empty host identity'],
    ['HIP', '01 02 0001 aa bb c00c', 'compressed name where none may be'],
    ['A6', '81', '129 bits'],
    ['ATMA', '01 61', 'not all digits'],
    ['SVCB', '0001 00 0003 0002 0035 0001 0003 026832', 'do not ascend'],
    ['SVCB', '0001 00 0003 0002 0035 0003 0002 0035', 'do not ascend'],
    ['SVCB', '0001 00 0003 0003 003500', 'too many in port'],
    ['SVCB', '0001 00 0003 0001 00', '2 octets expected'],
    ['SVCB', '0001 00 0001 0000', 'ALPN identifier is expected'],
    ['SVCB', '0001 00 0001 0001 00', 'empty ALPN'],
    ['SVCB', '0001 00 0002 0001 00', 'too many in no-default-alpn'],
    ['SVCB', '0001 00 0004 0005 c000020100', '4 octets expected'],
    ['SVCB', '0001 00 0000 0002 0003', 'mandatory parameter port is missing'],
    ['SVCB', '0001 00 0000 0004 0003 0003 0003 0002 0035', 'mandatory keys do not ascend'],
    ['SVCB', '0001 00 0000 0002 0000', 'name themselves'],
    ['SVCB', '0001 00 0003 00ff 00', '255 octets expected'],
  ])('%s %s', (type, rdata, reason) => {
    const record = decodeRecord({ type, rdata })
    const octets = rdata.replaceAll(' ', '').toUpperCase()
    expect(record.fault?.reason).toContain(reason)
    expect(record.fields).toBeNull()
    expect(record.text).toBe(`\\# ${octets.length / 2}${octets && ` ${octets}`}`)
  })
})
