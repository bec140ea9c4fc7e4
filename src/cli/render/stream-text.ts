import { escapeBytes } from './escape.js'

const LF = 10
const CR = 13

/**
 * A peer's stream as text for a terminal: LF and CRLF end lines, all other controls are escaped. Pieces may be cut
 * anywhere: a CR and the beginning of a UTF-8 sequence wait for what follows.
 */
export class StreamText {
  #held: Uint8Array = new Uint8Array()

  /** What can be shown of all that came so far. */
  push(bytes: Uint8Array): string {
    const all = this.#held.length === 0 ? bytes : Buffer.concat([this.#held, bytes])
    const complete = all.length - unfinished(all)
    this.#held = all.slice(complete)
    return show(all.subarray(0, complete))
  }

  /** What was held back when the stream ended. */
  end(): string {
    const rest = this.#held
    this.#held = new Uint8Array()
    return show(rest)
  }
}

function show(bytes: Uint8Array): string {
  let text = ''
  let from = 0
  for (let at = bytes.indexOf(LF); at >= 0; at = bytes.indexOf(LF, from)) {
    const end = at > from && bytes[at - 1] === CR ? at - 1 : at
    text += `${escapeBytes(bytes.subarray(from, end))}\n`
    from = at + 1
  }
  return text + escapeBytes(bytes.subarray(from))
}

/** Bytes at the end that mean something only together with the next ones. */
function unfinished(bytes: Uint8Array): number {
  const last = bytes.length - 1
  if (bytes[last] === CR) return 1
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0
    if (byte < 0x80) return 0
    if (byte < 0xc0) continue
    const length = byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4
    return length > back ? back : 0
  }
  return 0
}
