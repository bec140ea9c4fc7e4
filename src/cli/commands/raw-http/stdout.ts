import { escapeBytes } from '../../render/escape.js'
import { hexdumpLines } from '../../render/hexdump.js'
import type { Screen } from '../../render/screen.js'
import { StreamText } from '../../render/stream-text.js'

const LF = 10
const ROW = 16
/** A line of the wire that is longer is shown in pieces. */
const MAX_LINE = 65_536

/** Where the bytes of a response go: as they are, or as a terminal may see them. */
export interface ByteWriter {
  write(bytes: Uint8Array): void
  /** Leaves the line, if the cursor is in one, to what stderr has to say; nothing where no person reads both. */
  breakLine(): void
  /** What was held back; and the cursor at the beginning of a line. */
  end(): void
}

/** Head and body of a message. */
export function messageWriter({ out }: Screen): ByteWriter {
  if (!out.isTTY) return { write: (bytes) => out.raw(bytes), breakLine: () => {}, end: () => {} }
  const text = new StreamText()
  let atLineStart = true
  const show = (shown: string) => {
    if (shown === '') return
    out.raw(shown)
    atLineStart = shown.endsWith('\n')
  }
  const breakLine = () => {
    if (!atLineStart) out.raw('\n')
    atLineStart = true
  }
  return {
    write: (bytes) => show(text.push(bytes)),
    breakLine,
    end: () => {
      show(text.end())
      breakLine()
    },
  }
}

/** The wire; on a terminal every byte that is no printable character is written out, line ends too. */
export function wireWriter({ out }: Screen): ByteWriter {
  if (!out.isTTY) return { write: (bytes) => out.raw(bytes), breakLine: () => {}, end: () => {} }
  let held: Uint8Array = new Uint8Array()
  const line = (bytes: Uint8Array) => out.line(escapeBytes(bytes))
  return {
    write(bytes) {
      const all = Buffer.concat([held, bytes])
      let from = 0
      for (let at = all.indexOf(LF); at >= 0; at = all.indexOf(LF, from)) {
        line(all.subarray(from, at + 1))
        from = at + 1
      }
      if (all.length - from > MAX_LINE) {
        line(all.subarray(from))
        from = all.length
      }
      held = all.subarray(from)
    },
    breakLine() {},
    end() {
      if (held.length > 0) line(held)
      held = new Uint8Array()
    },
  }
}

/** A hexdump whose rows do not depend on how the bytes came. */
export function hexWriter({ out }: Screen): ByteWriter {
  let held: Uint8Array = new Uint8Array()
  let offset = 0
  const dump = (bytes: Uint8Array) => {
    if (bytes.length > 0) out.raw(`${hexdumpLines(bytes, offset).join('\n')}\n`)
    offset += bytes.length
  }
  return {
    write(bytes) {
      const all = held.length === 0 ? bytes : Buffer.concat([held, bytes])
      const whole = all.length - (all.length % ROW)
      dump(all.subarray(0, whole))
      held = all.slice(whole)
    },
    breakLine() {},
    end() {
      dump(held)
      held = new Uint8Array()
    },
  }
}
