import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { COMMANDS } from '../../src/cli/commands/index.js'
import { ADVICE } from '../../src/core/hint.js'

const LAYERS = ['core', 'net', 'protocol', 'operations']
const FILES = LAYERS.flatMap((layer) =>
  readdirSync(join('src', layer), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => join('src', layer, path)),
)
const SOURCES = FILES.map((path) => {
  const text = readFileSync(path, 'utf8')
  return { path, text, parsed: ts.createSourceFile(path, text, ts.ScriptTarget.Latest) }
})

/** The texts of all string literals, those in templates between their values. */
function literals(node: ts.Node, found: string[] = []): string[] {
  if (ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node)) {
    found.push(node.text)
  }
  node.forEachChild((child) => {
    literals(child, found)
  })
  return found
}

/** How many object literals have a hint and no advice. */
function hintsAlone(node: ts.Node): number {
  let count = 0
  if (ts.isObjectLiteralExpression(node)) {
    const names = node.properties.map(({ name }) => (name && ts.isIdentifier(name) ? name.text : ''))
    if (names.includes('hint') && !names.includes('advice')) count++
  }
  node.forEachChild((child) => {
    count += hintsAlone(child)
  })
  return count
}

/** Flags of other programs, that a hint names with their program, and of the shell that is asked for a limit. */
const OTHERS = /\b(?:ls|ss|lsof|netstat|arp|ulimit|df|quota|namei|openssl x509) -\w+|^-c$/g
const FLAG = /(?<![\w-])--[a-z]|(?<![\w)\]}-])-(?:[a-zA-Z]|[46])(?![\w-])/
const COMMAND = new RegExp(`\\bnetkit (?:${Object.keys(COMMANDS).join('|')}|COMMAND)\\b`)

/** What of a text only the command line can mean. */
function flagWords(text: string): string | null {
  const own = text.replace(OTHERS, '')
  return FLAG.exec(own)?.[0] ?? COMMAND.exec(own)?.[0] ?? null
}

describe('below the command line', () => {
  it('is found what is a flag or a command, and nothing else', () => {
    for (const text of [
      'allow more with --timeout',
      '--output: cannot',
      'as -6 asks',
      'try (-4)',
      'netkit local lists',
    ])
      expect(flagWords(text)).not.toBeNull()
    for (const text of ['see ls -l', 'netkit does not send', 'a -1 b', 'x--y', '-', 'on 1-1024', 'raise ulimit -n'])
      expect(flagWords(text)).toBeNull()
    expect(FILES.length).toBeGreaterThan(200)
  })

  it('no text names either', () => {
    const named = SOURCES.flatMap(({ path, parsed }) =>
      literals(parsed).flatMap((text) => (flagWords(text) === null ? [] : [`${path}: ${text}`])),
    )
    expect(named).toEqual([])
  })

  it('a hint is given together with its advice, so that it cannot keep that of another', () => {
    // The tables of codes are read through `entry`, which fills the advice in.
    const others = SOURCES.filter(({ path }) => !path.startsWith('src/core/errno/'))
    expect(others.flatMap(({ path, parsed }) => (hintsAlone(parsed) > 0 ? [path] : []))).toEqual([])
    expect(hintsAlone(ts.createSourceFile('', "f({ ...a, hint: 'b' }, { hint })", ts.ScriptTarget.Latest))).toBe(2)
  })

  it('every advice is given somewhere, besides being listed', () => {
    const all = SOURCES.flatMap(({ parsed }) => literals(parsed))
    expect(ADVICE.filter((code) => all.filter((text) => text === code).length < 2)).toEqual([])
  })
})
