import { utf8Text } from './text/utf8.js'

/** Which end of a connection the bytes came from. */
export type Role = 'client' | 'server'

/** A protocol that a peer began to speak, and what of it came, for a sentence. */
export interface Recognised {
  /** `smtp-or-ftp`: a greeting that either may begin with. `text`: readable, and none of the others. */
  readonly protocol: SpokenProtocol
  readonly what: string
}

export type SpokenProtocol =
  | 'ftp'
  | 'http'
  | 'http2'
  | 'imap'
  | 'mysql'
  | 'pop3'
  | 'postgresql'
  | 'proxy'
  | 'rdp'
  | 'redis'
  | 'smtp'
  | 'smtp-or-ftp'
  | 'socks4'
  | 'socks5'
  | 'ssh'
  | 'text'
  | 'tls'

interface Beginning extends Recognised {
  /** `line`: the bytes in latin1, at most {@link TELLING_BYTES} of them. */
  begins(bytes: Uint8Array, line: string): boolean
}

/** So much tells; more is not looked at. */
export const TELLING_BYTES = 256

const text = (protocol: SpokenProtocol, what: string, pattern: RegExp): Beginning => ({
  ...{ protocol, what },
  begins: (_, line) => pattern.test(line),
})

const octets = (protocol: SpokenProtocol, what: string, ...expected: readonly (number | null)[]): Beginning => ({
  ...{ protocol, what },
  begins: (bytes) =>
    bytes.length >= expected.length && expected.every((octet, at) => octet === null || bytes[at] === octet),
})

const TLS_ALERT: Beginning = {
  protocol: 'tls',
  what: 'a TLS alert',
  // RFC 8446 5.1, 6: two octets, warning or fatal.
  begins: ([type, major, , high, low, level]) =>
    type === 0x15 && major === 3 && high === 0 && low === 2 && (level === 1 || level === 2),
}
const SSH = text('ssh', 'an SSH greeting', /^SSH-\d/)
const TEXT: Beginning = {
  protocol: 'text',
  what: 'text',
  begins: (bytes, line) =>
    // biome-ignore lint/suspicious/noControlCharactersInRegex: what holds one is no text
    bytes.length > 0 && !/[\0-\x08\x0e-\x1f\x7f]/.test(line) && utf8Text(bytes, { cut: true }) !== null,
}

/** What clients begin with; the first that fits is it. */
const CLIENTS: readonly Beginning[] = [
  octets('tls', 'a TLS hello', 0x16, 3, null),
  // RFC 5246 E.2: one of SSL 2 that offers more.
  octets('tls', 'a TLS hello', 0x80, null, 1, 3, null),
  TLS_ALERT,
  text('http2', 'the preface of HTTP/2', /^PRI \* HTTP\/2\.0\r\n/),
  text('http', 'an HTTP request', /^[!#$%&'*+\-.^_`|~\w]+ [^ \r\n]+ HTTP\/\d/),
  text('http', 'an HTTP request', /^(GET|HEAD|POST|PUT|DELETE|CONNECT|OPTIONS|TRACE|PATCH) [/*\w[]/),
  SSH,
  text('proxy', 'a PROXY protocol header', /^PROXY (TCP[46]|UNKNOWN)\b/),
  octets('proxy', 'a PROXY protocol header', 13, 10, 13, 10, 0, 13, 10, 0x51, 0x55, 0x49, 0x54, 10),
  text('smtp', 'an SMTP greeting', /^(EHLO|HELO|LHLO)(\s|$)/i),
  text('imap', 'an IMAP command', /^\w{1,32} (CAPABILITY|NOOP|LOGIN|AUTHENTICATE|STARTTLS|ID)(\s|$)/i),
  text('pop3', 'a POP3 command', /^(CAPA|STLS|APOP \S+ \S+)\r?\n/i),
  octets('postgresql', 'a PostgreSQL request for TLS', 0, 0, 0, 8, 4, 0xd2, 0x16, 0x2f),
  octets('postgresql', 'a PostgreSQL request for GSS', 0, 0, 0, 8, 4, 0xd2, 0x16, 0x30),
  octets('postgresql', 'a PostgreSQL request to cancel', 0, 0, 0, 16, 4, 0xd2, 0x16, 0x2e),
  octets('postgresql', 'a PostgreSQL start-up message', 0, 0, null, null, 0, 3, 0, 0),
  // An X.224 connection request in a TPKT (RFC 2126 4.3), as [MS-RDPBCGR] 2.2.1.1 has it.
  octets('rdp', 'an RDP connection request', 3, 0, 0, null, null, 0xe0),
  octets('socks5', 'a SOCKS5 greeting', 5, null, 0),
  octets('socks5', 'a SOCKS5 greeting', 5, 1, null),
  octets('socks4', 'a SOCKS4 request', 4, 1),
  octets('socks4', 'a SOCKS4 request', 4, 2),
  text('redis', 'a Redis command', /^\*\d+\r\n\$\d+\r\n/),
  TEXT,
]

/** What servers begin with, by themselves or in answer to what they do not know; the first that fits is it. */
const SERVERS: readonly Beginning[] = [
  octets('tls', 'a TLS hello', 0x16, 3, null),
  TLS_ALERT,
  {
    protocol: 'http2',
    what: 'the SETTINGS of HTTP/2',
    // RFC 9113 3.4, 6.5: on stream 0, a multiple of six octets; no acknowledgement can come first.
    begins: ([high, middle, low = 0, type, flags, ...stream]) =>
      high === 0 && middle === 0 && low % 6 === 0 && type === 4 && flags === 0 && isZero(stream.slice(0, 4)),
  },
  text('http', 'an HTTP response', /^(HTTP\/\d|ICY \d)/),
  SSH,
  text('smtp', 'an SMTP greeting', /^(220|421|554)[ -][^\r\n]*(smtp|lmtp|\bmail|\bmx\d*\b|postfix|exim|sendmail)/i),
  text('ftp', 'an FTP greeting', /^(220|421|500|530)[ -][^\r\n]*(ftp|filezilla)/i),
  text('smtp', 'an SMTP reply', /^(554|[245]\d\d)[ -][245]\.\d{1,3}\.\d{1,3} /),
  text('smtp-or-ftp', 'the greeting of a mail or file server', /^(220|421)[ -]/),
  text('imap', 'an IMAP greeting', /^\* (OK|PREAUTH|BYE)\b/i),
  text(
    'redis',
    'a Redis answer',
    /^(\+PONG\r\n|-(ERR (unknown command|wrong number|max number|Protocol error)|NOAUTH|DENIED|WRONGPASS|LOADING|MISCONF)\b)/,
  ),
  text('pop3', 'a POP3 greeting', /^(\+OK|-ERR)(\s|$)/),
  // Protocol 10 and the version of the server; an error instead, such as of a host that is not allowed.
  {
    protocol: 'mysql',
    what: 'a MySQL greeting',
    begins: (bytes, line) => isMysqlPacket(bytes) && /^\n[\d.][\w.+~-]*\0/.test(line.slice(4)),
  },
  { protocol: 'mysql', what: 'a MySQL error', begins: (bytes) => isMysqlPacket(bytes) && bytes[4] === 0xff },
  {
    protocol: 'postgresql',
    what: 'a PostgreSQL error',
    begins: (_, line) => /^E\0\0..S(FATAL|ERROR|PANIC)\0/s.test(line) || /^EFATAL: {2}/.test(line),
  },
  octets('postgresql', 'a PostgreSQL question for a login', 0x52, 0, 0, 0, null, 0, 0, 0),
  octets('rdp', 'an RDP connection confirmation', 3, 0, 0, null, null, 0xd0),
  { protocol: 'socks5', what: 'a SOCKS5 answer', begins: (bytes) => bytes.length === 2 && bytes[0] === 5 },
  {
    protocol: 'socks4',
    what: 'a SOCKS4 answer',
    begins: ([version, code = 0, ...rest]) => version === 0 && code >= 90 && code <= 93 && rest.length === 6,
  },
  TEXT,
]

/** What a peer speaks by the first bytes that it sent; null where that is none of those that are known. */
export function recognise(bytes: Uint8Array, role: Role): Recognised | null {
  const start = bytes.subarray(0, TELLING_BYTES)
  const line = Buffer.from(start).toString('latin1')
  const found = (role === 'client' ? CLIENTS : SERVERS).find((beginning) => beginning.begins(start, line))
  return found ? { protocol: found.protocol, what: found.what } : null
}

/**
 * The same where `own` was expected: null where it is that. Text is another protocol only to one that is none itself: else
 * whoever reads it says better what is wrong with it.
 */
export function spokenInstead(own: SpokenProtocol, bytes: Uint8Array, role: Role): Recognised | null {
  const spoken = recognise(bytes, role)
  return spoken?.protocol === own || (spoken?.protocol === 'text' && own !== 'tls') ? null : spoken
}

/** A MySQL packet that begins a conversation: its length in three octets, the lowest first, and the number 0. */
function isMysqlPacket([low = 0, middle = 0, high, number]: Uint8Array): boolean {
  return low + middle > 0 && high === 0 && number === 0
}

function isZero(octets: readonly number[]): boolean {
  return octets.length === 4 && octets.every((octet) => octet === 0)
}
