import { readdirSync, readFileSync } from 'node:fs'
import { join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const SRC = fileURLToPath(new URL('../../src', import.meta.url))
const EXPORT = /^export (?:declare |abstract |async )*(?:interface|type|class|const|function\*?) (\w+)/gm

/** What `text` exports by a declaration of its own. Signatures of one function count once. */
const declared = (text: string) => new Set([...text.matchAll(EXPORT)].map(([, name = '']) => name))

/**
 * The same thing at another edge may have the same name: `src/library` says once more, for programs, what stands below
 * it, and a command is named as its operation.
 */
const isEdge = (path: string) => path.startsWith('library/') || /^cli\/commands\/[^/]+\/command\.ts$/.test(path)

function filesByName(folders: readonly (readonly [path: string, text: string])[]): Map<string, string[]> {
  const found = new Map<string, string[]>()
  for (const [path, text] of folders) {
    if (isEdge(path)) continue
    for (const name of declared(text)) found.set(name, [...(found.get(name) ?? []), path])
  }
  return found
}

const homonyms = (files: Map<string, string[]>) => [...files].filter(([, paths]) => paths.length > 1)

test('an exported name means one thing: no two files below the edges declare it', () => {
  const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => [name.replaceAll(sep, '/'), readFileSync(join(SRC, name), 'utf8')] as const)
  const found = filesByName(files)
  expect(found.size).toBeGreaterThan(1000)
  expect(homonyms(found)).toEqual([])
})

test('two declarations of one name are seen, whatever they declare', () => {
  const found = filesByName([
    [
      'net/a.ts',
      'export interface Step {}\nexport function go(a: string): void\nexport function go(a: number): void\n',
    ],
    ['cli/b.ts', 'export type Step = string\nexport async function wait() {}\nconst own = 1\n'],
    ['protocol/c.ts', 'export function* wait() {}\nexport abstract class Own {}\nconst own = 2\n'],
    ['library/d.ts', 'export class Own {}\n'],
    ['cli/commands/go/command.ts', 'export const go = {}\n'],
  ])
  expect(homonyms(found)).toEqual([
    ['Step', ['net/a.ts', 'cli/b.ts']],
    ['wait', ['cli/b.ts', 'protocol/c.ts']],
  ])
})
