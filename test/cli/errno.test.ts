import { describe, expect, test } from 'vitest'
import { jsonLines, netkit } from '../helpers/cli.js'
import { expectValidLines } from '../helpers/schema.js'

describe('netkit errno', () => {
  test.each([
    [['ECONNREFUSED', '--system', 'linux'], /^ECONNREFUSED {2}111 on Linux\n/],
    [['econnrefused', '--system', 'darwin'], /^ECONNREFUSED {2}61 on macOS\n/],
    [['111', '--system', 'linux'], /^ECONNREFUSED /],
    [['61', '--system', 'darwin'], /^ECONNREFUSED /],
    [['EAI_NONAME', '--system', 'linux'], /^EAI_NONAME /],
    [['-2', '--system', 'linux'], /EAI_NONAME/],
    [['CERT_HAS_EXPIRED'], /^CERT_HAS_EXPIRED /],
  ])('%j', async (argv, expected) => {
    // A negative number looks like a flag: it stands behind --.
    const negative = argv[0]?.startsWith('-') ? [...argv.slice(1), '--', argv[0]] : argv
    const run = await netkit(['errno', ...negative])
    expect(run).toMatchObject({ code: 0, stderr: '' })
    expect(run.stdout).toMatch(expected)
  })

  test('tells meaning, causes, what to try and the numbers elsewhere', async () => {
    const { stdout } = await netkit(['errno', 'ECONNREFUSED', '--system', 'linux'])
    for (const title of ['meaning', 'causes', 'try', 'calls', 'elsewhere']) expect(stdout).toContain(`\n  ${title} `)
    expect(stdout).toContain('macOS 61, Windows 10061')
  })

  test.each([
    ['61', 'linux', /^ENODATA {2}61 on Linux\n[\s\S]*\n {2}but {7}61 on macOS is ECONNREFUSED: /],
    ['38', 'linux', /^ENOSYS {2}38[\s\S]*38 on macOS is ENOTSOCK: [\s\S]*38 on Windows is ENAMETOOLONG: /],
    ['111', 'darwin', /^ECONNREFUSED {2}111 on Linux\n[\s\S]*\n {2}but {7}111 on Windows is EIDRM: /],
    ['10061', 'linux', /^ECONNREFUSED {2}10061 on Windows\n/],
    ['ENODATA', 'linux', /^NODATA [\s\S]*\nENODATA {2}61 on Linux\n/],
  ])('%s on %s, and what it is elsewhere', async (query, system, expected) => {
    const run = await netkit(['errno', query, '--system', system])
    expect(run).toMatchObject({ code: 0, stderr: '' })
    expect(run.stdout).toMatch(expected)
  })

  test('--json tells which system has the number', async () => {
    const { stdout } = await netkit(['errno', '--json', '61', '--system', 'linux'])
    expect(jsonLines(stdout)).toMatchObject([
      { name: 'ENODATA', system: 'linux', number: 61 },
      { name: 'ECONNREFUSED', system: 'darwin', number: 61, numbers: { linux: 111 } },
      { type: 'result', ok: true, found: 2 },
    ])
  })

  test('--list has a line for each, --search those that speak of a word', async () => {
    const [all, some] = await Promise.all([netkit(['errno', '--list']), netkit(['errno', '--search', 'firewall'])])
    const count = ({ stdout }: { stdout: string }) => stdout.trimEnd().split('\n').length
    expect(all.stdout).toMatch(/^CODE +NUMBER +MEANING\n/)
    expect(count(all)).toBeGreaterThan(100)
    expect(count(some)).toBeGreaterThan(1)
    expect(count(some)).toBeLessThan(count(all))
  })

  test('--json is as the schema says', async () => {
    for (const argv of [['111', 'EAI_AGAIN'], ['--list'], ['99999'], ['--search', 'zzzz']]) {
      const { stdout, stderr } = await netkit(['errno', '--json', ...argv])
      expectValidLines('errno', jsonLines(stdout))
      expect(stderr).toBe('')
    }
  })

  test('a number that nobody has is a plain no', async () => {
    const run = await netkit(['errno', '99999'])
    expect(run).toMatchObject({ code: 1, stdout: '' })
    expect(run.stderr).toMatch(/^netkit errno: .*99999.*\n {2}hint: /)
  })

  test.each([
    [[], /<code> is missing/],
    [['ECONREFUSED'], /did you mean ECONNREFUSED\?/],
    [['--system', 'amiga', '1'], /--system: "amiga" is not one of linux, darwin, win32/],
    [['111', '--list'], /<code> goes without/],
    [['--search', 'a', '--search', 'b'], /--search is given twice/],
    [['--max-time', '0', '111'], /--max-time/],
    [['--color', 'blue', '111'], /--color: "blue" is not one of auto, always, never/],
  ])('%j is misuse', async (argv, message) => {
    const run = await netkit(['errno', ...argv])
    expect(run).toMatchObject({ code: 2, stdout: '' })
    expect(run.stderr).toMatch(/^netkit errno: [^\n]+\n$/)
    expect(run.stderr).toMatch(message)
    const json = await netkit(['errno', ...argv, '--json'])
    expect(json).toMatchObject({ code: 2, stderr: run.stderr })
    const lines = jsonLines(json.stdout)
    expectValidLines('errno', lines)
    expect(lines).toMatchObject([{ type: 'result', ok: false, code: 'EUSAGE', origin: 'usage', phase: 'options' }])
  })
})

describe('colours', () => {
  const colours = async (argv: string[], env: Record<string, string> = {}) =>
    (await netkit(['errno', 'ECONNREFUSED', ...argv], { env })).stdout.includes('\u001b[')

  test.each([
    [[], {}, false],
    [[], { FORCE_COLOR: '1' }, true],
    [[], { FORCE_COLOR: '1', NO_COLOR: '1' }, true],
    [['--color', 'never'], { FORCE_COLOR: '1' }, false],
    [['--color=always'], { NO_COLOR: '1' }, true],
    [['--color', 'auto'], { NO_COLOR: '1' }, false],
  ])('%j with %j', async (argv, env: Record<string, string>, expected) => {
    expect(await colours(argv, env)).toBe(expected)
  })
})
