import { readdirSync, readFileSync } from 'node:fs'
import { join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const PAGES = [
  'CONTRIBUTING.md',
  'docs/architecture.md',
  ...readdirSync(join(ROOT, 'docs/decisions')).map((name) => `docs/decisions/${name}`),
]
/** Folders of which the files may be named by what is below them alone, as a page about one of them does. */
const FILES = ['bin', 'src', 'test', 'scripts', 'bench', 'docs', '.ci'].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map(
    (name) => `/${folder}/${name.replaceAll(sep, '/')}`,
  ),
)
/** What a reader is told to make, and what is made by the build. */
const OF_NO_FILE = /NAME|knock|^dist\/|^netkit\//

/** Paths in a text, and folders: `net/stream/hooks.ts`, `test/soak/`. */
const pathsIn = (text: string) =>
  [...text.matchAll(/`([\w.-]+(?:\/[\w.-]+)+\/?|[\w-]+\.(?:[cm]?[jt]s|txt|zone))`/g)].map(([, path = '']) => path)

test.each(PAGES)('what %s names as a file is one', (page) => {
  const named = pathsIn(readFileSync(join(ROOT, page), 'utf8')).filter((path) => !OF_NO_FILE.test(path))
  const missing = named.filter((path) => !FILES.some((file) => file.endsWith(`/${path.replace(/\/$/, '')}`)))
  expect(missing).toEqual([])
})

test('paths are found in a text', () => {
  expect(pathsIn('`net/stream/hooks.ts`, `a.b()`, `test/soak/`, `exit.ts`, `node:http`')).toEqual([
    'net/stream/hooks.ts',
    'test/soak/',
    'exit.ts',
  ])
})
