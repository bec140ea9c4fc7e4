import { lineText, type Reply } from './reply.js'

/** What a server said that it can do, in its answer to EHLO or LHLO (RFC 5321 section 4.1.1.1). */
export interface Capabilities {
  /** The name that the server gave itself: a peer's text, or empty. */
  readonly serverName: string
  /** Every keyword in upper case, with its parameters as sent. */
  readonly keywords: ReadonlyMap<string, readonly string[]>
  readonly pipelining: boolean
  readonly startTls: boolean
  readonly eightBitMime: boolean
  readonly smtpUtf8: boolean
  readonly dsn: boolean
  readonly enhancedStatusCodes: boolean
  readonly chunking: boolean
  readonly size: boolean
  /** The greatest message that it takes (RFC 1870); null where it states none. */
  readonly sizeLimitBytes: number | null
  /** SASL mechanisms in upper case, in the server's order, those of the old `AUTH=` form too. */
  readonly auth: readonly string[]
}

/** From the reply to EHLO; null makes those of a server that knows HELO only. Case never matters. */
export function parseCapabilities(reply: Reply | null): Capabilities {
  const [first, ...rest] = reply === null ? [] : reply.lines.map(lineText)
  const keywords = new Map<string, readonly string[]>()
  for (const line of rest) {
    const [word = '', ...parameters] = line.trim().split(/[ \t]+/)
    // `AUTH=LOGIN PLAIN` is how servers spoke before RFC 2554; some still send it beside the proper line.
    const [keyword = '', old] = word.toUpperCase().startsWith('AUTH=') ? ['AUTH', word.slice(5)] : [word.toUpperCase()]
    if (keyword === '') continue
    const all = [...(keywords.get(keyword) ?? []), ...(old ? [old] : []), ...parameters]
    keywords.set(keyword, all)
  }
  const limit = keywords.get('SIZE')?.[0] ?? ''
  return {
    serverName: first?.split(' ', 1)[0] ?? '',
    keywords,
    pipelining: keywords.has('PIPELINING'),
    startTls: keywords.has('STARTTLS'),
    eightBitMime: keywords.has('8BITMIME'),
    smtpUtf8: keywords.has('SMTPUTF8'),
    dsn: keywords.has('DSN'),
    enhancedStatusCodes: keywords.has('ENHANCEDSTATUSCODES'),
    chunking: keywords.has('CHUNKING'),
    size: keywords.has('SIZE'),
    // 0 says "no fixed maximum"; RFC 1870 allows 20 digits.
    sizeLimitBytes: /^\d{1,20}$/.test(limit) && Number(limit) > 0 ? Number(limit) : null,
    auth: [...new Set(keywords.get('AUTH')?.map((name) => name.toUpperCase()))],
  }
}
