import type { Peer } from './peer.js'

/** The peer's part in a protocol, as far as every fate needs it. */
export interface Dialogue {
  readonly netkitAccepts: boolean
  /** In the clear, up to where TLS begins: STARTTLS, or what a proxy is asked. */
  readonly before?: (peer: Peer) => Promise<void>
  /** What is said before the exchange that the fate befalls. */
  readonly approach?: (peer: Peer) => Promise<void>
  /** Whether this is all that netkit says before it waits for our words; a mode that waits for them asks nothing. */
  isQuestion(bytes: Buffer): boolean
  /** Our words, which tell that they are the answer to this. */
  words(question: Buffer): Buffer
  /** In place of our words, where they come before the question is over. */
  readonly earlyWords?: () => Buffer
  /** In place of our words, to make netkit say much where it says what it hears. */
  readonly muchWords?: () => Buffer
  /** netkit speaks only when it was spoken to. */
  readonly wordsFirst: boolean
  /** What follows on our words where all goes well: what netkit says to them, and our farewell. */
  readonly after?: (peer: Peer) => Promise<void>
}

/** In every peer's words, and nowhere else. */
export const TOKEN = 'forty-two'
const CRLF = '\r\n'

const ends = (text: string) => (bytes: Buffer) => bytes.toString('latin1').endsWith(text)
const holds = (text: string) => (bytes: Buffer) => bytes.includes(text)
const nothing = () => true
const says = (text: string) => () => Buffer.from(text)

/** Words in no protocol, to the line `question`. */
export const TALK: Dialogue = {
  netkitAccepts: false,
  isQuestion: holds('question\n'),
  words: says(`the answer is ${TOKEN}\n`),
  wordsFirst: false,
}

/** A service that greets. */
export const GREETER: Dialogue = { ...TALK, isQuestion: nothing, words: says(`220 ${TOKEN} at your service\r\n`) }

export const HTTP_SERVER: Dialogue = {
  ...TALK,
  isQuestion: (bytes) => {
    const end = bytes.indexOf('\r\n\r\n')
    const length = Number(/content-length: (\d+)/i.exec(bytes.toString('latin1', 0, end))?.[1] ?? 0)
    return end >= 0 && bytes.length >= end + 4 + length
  },
  words: says(`HTTP/1.1 200 OK\r\nContent-Length: 9\r\nConnection: close\r\n\r\n${TOKEN}`),
}

async function command(peer: Peer, verb: string, reply: string): Promise<void> {
  await peer.hear((bytes) => new RegExp(`^${verb}.*\r\n$`, 'im').test(bytes.toString('latin1')))
  await peer.say(reply)
}

/** A mail server without extensions: one command, one reply. The question is the message. */
export const MAIL_SERVER: Dialogue = {
  ...TALK,
  async approach(peer) {
    await peer.say('220 scripted ESMTP\r\n')
    await greet(peer)
  },
  isQuestion: ends('\r\n.\r\n'),
  words: says(`250 2.0.0 ${TOKEN}${CRLF}`),
  earlyWords: says(`552 5.3.4 ${TOKEN} is too much${CRLF}`),
  after: (peer) => command(peer, 'QUIT', '221 2.0.0 bye\r\n'),
}

async function greet(peer: Peer): Promise<void> {
  await command(peer, 'EHLO', '250 scripted\r\n')
  await command(peer, 'MAIL', '250 fine\r\n')
  await command(peer, 'RCPT', '250 fine\r\n')
  await command(peer, 'DATA', '354 go on\r\n')
}

async function offerTls(peer: Peer): Promise<void> {
  await peer.say('220 scripted ESMTP\r\n')
  await command(peer, 'EHLO', '250-scripted\r\n250 STARTTLS\r\n')
  await command(peer, 'STARTTLS', '220 go ahead\r\n')
}

export const MAIL_SERVER_STARTTLS: Dialogue = { ...MAIL_SERVER, before: offerTls, approach: greet }
/** connect speaks as far as STARTTLS, then its user does. */
export const TALK_STARTTLS: Dialogue = { ...TALK, before: offerTls }

export const TALK_SOCKS5: Dialogue = {
  ...TALK,
  async before(peer) {
    await peer.hear((bytes) => bytes.length >= 3)
    await peer.say(Buffer.from([5, 0]))
    await peer.hear((bytes) => bytes.length >= 10)
    await peer.say(Buffer.from([5, 0, 0, 1, 127, 0, 0, 1, 0, 80]))
  },
}

export const TALK_HTTP_PROXY: Dialogue = {
  ...TALK,
  async before(peer) {
    await peer.hear(ends('\r\n\r\n'))
    await peer.say('HTTP/1.1 200 Connection established\r\n\r\n')
  },
}

/** One A record, 127.0.0.42, whatever is asked for. */
function dnsAnswer(query: Buffer): Buffer {
  const questionEnd = query.indexOf(0, 12) + 5
  const head = Buffer.from([...query.subarray(0, 2), 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0])
  const record = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0, 42])
  return Buffer.concat([head, query.subarray(12, questionEnd), record])
}

/** The query that a server has not got yet, for fates that answer nothing in particular. */
const SOME_QUERY = Buffer.from('0001010000010000000000000161076578616d706c650000010001', 'hex')
export const DNS_ANSWER = '127.0.0.42'

export const NAME_SERVER: Dialogue = {
  ...TALK,
  isQuestion: (bytes) => bytes.length >= 2 && bytes.length >= 2 + bytes.readUInt16BE(0),
  words(question) {
    const message = dnsAnswer(question.length > 2 ? question.subarray(2) : SOME_QUERY)
    const length = Buffer.alloc(2)
    length.writeUInt16BE(message.length)
    return Buffer.concat([length, message])
  },
}

/** DNS over HTTPS, HTTP/1.1 (RFC 8484): POST with the query as its body, or GET with it in the target. */
export const DOH_SERVER: Dialogue = {
  ...HTTP_SERVER,
  words(question) {
    const end = question.indexOf('\r\n\r\n') + 4
    const inTarget = /[?&]dns=([\w-]+)/.exec(question.toString('latin1', 0, end))?.[1]
    const query = inTarget ? Buffer.from(inTarget, 'base64url') : question.subarray(end)
    const message = dnsAnswer(query.length > 0 ? query : SOME_QUERY)
    const head = `HTTP/1.1 200 OK\r\nContent-Type: application/dns-message\r\nContent-Length: ${message.length}\r\n\r\n`
    return Buffer.concat([Buffer.from(head), message])
  },
}

const CLIENT: Dialogue = { ...TALK, netkitAccepts: true }

/** A client to whom netkit says `question`. */
export const TALKER: Dialogue = CLIENT
/** A client to whom nothing is said. */
export const TELLER: Dialogue = { ...CLIENT, isQuestion: nothing }
/** More than the buffers of both sides take. */
export const ECHOED_BYTES = 8_000_000

/** A client that hears its own words. */
export const ECHOED: Dialogue = {
  ...TELLER,
  wordsFirst: true,
  muchWords: () => Buffer.alloc(ECHOED_BYTES, `the answer is ${TOKEN}\n`),
  after: async (peer) => void (await peer.hear(ends(`${TOKEN}\n`))),
}

/** A client of a web server: its words are the request. */
export const HTTP_CLIENT: Dialogue = {
  ...TELLER,
  wordsFirst: true,
  words: says(`GET /${TOKEN} HTTP/1.1\r\nHost: localhost\r\n\r\n`),
  after: async (peer) => void (await peer.hear(HTTP_SERVER.isQuestion)),
}

async function order(peer: Peer, line: string, reply: RegExp): Promise<void> {
  await peer.say(line + CRLF)
  await peer.hear((bytes) => reply.test(bytes.toString('latin1')))
}

async function envelope(peer: Peer): Promise<void> {
  await order(peer, 'EHLO client.example', /^250 .*\r\n$/m)
  await order(peer, 'MAIL FROM:<a@b.example>', /^250 /m)
  await order(peer, 'RCPT TO:<c@d.example>', /^250 /m)
  await order(peer, 'DATA', /^354 /m)
}

const greeted = (peer: Peer) => peer.hear((bytes) => /^220 .*\r\n$/m.test(bytes.toString('latin1')))

/** A sender: its words are the message. */
export const MAIL_CLIENT: Dialogue = {
  ...TELLER,
  wordsFirst: true,
  async approach(peer) {
    await greeted(peer)
    await envelope(peer)
  },
  words: says(`Subject: ${TOKEN}\r\n\r\nhello\r\n.\r\n`),
  async after(peer) {
    await peer.hear((bytes) => /^250 /m.test(bytes.toString('latin1')))
    await order(peer, 'QUIT', /^221 /m)
  },
}

export const MAIL_CLIENT_STARTTLS: Dialogue = {
  ...MAIL_CLIENT,
  async before(peer) {
    await greeted(peer)
    await order(peer, 'EHLO client.example', /^250 .*\r\n$/m)
    await order(peer, 'STARTTLS', /^220 /m)
  },
  approach: envelope,
}
