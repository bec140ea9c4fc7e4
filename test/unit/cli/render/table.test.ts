import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Column, tableLines } from '../../../../src/cli/render/table.js'

const COLUMNS: Column[] = [{ title: 'PORT', align: 'right' }, { title: 'STATE' }, { title: 'SERVICE' }]
const ROWS = [
  ['22', 'open', 'ssh'],
  ['8080', 'filtered', ''],
]

test('columns are as wide as their cells, two blanks apart, nothing at the end of a line', async () => {
  expect(await tableLines(COLUMNS, ROWS)).toEqual(['PORT  STATE     SERVICE', '  22  open      ssh', '8080  filtered'])
})

test('without a head', async () => {
  expect(await tableLines(COLUMNS, ROWS, { head: false })).toEqual(['  22  open      ssh', '8080  filtered'])
})

test('widths that are fixed hold for tables printed in pieces', async () => {
  const columns: Column[] = [
    { title: 'A', width: 6 },
    { title: 'B', align: 'right', width: 4 },
  ]
  const [head, row] = await tableLines(columns, [['x', '1']])
  expect([head, row]).toEqual(['A          B', 'x          1'])
})

test('colours do not count as width, and there are none that nobody asked for', async () => {
  const red = (text: string) => `\u001b[31m${text}\u001b[39m`
  const [head, row] = await tableLines(COLUMNS, [['22', red('open'), 'ssh']], { style: red })
  expect(head).toBe(`${red('PORT')}  ${red('STATE')}  ${red('SERVICE')}`)
  expect(row).toBe(`  22  ${red('open')}   ssh`)
  expect((await tableLines(COLUMNS, ROWS)).join('')).not.toContain('\u001b')
})

test('cells of plain ASCII look as they do beside one that is not', async () => {
  const cell = fc.tuple(fc.stringMatching(/^[!-~]( ?[!-~])*$/), fc.boolean())
  const cells = cell.map(([text, coloured]) => (coloured ? `\u001b[31m${text}\u001b[39m` : text))
  const table = fc.array(fc.tuple(cells, cells, cells), { minLength: 1, maxLength: 20 })
  const widths = fc.option(fc.integer({ min: 3, max: 12 }), { nil: undefined })
  await fc.assert(
    fc.asyncProperty(table, widths, async (rows, width) => {
      const columns = COLUMNS.map((column, i) => (i === 1 && width !== undefined ? { ...column, width } : column))
      const plain = await tableLines(columns, rows)
      // As wide as what stands above it, so that no column changes.
      const lines = await tableLines(columns, [...rows, ['é', 'x', 'x']])
      expect(lines.slice(0, -1)).toEqual(plain)
    }),
  )
})

test('many rows look the same as few', async () => {
  const many = Array.from({ length: 1500 }, (_, i) => [String(i), i % 2 ? 'open' : '\u001b[31mfiltered\u001b[39m', 'x'])
  const lines = await tableLines(COLUMNS, many)
  const few = await tableLines(COLUMNS, many.slice(500, 1499))
  expect(lines).toHaveLength(1501)
  expect(lines[0]).toBe(few[0])
  expect(lines.slice(1 + 1000, 1 + 1499)).toEqual(few.slice(1 + 500, 1 + 999))
})

describe('on a terminal', () => {
  const on = (columns: number) => ({ on: { isTTY: true, columns } })
  const long: Column[] = [{ title: 'NAME' }, { title: 'TTL', align: 'right' }, { title: 'VALUE' }]
  const rows = [
    ['www.example.', '300', '192.0.2.1'],
    ['www.example.', '5', 'a value of 23 characters'],
  ]

  test('a row that fits stays one line; of one that does not, the last cell goes below', async () => {
    expect(await tableLines(long, rows, on(30))).toEqual([
      'NAME          TTL  VALUE',
      'www.example.  300  192.0.2.1',
      'www.example.    5',
      '  a value of 23 characters',
    ])
    expect(await tableLines(long, rows, on(43))).toEqual(await tableLines(long, rows))
  })

  test('a value that no line has room for stays where it is, for the terminal to fold', async () => {
    expect(await tableLines(long, rows, on(25))).toEqual([
      'NAME          TTL  VALUE',
      'www.example.  300',
      '  192.0.2.1',
      'www.example.    5  a value of 23 characters',
    ])
  })

  test('columns without room begin a line of their own, in all rows, empty lines left out', async () => {
    expect(await tableLines(long, [...rows, ['x', '', '']], on(14))).toEqual([
      'NAME',
      '  TTL  VALUE',
      'www.example.',
      '  300',
      '  192.0.2.1',
      'www.example.',
      '    5',
      '  a value of 23 characters',
      'x',
    ])
  })

  test('in a pipe no line is broken', async () => {
    const piped = { on: { isTTY: false, columns: 10 } }
    expect(await tableLines(long, rows, piped)).toEqual(await tableLines(long, rows))
  })
})

test('what is wider than a fixed column is cut, with few rows and with many', async () => {
  const columns: Column[] = [{ title: 'NAME', width: 6 }, { title: 'PORT' }]
  for (const rows of [1, 1500]) {
    const lines = await tableLines(
      columns,
      Array.from({ length: rows }, () => ['a-long-name', '22']),
    )
    expect(lines.at(-1)).toBe('a-lon…  22')
  }
})
