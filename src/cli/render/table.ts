import type Table from 'cli-table3'

export interface Column {
  readonly title: string
  readonly align?: 'left' | 'right'
  /** Fixed width in columns, for tables that are printed piece by piece; else as wide as its cells. */
  readonly width?: number
}

/** cli-table3's cost grows faster than its rows; above this many, all cells are padded by hand. */
const MAX_STYLED_ROWS = 100
/** Of one width each. */
const ASCII = /^[\x20-\x7e]*$/
const GAP = 2

const BORDERLESS = Object.fromEntries(
  ['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right', 'left', 'left-mid']
    .concat(['mid', 'mid-mid', 'right', 'right-mid', 'middle'])
    .map((part) => [part, '']),
)

export interface TableOptions {
  readonly head?: boolean
  readonly style?: (title: string) => string
  /** Where it is shown: on a terminal, rows that are too wide for it go on in lines below, indented. */
  readonly on?: { readonly isTTY: boolean; readonly columns: number }
}

/** Lines of a table without borders. Cells must be safe for a terminal already; they may carry colours. */
export async function tableLines(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  options: TableOptions = {},
): Promise<string[]> {
  const { head = true, style = (title) => title, on } = options
  const body = head ? [columns.map(({ title }) => style(title)), ...rows] : [...rows]
  const folded = on?.isTTY ? foldedLines(columns, body, on.columns) : null
  if (folded !== null) return folded
  // cli-table3 knows how wide letters are. Where nobody needs that, it takes longer to load than a connection to be made.
  const plain = body.every((row) => row.every((cell, i) => isPlain(cell, columns[i]?.width)))
  if (plain || body.length > MAX_STYLED_ROWS) return padByHand(columns, body)
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
  const widths = widthsOf(columns, rows)
  return rows.map((row) => padded(row, columns, widths).join(' '.repeat(GAP)).trimEnd())
}

function widthsOf(columns: readonly Column[], rows: readonly (readonly string[])[]): number[] {
  return columns.map(({ width }, i) => width ?? rows.reduce((max, row) => Math.max(max, visible(row[i] ?? '')), 0))
}

function padded(row: readonly string[], columns: readonly Column[], widths: readonly number[]): string[] {
  return row.map((whole, i) => {
    const width = widths[i] ?? 0
    const cell = visible(whole) > width ? `${whole.slice(0, width - 1)}…` : whole
    const fill = ' '.repeat(Math.max(0, width - visible(cell)))
    return columns[i]?.align === 'right' ? fill + cell : cell + fill
  })
}

/** Null where all rows fit. The last cell may be as long as it likes: it alone does not break the lines of other rows. */
function foldedLines(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  screenWidth: number,
): string[] | null {
  const widths = widthsOf(columns, rows)
  const last = columns.length - 1
  const starts = lineStarts(widths.slice(0, last), screenWidth)
  const gap = ' '.repeat(GAP)
  let broken = starts.length > 1
  const lines = rows.flatMap((row) => {
    const cells = padded(row, columns, widths)
    const end = columns[last]?.align === 'right' ? (cells[last] ?? '') : (row[last] ?? '')
    const parts = starts.map((start, at) => cells.slice(start, starts[at + 1] ?? last))
    const indents = parts.map((_, at) => (at === 0 ? '' : gap))
    const room = screenWidth - visible(`${indents.at(-1)}${parts.at(-1)?.join(gap)}${gap}`)
    const fits = visible(end) <= room
    if (!fits) broken = true
    // What is longer than a line is folded by the terminal, and can be copied as one.
    if (fits || (starts.length === 1 && visible(end) > screenWidth - GAP)) parts.at(-1)?.push(end)
    else {
      parts.push([end])
      indents.push(gap)
    }
    return parts.map((part, at) => `${indents[at]}${part.join(gap)}`.trimEnd()).filter((line) => line !== '')
  })
  return broken ? lines : null
}

/** The first column of each line, so many to a line as have room. */
function lineStarts(widths: readonly number[], screenWidth: number): number[] {
  const starts = [0]
  let used = 0
  widths.forEach((width, i) => {
    if (used > 0 && used + width > screenWidth) {
      starts.push(i)
      used = GAP
    }
    used += width + GAP
  })
  return starts
}

/** Whether padding and cutting need no more than its length. */
function isPlain(cell: string, width = Number.POSITIVE_INFINITY): boolean {
  const text = withoutColours(cell)
  return ASCII.test(text) && (text === cell || text.length <= width)
}

/** Length without colour codes; our own cells hold no other escape sequences. */
function visible(cell: string): number {
  return withoutColours(cell).length
}

function withoutColours(cell: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the ESC of a colour code
  return cell.replace(/\u001b\[\d+m/g, '')
}
