import type Table from 'cli-table3'

export interface Column {
  readonly title: string
  readonly align?: 'left' | 'right'
  /** Fixed width in columns, for tables that are printed piece by piece; else as wide as its cells. */
  readonly width?: number
}

/** cli-table3's cost grows faster than its rows; above this many, cells are padded by hand. */
const MAX_STYLED_ROWS = 100
const GAP = 2

const BORDERLESS = Object.fromEntries(
  ['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right', 'left', 'left-mid']
    .concat(['mid', 'mid-mid', 'right', 'right-mid', 'middle'])
    .map((part) => [part, '']),
)

/** Lines of a table without borders. Cells must be safe for a terminal already; they may carry colours. */
export async function tableLines(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  options: { readonly head?: boolean; readonly style?: (title: string) => string } = {},
): Promise<string[]> {
  const { head = true, style = (title) => title } = options
  const body = head ? [columns.map(({ title }) => style(title)), ...rows] : [...rows]
  if (body.length > MAX_STYLED_ROWS) return padByHand(columns, body)
  const { default: CliTable } = await import('cli-table3')
  const settings: Table.TableConstructorOptions = {
    chars: BORDERLESS,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': GAP },
    colAligns: columns.map(({ align }) => align ?? 'left'),
    colWidths: columns.map(({ width }) => (width === undefined ? null : width + GAP)),
  }
  const table = new CliTable(settings)
  table.push(...body.map((row) => [...row]))
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
}

function padByHand(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const widths = columns.map(
    ({ width }, i) => width ?? rows.reduce((max, row) => Math.max(max, visible(row[i] ?? '')), 0),
  )
  return rows.map((row) =>
    row
      .map((whole, i) => {
        const width = widths[i] ?? 0
        const cell = visible(whole) > width ? `${whole.slice(0, width - 1)}…` : whole
        const fill = ' '.repeat(Math.max(0, width - visible(cell)))
        return columns[i]?.align === 'right' ? fill + cell : cell + fill
      })
      .join(' '.repeat(GAP))
      .trimEnd(),
  )
}

/** Length without colour codes; our own cells hold no other escape sequences. */
function visible(cell: string): number {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the ESC of a colour code
  return cell.replace(/\u001b\[\d+m/g, '').length
}
