import { enhancedCodeOf, type Reply, type ReplyAnomaly } from './reply.js'

/** RFC 5321 4.5.3.1.5: a reply line has at most 512 octets, code and CRLF included. Longer ones are noted. */
const USUAL_LINE_BYTES = 512
const MAX_LINE_BYTES = 65_536
const MAX_REPLY_BYTES = 1_048_576

const LF = 0x0a
const CR = 0x0d
const SPACE = 0x20
const HYPHEN = 0x2d

export type ReplyRule = 'not-a-reply' | 'bad-code' | 'mixed-codes' | 'line-too-long' | 'reply-too-long'

/** Why the stream is no SMTP: nothing after it can be trusted. */
export interface ReplyError {
  /** Of the line at fault. */
  readonly offset: number
  readonly rule: ReplyRule
  readonly text: string
}

export interface DecodedReplies {
  readonly replies: readonly Reply[]
  readonly error: ReplyError | null
}

interface OpenReply {
  readonly code: number
  readonly offset: number
  readonly lines: Uint8Array[]
  readonly anomalies: ReplyAnomaly[]
}

/**
 * Bytes in, replies out, however the stream was cut. After an error it stays in error and decodes nothing more.
 */
export class ReplyDecoder {
  #offset = 0
  #pieces: Uint8Array[] = []
  #pieceBytes = 0
  #open: OpenReply | null = null
  #error: ReplyError | null = null

  /** Bytes received that are not yet part of a complete reply. */
  get pendingBytes(): number {
    return this.#offset + this.#pieceBytes - this.replyOffset
  }

  /** Where the reply begins that is not complete yet. */
  get replyOffset(): number {
    return this.#open?.offset ?? this.#offset
  }

  push(chunk: Uint8Array): DecodedReplies {
    const replies: Reply[] = []
    // Copied: what is kept must not change when the caller reuses its buffer.
    const bytes = Buffer.from(chunk)
    let start = 0
    while (this.#error === null && start < bytes.length) {
      const end = bytes.indexOf(LF, start) + 1
      if (end === 0) {
        this.#keep(bytes.subarray(start))
        break
      }
      const reply = this.#line(this.#take(bytes.subarray(start, end)))
      if (reply) replies.push(reply)
      start = end
    }
    return { replies, error: this.#error }
  }

  #keep(piece: Uint8Array): void {
    this.#pieces.push(piece)
    this.#pieceBytes += piece.length
    if (this.#pieceBytes > MAX_LINE_BYTES) this.#lineTooLong()
  }

  #take(last: Uint8Array): Uint8Array {
    const line = this.#pieces.length === 0 ? last : Buffer.concat([...this.#pieces, last])
    this.#pieces = []
    this.#pieceBytes = 0
    return line
  }

  #lineTooLong(): null {
    return this.#fail('line-too-long', `a reply line of more than ${MAX_LINE_BYTES} bytes`)
  }

  #fail(rule: ReplyError['rule'], text: string): null {
    this.#error = { offset: this.#offset, rule, text }
    this.#pieces = []
    return null
  }

  /** Takes one whole line, its LF included, and returns the reply that it ends, if it ends one. */
  #line(line: Uint8Array): Reply | null {
    if (line.length > MAX_LINE_BYTES) return this.#lineTooLong()
    const end = line.length - (line[line.length - 2] === CR ? 2 : 1)
    const code = codeOf(line.subarray(0, end))
    if (code === null) return this.#fail('not-a-reply', 'a line that does not begin with a three-digit reply code')
    if (code < 200 || code > 599) return this.#fail('bad-code', `${code} is no reply code of SMTP`)
    this.#open ??= { code, offset: this.#offset, lines: [], anomalies: [] }
    const open = this.#open
    if (open.code !== code) return this.#fail('mixed-codes', `one reply bears both ${open.code} and ${code}`)
    const offset = this.#offset
    noteAnomalies(line, end, offset, open.anomalies)
    open.lines.push(line.subarray(Math.min(4, end), end))
    if (offset + line.length - open.offset > MAX_REPLY_BYTES) {
      return this.#fail('reply-too-long', `a reply of more than ${MAX_REPLY_BYTES} bytes`)
    }
    this.#offset += line.length
    if (end > 3 && line[3] === HYPHEN) return null
    this.#open = null
    return finished(open)
  }
}

/** The code of a line without its line end: three digits, then a space, a hyphen or nothing (`250`). */
function codeOf(line: Uint8Array): number | null {
  let code = 0
  for (let i = 0; i < 3; i++) {
    const digit = (line[i] ?? 0) - 0x30
    if (digit < 0 || digit > 9) return null
    code = code * 10 + digit
  }
  const separator = line[3]
  return separator === undefined || separator === SPACE || separator === HYPHEN ? code : null
}

function noteAnomalies(line: Uint8Array, end: number, offset: number, anomalies: ReplyAnomaly[]): void {
  const text = line.subarray(0, end)
  if (end === line.length - 1)
    anomalies.push({ offset: offset + end, rule: 'bare-lf', text: 'a line ended by LF alone' })
  const cr = text.indexOf(CR)
  if (cr >= 0) anomalies.push({ offset: offset + cr, rule: 'bare-cr', text: 'a CR within a reply line' })
  const nul = text.indexOf(0)
  if (nul >= 0) anomalies.push({ offset: offset + nul, rule: 'nul', text: 'a NUL within a reply line' })
  if (line.length > USUAL_LINE_BYTES) {
    anomalies.push({ offset, rule: 'long-line', text: `a reply line of ${line.length} bytes, more than 512` })
  }
}

function finished(open: OpenReply): Reply {
  const codes = open.lines.map((line) => enhancedCodeOf(open.code, line))
  const enhancedCode = codes.findLast((code) => code !== null) ?? null
  // Some servers put it on one line only; two that differ leave open which one is meant (RFC 2034 section 4).
  if (codes.some((code) => code !== null && code !== enhancedCode)) {
    const text = 'the lines of one reply bear different enhanced codes'
    open.anomalies.push({ offset: open.offset, rule: 'enhanced-code', text })
  }
  return { code: open.code, enhancedCode, lines: open.lines, offset: open.offset, anomalies: open.anomalies }
}
