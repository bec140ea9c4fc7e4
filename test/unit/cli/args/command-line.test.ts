import { describe, expect, test } from 'vitest'
import { assignWords, canonicalArgv, formatAskedFor, parseArguments } from '../../../../src/cli/args/command-line.js'
import type { Flags } from '../../../../src/cli/args/flag.js'
import type { AnyCommand } from '../../../../src/cli/command.js'
import { commandHelp } from '../../../../src/cli/help.js'
import { UsageError } from '../../../../src/core/usage-error.js'

const FLAGS: Flags = {
  ports: { kind: 'text', alias: 'p', metavar: 'LIST', describe: 'ports' },
  timeout: { kind: 'text', alias: 'w', metavar: 'D', describe: 'how long' },
  probe: { kind: 'switch', alias: 'z', describe: 'probe' },
  data: { kind: 'text', alias: 'd', describe: 'what to send' },
  header: { kind: 'texts', alias: 'H', describe: 'a header' },
  progress: { kind: 'text', describe: 'how to show progress' },
  '4': { kind: 'switch', describe: 'IPv4 only' },
}
const COMMAND = {
  name: 'pretend',
  summary: 'a command for tests',
  positionals: [
    { name: 'host', describe: 'where to', required: true },
    { name: 'rest', describe: 'more', required: false, variadic: true },
  ],
  flags: FLAGS,
  examples: [['netkit pretend host', 'an example']],
  events: {},
  result: {},
} as unknown as AnyCommand

const parse = (...argv: string[]) => parseArguments(argv, COMMAND)

describe('each way of writing a flag means what it says', () => {
  test.each([
    [['-p80,443'], 'ports', '80,443'],
    [['-p1-1024'], 'ports', '1-1024'],
    [['-p', '80'], 'ports', '80'],
    [['-p=80'], 'ports', '80'],
    [['-p-'], 'ports', '-'],
    [['-p', '-'], 'ports', '-'],
    [['--ports=-'], 'ports', '-'],
    [['--ports', '80,443'], 'ports', '80,443'],
    [['--ports=80,443'], 'ports', '80,443'],
    [['--data', '-x'], 'data', '-x'],
    [['--data=-x'], 'data', '-x'],
    [['--data', '--json'], 'data', '--json'],
    [['--data=a=b=c'], 'data', 'a=b=c'],
    [['--data='], 'data', ''],
    [['--data', ''], 'data', ''],
    [['--data', 'a\nb'], 'data', 'a\nb'],
    [['--data=a\nb'], 'data', 'a\nb'],
    [['--data', '0x10'], 'data', '0x10'],
    [['--data', '007'], 'data', '007'],
    [['--data', '1e3'], 'data', '1e3'],
    [['--data', 'true'], 'data', 'true'],
    [['--data', '"quoted"'], 'data', '"quoted"'],
    [["--data='quoted'"], 'data', "'quoted'"],
    [['--data==='], 'data', '=='],
    [['-d-x'], 'data', '-x'],
    [['-d', '--'], 'data', '--'],
    [['-w5'], 'timeout', '5'],
    [['-w=5'], 'timeout', '5'],
    [['-w', '5'], 'timeout', '5'],
    [['-w', '-5'], 'timeout', '-5'],
    [['-zw5'], 'timeout', '5'],
    [['-zvw', '5'], 'timeout', '5'],
    [['--progress=json'], 'progress', 'json'],
    [['--progress', 'json'], 'progress', 'json'],
  ])('%j', (argv, flag, value) => {
    const args = parse(...argv)
    expect(args.written(flag)).toEqual([value])
    expect(args.value(flag)).toBe(value)
  })

  test.each([
    [['-4', '-2'], '-2'],
    [['-1024'], '-1024'],
    [['-p-1024', '-4096'], '-4096'],
  ])('%j: a negative number is a word where one is taken, unless a flag is named so', (argv, host) => {
    const [first, rest] = COMMAND.positionals
    const taking = { ...COMMAND, positionals: [{ ...first, negative: true }, rest] } as AnyCommand
    expect(parseArguments(argv, taking).words('host')).toEqual([host])
  })

  test.each([
    [['host', '--json'], true],
    [['host', '--format', 'json', '--nonsense'], true],
    [['--format=json'], true],
    [['--format', 'csv'], false],
    [['host', '--', '--json'], false],
    [['--data', '--json'], false],
    [['-d', '--json'], false],
    [['-zd', '--json'], false],
    [['-dx', '--json'], true],
    [['--nonsense', '--json'], true],
  ])('%j: whether JSON Lines are asked for shows also where the rest is wrong: %s', (argv, asked) => {
    expect(formatAskedFor(argv, FLAGS)).toBe(asked ? 'json' : null)
  })

  test('switches stand together behind one dash', () => {
    const args = parse('-zv4', 'host')
    expect([args.has('probe'), args.has('verbose'), args.has('4'), args.has('json')]).toEqual([true, true, true, false])
    expect(args.words('host')).toEqual(['host'])
  })

  test('a flag takes the next word, a switch does not', () => {
    expect(parse('-z', 'host').words('host')).toEqual(['host'])
    expect(() => parse('--data', 'host').words('host')).toThrow('<host> is missing')
  })

  test('flags and words mix; behind -- all are words; a single - is a word', () => {
    const args = parse('host', '-z', '-', '--', '-x', '--json', '--')
    expect(args.words('host')).toEqual(['host'])
    expect(args.words('rest')).toEqual(['-', '-x', '--json', '--'])
    expect(args.has('json')).toBe(false)
  })

  test('a list keeps its order and its doubles', () => {
    expect(parse('-Ha', '--header', 'b', '--header=a').value('header')).toEqual(['a', 'b', 'a'])
  })

  test('words stay text', () => {
    const args = parse('010', '1e3', '0x1f', 'true', '')
    expect([...args.words('host'), ...args.words('rest')]).toEqual(['010', '1e3', '0x1f', 'true', ''])
  })
})

describe('what cannot be meant is refused', () => {
  test.each([
    [['--data', 'a', '--data', 'b'], /--data is given twice \("a", "b"\)/],
    [['-p80', '--ports=443'], /--ports is given twice/],
    [['--data=a', '--data=a'], /--data is given twice/],
    [['--prots', '80'], /unknown flag --prots; did you mean --ports\?/],
    [['--jsno'], /did you mean --json\?/],
    [['--TIMEOUT=5'], /unknown flag --TIMEOUT; did you mean --timeout\?/],
    [['--unheard-of'], /unknown flag --unheard-of; see --help/],
    [['-x'], /unknown flag -x; see --help/],
    [['-zx'], /unknown flag -x/],
    [['-80'], /unknown flag -8/],
    [['--no-json'], /unknown flag --no-json/],
    [['--p', '80'], /unknown flag --p\b/],
    [['--__proto__=x'], /unknown flag --__proto__/],
    [['--constructor'], /unknown flag --constructor/],
    [['--=x'], /unknown flag --/],
    [['--data'], /--data needs a value: VALUE, what to send/],
    [['-p'], /-p needs a value: LIST, ports/],
    [['-zp'], /-p needs a value/],
    [['--probe=yes'], /--probe takes no value/],
    [['-z=yes'], /-z takes no value/],
    [['--json=false'], /--json takes no value/],
  ])('%j', (argv, message) => {
    expect(() => parse(...argv)).toThrow(UsageError)
    expect(() => parse(...argv)).toThrow(message)
  })

  test('a switch that is given twice is still given', () => {
    expect(parse('-vv', '--verbose').has('verbose')).toBe(true)
  })

  test('a word too few or too many is named', () => {
    const host = [{ name: 'host', describe: 'where to', required: true }]
    expect(() => assignWords([], host)).toThrow('<host> is missing: where to')
    expect(() => assignWords(['a', 'b c'], host)).toThrow('unexpected argument "b c"')
    expect(assignWords(['a'], host)).toEqual(new Map([['host', ['a']]]))
  })
})

test('the canonical form holds no word that a parser could take for another', () => {
  expect(canonicalArgv(['-zp80', 'a', '--data', '--probe', '-', '--', '-z'], FLAGS)).toEqual({
    flags: ['--probe', '--ports=80', '--data=--probe'],
    words: ['a', '-', '-z'],
  })
})

test('help shows usage, summary, flags, examples and exit codes, within the width', async () => {
  const help = await commandHelp(COMMAND, 80)
  expect(help).toContain('netkit pretend <host> [rest...] [options]')
  for (const part of ['a command for tests', '--ports', '-p', 'LIST', 'netkit pretend host', 'Exit codes', '--json']) {
    expect(help).toContain(part)
  }
  for (const line of help.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
})
