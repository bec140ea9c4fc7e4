/** Stands in a row's `wire` before the byte where an anomaly is expected, and is not part of what is sent. */
export const MARK = '§'

/**
 * What the RFC makes of one stream of bytes.
 * - `ok`: complete, exit 0. `deviates`: complete, exit 7 under --strict only.
 * - `incomplete`, `malformed`: never exit 0.
 */
export type Result = 'ok' | 'deviates' | 'incomplete' | 'malformed'

export interface Row {
  readonly name: string
  /** Of the one outstanding request; GET if absent. */
  readonly method?: string
  /** One character for each byte, marks apart; then FIN. */
  readonly wire: string
  /** Of the final head; null where it has none, `no head` where no final head is decoded. 200 if absent. */
  readonly status?: number | null | 'no head'
  /** As `Name: value`; none if absent. */
  readonly headers?: readonly string[]
  readonly framing?: 'none' | 'length' | 'chunked' | 'close' | 'tunnel' | 'invalid'
  readonly body?: string
  readonly informational?: readonly number[]
  readonly trailers?: readonly string[]
  readonly rest?: string
  /** Rules, one for each mark in order. */
  readonly anomalies?: readonly string[]
  readonly result: Result
}

export const OK = 'HTTP/1.1 200 OK\r\n'
export const LENGTH_5 = 'Content-Length: 5'
export const CHUNKED = 'Transfer-Encoding: chunked'

/** A head of a status line and field lines, each ended by CRLF. */
export function head(status: string, ...lines: string[]): string {
  return `HTTP/1.1 ${status}\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`
}

/** A chunked response up to its chunks. */
export const CHUNKED_HEAD = head('200 OK', CHUNKED)
