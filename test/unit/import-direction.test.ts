import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
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
  ['core', 'chalk', 'core needs no package'],
  ['net', '../operations/connect/index.js', 'net imports core only'],
  ['net', '../protocol/dns/index.js', 'net imports core only'],
  ['net', '../cli/main.js', 'net imports core only'],
  ['net', 'yargs', 'what a person looks at lives in cli'],
  ['protocol', '../net/dial.js', 'protocol imports core only: pure codecs'],
  ['protocol', 'node:net', 'a codec has no sockets'],
  ['protocol', 'node:tls', 'a codec has no sockets'],
  ['operations', '../cli/main.js', 'nothing imports cli'],
  ['operations', '../../cli/render/escape.js', 'nothing imports cli'],
  ['operations', 'node:net', 'only net/ opens sockets'],
  ['operations', 'node:dgram', 'only net/ opens sockets'],
  ['operations', 'cli-table3', 'what a person looks at lives in cli'],
  ['cli', 'node:net', 'only net/ opens sockets'],
  ['cli', 'node:dns', 'only net/ opens sockets'],
] as const

const ALLOWED = [
  ['net', '../core/outcome.js'],
  ['net', 'node:net'],
  ['protocol', '../core/outcome.js'],
  ['operations', '../net/dial.js'],
  ['operations', '../../core/outcome.js'],
  ['cli', '../operations/connect/index.js'],
  ['cli', 'yargs'],
] as const

let copy = ''

/** A file of its own for each import, in a project that has only the rules of this one. */
beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), 'import-direction-'))
  copyFileSync(join(ROOT, 'biome.json'), join(copy, 'biome.json'))
  writeFileSync(join(copy, '.gitignore'), 'node_modules/\n')
  expect(existsSync(join(ROOT, 'node_modules'))).toBe(true)
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'))
})
afterAll(() => rmSync(copy, { recursive: true, force: true }))

function lint(folder: string, imported: string): { status: number | null; output: string } {
  const file = join(copy, 'src', folder, 'room', 'trial.ts')
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, `import * as imported from '${imported}'\n\nexport const used = imported\n`)
  const args = [BIOME, 'lint', '--error-on-warnings', '--colors=off', file]
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: copy, encoding: 'utf8' })
  rmSync(file)
  return { status, output: stdout + stderr }
}

test.each(FORBIDDEN)('a file in %s that imports %s fails the build', (folder, imported, message) => {
  const { status, output } = lint(folder, imported)
  expect(status, output).toBe(1)
  expect(output).toContain('noRestrictedImports')
  expect(output).toContain(message)
})

test.each(ALLOWED)('a file in %s may import %s', (folder, imported) => {
  expect(lint(folder, imported)).toMatchObject({ status: 0 })
})
