import { base64Text, latin1Text, utf8Text } from '../../core/text/utf8.js'

/** One SMTP reply (RFC 5321 section 4.2). All of its lines bear the same code. */
export interface Reply {
  /** 200 to 599. */
  readonly code: number
  /** Enhanced status code (RFC 2034, RFC 3463) such as `5.1.1`, from the last line; null where there is none. */
  readonly enhancedCode: string | null
  /** Each line's text after the code and its separator: a peer's bytes, not safe for a terminal. */
  readonly lines: readonly Uint8Array[]
  /** Where its first byte stood in the stream, from 0; the stream under TLS counts anew. */
  readonly offset: number
  /** What was out of order, yet left no doubt about the meaning. */
  readonly anomalies: readonly ReplyAnomaly[]
}

export interface ReplyAnomaly {
  readonly offset: number
  readonly rule: 'bare-lf' | 'bare-cr' | 'nul' | 'long-line' | 'enhanced-code'
  readonly text: string
}

/** A reply line as text: UTF-8 (RFC 6531) where it is valid, else Latin-1. Control characters stay as they are. */
export function lineText(line: Uint8Array): string {
  return utf8Text(line) ?? latin1Text(line)
}

/** The lines of a reply as text, and their bytes as well where that text does not tell them: one of them is no UTF-8. */
export interface ReplyLines {
  readonly lines: readonly string[]
  /** In base64, one for each line; null where all lines are UTF-8. */
  readonly linesBase64: readonly string[] | null
}

export function replyLines(lines: readonly Uint8Array[]): ReplyLines {
  const isText = lines.every((line) => utf8Text(line) !== null)
  return { lines: lines.map(lineText), linesBase64: isText ? null : lines.map(base64Text) }
}

/** The whole text of a reply, one line below the other. */
export function replyText(reply: Reply): string {
  return reply.lines.map(lineText).join('\n')
}

/** `550 5.1.1`: the codes alone, without a word of the peer's. */
export function replyCodes(reply: Reply): string {
  return reply.enhancedCode === null ? String(reply.code) : `${reply.code} ${reply.enhancedCode}`
}

/** The enhanced code that a line begins with, if its class agrees with the reply code (RFC 2034 section 4). */
export function enhancedCodeOf(code: number, line: Uint8Array): string | null {
  const head = String.fromCharCode(...line.subarray(0, 10))
  const match = /^([245]\.\d{1,3}\.\d{1,3})(?: |$)/.exec(head)?.[1]
  return match?.startsWith(String(Math.floor(code / 100))) ? match : null
}
