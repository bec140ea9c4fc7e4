import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { EXIT } from '../../src/cli/exit-code.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const readme = readFileSync(`${root}/README.md`, 'utf8')
const snippets = [...readme.matchAll(/^```js\n(.*?)^```$/gms)].map(([, code]) => code ?? '')

test('README.md has snippets for the library', () => {
  expect(snippets.length).toBeGreaterThan(0)
})

describe.each(snippets)('the snippet %#', (code) => {
  test('runs against the package as it is built, and says something', async () => {
    const node = promisify(execFile)(process.execPath, ['--input-type=module', '--eval', code], { cwd: root })
    const { stdout, stderr } = await node
    expect(stderr).toBe('')
    expect(stdout).toMatch(/\S/)
  })
})

test.each(['README.md', 'CONTRIBUTING.md', 'docs/architecture.md'])('what %s links to is in the package', (path) => {
  const { files } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8')) as { files: readonly string[] }
  const links = [...readFileSync(`${root}/${path}`, 'utf8').matchAll(/\]\((?!https?:|#)([^)#]+)/g)]
  const linked = links.map(([, link = '']) => join(dirname(path), link))
  expect(linked.length).toBeGreaterThan(0)
  expect(linked.filter((each) => !existsSync(join(root, each)))).toEqual([])
  expect(linked.filter((each) => !files.includes(each.split('/')[0] ?? ''))).toEqual([])
})

test.each(['README.md', 'docs/exit-codes-and-json.md'])('%s names every exit code', (path) => {
  const text = readFileSync(`${root}/${path}`, 'utf8')
  const rows = [...text.matchAll(/^\| ([\d, ]+) \|/gm)].flatMap(([, codes]) => codes?.split(', ').map(Number) ?? [])
  expect(rows.sort((a, b) => a - b)).toEqual(Object.values(EXIT).sort((a, b) => a - b))
})
