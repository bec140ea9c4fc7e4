import { execFileSync } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'

const PREPARE = fileURLToPath(new URL('../../../scripts/prepare.mjs', import.meta.url))
const LONG_AGO = new Date(2001, 1, 1)

let clone: string
const path = (name: string) => join(clone, name)
const builds = () => (existsSync(path('builds')) ? readFileSync(path('builds'), 'utf8').length : 0)
const prepare = () => execFileSync(process.execPath, [path('scripts/prepare.mjs')])

beforeEach(() => {
  clone = mkdtempSync(join(tmpdir(), 'netkit-prepare-'))
  for (const folder of ['src/core', 'scripts']) mkdirSync(path(folder), { recursive: true })
  for (const name of ['package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json', 'src/core/a.ts'])
    writeFileSync(path(name), '')
  copyFileSync(PREPARE, path('scripts/prepare.mjs'))
  const build = `import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs'
mkdirSync('dist', { recursive: true })
appendFileSync('builds', '.')
writeFileSync('dist/schema.json', '')`
  writeFileSync(path('scripts/build.mjs'), build)
})
afterEach(() => rmSync(clone, { recursive: true }))

test('what is built is not built again, until something that it is made of has changed', () => {
  prepare()
  expect(builds()).toBe(1)
  prepare()
  expect(builds()).toBe(1)

  utimesSync(path('dist/schema.json'), LONG_AGO, LONG_AGO)
  prepare()
  expect(builds()).toBe(2)

  const later = new Date(Date.now() + 60_000)
  utimesSync(path('src/core/a.ts'), later, later)
  prepare()
  expect(builds()).toBe(3)
})
