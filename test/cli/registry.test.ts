import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parseArguments } from '../../src/cli/args/command-line.js'
import { COMMANDS } from '../../src/cli/commands/index.js'
import { processEnvironment } from '../../src/cli/environment.js'

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
const environment = processEnvironment()
const schema = JSON.parse(read('dist/schema.json'))

test('there are commands', () => {
  expect(Object.keys(COMMANDS).length).toBeGreaterThan(0)
})

describe.each(Object.entries(COMMANDS))('%s', (name, load) => {
  test('is called what the registry calls it and says in one line what it is for', async () => {
    const command = await load()
    expect(command.name).toBe(name)
    expect(command.summary).toMatch(/^\S.{10,90}\S$/)
    for (const { describe: text } of command.positionals) expect(text).toMatch(/\S/)
    for (const { describe: text } of Object.values(command.flags)) expect(text).toMatch(/\S/)
  })

  test('has examples, each of which works and says why', async () => {
    const command = await load()
    expect(command.examples.length).toBeGreaterThan(0)
    for (const [example, why] of command.examples) {
      // Of a pipeline, the part that is ours.
      const ours = example.split(' | ').find((part) => part.startsWith('netkit ')) ?? ''
      const [, word, ...argv] = words(ours)
      expect(word, example).toBe(name)
      const args = parseArguments(argv, command)
      const named = (wanted: string) =>
        Object.entries(command.flags).flatMap(([flag, { kind }]) => (kind === wanted && args.has(flag) ? [flag] : []))
      const contents = new Map([...named('file'), ...named('data')].map((flag) => [flag, Buffer.from('x\n')]))
      const lines = new Map(named('lines').map((flag) => [flag, noLines()]))
      expect(() => command.toOptions(args.withFiles({ contents, lines }), environment), example).not.toThrow()
      expect(why).toMatch(/\S/)
    }
  })

  test('no two of its flags share a letter', async () => {
    const command = await load()
    const { flagsOf } = await import('../../src/cli/args/command-line.js')
    const letters = Object.values(flagsOf(command)).flatMap(({ alias }) => (alias === undefined ? [] : [alias]))
    expect(new Set(letters).size).toBe(letters.length)
    for (const letter of letters) expect(letter).toHaveLength(1)
  })

  test('has a row in README.md', () => {
    expect(read('README.md')).toMatch(new RegExp(`^\\| \`netkit ${name}[ \`]`, 'm'))
  })

  test('has each of its events in the shipped JSON Schema', async () => {
    const command = await load()
    for (const type of [...Object.keys(command.events), 'result']) {
      expect(schema.$defs).toHaveProperty([`${name}.${type}`])
      expect(schema.anyOf).toContainEqual({ $ref: `#/$defs/${name}.${type}` })
    }
  })
})

/** Words of a shell line with plain and quoted words. */
function words(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    ([, single, double, plain]) => single ?? double ?? plain ?? '',
  )
}

async function* noLines(): AsyncGenerator<readonly string[]> {}

describe('the documentation of --json', () => {
  const fieldsOf = (definition: string) =>
    Object.keys(schema.$defs[definition].properties).filter((field) => field !== 'type')
  const results = Object.keys(schema.$defs).filter((definition) => definition.endsWith('.result'))
  const [firstResult = ''] = results
  const inEveryResult = fieldsOf(firstResult).filter((field) =>
    results.every((definition) => fieldsOf(definition).includes(field)),
  )

  test.each(Object.keys(schema.$defs))('docs/commands.md tells of %s with each of its fields', (definition) => {
    const [name, type] = definition.split('.')
    const section = read('docs/commands.md')
      .split(/^## /m)
      .find((each) => each.startsWith(`${name}\n`))
    const row = section?.split('\n').find((line) => line.startsWith(`| \`${type}\` |`)) ?? ''
    const own = fieldsOf(definition).filter((field) => type !== 'result' || !inEveryResult.includes(field))
    expect(row.match(/(?<=`)\w+(?=`)/g)).toEqual([type, ...own])
  })

  test.each(inEveryResult)('docs/exit-codes-and-json.md tells of %s, which every result has', (field) => {
    expect(read('docs/exit-codes-and-json.md')).toContain(`\`${field}\``)
  })
})
