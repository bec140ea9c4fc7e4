import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { UsageError } from '../../../../src/core/usage-error.js'
import { addressOfReverseName, reverseName } from '../../../../src/protocol/dns/reverse-name.js'
import {
  ancestors,
  nameBytes,
  nameOf,
  parseLabels,
  parseName,
  sameName,
} from '../../../../src/protocol/dns/wire/name.js'
import { WireReader } from '../../../../src/protocol/dns/wire/reader.js'

const label = fc.uint8Array({ minLength: 1, maxLength: 63 })
const labels = fc.array(label, { maxLength: 12 }).filter((list) => list.reduce((n, l) => n + l.length + 1, 1) <= 255)

describe('names as they are typed', () => {
  test.each([
    ['example.com', 'example.com.'],
    ['example.com.', 'example.com.'],
    ['.', '.'],
    ['Mixed.Case.', 'Mixed.Case.'],
    ['a\\.b.c', 'a\\.b.c.'],
    ['a\\046b', 'a\\.b.'],
    ['\\097', 'a.'],
    ['\\000\\255', '\\000\\255.'],
    ['a b', 'a\\032b.'],
    ['back\\\\slash', 'back\\\\slash.'],
    ['q"u@o$t(e);', 'q\\"u\\@o\\$t\\(e\\)\\;.'],
    ['ü', '\\195\\188.'],
    ['_dmarc.*', '_dmarc.*.'],
    ['1.2.3', '1.2.3.'],
    ['x'.repeat(63), `${'x'.repeat(63)}.`],
  ])('%s is %s', (typed, name) => {
    expect(parseName(typed)).toBe(name)
    expect(parseName(name)).toBe(name)
  })

  test.each([
    ['', 'empty'],
    ['..', 'empty label'],
    ['a..b', 'empty label'],
    ['.a', 'empty label'],
    ['x'.repeat(64), '64 octets'],
    [`${'ü'.repeat(32)}`, '64 octets'],
    [`${'x'.repeat(63)}.`.repeat(4), '257 octets'],
    ['a\\', 'backslash'],
    ['a\\25', 'backslash'],
    ['a\\256', 'backslash'],
    ['a\\1x2', 'backslash'],
  ])('%s is refused', (typed, why) => {
    expect(() => parseName(typed)).toThrow(UsageError)
    expect(() => parseName(typed)).toThrow(why)
  })

  test('255 octets fit, one more does not', () => {
    const longest = `${'x'.repeat(63)}.`.repeat(3) + 'x'.repeat(61)
    expect(nameBytes(longest)).toHaveLength(255)
    expect(() => nameBytes(`${longest}x`)).toThrow('256 octets')
  })
})

test('any labels survive presentation, and the wire', () => {
  fc.assert(
    fc.property(labels, (list) => {
      const name = nameOf(list)
      expect(parseLabels(name)).toEqual(list)
      expect(name).toMatch(/^[!-~]+$/)
      const bytes = nameBytes(name)
      const reader = new WireReader(bytes)
      expect(reader.name()).toBe(name)
      expect(reader.left).toBe(0)
    }),
  )
})

test('names compare without case in ASCII, and only there', () => {
  expect(sameName('ExAmple.COM.', 'eXample.com.')).toBe(true)
  expect(sameName('a.', 'b.')).toBe(false)
  expect(sameName(parseName('Ü'), parseName('ü'))).toBe(false)
})

test.each([
  ['.', []],
  ['com.', ['.']],
  ['a.b.c.', ['b.c.', 'c.', '.']],
  ['a\\.b.c.', ['c.', '.']],
  ['a\\\\.b.', ['b.', '.']],
  ['a\\\\\\.b.c.', ['c.', '.']],
  ['\\000\\046.c.', ['c.', '.']],
])('above %s', (name, above) => {
  expect([...ancestors(name)]).toEqual(above)
})

describe('reverse names', () => {
  const v6 = Uint8Array.from([0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xaf])
  const v6Name = 'f.a.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa.'

  test('of IPv4 and IPv6', () => {
    expect(reverseName(Uint8Array.of(192, 0, 2, 1))).toBe('1.2.0.192.in-addr.arpa.')
    expect(reverseName(v6)).toBe(v6Name)
    expect(() => reverseName(new Uint8Array(5))).toThrow(UsageError)
  })

  test('and back', () => {
    const address = fc.oneof(
      fc.uint8Array({ minLength: 4, maxLength: 4 }),
      fc.uint8Array({ minLength: 16, maxLength: 16 }),
    )
    fc.assert(
      fc.property(address, (bytes) => {
        expect(addressOfReverseName(reverseName(bytes))).toEqual(bytes)
      }),
    )
    expect(addressOfReverseName(v6Name.toUpperCase())).toEqual(v6)
  })

  test.each([
    'example.',
    '0.192.in-addr.arpa.',
    '01.2.0.192.in-addr.arpa.',
    '256.2.0.192.in-addr.arpa.',
    '1.ip6.arpa.',
    '.',
  ])('%s stands for no address', (name) => {
    expect(addressOfReverseName(name)).toBeNull()
  })
})
