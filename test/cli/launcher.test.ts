import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, onTestFinished, test } from 'vitest'
import { commands } from '../../src/cli/index.js'
import { BIN, netkit } from '../helpers/cli.js'

const LOAD = join(dirname(BIN), 'load.js')
const DIST = join(dirname(BIN), '..', 'dist')
const BUNDLES = ['cli', ...(await commands()).map(({ name }) => `cli-${name}`)]

async function node(...argv: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, argv)
  return stdout.trim()
}

/** What became of V8's cache of a bundle in a process that ran `before` first. */
function cacheAfter(before: string, bundle = 'cli-connect'): Promise<string> {
  return node(
    '--eval',
    `${before}
    const { load, readCache } = require(${JSON.stringify(LOAD)})
    const cache = readCache('${bundle}')
    console.log(cache === null ? 'not read' : load('${bundle}', cache).script.cachedDataRejected ? 'rejected' : 'taken')`,
  )
}

describe('the bundle that is loaded', () => {
  test.each([
    ['connect', 'cli-connect'],
    ['raw-http', 'cli-raw-http'],
    ['help', 'cli'],
    ['--json', 'cli'],
    ['', 'cli'],
    ['nosuchcommand', 'cli'],
    ['../dist/cli', 'cli'],
    ['toString', 'cli'],
  ])('for the first word %j is %s', async (word, bundle) => {
    const script = `console.log(require(${JSON.stringify(LOAD)}).bundleFor(${JSON.stringify(word)}))`
    expect(await node('--eval', script)).toBe(bundle)
  })

  test('is that of all commands without a first word', async () => {
    expect(await node('--eval', `console.log(require(${JSON.stringify(LOAD)}).bundleFor())`)).toBe('cli')
  })

  test.each([
    ['errno', '1'],
    ['errno', '--help'],
    ['errno', '--nosuchflag'],
  ])('does not change what %s %s says', async (...argv) => {
    const [own, all] = await Promise.all([netkit(argv), netkit(['--color', 'never', ...argv])])
    expect({ ...own, elapsedMs: 0 }).toEqual({ ...all, elapsedMs: 0 })
    expect(own.stdout + own.stderr).not.toBe('')
  })
})

describe("V8's cache of the command", () => {
  test.each(BUNDLES)('%s is taken by the Node that made it', async (bundle) => {
    expect(await cacheAfter('', bundle)).toBe('taken')
  })

  // V8 of a neighbouring release would take it, and crash.
  test.each([
    ['versions', '{ ...process.versions, v8: "11.3.244.8-node.26" }'],
    ['arch', '"riscv64"'],
    ['platform', '"openbsd"'],
    ['config', '{ ...process.config, made: "elsewhere" }'],
  ])('is not even read by one of another process.%s', async (property, value) => {
    expect(await cacheAfter(`Object.defineProperty(process, "${property}", { value: ${value} })`)).toBe('not read')
  })

  test.each<[string, (cache: Buffer) => Buffer | null]>([
    ['missing', () => null],
    ['empty', () => Buffer.alloc(0)],
    ['cut short', (cache) => cache.subarray(0, 1000)],
    ['without its beginning', (cache) => cache.subarray(100_000)],
    ['not one', () => Buffer.alloc(600_000, 'x')],
  ])('that is %s is done without', async (_, damage) => {
    const folder = await mkdtemp(join(tmpdir(), 'netkit-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    await cp(dirname(BIN), join(folder, 'bin'), { recursive: true })
    await mkdir(join(folder, 'dist'))
    await cp(join(DIST, 'cli-errno.cjs'), join(folder, 'dist', 'cli-errno.cjs'))
    const damaged = damage(await readFile(join(DIST, 'cli-errno.cache')))
    if (damaged) await writeFile(join(folder, 'dist', 'cli-errno.cache'), damaged)
    expect(await node(join(folder, 'bin', 'netkit.js'), 'errno', 'EPERM')).toMatch(/^EPERM +1 on/)
  })
})

test('a bug is told in a few lines, with an exit code that no answer has', async () => {
  // A function that the command counts on is gone.
  const preload = 'data:text/javascript,AbortSignal.any = undefined'
  const failed = await promisify(execFile)(process.execPath, [
    '--import',
    preload,
    BIN,
    'connect',
    '127.0.0.1',
    '1',
  ]).then(
    () => null,
    (error: { code: number; stdout: string; stderr: string }) => error,
  )
  expect(failed).toMatchObject({ code: 70, stdout: '' })
  expect(failed?.stderr).toMatch(
    /^netkit: this is a bug in netkit .*, on Node v.*; please report it\nTypeError: .*\n +at /,
  )
  expect(failed?.stderr.length).toBeLessThan(5000)
})
