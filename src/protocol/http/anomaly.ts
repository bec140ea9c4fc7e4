/**
 * How much an anomaly weighs.
 * - `error`: the message cannot be trusted or cannot be decoded further; its verdict is never `complete`.
 * - `warning`: a deviation from the RFC that the RFC says how to live with; the message is decoded.
 * - `note`: allowed, but rare enough that one who debugs wants to know.
 */
export type Severity = 'error' | 'warning' | 'note'

/** One deviation from the RFC, where it is and where the RFC speaks of it. */
export interface Anomaly {
  /** Byte offset in what the peer sent on this connection, from 0. */
  readonly offset: number
  readonly rule: Rule
  readonly severity: Severity
  /** As `RFC 9112 6.3`. */
  readonly section: string
  /** One sentence; never holds bytes of the peer. */
  readonly text: string
}

/** The name of a deviation from the RFCs, such as `bare-lf`. */
export type Rule = keyof typeof RULES | keyof typeof REQUEST_RULES

/** What a rule says unless the place where it is broken knows better. */
export type AnomalyDetail = Partial<Pick<Anomaly, 'severity' | 'section' | 'text'>>

/** Takes note of a broken rule at an absolute offset. */
export type Report = (rule: Rule, offset: number, detail?: AnomalyDetail) => void

/** The rules of all messages, by their stable names; what a user filters on, so none is ever renamed. */
export const RULES = {
  // The connection
  'no-response': ['error', 'RFC 9112 8', 'The connection was closed without a final response.'],
  'truncated-head': ['error', 'RFC 9112 8', 'The connection was closed within the head.'],
  'truncated-body': ['error', 'RFC 9112 8', 'The connection was closed within the body.'],
  'truncated-trailers': ['error', 'RFC 9112 8', 'The connection was closed before the end of the trailer section.'],
  'no-close-notify': [
    'error',
    'RFC 9112 9.8',
    'A body that ends with the connection ended without a TLS closure alert.',
  ],
  'unsolicited-bytes': ['warning', 'RFC 9112 9.2', 'Bytes came before any request was outstanding.'],
  'bytes-after-end': ['warning', 'RFC 9112 6.3', 'Bytes follow the end of the message.'],
  'body-not-allowed': ['warning', 'RFC 9112 6.3', 'Bytes follow the head of a response that cannot have a body.'],
  // The status line
  'http-09': ['error', 'RFC 9112 2.3', 'There is no status line: HTTP/0.9, or not HTTP at all.'],
  icy: ['warning', 'RFC 9112 4', 'The status line begins with ICY instead of HTTP/1.'],
  'leading-empty-line': ['warning', 'RFC 9112 2.2', 'Empty lines stand before the status line.'],
  'invalid-status-line': ['error', 'RFC 9112 4', 'The status line cannot be parsed.'],
  'status-line-whitespace': ['warning', 'RFC 9112 4', 'The parts of the status line are not separated by one space.'],
  'unknown-version': ['warning', 'RFC 9110 2.5', 'The minor version is unknown; read as HTTP/1.1.'],
  'invalid-status-code': ['error', 'RFC 9112 4', 'The status code is not three digits; read as a 5xx.'],
  'status-out-of-range': ['warning', 'RFC 9110 15', 'The status code is outside 100 to 599; read as a 5xx.'],
  'missing-reason-space': ['warning', 'RFC 9112 4', 'No space follows the status code.'],
  // Lines and fields
  'head-too-large': ['error', 'RFC 9110 5.4', 'The head is larger than the limit.'],
  'trailers-too-large': ['error', 'RFC 9110 5.4', 'The trailer section is larger than the limit.'],
  'bare-lf': ['warning', 'RFC 9112 2.2', 'A line ends in LF without CR.'],
  'bare-cr': ['warning', 'RFC 9112 2.2', 'A CR without LF stands within a line; read as a space.'],
  'nul-byte': ['warning', 'RFC 9110 5.5', 'A NUL stands within a line; read as a space.'],
  'control-byte': ['warning', 'RFC 9110 5.5', 'A control byte stands within a line.'],
  'space-before-colon': ['warning', 'RFC 9112 5.1', 'Whitespace stands between a field name and its colon.'],
  'obs-fold': ['warning', 'RFC 9112 5.2', 'A field value is folded over several lines.'],
  'whitespace-before-first-header': [
    'warning',
    'RFC 9112 2.2',
    'A line before the first field begins with whitespace.',
  ],
  'missing-colon': ['error', 'RFC 9112 5', 'A field line has no colon.'],
  'empty-header-name': ['warning', 'RFC 9110 5.1', 'A field has an empty name.'],
  'invalid-header-name': ['warning', 'RFC 9110 5.1', 'A field name holds a byte that is not allowed in a token.'],
  'duplicate-field': ['warning', 'RFC 9110 5.3', 'A field that can have one value only is given more than once.'],
  'forbidden-trailer': ['warning', 'RFC 9110 6.5.1', 'A field that must not be in the trailer section stands there.'],
  // Framing
  'content-length-forbidden': ['warning', 'RFC 9110 8.6', 'Content-Length in a response that must not have it.'],
  'transfer-encoding-forbidden': ['warning', 'RFC 9112 6.1', 'Transfer-Encoding in a response that must not have it.'],
  'transfer-encoding-and-content-length': [
    'warning',
    'RFC 9112 6.3',
    'Transfer-Encoding and Content-Length together; Content-Length is ignored.',
  ],
  'transfer-encoding-in-http-10': ['warning', 'RFC 9112 6.1', 'Transfer-Encoding in an HTTP/1.0 response.'],
  'empty-transfer-encoding': ['warning', 'RFC 9112 6.1', 'Transfer-Encoding names no coding.'],
  'unknown-transfer-coding': ['warning', 'RFC 9112 7', 'A transfer coding is not a registered one.'],
  'duplicate-chunked': ['warning', 'RFC 9112 6.1', 'The chunked coding is named more than once; decoded once.'],
  'chunked-not-final': ['warning', 'RFC 9112 6.3', 'Chunked is not the last coding; the body is read to the close.'],
  'chunked-parameters': ['error', 'RFC 9112 7.1', 'The chunked coding has parameters.'],
  'final-coding-not-chunked': ['note', 'RFC 9112 6.3', 'The coding is not chunked; the body is read to the close.'],
  'invalid-content-length': ['error', 'RFC 9112 6.3', 'Content-Length is not a decimal number.'],
  'differing-content-length': ['error', 'RFC 9112 6.3', 'Content-Length is given with different values.'],
  'repeated-content-length': ['warning', 'RFC 9110 8.6', 'Content-Length is given more than once with the same value.'],
  'empty-list-element': ['warning', 'RFC 9110 5.6.1', 'A list has an empty element; it is ignored.'],
  'content-length-too-large': ['error', 'RFC 9110 8.6', 'Content-Length is larger than 2^53 - 1.'],
  'missing-upgrade': ['warning', 'RFC 9110 15.2.2', 'A 101 response has no Upgrade field.'],
  'body-in-205': ['warning', 'RFC 9110 15.3.6', 'A 205 response has content.'],
  // Content
  'bytes-after-coding': ['error', 'RFC 9110 8.4.1', 'Bytes follow the end of the content in its coding.'],
  // Chunks
  'invalid-chunk-size': ['error', 'RFC 9112 7.1', 'A chunk size is not a hexadecimal number.'],
  'chunk-size-too-large': ['error', 'RFC 9112 7.1', 'A chunk size is larger than 2^53 - 1.'],
  'chunk-size-whitespace': ['warning', 'RFC 9112 7.1', 'Whitespace follows a chunk size.'],
  'chunk-line-too-long': ['error', 'RFC 9112 7.1.1', 'A chunk size and its extensions are longer than the limit.'],
  'invalid-chunk-extension': ['warning', 'RFC 9112 7.1.1', 'A chunk extension breaks the grammar; it is ignored.'],
  'bad-whitespace': ['warning', 'RFC 9110 5.6.3', 'A chunk extension has whitespace that a sender must not generate.'],
  'missing-chunk-crlf': ['error', 'RFC 9112 7.1', 'No CRLF follows the data of a chunk.'],
} as const satisfies Record<string, readonly [Severity, string, string]>

/** The rules that requests alone can break. */
export const REQUEST_RULES = {
  'invalid-request-line': ['error', 'RFC 9112 3', 'The request line cannot be parsed.'],
  'request-line-whitespace': ['warning', 'RFC 9112 3', 'The parts of the request line are not separated by one space.'],
  'request-line-too-long': ['error', 'RFC 9112 3', 'The request line is longer than the limit.'],
  'unsupported-version': ['error', 'RFC 9110 15.6.6', 'The version is not HTTP/1.'],
  'invalid-target': ['warning', 'RFC 9112 3.2', 'The request target holds a byte that must be escaped.'],
  'target-form': ['warning', 'RFC 9112 3.2', 'The form of the request target does not go with the method.'],
  'missing-host': ['error', 'RFC 9112 3.2', 'An HTTP/1.1 request has no Host field.'],
  'duplicate-host': ['error', 'RFC 9112 3.2', 'Host is given more than once.'],
  'invalid-host': ['error', 'RFC 9112 3.2', 'The value of Host is no host and port.'],
  'unknown-expectation': ['warning', 'RFC 9110 10.1.1', 'Expect asks for something other than 100-continue.'],
} as const satisfies Record<string, readonly [Severity, string, string]>

const ALL = { ...RULES, ...REQUEST_RULES }

export function anomaly(rule: Rule, offset: number, detail: AnomalyDetail = {}): Anomaly {
  const [severity, section, text] = ALL[rule]
  return { offset, rule, severity, section, text, ...detail }
}
