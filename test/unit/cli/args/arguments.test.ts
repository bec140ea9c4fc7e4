import { describe, expect, test } from 'vitest'
import { Arguments } from '../../../../src/cli/args/arguments.js'
import { reachOptions } from '../../../../src/cli/args/flags/network.js'
import { UsageError } from '../../../../src/core/usage-error.js'

const given = (flags: Record<string, string | string[]>, words: Record<string, string[]> = {}) =>
  new Arguments(
    new Map(Object.entries(flags).map(([name, value]) => [name, [value].flat()])),
    () => new Map(Object.entries(words)),
  )

test('what was left out is null, empty or the default', () => {
  const args = given({})
  expect([args.text('x'), args.word('x'), args.file('x')]).toEqual([null, null, null])
  expect([args.words('x'), args.list('x')]).toEqual([[], []])
  expect(args.has('x')).toBe(false)
  expect([args.durationMs('x', 7), args.sizeBytes('x', null), args.port('x', 80)]).toEqual([7, null, 80])
  expect(args.integer('x', { min: 1, max: 2 }, 1)).toBe(1)
  expect(args.choice('x', ['a', 'b'], 'b')).toBe('b')
  expect([args.family(), args.source()]).toEqual([undefined, undefined])
})

test('what was given is read in its unit', () => {
  const args = given(
    { d: '1.5s', s: '64k', p: '443', n: '12', c: 'a', list: ['x', 'y'] },
    { host: ['h'], more: ['1', '2'] },
  )
  expect([args.durationMs('d', 0), args.sizeBytes('s', 0), args.port('p', 0)]).toEqual([1500, 65_536, 443])
  expect(args.integer('n', { min: 0, max: 12 }, 0)).toBe(12)
  expect(args.choice('c', ['a', 'b'], 'b')).toBe('a')
  expect([args.text('list'), args.list('list')]).toEqual(['x', ['x', 'y']])
  expect([args.word('host'), args.words('more')]).toEqual(['h', ['1', '2']])
  expect(args.withFiles({ contents: new Map([['f', Buffer.from('text')]]), lines: new Map() }).file('f')).toBe('text')
})

describe('every reader names the flag, the value and what would do', () => {
  test.each([
    ['a duration', (args: Arguments) => args.durationMs('x', 0), ['', '5x', '-1', 'abc', '1e3']],
    ['a size', (args: Arguments) => args.sizeBytes('x', 0), ['', 'k', '-1', 'abc']],
    ['a port', (args: Arguments) => args.port('x', 0), ['0', '65536', '80x', '080', '-1', '', ' 80', '8.0']],
    [
      'a whole number from 1 to 9',
      (args: Arguments) => args.integer('x', { min: 1, max: 9 }, 1),
      ['0', '10', '-1', '1.0', '1e0', '', 'x', '0x1', '9999999999999999'],
    ],
    ['one of a, b', (args: Arguments) => args.choice('x', ['a', 'b'], 'a'), ['', 'A', 'ab']],
  ])('%s', (expected, read, values) => {
    for (const value of values) {
      const error = caught(() => read(given({ x: value })))
      expect(error, value).toBeInstanceOf(UsageError)
      expect(error).toMatchObject({ argument: '--x' })
      expect((error as Error).message).toContain(`--x: ${JSON.stringify(value)} is not ${expected}`)
    }
  })
})

describe('the address family', () => {
  test.each([
    [{ '4': '' }, 4],
    [{ '6': '' }, 6],
    [{}, undefined],
  ])('%j', (flags: Record<string, string>, family) => {
    expect(given(flags).family()).toBe(family)
  })

  test('-4 and -6 exclude each other', () => {
    expect(() => given({ '4': '', '6': '' }).family()).toThrow(UsageError)
  })

  test('--source is a literal address that agrees', () => {
    expect(given({ source: '127.0.0.1' }).source()).toEqual({ address: '127.0.0.1', family: 4 })
    expect(given({ source: '::1', '6': '' }).source()).toEqual({ address: '::1', family: 6 })
    expect(() => given({ source: '::1', '4': '' }).source()).toThrow('is not a literal IPv4 address')
    expect(() => given({ source: '127.0.0.1', '6': '' }).source()).toThrow('is not a literal IPv6 address')
    for (const source of ['localhost', '', '010.0.0.1', '127.1', '[::1]', '127.0.0.1:80']) {
      expect(() => given({ source }).source(), source).toThrow(UsageError)
    }
  })
})

test('reaching a peer: defaults, and no timeout of zero', () => {
  expect(reachOptions(given({}))).toEqual({
    family: undefined,
    sourceAddress: undefined,
    sourcePort: undefined,
    timeoutMs: 5000,
  })
  expect(reachOptions(given({ timeout: '200ms', 'source-port': '1' }))).toMatchObject({ timeoutMs: 200, sourcePort: 1 })
  for (const timeout of ['0', '0ms', '0.0s']) {
    expect(() => reachOptions(given({ timeout })), timeout).toThrow(/--timeout: .* above zero/)
  }
})

function caught(action: () => unknown): unknown {
  try {
    action()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}
