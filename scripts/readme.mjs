// Writes what the documentation says of the commands, from the registry itself: the table in README.md, all of
// docs/commands.md and docs/events.md. With --check it writes nothing and fails where one of them is out of date. Needs a built dist/.
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { eventPage } from './events.mjs'

const { commands, fieldSchemas, flagText, SHARED_FLAGS } = createRequire(import.meta.url)('../dist/cli.cjs')
const MARK = '<!-- commands -->'

const all = await commands()
const stale = [
  update('README.md', (text) => {
    const [before, , after] = text.split(MARK)
    if (before === undefined || after === undefined) throw new Error(`README.md has no two marks ${MARK}`)
    return [before, `\n${overview()}\n`, after].join(MARK)
  }),
  update('docs/commands.md', () => reference()),
  update('docs/events.md', () => eventPage(all, { code, table, text })),
].filter((path) => path !== null)

if (stale.length > 0) {
  console.error(`out of date: ${stale.join(', ')}; run npm run readme`)
  process.exitCode = 1
}

/** Writes a file anew, or with --check returns its path where that would change it. */
function update(path, make) {
  const url = new URL(`../${path}`, import.meta.url)
  const old = readOr(url, '')
  const fresh = make(old)
  if (fresh === old) return null
  if (process.argv.includes('--check')) return path
  writeFileSync(url, fresh)
  console.log(`wrote ${fileURLToPath(url)}`)
  return null
}

function readOr(url, otherwise) {
  try {
    return readFileSync(url, 'utf8')
  } catch (error) {
    if (error.code !== 'ENOENT') throw error
    return otherwise
  }
}

function overview() {
  return table(
    ['command', 'what it tells'],
    all.map((command) => [code(usage(command)), text(command.summary)]),
  )
}

function reference() {
  return `${[
    '# Commands',
    'Written by `npm run readme` from the commands themselves; do not edit.',
    'Every word of this page but the events of `--json` is in `netkit <command> --help` too. What exit codes and JSON\n' +
      'Lines promise is in [exit-codes-and-json.md](exit-codes-and-json.md).',
    `${all.map(({ name }) => `[${name}](#${name})`).join(' · ')} · [shared flags](#shared-flags)`,
    ...all.map(section),
    '## shared flags',
    'A duration D is `2`, `1.5s`, `500ms` or `1m`; a bare number is seconds. Sizes are `64k`, `10M`.',
    table(['flag', 'meaning'], Object.entries(SHARED_FLAGS).map(flagRow)),
  ].join('\n\n')}\n`
}

function section(command) {
  const flags = Object.entries(command.flags)
  const shared = flags.filter(([name, flag]) => isShared(name, flag)).map(([name]) => code(dashed(name)))
  const own = flags.filter(([name, flag]) => !isShared(name, flag))
  return [
    `## ${command.name}`,
    `${command.summary[0].toUpperCase()}${command.summary.slice(1)}.`,
    `    ${usage(command)} [options]`,
    command.positionals.map(({ name, describe }) => `- ${code(name)}: ${text(describe)}`).join('\n'),
    own.length > 0 && table(['flag', 'meaning'], own.map(flagRow)),
    shared.length > 0 && `Also ${shared.join(', ')} and the other [shared flags](#shared-flags).`,
    command.examples.map(([what, why]) => `- ${code(what)}  \n  ${text(why)}`).join('\n'),
    table(
      ['event of `--json`', 'fields'],
      [...Object.entries(command.events), ['result', command.result]].map(([type, fields]) => [
        code(type),
        Object.keys(fieldSchemas(fields)).map(code).join(' ') || 'those of every result',
      ]),
    ),
  ]
    .filter((part) => part)
    .join('\n\n')
}

function usage({ name, positionals }) {
  const words = positionals.map(({ name: word, required, variadic }) => {
    const inner = `${word}${variadic ? '...' : ''}`
    return required ? `<${inner}>` : `[${inner}]`
  })
  return ['netkit', name, ...words].join(' ')
}

function isShared(name, flag) {
  return JSON.stringify(flag) === JSON.stringify(SHARED_FLAGS[name])
}

function flagRow([name, flag]) {
  const { alias, metavar } = flag
  const long = metavar === undefined ? dashed(name) : `${dashed(name)} ${metavar}`
  return [[alias && code(dashed(alias)), code(long)].filter(Boolean).join(', '), text(flagText(flag))]
}

function dashed(name) {
  return name.length === 1 ? `-${name}` : `--${name}`
}

function code(words) {
  return `\`${words.replaceAll('|', '\\|')}\``
}

/** Words as Markdown shows them: nothing in them is markup. */
function text(words) {
  return words.replace(/[\\`|<>*_]/g, '\\$&')
}

function table(head, rows) {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}
