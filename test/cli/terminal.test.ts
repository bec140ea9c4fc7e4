import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { BIN } from '../helpers/cli.js'
import { refusingPort } from '../helpers/sockets.js'

const PTY = fileURLToPath(new URL('../helpers/on-terminal.py', import.meta.url))
const hasPython = spawnSync('python3', ['-c', 'import pty']).status === 0
// Windows has no pty module; elsewhere a system without python3 says so. On Linux a test that is skipped proves nothing.
const skipped = process.platform !== 'linux' && !hasPython

interface OnTerminal {
  readonly env?: Readonly<Record<string, string>>
  readonly columns?: number
}

/** What a terminal is sent: stdin, stdout and stderr are all it. */
async function onTerminal(argv: readonly string[], { env = {}, columns = 80 }: OnTerminal = {}) {
  const { NO_COLOR: _no, FORCE_COLOR: _force, ...inherited } = process.env
  const child = spawn('python3', [PTY, String(columns), process.execPath, BIN, ...argv], {
    env: { ...inherited, TERM: 'xterm-256color', ...env },
  })
  let shown = ''
  child.stdout.on('data', (chunk: Buffer) => {
    shown += chunk
  })
  const [code] = await once(child, 'close')
  return { code, shown }
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: the ESC of a colour is what is looked for
const COLOR = /\u001b\[[\d;]*m/

describe.skipIf(skipped)('on a terminal (needs python3)', () => {
  test.each<[readonly string[], Record<string, string>, boolean]>([
    [[], {}, true],
    [[], { NO_COLOR: '1' }, false],
    [[], { NO_COLOR: '' }, true],
    [[], { TERM: 'dumb' }, false],
    [[], { FORCE_COLOR: '0' }, false],
    [['--color', 'never'], {}, false],
    [['--color', 'auto'], { NO_COLOR: '1' }, false],
    [['--color', 'always'], { NO_COLOR: '1', TERM: 'dumb' }, true],
  ])('%j with %j: colours %s', async (argv, env, colored) => {
    const { code, shown } = await onTerminal(['errno', 'ECONNREFUSED', ...argv], { env })
    expect(code).toBe(0)
    expect(shown).toContain('ECONNREFUSED')
    expect(COLOR.test(shown)).toBe(colored)
  })

  test('a terminal of 0 columns, which is one that does not know its width, is taken for one of 80', async () => {
    const unknown = await onTerminal(['errno', 'ECONNREFUSED'], { columns: 0 })
    const usual = await onTerminal(['errno', 'ECONNREFUSED'], { columns: 80 })
    expect(unknown).toEqual(usual)
    expect(unknown.shown).not.toEqual((await onTerminal(['errno', 'ECONNREFUSED'], { columns: 40 })).shown)
  })

  test('why it failed is coloured, as it is on stderr', async () => {
    const { code, shown } = await onTerminal(['connect', '-z', '127.0.0.1', String(await refusingPort())])
    expect(code).toBe(1)
    expect(shown).toContain('\u001b[31mnetkit connect:\u001b[39m cannot connect')
  })

  test('--json has no colours even there', async () => {
    const { code, shown } = await onTerminal(['errno', 'ECONNREFUSED', '--json'])
    expect(code).toBe(0)
    expect(shown).not.toMatch(COLOR)
  })

  test.each([
    [20, 40],
    [40, 40],
    [80, 80],
    [200, 110],
  ])('on %i columns no line of the help is wider than %i, but the examples', async (columns, widest) => {
    const { code, shown } = await onTerminal(['errno', '--help'], { columns })
    expect(code).toBe(0)
    const [help = ''] = shown.split('Examples:')
    expect(help).toContain('--system')
    for (const line of help.split('\r\n')) expect(line.length, line).toBeLessThanOrEqual(widest)
  })
})
