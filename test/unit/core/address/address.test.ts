import { isIP } from 'node:net'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  addressBytes,
  formatAddress,
  isAddress,
  looksLikeAddress,
  parseAddress,
  unmapAddress,
} from '../../../../src/core/address/address.js'

const V6_MAX = (1n << 128n) - 1n
/** Addresses with many zero groups, where compression has something to decide. */
const v6Value = fc
  .array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff })), { minLength: 8, maxLength: 8 })
  .map((groups) => groups.reduce((value, group) => (value << 16n) | BigInt(group), 0n))

describe('parseAddress', () => {
  test.each([
    ['0.0.0.0', 4, 0n],
    ['255.255.255.255', 4, 0xffffffffn],
    ['192.0.2.1', 4, 0xc0000201n],
    ['::', 6, 0n],
    ['::1', 6, 1n],
    ['1::', 6, 1n << 112n],
    ['2001:DB8::1', 6, 0x20010db8000000000000000000000001n],
    ['1:2:3:4:5:6:7:8', 6, 0x00010002000300040005000600070008n],
    ['1:2:3:4:5:6:7::', 6, 0x00010002000300040005000600070000n],
    ['::2:3:4:5:6:7:8', 6, 0x00000002000300040005000600070008n],
    ['::ffff:192.0.2.1', 6, 0xffffc0000201n],
    ['64:ff9b::192.0.2.1', 6, 0x0064ff9b0000000000000000c0000201n],
    ['1:2:3:4:5:6:1.2.3.4', 6, 0x00010002000300040005000601020304n],
  ])('%s', (text, family, value) => {
    expect(parseAddress(text)).toEqual({ family, value, zone: null })
  })

  test.each(['eth0', '1', 'br-lan', 'eth0.100', 'veth_a~b'])('keeps the zone %s', (zone) => {
    expect(parseAddress(`fe80::1%${zone}`)).toEqual({ family: 6, value: (0xfe80n << 112n) | 1n, zone })
    expect(formatAddress({ family: 6, value: (0xfe80n << 112n) | 1n, zone })).toBe(`fe80::1%${zone}`)
  })

  test.each([
    ...[
      '',
      ' ',
      '1.2.3',
      '1.2.3.4.5',
      '256.1.1.1',
      '010.0.0.1',
      '00.0.0.0',
      '0x7f.0.0.1',
      '0x7f.1',
      '127.1',
      '2130706433',
    ],
    ...['1.2.3.4.', '1.2.3.4 ', ' 1.2.3.4', '1.2.3.4\n', '1.2.3.-4', '+1.2.3.4', '1.2.3.4%eth0', '１.2.3.4', '1..2.3'],
    ...[
      ':',
      ':::',
      '1',
      '1:2',
      '::1::',
      '1::2::3',
      ':1:2:3:4:5:6:7:8',
      '1:2:3:4:5:6:7:8:',
      '1:2:3:4:5:6:7:8:9',
      '12345::',
    ],
    ...[
      '1:2:3:4:5:6:7:8::',
      '::1:2:3:4:5:6:7:8',
      '1:2:3:4::5:6:7:8',
      'g::',
      '[::1]',
      '::1/64',
      '::1%',
      '::1%a/b',
      '::1%a b',
    ],
    ...[
      '1.2.3.4::',
      '::1.2.3.4:5',
      '1:2:3:4:5:6:7:1.2.3.4',
      '::1.2.3',
      '::01.2.3.4',
      '::ffff:0x7f.0.0.1',
      '-1::',
      '::+1',
    ],
  ])('refuses %j', (text) => {
    expect(parseAddress(text)).toBeNull()
    expect(isAddress(text)).toBe(0)
  })

  test('agrees with Node on what is an address', () => {
    const piece = fc.constantFrom(
      '::',
      ':',
      '.',
      '0',
      '1',
      '01',
      '255',
      '256',
      'ff',
      'FFFF',
      '12345',
      'g',
      '1.2.3.4',
      '%',
      '%e0',
    )
    const text = fc.oneof(
      fc.array(piece, { maxLength: 17 }).map((pieces) => pieces.join('')),
      fc.ipV4(),
      fc.ipV6(),
    )
    fc.assert(
      fc.property(text, (candidate) => {
        // Node 20 lets a colon stand in a zone; no interface has one in its name.
        fc.pre(!/%.*:/.test(candidate))
        expect(isAddress(candidate)).toBe(isIP(candidate))
      }),
      { numRuns: 3000 },
    )
  })
})

describe('formatAddress', () => {
  test.each([
    ['2001:0db8:0000:0000:0000:0000:0002:0001', '2001:db8::2:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['1:0:0:0:0:0:0:0', '1::'],
    ['0:0:0:0:0:0:0:0', '::'],
    ['ABCD::', 'abcd::'],
    ['::ffff:c000:201', '::ffff:192.0.2.1'],
    ['::1.2.3.4', '::102:304'],
  ])('%s is %s (RFC 5952)', (text, canonical) => {
    const address = parseAddress(text)
    expect(address && formatAddress(address)).toBe(canonical)
  })

  test('what is formatted reads back as the same address', () => {
    fc.assert(
      fc.property(v6Value, (value) => {
        const text = formatAddress({ family: 6, value, zone: null })
        expect(isIP(text)).toBe(6)
        expect(parseAddress(text)).toEqual({ family: 6, value, zone: null })
      }),
    )
    fc.assert(
      fc.property(fc.bigInt(0n, 0xffffffffn), (value) => {
        const text = formatAddress({ family: 4, value, zone: null })
        expect(isIP(text)).toBe(4)
        expect(parseAddress(text)).toEqual({ family: 4, value, zone: null })
      }),
    )
  })

  test('agrees with the URL standard, which follows RFC 5952 too, but for mixed notation', () => {
    fc.assert(
      fc.property(fc.oneof(v6Value, fc.bigInt(0n, V6_MAX)), (value) => {
        fc.pre(value >> 32n !== 0xffffn)
        const text = formatAddress({ family: 6, value, zone: null })
        expect(new URL(`http://[${text}]/`).hostname).toBe(`[${text}]`)
      }),
    )
  })
})

test('unmapAddress takes the IPv4 address out of a mapped one alone', () => {
  const unmap = (text: string) => {
    const address = parseAddress(text)
    return address && formatAddress(unmapAddress(address))
  }
  expect(unmap('::ffff:192.0.2.1')).toBe('192.0.2.1')
  expect(unmap('192.0.2.1')).toBe('192.0.2.1')
  expect(unmap('::192.0.2.1')).toBe('::c000:201')
  expect(unmap('1::ffff:192.0.2.1')).toBe('1::ffff:c000:201')
})

describe('addressBytes', () => {
  test.each([
    ['0.0.0.0', [0, 0, 0, 0]],
    ['192.0.2.1', [192, 0, 2, 1]],
    ['255.255.255.255', [255, 255, 255, 255]],
    ['::', new Array(16).fill(0)],
    ['2001:db8::1', [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]],
    ['fe80::1%eth0', [0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]],
    ['::ffff:192.0.2.1', [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 192, 0, 2, 1]],
  ])('%s', (text, bytes) => {
    const address = parseAddress(text) ?? expect.fail('no address')
    expect(addressBytes(address)).toEqual(Uint8Array.from(bytes))
  })

  test('are the number, most significant first', () => {
    const address = fc.oneof(
      fc.bigInt({ min: 0n, max: 2n ** 32n - 1n }).map((value) => ({ family: 4, value, zone: null }) as const),
      fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }).map((value) => ({ family: 6, value, zone: null }) as const),
    )
    fc.assert(
      fc.property(address, (each) => {
        const bytes = addressBytes(each)
        expect(bytes).toHaveLength(each.family === 4 ? 4 : 16)
        expect(bytes.reduce((value, byte) => value * 256n + BigInt(byte), 0n)).toBe(each.value)
      }),
    )
  })
})

describe('looksLikeAddress', () => {
  test.each([
    ['010.0.0.1', 'leading zeros'],
    ['1.2.3', 'four octets'],
    ['1.2.3.4.5', 'four octets'],
    ['1.2.3.4.', 'four octets'],
    ['1', 'four octets'],
    ['2130706433', 'four octets'],
    ['256.1.1.1', '0 to 255'],
    ['0x7f.1', 'hexadecimal'],
    ['0X7F000001', 'hexadecimal'],
    ['0x', 'hexadecimal'],
    ['fe80:::1', 'IPv6'],
    ['::g', 'IPv6'],
    ['host:80', 'a host alone'],
    ['10.0.0.1:80', 'a host alone'],
    ['1:2', 'a host alone'],
  ])('%s: %s', (text, reason) => {
    expect(looksLikeAddress(text)).toContain(reason)
  })

  test.each([
    '127.0.0.1',
    '::1',
    'fe80::1%eth0',
    'localhost',
    'a.1',
    '1.a',
    '1-2',
    'dead.beef',
    'face',
    '3com.com',
    'x0x1',
  ])('%s is no mistake', (text) => {
    expect(looksLikeAddress(text)).toBeNull()
  })
})
