import { spawnSync } from 'node:child_process'
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const BIOME = join(ROOT, 'node_modules/@biomejs/biome/bin/biome')

/** From a file in the first folder, what is imported, and the words in which the linter refuses it. */
const FORBIDDEN = [
  ['core', '../net/dial.js', 'core imports nothing of ours'],
  ['core', '../../operations/connect/index.js', 'core imports nothing of ours'],
  ['core', 'node:net', 'core does no I/O'],
  ['core', 'node:dns/promises', 'core does no I/O'],
  ['core', 'node:fs/promises', 'core does no I/O'],
  ['core', 'node:http', 'core does no I/O'],
  ['core', 'node:http2', 'core does no I/O'],
  ['core', 'node:https', 'core does no I/O'],
  ['core', 'node:child_process', 'core does no I/O'],
  ['core', 'chalk', 'core needs no package'],
  ['net', '../operations/connect/index.js', 'net imports core only'],
  ['net', '../protocol/dns/index.js', 'net imports core only'],
  ['net', '../cli/main.js', 'net imports core only'],
  ['net', 'node:https', 'TLS is begun in net/tls'],
  ['net', 'node:child_process', 'who starts a program says why'],
  ['net', 'yargs', 'what a person looks at lives in cli'],
  ['protocol', '../net/dial.js', 'protocol imports core only: pure codecs'],
  ['protocol', 'node:net', 'a codec has no sockets'],
  ['protocol', 'node:tls', 'a codec has no sockets'],
  ['protocol', 'node:http', 'a codec has no sockets'],
  ['protocol', 'node:http2', 'a codec has no sockets'],
  ['protocol', 'node:https', 'a codec has no sockets'],
  ['protocol', 'node:child_process', 'a codec has no sockets'],
  ['operations', '../cli/main.js', 'nothing imports cli'],
  ['operations', '../../cli/render/escape.js', 'nothing imports cli'],
  ['operations', 'node:net', 'only net/ opens sockets'],
  ['operations', 'node:dgram', 'only net/ opens sockets'],
  ['operations', 'node:http', 'only net/ opens sockets'],
  ['operations', 'node:http2', 'only net/ opens sockets'],
  ['operations', 'node:https', 'only net/ opens sockets'],
  ['operations', 'node:child_process', 'who starts a program says why'],
  ['operations', 'cli-table3', 'what a person looks at lives in cli'],
  ['operations', '../library/portscan.js', 'the library is an edge, as cli is'],
  ['library', '../cli/main.js', 'nothing imports cli'],
  ['library', 'node:net', 'only net/ opens sockets'],
  ['library', 'node:http', 'only net/ opens sockets'],
  ['library', 'node:child_process', 'who starts a program says why'],
  ['library', 'chalk', 'what a person looks at lives in cli'],
  ['cli', '../library/portscan.js', 'the library is an edge, as cli is'],
  ['cli', 'node:net', 'only net/ opens sockets'],
  ['cli', 'node:dns', 'only net/ opens sockets'],
  ['cli', 'node:http', 'only net/ opens sockets'],
  ['cli', 'node:http2', 'only net/ opens sockets'],
  ['cli', 'node:https', 'only net/ opens sockets'],
  ['cli', 'node:child_process', 'who starts a program says why'],
] as const

const ALLOWED = [
  ['net', '../core/outcome.js'],
  ['net', 'node:net'],
  ['net', 'node:http'],
  ['net', 'node:http2'],
  ['protocol', '../core/outcome.js'],
  ['operations', '../net/dial.js'],
  ['operations', '../../core/outcome.js'],
  ['library', '../operations/connect/index.js'],
  ['cli', '../operations/connect/index.js'],
  ['cli', 'yargs'],
] as const

/** Where the fence has a gate: each with its reason beside it, and no others. */
const EXCEPTIONS = [
  ['src/cli/commands/listen/values.ts', 'node:http'],
  ['src/core/ports/service-registry.ts', 'node:fs'],
  ['src/net/system/limits.ts', 'node:child_process'],
  ['src/operations/listen/http/answer.ts', 'node:http'],
  ['src/operations/listen/modes/exec.ts', 'node:child_process'],
]

interface Refusal {
  readonly rule: string
  readonly message: string
}
/** What each trial file is refused for besides, so that none goes by unseen. */
const SEEN = { rule: 'lint/correctness/noUnusedVariables', message: 'This variable seen is unused.' }

let copy = ''
/** What the linter says of each trial file, by its path. */
const refusals = new Map<string, Refusal[]>()
const trial = (folder: string, at: number) => join('src', folder, 'room', `trial-${at}.ts`)
const FORBIDDEN_TRIALS = FORBIDDEN.map((row, at) => [...row, trial(row[0], at)] as const)
const ALLOWED_TRIALS = ALLOWED.map((row, at) => [...row, trial(row[0], FORBIDDEN.length + at)] as const)

/** A file for each import, in a project that has only the rules of this one; the linter runs once over them all. */
beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), 'import-direction-'))
  copyFileSync(join(ROOT, 'biome.json'), join(copy, 'biome.json'))
  writeFileSync(join(copy, '.gitignore'), 'node_modules/\n')
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'))
  const trials = [
    ...FORBIDDEN_TRIALS.map(([, imported, , path]) => [imported, path] as const),
    ...ALLOWED_TRIALS.map(([, imported, path]) => [imported, path] as const),
  ]
  for (const [imported, path] of trials) {
    mkdirSync(dirname(join(copy, path)), { recursive: true })
    writeFileSync(
      join(copy, path),
      `import * as imported from '${imported}'\n\nexport const used = imported\nconst seen = 1\n`,
    )
  }
  const args = [BIOME, 'lint', '--error-on-warnings', '--reporter=rdjson', '--max-diagnostics=none', 'src']
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: copy, encoding: 'utf8' })
  expect(status, stderr).toBe(1)
  for (const { code, message, location } of JSON.parse(stdout).diagnostics) {
    refusals.set(location.path, [...(refusals.get(location.path) ?? []), { rule: code.value, message }])
  }
})
afterAll(() => rmSync(copy, { recursive: true, force: true }))

test.each(FORBIDDEN_TRIALS)('a file in %s that imports %s fails the build', (_folder, _imported, message, path) => {
  expect(new Set(refusals.get(path))).toEqual(new Set([SEEN, { rule: 'lint/style/noRestrictedImports', message }]))
})

test.each(ALLOWED_TRIALS)('a file in %s may import %s', (_folder, _imported, path) => {
  expect(refusals.get(path)).toEqual([SEEN])
})

/** Every source file, from the root of the project. */
const sources = () =>
  readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join('src', name))

/** What a file imports of ours, types included. */
function importsOf(path: string): string[] {
  const text = readFileSync(join(ROOT, path), 'utf8')
  return [...text.matchAll(/(?:from|import\() ?'(\.[^']+)\.js'/g)].map(
    ([, to]) => `${join(dirname(path), to ?? '')}.ts`,
  )
}

/** The files on a way from a file back to itself, or null where there is none. */
function circleAt(start: string, graph: ReadonlyMap<string, readonly string[]>): string[] | null {
  const seen = new Set<string>()
  const ways = [[start]]
  for (let way = ways.shift(); way; way = ways.shift()) {
    for (const next of graph.get(way.at(-1) ?? '') ?? []) {
      if (next === start) return [...way, start]
      if (!seen.has(next)) ways.push([...way, next])
      seen.add(next)
    }
  }
  return null
}

// The linter's own rule takes no notice of types.
test('no import goes in a circle, nor does one of types', () => {
  const graph = new Map(sources().map((path) => [path, importsOf(path)]))
  expect([...graph.values()].flat().length).toBeGreaterThan(1000)
  const below = [...graph.keys()].filter((path) => !path.startsWith(join('src', 'cli')))
  expect(below.flatMap((path) => circleAt(path, graph) ?? [])).toEqual([])
})

test('a circle is found', () => {
  const graph = new Map([
    ['a', ['b', 'c']],
    ['b', ['d']],
    ['c', []],
    ['d', ['a']],
  ])
  expect(circleAt('a', graph)).toEqual(['a', 'b', 'd', 'a'])
  expect(circleAt('c', graph)).toBeNull()
})

test('whoever goes through the fence is known', () => {
  const gates = sources().flatMap((path) => {
    const found = readFileSync(join(ROOT, path), 'utf8').matchAll(
      /biome-ignore lint\/style\/noRestrictedImports: .+\n.* from '(.+)'/g,
    )
    return [...found].map(([, imported]) => [path, imported])
  })
  expect(gates.sort()).toEqual(EXCEPTIONS)
})

/** A private member of a socket or a stream, but for what a class of ours does with its own. */
const PRIVATE_MEMBER =
  /(?<!super)\._(?:handle|read|write|writev|final|destroy|releaseControl)\b|'_handle'|\b_(?:write|final|destroy)\b[^\n]*\} = /

test("hands in the private members of Node's sockets stand in one file", () => {
  const reaching = sources().filter((path) => PRIVATE_MEMBER.test(readFileSync(join(ROOT, path), 'utf8')))
  expect(reaching).toEqual([join('src', 'net', 'stream', 'hooks.ts')])
  expect('const { _final } = socket').toMatch(PRIVATE_MEMBER)
  expect('super._destroy(error, done)').not.toMatch(PRIVATE_MEMBER)
})
