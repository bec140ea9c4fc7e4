import { describe, expect, it } from 'vitest'
import type { Flags } from '../../src/cli/args/flag.js'
import { OUTPUT_FLAGS } from '../../src/cli/args/flags/shared.js'
import { PORTSCAN_FLAGS } from '../../src/cli/commands/portscan/flags.js'
import { folder } from '../helpers/folder.js'
import { inProcess } from '../helpers/in-process.js'

/** A value that each flag takes, where the flag is a value's. */
const VALUES: Readonly<Record<string, string>> = {
  ports: '22',
  'exclude-ports': '23',
  targets: '-',
  exclude: '127.0.0.2',
  show: 'all',
  'expect-open': '22',
  'expect-closed': '22',
  'expect-only': '22',
  diff: '-',
  format: 'csv',
  output: '/dev/null',
  shard: '1/2',
  resume: 'state',
  concurrency: '10',
  rate: '100',
  retries: '1',
  seed: '7',
  engine: 'net',
  progress: 'line',
  timeout: '1s',
  source: '127.0.0.1',
  'source-port': '4000',
}
const FOR_MERGE = ['show', 'expect-open', 'expect-closed', 'expect-only', 'diff', 'format', 'output', 'merge']

const FLAGS: Flags = PORTSCAN_FLAGS

function words(flag: string): string[] {
  const name = flag.length === 1 ? `-${flag}` : `--${flag}`
  return FLAGS[flag]?.kind === 'switch' ? [name] : [name, VALUES[flag] ?? expect.fail(`a value for ${name}`)]
}

describe('--merge', () => {
  it.each(Object.keys(PORTSCAN_FLAGS).filter((flag) => !FOR_MERGE.includes(flag)))('refuses --%s', async (flag) => {
    const { code, stdout, stderr } = await inProcess(['portscan', '--merge', 'a', 'b', ...words(flag)])
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    const name = flag.length === 1 ? `-${flag}` : `--${flag}`
    expect(stderr).toMatch(new RegExp(`^netkit portscan: ${name} has no meaning beside --merge: .+\\n$`))
  })

  it('goes on to read the files beside all that means something there', async () => {
    const missing = folder()('missing')
    const shared = Object.keys(OUTPUT_FLAGS).filter((flag) => ['json', 'quiet', 'verbose'].includes(flag))
    for (const flag of [...FOR_MERGE.filter((each) => each !== 'diff' && each !== 'merge'), ...shared]) {
      const given = flag in PORTSCAN_FLAGS ? words(flag) : [`--${flag}`]
      const { code, stdout, stderr } = await inProcess(['portscan', '--merge', missing, ...given])
      expect(code, flag).toBe(5)
      expect(`${stdout}${stderr}`, flag).toContain(`cannot read ${missing}`)
    }
  })
})

const HOST = ['portscan', '127.0.0.1', '22']

describe('a scan refuses', () => {
  it.each([
    ['--seed beside --in-order', ['--seed', '7', '--in-order'], /^--seed has no meaning beside --in-order/],
    ['expectations of a part', ['--shard', '1/2', '--expect-open', '22'], /^--expect-open .*beside --shard.*--merge/],
    ['--expect-closed of a part', ['--shard', '1/2', '--expect-closed', '22'], /^--expect-closed .*beside --shard/],
    ['--expect-only of a part', ['--shard', '1/2', '--expect-only', '22'], /^--expect-only .*beside --shard/],
    ['--banner where none is shown', ['--banner', '--show', 'closed'], /^--banner has no meaning beside --show/],
    ['--banner from one port', ['--banner', '--source-port', '4000'], /^--banner has no meaning beside --source-port/],
    ['a line of progress beside --quiet', ['-q', '--progress', 'line'], /^--progress has no meaning beside --quiet/],
    ['lines of JSON among others', ['--progress', 'json'], /^--progress json goes with --json/],
    ['lines of JSON in CSV', ['--progress', 'json', '--format', 'csv'], /^--progress json goes with --json/],
    ['expectations of what is left out', ['--expect-open', '80', '--exclude-ports', '80'], /expected of port 80/],
    ['two formats', ['--json', '--format', 'xml'], /^--json and --format xml exclude each other/],
    [
      'another family than its source has',
      ['--source', '::1'],
      /127\.0\.0\.1 is not an IPv6 address, as .*--source asks/,
    ],
  ] as const)('%s', async (_, args, message) => {
    const { code, stdout, stderr } = await inProcess([...HOST, ...args])
    expect(code).toBe(2)
    const said = stdout === '' ? stderr : (JSON.parse(stdout) as { message: string }).message
    expect(said.replace(/^netkit portscan: /, '')).toMatch(message)
  })
})
