import { counted } from '../../../core/text/digits.js'
import type { ListenDataEvent } from '../../../operations/listen/index.js'
import { escapeBytes } from '../../render/escape.js'
import { hexdumpLines } from '../../render/hexdump.js'
import type { Screen } from '../../render/screen.js'
import { StreamText } from '../../render/stream-text.js'
import type { ListenCommandOptions } from './options.js'

/** Of one piece so much is shown; a flood would say no more, and `--verbose` shows all. */
const SHOWN_BYTES = 4096
const LF = 0x0a

/** Of one peer. */
interface Shown {
  readonly text: StreamText
  received: number
  sent: number
  /** Whether its last line has no end yet. */
  open: boolean
}

/** What peers send and are sent, on stdout. */
export interface BytesView {
  enter(id: number): void
  show(event: ListenDataEvent): void
  leave(id: number): void
}

/**
 * Raw where a conversation's output is no terminal: it is nc -l then. On a terminal the one peer of a conversation
 * speaks in plain lines; else each piece is marked with the number of its peer, `<` for received and `>` for sent.
 */
export function listenBytes(screen: Screen, { mode, hex, raw }: ListenCommandOptions): BytesView {
  const { out, verbosity } = screen
  const conversation = mode.kind === 'conversation'
  if (raw || (conversation && !out.isTTY && !hex)) return rawBytes(screen)
  // Null until there is something to show: thousands may be connected of which nothing is shown.
  const peers = new Map<number, Shown | null>()
  const mostBytes = verbosity === 'verbose' ? Number.POSITIVE_INFINITY : SHOWN_BYTES

  const marked = ({ id, direction, bytes }: ListenDataEvent, offset: number) => {
    const mark = out.theme.faint(`#${id} ${direction === 'received' ? '<' : '>'}`)
    const shown = bytes.subarray(0, mostBytes)
    const lines = hex ? hexdumpLines(shown, offset) : textLines(shown)
    for (const line of lines) out.line(`${mark} ${line}`)
    const left = bytes.length - shown.length
    if (left > 0) out.line(`${mark} ${out.theme.faint(`... ${counted(left, 'byte')} more (--verbose shows all)`)}`)
  }
  return {
    enter: (id) => void peers.set(id, null),
    show(event) {
      if (!peers.has(event.id) || (verbosity === 'quiet' && !conversation)) return
      const peer = peers.get(event.id) ?? { text: new StreamText(), received: 0, sent: 0, open: false }
      peers.set(event.id, peer)
      const received = event.direction === 'received'
      const offset = received ? peer.received : peer.sent
      if (received) peer.received += event.bytes.length
      else peer.sent += event.bytes.length
      if (hex || !conversation || peers.size > 1) return marked(event, offset)
      if (!received) return // it was typed on this very terminal
      const text = peer.text.push(event.bytes)
      if (text === '') return
      out.raw(text)
      peer.open = !text.endsWith('\n')
    },
    leave(id) {
      const peer = peers.get(id)
      const rest = peer?.text.end() ?? ''
      if (rest !== '' || peer?.open) out.raw(`${rest}\n`)
      peers.delete(id)
    },
  }
}

function rawBytes({ out }: Screen): BytesView {
  return {
    enter: () => {},
    show: ({ direction, bytes }) => {
      if (direction === 'received') out.raw(bytes)
    },
    leave: () => {},
  }
}

/** The lines of one piece, each made safe. */
function textLines(bytes: Uint8Array): string[] {
  const lines: string[] = []
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf(LF, at)
    const next = end < 0 ? bytes.length : end + 1
    lines.push(escapeBytes(bytes.subarray(at, next)))
    at = next
  }
  return lines
}
