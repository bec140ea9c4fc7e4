import { formatMilliseconds } from '../../core/text/duration.js'

export interface Bar {
  readonly name: string
  readonly startMs: number
  readonly lengthMs: number
}

const MIN_WIDTH = 10
const MAX_WIDTH = 60
const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉']

/** Steps one below the other, each a bar where and as long as it was, to scale; without bars where there is no room. */
export function waterfall(bars: readonly Bar[], columns: number): string[] {
  const totalMs = Math.max(...bars.map(({ startMs, lengthMs }) => startMs + lengthMs), Number.MIN_VALUE)
  const times = bars.map(({ lengthMs }) => formatMilliseconds(lengthMs))
  const nameWidth = Math.max(0, ...bars.map(({ name }) => name.length))
  const timeWidth = Math.max(0, ...times.map(({ length }) => length))
  const width = Math.min(MAX_WIDTH, columns - nameWidth - timeWidth - 6)
  return bars.map(({ name, startMs, lengthMs }, i) => {
    const label = `  ${name.padEnd(nameWidth)}  ${(times[i] ?? '').padStart(timeWidth)}`
    return width < MIN_WIDTH ? label : `${label}  ${bar(startMs / totalMs, lengthMs / totalMs, width)}`
  })
}

/** A step that took any time can be seen: it has an eighth of a column at least. */
function bar(start: number, length: number, width: number): string {
  const from = Math.min(width - 1, Math.floor(start * width))
  const eighths = Math.max(length > 0 ? 1 : 0, Math.min(Math.round(length * width * 8), (width - from) * 8))
  return ' '.repeat(from) + '█'.repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] ?? '')
}
