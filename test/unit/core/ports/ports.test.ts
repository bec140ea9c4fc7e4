import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { COMMON_PORTS } from '../../../../src/core/ports/common-ports.js'
import { PortList } from '../../../../src/core/ports/port-list.js'
import { parsePorts } from '../../../../src/core/ports/ports.js'
import { UsageError } from '../../../../src/core/usage-error.js'

const port = fc.integer({ min: 1, max: 65535 })
/** Close together, so that runs and holes both occur. */
const closePorts = fc.uniqueArray(fc.integer({ min: 1, max: 40 }), { maxLength: 40 })

describe('parsePorts', () => {
  test.each([
    ['80', '80'],
    ['1', '1'],
    ['65535', '65535'],
    ['443,22,80', '22,80,443'],
    ['22,80,8000-8100', '22,80,8000-8100'],
    ['22,23,24', '22-24'],
    ['5-5', '5'],
    [' 22 , 80 ', '22,80'],
    ['-', '1-65535'],
    ['-1024', '1-1024'],
    ['60000-', '60000-65535'],
    ['ssh,HTTP', '22,80'],
    ['http,80', '80'],
    ['80,http,www', '80'],
    ['http-alt', '591,8008,8080'],
    ['x11', '6000-6063'],
    ['redis,mongodb,postgresql,postgres', '5432,6379,27017'],
  ])('%s is %s', (text, canonical) => {
    expect(String(parsePorts(text, '<ports>'))).toBe(canonical)
  })

  test.each([
    ['', 'a port (1 to 65535), a range (8000-8100, -1024, 60000-, -), a service name or common'],
    ['80x', 'a port (1 to 65535), a range (8000-8100, -1024, 60000-, -), a service name or common'],
    ['0', 'a port, 1 to 65535'],
    ['65536', 'a port, 1 to 65535'],
    ['080', 'a port, 1 to 65535'],
    ['99999999999999999999', 'a port, 1 to 65535'],
    ['0-5', 'a range within 1 to 65535'],
    ['1-65536', 'a range within 1 to 65535'],
    ['9-3', 'a range: the lower port comes first (3-9)'],
  ])('refuses %j', (text, expected) => {
    expect(() => parsePorts(text, '<ports>')).toThrow(`<ports>: ${JSON.stringify(text)} is not ${expected}`)
  })

  test.each([
    ',',
    '80,',
    ',80',
    '80,,81',
    '--',
    '1-2-3',
    '1--2',
    '+80',
    '8 0',
    'nosuchservice',
    '80/tcp',
    '0x50',
    'http*',
    '80;81',
    '.',
  ])('refuses %j too', (text) => {
    expect(() => parsePorts(text, '<ports>')).toThrow(UsageError)
  })

  test.each([
    ['80,80', '80'],
    ['70-90,80', '70-90'],
    ['80,70-90', '70-90'],
    ['80,443,1-1024', '1-1024'],
    ['1-10,10-20', '1-20'],
    ['-,80', '1-65535'],
    ['ssh,SSH,22', '22'],
  ])('counts once what stands twice in %s', (text, canonical) => {
    expect(String(parsePorts(text, '<ports>'))).toBe(canonical)
  })

  test('common is a list of its own, which numbers and names join silently', () => {
    const common = parsePorts('common', '<ports>')
    expect(common.size).toBe(COMMON_PORTS.length)
    expect(new Set(COMMON_PORTS).size).toBe(COMMON_PORTS.length)
    for (const expected of [21, 22, 25, 80, 443, 3306, 3389, 5432, 6379, 6443, 8080, 27017]) {
      expect(common.has(expected)).toBe(true)
    }
    expect(parsePorts('common,80,http,4', '<ports>').size).toBe(common.size + 1)
  })
})

describe('PortList', () => {
  test('holds every port', () => {
    const all = parsePorts('-', '<ports>')
    expect(all.size).toBe(65535)
    expect(all.at(0)).toBe(1)
    expect(all.at(65534)).toBe(65535)
    expect(all.at(65535)).toBeUndefined()
    expect(all.at(-1)).toBeUndefined()
    expect(all.has(0)).toBe(false)
    expect(all.has(65536)).toBe(false)
  })

  test('agrees with a plain sorted set', () => {
    fc.assert(
      fc.property(fc.oneof(closePorts, fc.array(port)), closePorts, (mine, others) => {
        const list = PortList.of(mine)
        const plain = [...new Set(mine)].sort((a, b) => a - b)
        expect([...list]).toEqual(plain)
        expect(list.size).toBe(plain.length)
        expect(plain.map((_, index) => list.at(index))).toEqual(plain)
        for (const candidate of [...plain, ...others, 0, 65536]) {
          expect(list.has(candidate)).toBe(plain.includes(candidate))
        }
        expect([...list.without(PortList.of(others))]).toEqual(plain.filter((one) => !others.includes(one)))
      }),
    )
  })

  test('its text reads back as the same set and the same text', () => {
    fc.assert(
      fc.property(fc.oneof(closePorts, fc.array(port)), (ports) => {
        fc.pre(ports.length > 0)
        const list = PortList.of(ports)
        const again = parsePorts(list.toString(), '<ports>')
        expect([...again]).toEqual([...list])
        expect(again.toString()).toBe(list.toString())
      }),
    )
  })

  test('of ranges, however they overlap, is the set of their ports', () => {
    const range = fc
      .tuple(fc.integer({ min: 1, max: 60 }), fc.nat(9))
      .map(([first, more]) => ({ first, last: first + more }))
    fc.assert(
      fc.property(fc.array(range), fc.array(range), (ranges, others) => {
        const portsOf = (each: typeof ranges) =>
          each.flatMap(({ first, last }) => Array.from({ length: last - first + 1 }, (_, i) => first + i))
        const [list, other] = [PortList.ofRanges(ranges), PortList.ofRanges(others)]
        expect(list).toEqual(PortList.of(portsOf(ranges)))
        expect(list.union(other)).toEqual(PortList.of([...portsOf(ranges), ...portsOf(others)]))
        expect(PortList.ofRanges(list.ranges)).toEqual(list)
      }),
    )
  })

  test.each([0, 65536, 1.5, Number.NaN, -1])('is not made of %s', (bad) => {
    expect(() => PortList.of([bad])).toThrow(RangeError)
    expect(() => PortList.ofRanges([{ first: 1, last: bad }])).toThrow(RangeError)
  })

  test('is not made of a range that goes down', () => {
    expect(() => PortList.ofRanges([{ first: 9, last: 8 }])).toThrow(RangeError)
  })
})
