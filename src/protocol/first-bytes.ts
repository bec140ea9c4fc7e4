/** A protocol that a peer began to speak, and what of it came, for a sentence. */
export interface Recognised {
  readonly protocol: string
  readonly what: string
}

interface Beginning extends Recognised {
  begins(bytes: Uint8Array, text: string): boolean
}

/** So much tells; more is not looked at. */
const TELLING_BYTES = 64

const text = (protocol: string, what: string, pattern: RegExp): Beginning => ({
  ...{ protocol, what },
  begins: (_, line) => pattern.test(line),
})

const octets = (protocol: string, what: string, ...expected: readonly (number | null)[]): Beginning => ({
  ...{ protocol, what },
  begins: (bytes) => expected.every((octet, at) => octet === null || bytes[at] === octet),
})

/** What clients begin with; the first that fits is it. */
const BEGINNINGS: readonly Beginning[] = [
  octets('tls', 'a TLS hello', 0x16, 3, null),
  octets('tls', 'a TLS alert', 0x15, 3, null),
  text('http2', 'the preface of HTTP/2', /^PRI \* HTTP\/2\.0\r\n/),
  text('ssh', 'an SSH greeting', /^SSH-\d/),
  text('proxy', 'a PROXY protocol header', /^PROXY (TCP[46]|UNKNOWN)\b/),
  octets('proxy', 'a PROXY protocol header', 13, 10, 13, 10, 0, 13, 10, 0x51, 0x55, 0x49, 0x54, 10),
  text('smtp', 'an SMTP greeting', /^(EHLO|HELO|LHLO)(\s|$)/i),
  octets('postgresql', 'a PostgreSQL request for TLS', 0, 0, 0, 8, 4, 0xd2, 0x16, 0x2f),
  octets('postgresql', 'a PostgreSQL start-up message', 0, 0, null, null, 0, 3, 0, 0),
  octets('rdp', 'an RDP connection request', 3, 0, 0, null, null, 0xe0),
  octets('socks5', 'a SOCKS5 greeting', 5, null, 0),
  octets('socks4', 'a SOCKS4 request', 4, 1),
  text('redis', 'a Redis command', /^\*\d+\r\n\$\d+\r\n/),
]

/** What a peer speaks by the first bytes that it sent; null where that is none of those that are known. */
export function recognise(bytes: Uint8Array): Recognised | null {
  const line = Buffer.from(bytes.subarray(0, TELLING_BYTES)).toString('latin1')
  const found = BEGINNINGS.find((beginning) => beginning.begins(bytes, line))
  return found ? { protocol: found.protocol, what: found.what } : null
}
