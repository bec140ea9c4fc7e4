import { spawnSync } from 'node:child_process'
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { COMMANDS } from '../../src/cli/commands/index.js'
import { VERSION } from '../../src/version.js'
import { BIN, netkit } from '../helpers/cli.js'

const NAMES = Object.keys(COMMANDS)
const PACKAGE = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))

describe('help and version go to stdout and are a success', () => {
  test.each([['--help'], ['-h'], ['help']])('netkit %s', async (word) => {
    const run = await netkit([word])
    expect(run).toMatchObject({ code: 0, stderr: '' })
    for (const name of NAMES) expect(run.stdout).toMatch(new RegExp(`^ *${name} `, 'm'))
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
  })

  test('--version', async () => {
    expect(VERSION).toBe(PACKAGE.version)
    for (const argv of [['--version'], ['errno', '--version']]) {
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
    [['-w', '5', 'connect', 'localhost', '1'], /-w stands before its command; write it behind: netkit connect -w/],
    [['-qz', 'connect', 'localhost', '1'], /-z stands before its command/],
    [['--json'], /a command is missing/],
    [['a\nb'], /unknown command "a\\nb"/],
    [['--a\nb\u001b[31m'], /unknown flag --a\\nb\\e\[31m/],
  ])('netkit %j', async (argv, message) => {
    const run = await netkit(argv)
    expect(run).toMatchObject({ code: 2, stdout: '' })
    expect(run.stderr).toMatch(/^netkit.*: [^\n]+\n$/)
    expect(run.stderr).toMatch(message)
  })
})

test('flags that all commands share may stand before the command', async () => {
  const [before, after] = await Promise.all([
    netkit(['--json', '--max-time', '5', 'errno', '111', '--system', 'linux']),
    netkit(['errno', '111', '--system', 'linux', '--json', '--max-time', '5']),
  ])
  const withoutTime = (text: string) => text.replace(/"elapsedMs":[\d.]+/, '')
  expect(withoutTime(before.stdout)).toBe(withoutTime(after.stdout))
  expect(before.code).toBe(0)
})

// A device that takes nothing; other systems have none to test with.
test.skipIf(!existsSync('/dev/full'))('results that cannot be written are lost loudly: exit 5', () => {
  const full = openSync('/dev/full', 'w')
  for (const argv of [
    ['errno', '111'],
    ['errno', '--list', '--json'],
    ['errno', '--help'],
  ]) {
    const run = spawnSync(process.execPath, [BIN, ...argv], { stdio: ['ignore', full, 'pipe'], encoding: 'utf8' })
    expect(run.stderr).toMatch(/^netkit: cannot write the output: ENOSPC: [^\n]+\n$/)
    expect(run.status).toBe(5)
  }
  closeSync(full)
})
