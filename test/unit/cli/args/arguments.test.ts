import { describe, expect, expectTypeOf, test } from 'vitest'
import { Arguments, type ArgumentsOf } from '../../../../src/cli/args/arguments.js'
import type { Flag, Flags } from '../../../../src/cli/args/flag.js'
import { NETWORK_FLAGS, networkOptions, readFamily, readSource } from '../../../../src/cli/args/flags/network.js'
import { OUTPUT_FLAGS } from '../../../../src/cli/args/flags/shared.js'
import { checkRelations } from '../../../../src/cli/args/relations.js'
import type { Positional } from '../../../../src/cli/command.js'
import { UsageError } from '../../../../src/core/usage-error.js'

const FLAGS = {
  loud: { kind: 'switch', describe: 'a switch', option: true },
  text: { kind: 'text', describe: 'a text' },
  named: { kind: 'text', describe: 'a text with a default', default: 'nobody' },
  list: { kind: 'texts', describe: 'texts' },
  'idle-timeout': { kind: 'duration', describe: 'a duration', option: true },
  pause: { kind: 'duration', orZero: true, default: '1.5s', describe: 'a duration with a default' },
  'max-size': { kind: 'size', describe: 'a size', option: true },
  port: { kind: 'port', describe: 'a port' },
  number: { kind: 'integer', min: 1, max: 9, describe: 'a whole number' },
  count: { kind: 'integer', min: 1, max: 9, default: '2', describe: 'a whole number with a default' },
  choice: { kind: 'choice', choices: ['a', 'b'], describe: 'a choice' },
  format: { kind: 'choice', choices: ['a', 'b'], default: 'b', describe: 'a choice with a default' },
  'two-halves': { kind: 'text', parse: halves, describe: 'a text that is parsed', option: true },
  all: { kind: 'texts', parse: halves, describe: 'texts that are parsed' },
  file: { kind: 'file', describe: 'a file' },
  binary: { kind: 'file', binary: true, describe: 'a file of bytes' },
  data: { kind: 'data', describe: 'a text or a file' },
  lines: { kind: 'lines', describe: 'lines' },
} as const satisfies Flags

const WORDS = [
  { name: 'host', describe: 'one word', required: true },
  { name: 'more', describe: 'the others', required: false, variadic: true },
] as const satisfies readonly Positional[]

type Given = Readonly<Record<string, string | readonly string[]>>

function written(declared: Flags, flags: Given, words: Readonly<Record<string, readonly string[]>> = {}) {
  return {
    declared,
    flags: new Map(Object.entries(flags).map(([name, value]) => [name, [value].flat()])),
    words: () => new Map(Object.entries(words)),
  }
}

const given = (
  flags: Given,
  words?: Readonly<Record<string, readonly string[]>>,
): ArgumentsOf<typeof FLAGS, typeof WORDS> => new Arguments(written({ ...FLAGS, ...OUTPUT_FLAGS }, flags, words))

const reaching = (flags: Given): ArgumentsOf<typeof NETWORK_FLAGS> => new Arguments(written(NETWORK_FLAGS, flags))

function halves(text: string, argument: string): { readonly left: string; readonly right: string } {
  const [left = '', right] = text.split('/')
  if (right === undefined) throw UsageError.of(argument, text, 'two halves')
  return { left, right }
}

test('what was left out is null, empty or the default', () => {
  const args = given({})
  expect([args.value('text'), args.word('more'), args.value('file'), args.value('binary')]).toEqual(Array(4).fill(null))
  expect([args.value('data'), args.value('lines'), args.value('two-halves')]).toEqual([null, null, null])
  expect([args.words('more'), args.value('list'), args.written('list'), args.value('all')]).toEqual([[], [], [], []])
  expect([args.has('loud'), args.value('loud'), args.has('named')]).toEqual([false, false, false])
  expect([args.value('pause'), args.value('max-size'), args.value('port')]).toEqual([1500, null, null])
  expect([args.value('number'), args.value('count')]).toEqual([null, 2])
  expect([args.value('choice'), args.value('format'), args.value('named')]).toEqual([null, 'b', 'nobody'])
  expect([readFamily(reaching({})), readSource(reaching({})).sourceAddress]).toEqual([undefined, undefined])
})

test('what was given is read in its unit', () => {
  const args = given(
    {
      pause: '0',
      'idle-timeout': '1.5s',
      'max-size': '64k',
      port: '443',
      number: '9',
      choice: 'a',
      list: ['x', 'y'],
      'two-halves': 'a/b',
    },
    { host: ['h'], more: ['1', '2'] },
  )
  expect([args.value('pause'), args.value('idle-timeout')]).toEqual([0, 1500])
  expect([args.value('max-size'), args.value('port')]).toEqual([65_536, 443])
  expect([args.value('number'), args.value('choice')]).toEqual([9, 'a'])
  expect([args.value('list'), args.written('list')]).toEqual([
    ['x', 'y'],
    ['x', 'y'],
  ])
  expect(args.value('two-halves')).toEqual({ left: 'a', right: 'b' })
  expect([args.word('host'), args.words('more')]).toEqual(['h', ['1', '2']])
})

test('a file is a text, or its bytes', () => {
  const bytes = Buffer.from('text')
  const contents = new Map(['file', 'binary', 'data'].map((name) => [name, bytes]))
  const args = given({}).withFiles({ contents, lines: new Map() })
  expect([args.value('file'), args.value('binary'), args.value('data')]).toEqual(['text', bytes, bytes])
})

test('flags become options of their own name, with their unit', () => {
  const options = given({ loud: '', 'max-size': '1k', 'two-halves': 'a/b' }).options(FLAGS)
  expect(options).toEqual({
    loud: true,
    idleTimeoutMs: null,
    maxSizeBytes: 1024,
    twoHalves: { left: 'a', right: 'b' },
  })
})

test('the declaration gives the type', () => {
  const args = given({}, { host: ['h'] })
  expectTypeOf(args.value('loud')).toEqualTypeOf<boolean>()
  expectTypeOf(args.value('text')).toEqualTypeOf<string | null>()
  expectTypeOf(args.value('named')).toEqualTypeOf<string>()
  expectTypeOf(args.value('list')).toEqualTypeOf<readonly string[]>()
  expectTypeOf(args.value('idle-timeout')).toEqualTypeOf<number | null>()
  expectTypeOf(args.value('pause')).toEqualTypeOf<number>()
  expectTypeOf(args.value('count')).toEqualTypeOf<number>()
  expectTypeOf(args.value('choice')).toEqualTypeOf<'a' | 'b' | null>()
  expectTypeOf(args.value('format')).toEqualTypeOf<'a' | 'b'>()
  expectTypeOf(args.value('two-halves')).toEqualTypeOf<ReturnType<typeof halves> | null>()
  expectTypeOf(args.value('file')).toEqualTypeOf<string | null>()
  expectTypeOf(args.value('binary')).toEqualTypeOf<Uint8Array | null>()
  expectTypeOf(args.value('data')).toEqualTypeOf<Uint8Array | null>()
  expectTypeOf(args.value('max-time')).toEqualTypeOf<number | null>()
  expectTypeOf(args.value('json')).toEqualTypeOf<boolean>()
  expectTypeOf(args.word('host')).toEqualTypeOf<string>()
  expectTypeOf(args.word('more')).toEqualTypeOf<string | null>()
  expectTypeOf(args.options(FLAGS)).toEqualTypeOf<{
    readonly loud: boolean
    readonly idleTimeoutMs: number | null
    readonly maxSizeBytes: number | null
    readonly twoHalves: ReturnType<typeof halves> | null
  }>()
  // @ts-expect-error a name that is misspelt
  args.has('loudd')
  // @ts-expect-error a name that is misspelt
  expect(() => args.value('cuont')).toThrow('no flag is declared as cuont')
  // @ts-expect-error a word that is not declared
  args.words('hosts')
  // @ts-expect-error a number is no text
  const text: string = args.value('count')
  expect(text).toBe(2)
})

describe('every reader names the flag, the value and what would do', () => {
  test.each([
    ['a duration', 'pause', ['', '5x', '-1', 'abc', '1e3']],
    ['a duration above zero', 'idle-timeout', ['0', '0ms', '0.0s']],
    ['a size', 'max-size', ['', 'k', '-1', 'abc']],
    ['a port', 'port', ['0', '65536', '80x', '080', '-1', '', ' 80', '8.0']],
    ['a whole number from 1 to 9', 'number', ['0', '10', '-1', '1.0', '1e0', '', 'x', '0x1', '9999999999999999']],
    ['one of a, b', 'choice', ['', 'A', 'ab']],
    ['two halves', 'two-halves', ['', 'ab']],
    ['two halves', 'all', ['ab']],
  ] as const)('%s', (expected, flag, values) => {
    for (const value of values) {
      const error = caught(() => given({ [flag]: value }).value(flag))
      expect(error, value).toBeInstanceOf(UsageError)
      expect(error).toMatchObject({ argument: `--${flag}` })
      expect((error as Error).message).toContain(`--${flag}: ${JSON.stringify(value)} is not ${expected}`)
    }
  })
})

describe('the address family', () => {
  test.each([
    [{ '4': '' }, 4],
    [{ '6': '' }, 6],
    [{}, undefined],
  ])('%j', (flags: Record<string, string>, family) => {
    expect(readFamily(reaching(flags))).toBe(family)
  })

  test('-4 and -6 exclude each other', () => {
    expect(() => checkRelations(reaching({ '4': '', '6': '' }), NETWORK_FLAGS)).toThrow(
      '-4 and -6 exclude each other: leave both out for any family',
    )
  })

  test('--source is a literal address that agrees', () => {
    const source = (flags: Given) => readSource(reaching(flags)).sourceAddress
    expect(source({ source: '127.0.0.1' })).toEqual({ address: '127.0.0.1', family: 4 })
    expect(source({ source: '::1', '6': '' })).toEqual({ address: '::1', family: 6 })
    expect(() => source({ source: '::1', '4': '' })).toThrow('is not a literal IPv4 address')
    expect(() => source({ source: '127.0.0.1', '6': '' })).toThrow('is not a literal IPv6 address')
    for (const text of ['localhost', '', '010.0.0.1', '127.1', '[::1]', '127.0.0.1:80']) {
      expect(() => source({ source: text }), text).toThrow(UsageError)
    }
  })
})

test('reaching a peer: defaults, and no timeout of zero', () => {
  expect(networkOptions(reaching({}))).toEqual({
    family: undefined,
    sourceAddress: undefined,
    sourcePort: undefined,
    timeoutMs: 5000,
    systemTime: true,
  })
  expect(networkOptions(reaching({ timeout: '200ms', 'source-port': '1' }))).toMatchObject({
    timeoutMs: 200,
    systemTime: false,
    sourcePort: 1,
  })
  for (const timeout of ['0', '0ms', '0.0s']) {
    expect(() => networkOptions(reaching({ timeout })), timeout).toThrow(/--timeout: .* above zero/)
  }
})

describe('what cannot stand together', () => {
  const related: Flags = {
    tls: { kind: 'switch', describe: 'x' },
    starttls: { kind: 'switch', describe: 'x' },
    cert: { kind: 'text', describe: 'x', goesWith: ['tls', 'starttls'] },
    hex: { kind: 'switch', describe: 'x', excludes: { raw: '' } },
    raw: { kind: 'switch', describe: 'x', excludes: { z: 'it is raw' } },
    seed: { kind: 'text', describe: 'x', idleBeside: { z: 'nothing is mixed' } },
    z: { kind: 'switch', describe: 'x' },
    one: { kind: 'switch', describe: 'x', oneOf: 'mode' },
    two: { kind: 'switch', describe: 'x', oneOf: 'mode' },
    three: { kind: 'switch', describe: 'x', oneOf: 'mode' },
  } satisfies Record<string, Flag>
  const check = (...names: readonly string[]) =>
    checkRelations(
      new Arguments<Record<string, unknown>>(written(related, Object.fromEntries(names.map((name) => [name, ''])))),
      related,
    )

  test.each([
    [['cert'], '--cert goes with --tls or --starttls', '--cert'],
    [['raw', 'hex'], '--hex and --raw exclude each other', '--hex'],
    [['raw', 'z'], '--raw and -z exclude each other: it is raw', '--raw'],
    [['z', 'seed'], '--seed has no meaning beside -z: nothing is mixed', '--seed'],
    [['three', 'one', 'two'], '--one and --two and --three exclude each other; choose one', '--two'],
  ])('%j', (names, message, argument) => {
    expect(caught(() => check(...names))).toEqual(new UsageError(message, argument))
    expect(caught(() => check(...names))).toMatchObject({ argument })
  })

  test.each([[['cert', 'starttls']], [['hex', 'z']], [['seed', 'one', 'raw']], [[]]])('%j can', (names: string[]) => {
    expect(() => check(...names)).not.toThrow()
  })
})

function caught(action: () => unknown): unknown {
  try {
    action()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}
