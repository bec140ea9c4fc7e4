import type { Output } from '../environment.js'
import type { Theme } from './theme.js'

/** Where one stream's lines go, with the theme that its reader can see. */
export interface Printer {
  readonly theme: Theme
  readonly isTTY: boolean
  readonly columns: number
  line(text: string): void
  /** Exactly these bytes. */
  raw(chunk: string | Uint8Array): void
}

/** What a view draws on. stdout takes results, stderr everything else. */
export interface Screen {
  readonly out: Printer
  readonly err: Printer
  readonly verbosity: 'quiet' | 'normal' | 'verbose'
  /** Whether a status line can be shown: stderr is a terminal and the user did not ask for quiet. */
  readonly live: boolean
  /** Shows, replaces or (null) removes the one line at the bottom of the terminal. */
  status(text: string | null): void
  /** Hands what is buffered to the streams. */
  flush(): void
}

const FLUSH_BYTES = 65_536
/** How long lines are gathered at most, where others went out just before. */
const GATHER_MS = 10
const STATUS_INTERVAL_MS = 100
const CLEAR_LINE = '\r\u001b[K'

export interface ScreenOptions {
  readonly stdout: Output
  readonly stderr: Output
  readonly themes: { readonly out: Theme; readonly err: Theme }
  readonly verbosity: Screen['verbosity']
}

/**
 * Lines are gathered for one turn of the event loop, and where they keep coming for {@link GATHER_MS}: each write costs as
 * much as many lines. A status line gives way to whatever is written.
 */
export function createScreen({ stdout, stderr, themes, verbosity }: ScreenOptions): Screen {
  const live = stderr.isTTY && verbosity !== 'quiet'
  let pending = ''
  let flushedAt = Number.NEGATIVE_INFINITY
  let soon: NodeJS.Immediate | undefined
  let later: NodeJS.Timeout | undefined
  let shown = false
  let status: string | null = null
  let drawnAt = Number.NEGATIVE_INFINITY
  let redraw: NodeJS.Timeout | undefined

  const clear = () => {
    if (!shown) return
    stderr.write(CLEAR_LINE)
    shown = false
  }
  const draw = () => {
    clearTimeout(redraw)
    redraw = undefined
    if (status === null) return clear()
    drawnAt = performance.now()
    shown = true
    stderr.write(`${CLEAR_LINE}${status.slice(0, Math.max(10, stderr.columns - 1))}`)
  }
  const flush = () => {
    clearImmediate(soon)
    clearTimeout(later)
    soon = later = undefined
    if (pending === '') return
    flushedAt = performance.now()
    clear()
    const text = pending
    pending = ''
    stdout.write(text)
    if (status !== null) draw()
  }
  const schedule = () => {
    if (soon || later) return
    const wait = GATHER_MS - (performance.now() - flushedAt)
    if (wait > 0) later = setTimeout(flush, wait)
    else soon = setImmediate(flush)
  }
  const out: Printer = {
    theme: themes.out,
    isTTY: stdout.isTTY,
    columns: stdout.columns,
    line: (text) => out.raw(`${text}\n`),
    raw: (chunk) => {
      if (typeof chunk !== 'string') {
        flush()
        clear()
        stdout.write(chunk)
        return
      }
      pending += chunk
      if (pending.length >= FLUSH_BYTES) flush()
      else schedule()
    },
  }
  const err: Printer = {
    theme: themes.err,
    isTTY: stderr.isTTY,
    columns: stderr.columns,
    line: (text) => err.raw(`${text}\n`),
    raw: (chunk) => {
      flush()
      clear()
      stderr.write(chunk)
      if (status !== null) draw()
    },
  }
  return {
    out,
    err,
    verbosity,
    live,
    flush,
    status: (text) => {
      if (!live) return
      status = text
      const wait = STATUS_INTERVAL_MS - (performance.now() - drawnAt)
      if (text === null || wait <= 0) draw()
      else redraw ??= setTimeout(draw, wait).unref()
    },
  }
}
