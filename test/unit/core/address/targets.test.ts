import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatAddress, formatIPv4, parseAddress } from '../../../../src/core/address/address.js'
import type { Host } from '../../../../src/core/address/host-name.js'
import { parseAddresses, parseTargetLines, parseTargets } from '../../../../src/core/address/target-syntax.js'
import { TargetList } from '../../../../src/core/address/targets.js'
import { UsageError } from '../../../../src/core/usage-error.js'

const text = (host: Host | undefined) => (host?.kind === 'name' ? host.name : host?.address)
const expand = (list: TargetList) => [...list].map(text)
const targets = (input: string | readonly string[]) => parseTargets(input, '<target>')

describe('parseTargets', () => {
  test.each([
    ['localhost', ['localhost']],
    ['10.0.0.1', ['10.0.0.1']],
    ['10.0.0.0/30', ['10.0.0.0', '10.0.0.1', '10.0.0.2', '10.0.0.3']],
    ['10.0.0.6/30', ['10.0.0.4', '10.0.0.5', '10.0.0.6', '10.0.0.7']],
    ['10.0.0.1/32', ['10.0.0.1']],
    ['10.0.0.1-3', ['10.0.0.1', '10.0.0.2', '10.0.0.3']],
    ['10.0.0.5-5', ['10.0.0.5']],
    ['10.0.0.254-10.0.1.1', ['10.0.0.254', '10.0.0.255', '10.0.1.0', '10.0.1.1']],
    ['::1', ['::1']],
    ['::1-::3', ['::1', '::2', '::3']],
    ['2001:db8::/127', ['2001:db8::', '2001:db8::1']],
    ['fe80::1%eth0', ['fe80::1%eth0']],
    ['fe80::%br-lan/127', ['fe80::%br-lan', 'fe80::1%br-lan']],
    ['fe80::1%br-lan-fe80::2%br-lan', ['fe80::1%br-lan', 'fe80::2%br-lan']],
    ['::ffff:10.0.0.1', ['10.0.0.1']],
    ['::ffff:10.0.0.0/127', ['10.0.0.0', '10.0.0.1']],
    ['::fffe:ffff:ffff-::ffff:0.0.0.1', ['0.0.0.0', '0.0.0.1', '::fffe:ffff:ffff']],
    ['::ffff:255.255.255.255-::1:0:0:0', ['255.255.255.255', '::1:0:0:0']],
    ['a,b.example', ['a', 'b.example']],
    [' b , a ', ['b', 'a']],
    ['10.0.0.2,b,::1,a,10.0.0.1', ['b', 'a', '10.0.0.1', '10.0.0.2', '::1']],
    ['10.0.0.0/31,10.0.0.1,10.0.0.1-2', ['10.0.0.0', '10.0.0.1', '10.0.0.2']],
    ['my-host,10-0-0-1.example,10.0.0.1-20.example', ['my-host', '10-0-0-1.example', '10.0.0.1-20.example']],
    ['10.0.0.1-a.example,1-2', ['10.0.0.1-a.example', '1-2']],
    ['bücher.example', ['xn--bcher-kva.example']],
    ['a,a.', ['a', 'a.']],
  ])('%s', (input, expected) => {
    expect(expand(targets(input))).toEqual(expected)
  })

  test('several arguments are one list', () => {
    expect(expand(targets(['a', '10.0.0.1,b']))).toEqual(['a', 'b', '10.0.0.1'])
    expect(expand(targets(['a', 'b,a']))).toEqual(['a', 'b'])
  })

  test.each([
    ['10.0.0.0/33', 'an IPv4 block: /0 to /32'],
    ['::/129', 'an IPv6 block: /0 to /128'],
    ['10.0.0.0/', 'an IPv4 block: /0 to /32'],
    ['10.0.0.0/08', 'an IPv4 block: /0 to /32'],
    ['10.0.0.0/-1', 'an IPv4 block: /0 to /32'],
    ['10.0.0.0/255.0.0.0', 'an IPv4 block: /0 to /32'],
    ['localhost/24', 'a block: an address comes before "/"'],
    ['10.0.0/24', 'an IPv4 address of four octets'],
    ['010.0.0.0/24', 'an IPv4 address without leading zeros'],
    ['/24', 'a block: an address comes before "/"'],
    ['10.0.0.9-3', 'a range: the lower address comes first'],
    ['10.0.0.9-10.0.0.3', 'a range: the lower address comes first'],
    ['10.0.0.1-256', 'a range: 10.0.0.1-20 or 10.0.0.1-10.0.1.9'],
    ['10.0.0.1-020', 'a range: 10.0.0.1-20 or 10.0.0.1-10.0.1.9'],
    ['10.0.0.1-', 'a range: 10.0.0.1-20 or 10.0.0.1-10.0.1.9'],
    ['10.0.0.1-2-3', 'a range: 10.0.0.1-20 or 10.0.0.1-10.0.1.9'],
    ['10.0-3.0.1', 'an IPv4 address of four octets'],
    ['10.0.0.1-10.0.1', 'a range: 10.0.0.1-20 or 10.0.0.1-10.0.1.9'],
    ['1.2.3-4', 'an IPv4 address of four octets'],
    ['10.0.0.1-::5', 'a range within one address family'],
    ['::1-10.0.0.1', 'a range within one address family'],
    ['::5-::1', 'a range: the lower address comes first'],
    ['::1-5', 'a range: ::1-::ff'],
    ['::1-', 'a range: ::1-::ff'],
    ['fe80::1%a-fe80::2%b', 'a range within one zone'],
    ['fe80::1%a-fe80::2', 'a range within one zone'],
    ['010.0.0.1', 'an IPv4 address without leading zeros'],
    ['1.2.3', 'an IPv4 address of four octets'],
    ['', 'a host name or an address'],
    ['::/64', 'a list of at most 2^48 targets'],
    ['::/79', 'a list of at most 2^48 targets'],
  ])('refuses %j', (input, expected) => {
    expect(() => targets(input)).toThrow(UsageError)
    expect(() => targets(input)).toThrow(`<target>: ${JSON.stringify(input)} is not ${expected}`)
  })

  test.each([
    'a,',
    ',a',
    'a,,b',
    'a b',
    'a;b',
    '10.0.0.1,',
    '10.0.0.*',
    '*',
    'a\0b',
    '[::1]',
    '10.0.0.1:80',
    'a:80',
    '::1%',
  ])('refuses %j too', (input) => {
    expect(() => targets(input)).toThrow(UsageError)
  })

  test('refuses no arguments at all', () => {
    expect(() => targets([])).toThrow(UsageError)
  })

  test.each([
    ['a,A', 'a'],
    ['10.0.0.1,10.0.0.1', '10.0.0.1'],
    ['10.0.0.1,10.0.0.1/32', '10.0.0.1'],
    ['10.0.0.1,::ffff:a00:1', '10.0.0.1'],
    ['10.0.0.0/24,10.0.0.7/24', '10.0.0.0/24'],
    ['10.0.0.0/30,10.0.0.0-3', '10.0.0.0/30'],
    ['10.0.0.0/23,10.0.1.0/24', '10.0.0.0/23'],
    ['::1,0:0::1', '::1'],
  ])('counts once what stands twice in %s', (input, canonical) => {
    expect(String(targets(input))).toBe(canonical)
  })

  test('takes as much as 2^48 targets', () => {
    expect(targets('2001:db8::/80').size).toBe(2 ** 48)
    expect(() => targets('2001:db8::/80,a')).toThrow('a list of at most 2^48 targets')
    expect(targets('0.0.0.0/0').size).toBe(2 ** 32)
  })
})

describe('TargetList', () => {
  const huge = targets('a,10.0.0.0/8,2001:db8::/96')

  test('knows every index of a list that could never be written out', () => {
    expect(huge.size).toBe(1 + 2 ** 24 + 2 ** 32)
    expect(huge.at(0)).toEqual({ kind: 'name', name: 'a' })
    expect(huge.at(1)).toEqual({ kind: 'address', address: '10.0.0.0', family: 4 })
    expect(huge.at(2 ** 24)).toEqual({ kind: 'address', address: '10.255.255.255', family: 4 })
    expect(huge.at(2 ** 24 + 1)).toEqual({ kind: 'address', address: '2001:db8::', family: 6 })
    expect(text(huge.at(huge.size - 1))).toBe('2001:db8::ffff:ffff')
  })

  test.each([-1, huge.size, 0.5, Number.NaN, Number.POSITIVE_INFINITY])('has nothing at %s', (index) => {
    expect(huge.at(index)).toBeUndefined()
  })

  test('excludes names by name and addresses by address', () => {
    const list = targets('a,b,10.0.0.0/29,fe80::1%eth0,fe80::1%eth1,::1')
    const left = list.exclude(targets('B,c,10.0.0.2-4,::ffff:10.0.0.7,fe80::1%eth1,10.9.0.0/16'))
    expect(expand(left)).toEqual(['a', '10.0.0.0', '10.0.0.1', '10.0.0.5', '10.0.0.6', '::1', 'fe80::1%eth0'])
    expect(String(left)).toBe('a,10.0.0.0/31,10.0.0.5-10.0.0.6,::1,fe80::1%eth0')
  })

  test('an exclusion without a zone holds in every zone, one with a zone in its own', () => {
    const list = targets('fe80::1%a,fe80::1%b,fe80::1')
    expect(expand(list.exclude(targets('fe80::1')))).toEqual([])
    expect(expand(list.exclude(targets('fe80::1%a')))).toEqual(['fe80::1', 'fe80::1%b'])
    expect(list.exclude(targets('fe80::1,fe80::1%a')).size).toBe(0)
  })

  test('remembers what it excluded, for names that resolve to it', () => {
    const list = targets('a').exclude(targets('10.0.0.0/8')).exclude(targets('::1'))
    expect(list.excludes('10.1.2.3')).toBe(true)
    expect(list.excludes('::ffff:10.1.2.3')).toBe(true)
    expect(list.excludes('::1')).toBe(true)
    expect(list.excludes('::1%lo')).toBe(true)
    expect(list.excludes('11.0.0.0')).toBe(false)
    expect(list.excludes('a')).toBe(false)
    expect(targets('a').excludes('10.1.2.3')).toBe(false)
  })

  test('a union counts what is in both once, and keeps exclusions', () => {
    const one = targets('a,10.0.0.0/30').exclude(targets('10.0.0.3'))
    const both = one.union(targets('b,A,10.0.0.2-5'))
    expect(expand(both)).toEqual(['a', 'b', '10.0.0.0', '10.0.0.1', '10.0.0.2', '10.0.0.4', '10.0.0.5'])
    expect(both.excludes('10.0.0.3')).toBe(true)
  })

  test('may be empty', () => {
    const none = targets('10.0.0.1').exclude(targets('10.0.0.0/8'))
    expect([none.size, none.at(0), String(none), [...none]]).toEqual([0, undefined, '', []])
  })

  test.each([
    ['10.0.0.0/8', '10.0.0.0/8'],
    ['10.0.0.0/9,10.128.0.0/9', '10.0.0.0/8'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['255.255.255.255,255.255.255.254', '255.255.255.254/31'],
    ['10.0.0.1-2', '10.0.0.1-10.0.0.2'],
    ['::2,::1,B,a', 'b,a,::1-::2'],
    ['fe80::%eth0/80', 'fe80::%eth0/80'],
  ])('%s is canonically %s', (input, canonical) => {
    expect(String(targets(input))).toBe(canonical)
  })
})

describe('laziness agrees with plain expansion', () => {
  /** A few dozen neighbours in each family: inside them everything touches and overlaps. */
  const bases = { 4: 0x0a0000f0n, 6: 0xfffffffff0n, '6%e-0': 0xfffffffff0n } as const
  const range = fc.tuple(fc.constantFrom('4', '6', '6%e-0'), fc.nat(40), fc.nat(10)).map(([space, offset, length]) => {
    const family: 4 | 6 = space === '4' ? 4 : 6
    const first = bases[space as keyof typeof bases] + BigInt(offset)
    return { family, zone: space.includes('%') ? 'e-0' : null, first, last: first + BigInt(length) }
  })
  const domain = fc.record({
    names: fc.uniqueArray(fc.constantFrom('a', 'b', 'c-d', '10.0.0.1-x'), { maxLength: 4 }),
    ranges: fc.array(range, { maxLength: 6 }),
  })
  const listOf = ({
    names,
    ranges,
  }: {
    names: string[]
    ranges: (typeof range extends fc.Arbitrary<infer R> ? R : never)[]
  }) => TargetList.of(names, ranges)
  const expandAll = (ranges: Parameters<typeof listOf>[0]['ranges']) => {
    const all = new Set<string>()
    for (const { family, zone, first, last } of ranges) {
      for (let value = first; value <= last; value += 1n) all.add(formatAddress({ family, zone, value }))
    }
    return all
  }

  test('size, at and iteration', () => {
    fc.assert(
      fc.property(domain, (input) => {
        const list = listOf(input)
        const all = expand(list)
        expect(all.slice(0, input.names.length)).toEqual(input.names)
        expect(new Set(all.slice(input.names.length))).toEqual(expandAll(input.ranges))
        expect(new Set(all).size).toBe(all.length)
        expect(list.size).toBe(all.length)
        expect(all.map((_, index) => text(list.at(index)))).toEqual(all)
      }),
    )
  })

  test('exclusion', () => {
    fc.assert(
      fc.property(domain, domain, (input, excluded) => {
        const left = listOf(input).exclude(listOf(excluded))
        const holes = expandAll(excluded.ranges)
        const names: readonly string[] = excluded.names
        const gone = (address: string) => holes.has(address) || holes.has(address.replace(/%.*/, ''))
        const expected = expand(listOf(input)).filter((one) => one !== undefined && !names.includes(one) && !gone(one))
        expect(expand(left)).toEqual(expected)
        for (const address of expandAll(input.ranges)) expect(left.excludes(address)).toBe(gone(address))
      }),
    )
  })

  test('the canonical text reads back as the same targets at the same indexes', () => {
    fc.assert(
      fc.property(domain, (input) => {
        const list = listOf(input)
        fc.pre(list.size > 0)
        const again = targets(String(list))
        expect(expand(again)).toEqual(expand(list))
        expect(String(again)).toBe(String(list))
      }),
    )
  })

  test('blocks are what their masks say', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 0xffffffffn), fc.integer({ min: 22, max: 32 }), (value, prefix) => {
        const list = targets(`${formatIPv4(Number(value))}/${prefix}`)
        const mask = (0xffffffffn << BigInt(32 - prefix)) & 0xffffffffn
        expect(list.size).toBe(2 ** (32 - prefix))
        for (const host of list) {
          const address = parseAddress(String(text(host)))
          expect(address && address.value & mask).toBe(value & mask)
        }
      }),
    )
  })
})

describe('parseTargetLines', () => {
  test('takes several on a line, comments, blanks, any line ending', () => {
    const content = '\uFEFF# lab\r\n10.0.0.1 10.0.0.2\n\n  a,b , c\t# names\n10.0.0.8/31#block\r\n::1'
    expect(expand(parseTargetLines(content, '--targets'))).toEqual([
      ...['a', 'b', 'c', '10.0.0.1', '10.0.0.2', '10.0.0.8', '10.0.0.9', '::1'],
    ])
  })

  test('counts a doubled line once', () => {
    expect(expand(parseTargetLines('a\r\n10.0.0.1\r\na\r\n10.0.0.1\r\n', '--targets'))).toEqual(['a', '10.0.0.1'])
  })

  test.each([
    ['a\n\n# c\n010.0.0.1', '--targets line 4: "010.0.0.1" is not an IPv4 address without leading zeros'],
    ['a\nb,,c', '--targets line 2: "" is not a host name or an address'],
    ['a,', '--targets line 1: "" is not a host name or an address'],
    ['10.0.0.0/33', '--targets line 1: "10.0.0.0/33" is not an IPv4 block: /0 to /32'],
    ['', '--targets: "" is not a list of targets'],
    ['# nothing\n\n', '--targets: "" is not a list of targets'],
  ])('refuses %j', (content, message) => {
    expect(() => parseTargetLines(content, '--targets')).toThrow(message)
  })
})

describe('addresses alone', () => {
  test.each([
    ['192.0.2.1', 1n],
    ['192.0.2.0/30,192.0.2.9-10', 6n],
    ['2001:db8::/126', 4n],
  ])('%s', (text, size) => {
    expect(BigInt(parseAddresses(text, '<address>').size)).toBe(size)
  })

  test.each([
    ['host.example', 'an address, a block'],
    ['bad!', 'an address, a block'],
    ['[::1]', 'leave out the brackets'],
    ['', 'an address, a block'],
    ['300.1.1.1', 'octets are 0 to 255'],
    ['::/0', 'at most 2^48'],
  ])('%s is none, and it is said what would be', (text, why) => {
    expect(() => parseAddresses(text, '<address>')).toThrow(why)
  })
})
