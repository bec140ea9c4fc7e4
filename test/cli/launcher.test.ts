import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, onTestFinished, test } from 'vitest'
import { VERSION } from '../../src/version.js'
import { BIN } from '../helpers/cli.js'

const LOAD = join(dirname(BIN), 'load.js')
const CACHE = join(dirname(BIN), '..', 'dist', 'cli.cache')

async function node(...argv: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, argv)
  return stdout.trim()
}

/** What became of V8's cache in a process that ran `before` first. */
function cacheAfter(before: string): Promise<string> {
  return node(
    '--eval',
    `${before}
    const { load, readCache } = require(${JSON.stringify(LOAD)})
    const cache = readCache()
    console.log(cache === null ? 'not read' : load(cache).script.cachedDataRejected ? 'rejected' : 'taken')`,
  )
}

describe("V8's cache of the command", () => {
  test('is taken by the Node that made it', async () => {
    expect(await cacheAfter('')).toBe('taken')
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
    ['without its beginning', (cache) => cache.subarray(200_000)],
    ['not one', () => Buffer.alloc(600_000, 'x')],
  ])('that is %s is done without', async (_, damage) => {
    const folder = await mkdtemp(join(tmpdir(), 'netkit-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    await cp(dirname(BIN), join(folder, 'bin'), { recursive: true })
    await mkdir(join(folder, 'dist'))
    await cp(join(dirname(CACHE), 'cli.cjs'), join(folder, 'dist', 'cli.cjs'))
    const damaged = damage(await readFile(CACHE))
    if (damaged) await writeFile(join(folder, 'dist', 'cli.cache'), damaged)
    expect(await node(join(folder, 'bin', 'netkit.js'), '--version')).toBe(VERSION)
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
