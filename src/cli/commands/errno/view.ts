import type { ErrnoEvent, ErrnoOptions, ErrnoSummary } from '../../../operations/errno/index.js'
import type { View } from '../../command.js'
import { fold } from '../../render/fold.js'
import type { Screen } from '../../render/screen.js'
import { tableLines } from '../../render/table.js'
import { SYSTEMS } from './flags.js'

const TITLES = { linux: 'Linux', darwin: 'macOS', win32: 'Windows' } as const
const INDENT = 12

/** Codes that were asked for in full, others as a table. */
export function errnoView({ out }: Screen, { queries, system }: ErrnoOptions): View<ErrnoEvent, ErrnoSummary> {
  const { theme } = out
  const listed: ErrnoEvent[] = []
  /** The number of the last entry that was told in full. */
  let explained: number | null = null
  const explain = (entry: ErrnoEvent) => {
    const title = TITLES[entry.system]
    const number = entry.number === null ? `no number on ${title}` : `${entry.number} on ${title}`
    if (entry.system !== system && entry.number === explained) {
      for (const line of beside(`${number} is ${entry.name}: ${entry.meaning}`, 'but', out.columns)) out.line(line)
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
      if (text !== '') for (const line of beside(text, title, out.columns)) out.line(line)
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
}

/** Text beside its title, wrapped to the terminal. */
function beside(text: string, title: string, columns: number): string[] {
  const width = Math.max(30, Math.min(columns, 110) - INDENT)
  return fold(text, width).map((line, i) => `  ${(i === 0 ? title : '').padEnd(INDENT - 2)}${line}`)
}
