import type { Printer } from './screen.js'

const MIN_WIDTH = 20
/** A command to be copied, and a section of an RFC: each stays in one line where it fits one. */
const WHOLE = /\bnetkit [a-z-]+(?: (?:-[^\s,;]+|'[^']*'))*|\bRFC \d+(?: [\d.]+)?/g
/** Never part of a line: whatever is shown has its control characters escaped. */
const GLUE = '\u0001'

/**
 * A line in pieces of at most that many characters, broken at spaces; within a word only where the word fits no piece.
 * `first` is the width of the first piece. At least one piece.
 */
export function fold(line: string, width: number, first = width): string[] {
  const pieces: string[] = []
  let rest = line
  for (let room = first; rest.length > room; room = width) {
    const space = rest.lastIndexOf(' ', room)
    const next = rest.indexOf(' ', space + 1)
    const word = (next < 0 ? rest.length : next) - space - 1
    const atSpace = space > 0 && (space > room / 2 || word <= width)
    pieces.push(rest.slice(0, atSpace ? space : room))
    rest = rest.slice(atSpace ? space + 1 : room)
  }
  return [...pieces, rest]
}

type StyledText = readonly [text: string, style: (text: string) => string]

/** A part of a line, plain or in one style. */
export type Span = string | StyledText

/**
 * Prints a line on a stream; on a terminal that is too narrow over several lines, the later ones indented by so many
 * characters, with commands in one piece where they fit.
 */
export function printFolded(
  printer: Pick<Printer, 'isTTY' | 'columns' | 'line'>,
  spans: readonly Span[],
  indent: number,
): void {
  const parts = spans.map((span): StyledText => (typeof span === 'string' ? [span, (text) => text] : span))
  const plain = parts.map(([text]) => text).join('')
  if (!printer.isTTY || plain.length <= printer.columns) {
    printer.line(parts.map(([text, style]) => style(text)).join(''))
    return
  }
  const width = Math.max(MIN_WIDTH, printer.columns - indent)
  const glued = plain.replace(WHOLE, (whole) => (whole.length <= width ? whole.replaceAll(' ', GLUE) : whole))
  let at = 0
  for (const [i, { length }] of fold(glued, width, Math.max(MIN_WIDTH, printer.columns)).entries()) {
    // Between two pieces a space may have been left out.
    if (i > 0 && plain[at] === ' ') at++
    printer.line(`${i > 0 ? ' '.repeat(indent) : ''}${styled(parts, at, at + length)}`)
    at += length
  }
}

/** What the parts have between two positions, each in its style. */
function styled(parts: readonly StyledText[], from: number, to: number): string {
  let start = 0
  let line = ''
  for (const [text, style] of parts) {
    const piece = text.slice(Math.max(0, from - start), Math.max(0, to - start))
    if (piece !== '') line += style(piece)
    start += text.length
  }
  return line
}
