import { spawnSync } from 'node:child_process'
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { COMMANDS } from '../../src/cli/commands/index.js'
import { VERSION } from '../../src/version.js'
import { BIN, netkit, type Run } from '../helpers/cli.js'

const NAMES = Object.keys(COMMANDS)
const PACKAGE = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))

describe('help and version go to stdout and are a success', () => {
  test.each([['--help'], ['-h'], ['help']])('netkit %s', async (word) => {
    const run = await netkit([word])
    expect(run).toMatchObject({ code: 0, stderr: '' })
    for (const name of NAMES) expect(run.stdout).toMatch(new RegExp(`^  netkit ${name} `, 'm'))
    expect(run.stdout).toContain('Exit codes')
  })

  test.each(NAMES)('netkit %s --help, in each way of asking', async (name) => {
    const command = await COMMANDS[name]?.()
    const runs = await Promise.all([
      netkit([name, '--help']),
      netkit([name, '-h']),
      netkit(['help', name]),
      netkit(['--help', name]),
    ])
    const [first] = runs
    for (const run of runs) expect(run).toEqual(first)
    expect(first).toMatchObject({ code: 0, stderr: '' })
    expect(first?.stdout).toContain(`netkit ${name}`)
    for (const [example] of command?.examples ?? []) expect(first?.stdout).toContain(example)
    for (const flag of Object.keys(command?.flags ?? {}))
      expect(first?.stdout).toContain(flag.length === 1 ? ` -${flag} ` : `--${flag}`)
    expect(first?.stdout).toContain('Exit codes')
    expect(first?.stdout).not.toContain('\u001b')
    for (const line of first?.stdout.split('\n') ?? []) expect(line.length, line).toBeLessThanOrEqual(80)
  })

  test('--version', async () => {
    expect(VERSION).toBe(PACKAGE.version)
    for (const argv of [['--version'], ['--json', '--version'], ['--version', '-w5'], ['errno', '--version']]) {
      expect(await netkit(argv)).toEqual({ code: 0, stdout: `${VERSION}\n`, stderr: '' })
    }
  })
})

describe('no command, or one that is none, is misuse', () => {
  test('nothing at all: the overview, on stderr', async () => {
    const run = await netkit([])
    expect(run).toMatchObject({ code: 2, stdout: '' })
    for (const name of NAMES) expect(run.stderr).toContain(name)
  })

  test.each([
    [['conect'], /unknown command "conect"; did you mean connect\?/],
    [['frobnicate'], /unknown command "frobnicate"; known are .*connect/],
    [['__proto__'], /unknown command "__proto__"/],
    [['constructor'], /unknown command "constructor"/],
    [['help', 'conect'], /did you mean connect\?/],
    [['--jsn', 'errno', '111'], /unknown flag --jsn; did you mean --json\?/],
    [['--frobnicate'], /unknown flag --frobnicate/],
    [['--json'], /a command is missing/],
    [['-w', '5'], /a command is missing/],
    [['-w'], /-w needs a value/],
    [['--version=3'], /--version takes no value/],
    [['--count', '3', 'connect', 'h', '1'], /--count stands before the command; write netkit connect \.\.\. --count 3/],
    [['-'], /unknown command "-"/],
    [[''], /unknown command ""/],
    [['a\nb'], /unknown command "a\\nb"/],
    [['--a\nb\u001b[31m'], /unknown flag --a\\nb\\e\[31m/],
  ])('netkit %j', async (argv, message) => {
    const run = await netkit(argv)
    expect(run).toMatchObject({ code: 2, stdout: '' })
    expect(run.stderr).toMatch(/^netkit.*: [^\n]+\n$/)
    expect(run.stderr).toMatch(message)
  })
})

describe('flags that all commands share may stand before the command', () => {
  test.each([
    [['--json', '--max-time', '5', 'errno', '111']],
    [['--json', '--max-time=5', '--', 'errno', '111']],
    [['-qv', '--json', 'errno', '111']],
    [['--color', 'errno', 'errno', '111'], /--color: "errno" is not one of/],
    [['-w5', '--json', 'connect', '-z', 'localhost', '0'], /is not a port/],
    [['-qw', '5', '--json', 'connect', '-z', 'localhost', '0'], /is not a port/],
    [['--timeout', 'connect', 'connect', '-z', 'localhost', '1'], /--timeout: "connect" is not a duration/],
    [['-w', '5', 'errno', '111'], /unknown flag -w/],
  ])('netkit %j', async (argv, refused?: RegExp) => {
    const at = argv.lastIndexOf(argv.includes('connect') ? 'connect' : 'errno')
    const behind = [argv[at] ?? '', ...argv.slice(0, at), ...argv.slice(at + 1)]
    const [before, after] = await Promise.all([netkit(argv), netkit(behind)])
    const withoutTime = (run: Run) => ({ ...run, stdout: run.stdout.replace(/"elapsedMs":[\d.]+/, '') })
    expect(withoutTime(before)).toEqual(withoutTime(after))
    expect(before.code).toBe(refused ? 2 : 0)
    expect(before.stderr).toMatch(refused ?? /^$/)
  })
})

// A device that takes nothing; other systems have none to test with.
test.skipIf(!existsSync('/dev/full'))(
  'results that cannot be written are lost loudly: exit 5 (needs /dev/full)',
  () => {
    const full = openSync('/dev/full', 'w')
    for (const argv of [
      ['errno', '111'],
      ['errno', '--list', '--json'],
      ['errno', '--help'],
      ['--help'],
      ['--version'],
      ['errno', '--version'],
    ]) {
      const run = spawnSync(process.execPath, [BIN, ...argv], { stdio: ['ignore', full, 'pipe'], encoding: 'utf8' })
      expect(run.stderr).toMatch(/^netkit: cannot write the output: ENOSPC: [^\n]+\n$/)
      expect(run.status).toBe(5)
    }
    closeSync(full)
  },
)
