import { currentSystem, listCodes } from '../../../core/errno/index.js'
import { UsageError } from '../../../core/usage-error.js'
import { errnoEvents, errnoResult } from '../../../operations/errno/events.js'
import {
  type ErrnoEvent,
  type ErrnoOptions,
  type ErrnoSummary,
  entriesFor,
  explainErrno,
} from '../../../operations/errno/index.js'
import { nearest } from '../../args/suggest.js'
import type { Command } from '../../command.js'
import { tableLines } from '../../render/table.js'

const SYSTEMS = ['linux', 'darwin', 'win32'] as const
const TITLES = { linux: 'Linux', darwin: 'macOS', win32: 'Windows' } as const

export const errno: Command<ErrnoOptions, ErrnoEvent, ErrnoSummary> = {
  name: 'errno',
  summary: 'what an errno, a getaddrinfo or a TLS code means, here and on other systems',
  positionals: [
    {
      name: 'code',
      describe: 'names or numbers: ECONNREFUSED, 111, EAI_NONAME, -2',
      required: false,
      variadic: true,
      negative: true,
    },
  ],
  flags: {
    list: { kind: 'switch', alias: 'l', describe: 'all codes, a line each' },
    search: { kind: 'value', alias: 's', metavar: 'WORD', describe: 'only codes that speak of WORD' },
    system: { kind: 'value', metavar: 'NAME', describe: 'whose numbers: linux, darwin or win32 (this system)' },
  },
  examples: [
    ['netkit errno ECONNREFUSED', 'the number, the meaning, and what to look at next'],
    ['netkit errno 111', 'the name of a number'],
    ['netkit errno --search firewall', 'every code that may speak of a firewall'],
  ],
  events: errnoEvents,
  result: errnoResult,
  run: explainErrno,

  toOptions(args) {
    const system = args.choice('system', SYSTEMS, currentSystem())
    const queries = args.words('code').map((word) => checkQuery(word, system))
    const search = args.text('search')
    if (queries.length === 0 && search === null && !args.has('list')) {
      throw new UsageError('<code> is missing: a name such as ECONNREFUSED, a number, or --list', '<code>')
    }
    if (queries.length > 0 && (search !== null || args.has('list'))) {
      throw new UsageError('<code> goes without --list and --search', '<code>')
    }
    return { queries, search, system }
  },

  view({ out }, { queries, system }) {
    const { theme } = out
    const listed: ErrnoEvent[] = []
    /** The number of the last entry that was told in full. */
    let explained: number | null = null
    const explain = (entry: ErrnoEvent) => {
      const title = TITLES[entry.system]
      const number = entry.number === null ? `no number on ${title}` : `${entry.number} on ${title}`
      if (entry.system !== system && entry.number === explained) {
        for (const line of wrap(`${number} is ${entry.name}: ${entry.meaning}`, 'but', out.columns)) out.line(line)
        return
      }
      explained = entry.number
      out.line(`${theme.strong(entry.name)}  ${number}`)
      const elsewhere = SYSTEMS.filter((other) => other !== entry.system)
        .map((other) => `${TITLES[other]} ${entry.numbers[other] ?? '-'}`)
        .join(', ')
      const rows: [string, string][] = [
        ['meaning', entry.meaning],
        ['causes', entry.causes.join('; ')],
        ['try', entry.hint],
        ['calls', entry.calls.join(', ')],
        ['elsewhere', elsewhere],
        ['also', entry.aliases.join(', ')],
      ]
      for (const [title, text] of rows) {
        if (text !== '') for (const line of wrap(text, title, out.columns)) out.line(line)
      }
    }
    return {
      event: (event) => {
        if (queries.length === 0) return void listed.push(event)
        explain(event)
      },
      async end() {
        if (listed.length === 0) return
        const rows = listed.map(({ name, number, meaning }) => [name, String(number ?? '-'), meaning])
        const columns = [{ title: 'CODE' }, { title: 'NUMBER', align: 'right' as const }, { title: 'MEANING' }]
        for (const line of await tableLines(columns, rows, { style: theme.strong })) out.line(line)
      },
    }
  },
}

/** A number, or a name that has an entry; a near miss names what was meant. */
function checkQuery(word: string, system: ErrnoOptions['system']): string {
  if (/^-?\d{1,9}$/.test(word) || entriesFor(word, system).length > 0) return word
  const near = nearest(
    word,
    listCodes().flatMap(({ name, aliases }) => [name, ...aliases]),
  )
  throw new UsageError(
    `<code>: ${JSON.stringify(word)} is not a known name or a number${near ? `; did you mean ${near}?` : ''}`,
    '<code>',
  )
}

/** Text beside its title, wrapped to the terminal. */
function wrap(text: string, title: string, columns: number): string[] {
  const indent = 12
  const width = Math.max(30, Math.min(columns, 110) - indent)
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  lines.push(line)
  return lines.map((each, i) => `  ${(i === 0 ? title : '').padEnd(indent - 2)}${each}`)
}
