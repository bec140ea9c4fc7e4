import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { CERTIFICATE, PRIVATE_KEY } from './certificate.js'
import { listening } from './sockets.js'

/** What a scripted server does instead of saying something: fall silent, close with FIN, or reset. */
export type Deed = 'silence' | 'close' | 'reset'
export type Turn = string | Uint8Array | { readonly do: Deed }

/** An answer, or one for each time the question comes; the last of several goes on for ever. */
export type Answer = Turn | readonly Turn[]

export const SILENCE: Turn = { do: 'silence' }
export const CLOSE: Turn = { do: 'close' }
export const RESET: Turn = { do: 'reset' }

/** The byte-exact answers of a mail server, by verb; `message` answers the final dot. What is missing is polite. */
export interface MailScript {
  readonly banner?: Answer
  readonly EHLO?: Answer
  readonly LHLO?: Answer
  readonly HELO?: Answer
  readonly STARTTLS?: Answer
  readonly AUTH?: Answer
  readonly MAIL?: Answer
  readonly RCPT?: Answer
  readonly DATA?: Answer
  readonly message?: Answer
  readonly RSET?: Answer
  readonly QUIT?: Answer
}

const POLITE: Required<MailScript> = {
  banner: '220 scripted ESMTP\r\n',
  EHLO: '250-scripted\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-DSN\r\n250 SIZE\r\n',
  LHLO: '250-scripted\r\n250 PIPELINING\r\n',
  HELO: '250 scripted\r\n',
  STARTTLS: '454 not today\r\n',
  AUTH: '235 2.7.0 welcome\r\n',
  MAIL: '250 2.1.0 fine\r\n',
  RCPT: '250 2.1.5 fine\r\n',
  DATA: '354 go on\r\n',
  message: '250 2.0.0 queued\r\n',
  RSET: '250 2.0.0 forgotten\r\n',
  QUIT: '221 2.0.0 bye\r\n',
}

export interface MailServer {
  readonly port: number
  /** Command lines without CRLF, of all connections in order. */
  readonly heard: readonly string[]
  /** What came between DATA and the final dot, its CRLF included, dots still doubled. */
  readonly messages: readonly Buffer[]
  /** Every byte that came, of all connections. */
  readonly bytes: () => Buffer
  readonly connections: () => number
  /** Connections that have ended. */
  readonly closed: () => number
  /** At once, over TLS soon: says that on the last connection and is gone, by FIN or by reset. */
  leave(lastWords: string | Uint8Array, how: 'close' | 'reset'): void
}

const END = Buffer.from('\r\n.\r\n')

export interface MailServerOptions {
  /** TLS from the first byte on. */
  readonly secure?: boolean
  /** Writes every byte on its own. */
  readonly bytewise?: boolean
  readonly address?: string
  /** One that is free at another address of this machine; otherwise a free one. */
  readonly port?: number
}

/** A mail server that says exactly what its script says. */
export async function mailServer(script: MailScript = {}, options: MailServerOptions = {}): Promise<MailServer> {
  const heard: string[] = []
  const messages: Buffer[] = []
  const received: Buffer[] = []
  let connections = 0
  let closed = 0
  let last: { readonly socket: Socket; readonly raw: Socket } | null = null
  const asked = new Map<string, number>()

  const turnFor = (verb: keyof MailScript): Turn => {
    const answer = script[verb] ?? POLITE[verb]
    const count = asked.get(verb) ?? 0
    asked.set(verb, count + 1)
    if (!isList(answer)) return answer
    const turn = answer[Math.min(count, answer.length - 1)]
    if (turn === undefined) throw new Error(`no answer to ${verb}`)
    return turn
  }
  const converse = (raw: Socket) => {
    const socket = options.secure
      ? new TLSSocket(raw, { isServer: true, cert: CERTIFICATE, key: PRIVATE_KEY }).on('error', () => {})
      : raw
    connections++
    last = { socket, raw }
    socket.once('close', () => closed++)
    socket.once('end', () => socket.end())
    let pending = Buffer.alloc(0)
    let inMessage = false
    let mute = false
    let queue = Promise.resolve()
    const perform = (verb: keyof MailScript) => {
      const turn = turnFor(verb)
      if (typeof turn === 'object' && 'do' in turn) {
        if (turn.do === 'silence') mute = true
        else if (turn.do === 'close') queue = queue.then(() => void socket.end())
        else queue = queue.then(() => void socket.resetAndDestroy())
        return
      }
      const bytes = Buffer.from(turn)
      const pieces = options.bytewise ? [...bytes].map((byte) => Buffer.of(byte)) : [bytes]
      for (const piece of pieces) queue = queue.then(() => written(socket, piece))
      if (verb === 'DATA' && bytes.toString('latin1').startsWith('354')) inMessage = true
    }
    socket.setNoDelay(true)
    socket.on('data', (chunk) => {
      received.push(chunk)
      pending = Buffer.concat([pending, chunk])
      while (!mute) {
        if (inMessage) {
          const whole = Buffer.concat([Buffer.from('\r\n'), pending])
          const end = whole.indexOf(END)
          if (end < 0) return
          messages.push(whole.subarray(2, end + 2))
          pending = pending.subarray(end + END.length - 2)
          inMessage = false
          perform('message')
          continue
        }
        const end = pending.indexOf('\n') + 1
        if (end === 0) return
        const line = pending.subarray(0, end).toString().trimEnd()
        pending = pending.subarray(end)
        heard.push(line)
        perform(verbOf(line))
      }
    })
    perform('banner')
  }
  const { port } = await listening(converse, options.address, options.port)
  return {
    port,
    heard,
    messages,
    bytes: () => Buffer.concat(received),
    connections: () => connections,
    closed: () => closed,
    leave(lastWords, how) {
      if (last === null) throw new Error('nobody is connected')
      const { socket, raw } = last
      const leave = () => {
        // TLS tells later that a write is done, and until then would keep the words to itself.
        if (socket.writableLength > 0) return void setImmediate(leave)
        socket.write(lastWords)
        if (how === 'close') raw.destroy()
        else raw.resetAndDestroy()
      }
      leave()
    },
  }
}

function isList(answer: Answer): answer is readonly Turn[] {
  return Array.isArray(answer)
}

function verbOf(line: string): keyof MailScript {
  const verb = line.split(' ', 1)[0] ?? ''
  // Whatever is no verb is the response in an AUTH exchange.
  return Object.keys(POLITE).find((known): known is keyof MailScript => known === verb) ?? 'AUTH'
}

/** Resolves when the system has the bytes, and the peer had a turn to read them on their own. */
function written(socket: Socket, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    if (!socket.writable) return resolve()
    socket.write(bytes, () => setImmediate(resolve))
  })
}
