import { hostname } from 'node:os'
import { type Failure, failure } from '../../core/failure.js'
import { type Hinted, hint, NO_HINT } from '../../core/hint.js'
import { fail, type Outcome, ok } from '../../core/outcome.js'
import { counted } from '../../core/text/digits.js'
import { stopwatch } from '../../core/timer.js'
import { ask, type Decoder, decodeLine, type HandshakeOptions } from '../stream/handshake.js'
import type { Stream } from '../stream/stream.js'

export const STARTTLS_PROTOCOLS = ['smtp', 'imap', 'pop3', 'postgres'] as const
/** What is spoken in the clear before TLS begins. */
export type StarttlsProtocol = (typeof STARTTLS_PROTOCOLS)[number]

/** What is sent (nothing: a greeting is awaited), how the answer is read, and which answers let us go on. */
interface StarttlsStep {
  readonly send: string | Uint8Array
  readonly read: Decoder<string>
  readonly accepts: RegExp
}

/** RFC 5321 4.2: the last line of a reply has a space, or nothing, after the code. */
const smtpReply = lastLine(/^\d{3}(?: |$)/, /^\d{3}-/)
/** RFC 3501 2.2.2: untagged lines come before the tagged one. */
const imapReply = lastLine(/^a /, /^(?:\*|\+)/)

const DIALOGUES: Readonly<Record<StarttlsProtocol, () => readonly StarttlsStep[]>> = {
  // RFC 3207
  smtp: () => [
    { send: '', read: smtpReply, accepts: /^220/ },
    { send: `EHLO ${heloName()}\r\n`, read: smtpReply, accepts: /^250/ },
    { send: 'STARTTLS\r\n', read: smtpReply, accepts: /^220/ },
  ],
  // RFC 3501 6.2.1
  imap: () => [
    { send: '', read: decodeLine, accepts: /^\* OK/i },
    { send: 'a STARTTLS\r\n', read: imapReply, accepts: /^a OK/i },
  ],
  // RFC 2595 4
  pop3: () => [
    { send: '', read: decodeLine, accepts: /^\+OK/ },
    { send: 'STLS\r\n', read: decodeLine, accepts: /^\+OK/ },
  ],
  // SSLRequest: length 8, code 80877103; the answer is one byte.
  postgres: () => [
    {
      send: Uint8Array.of(0, 0, 0, 8, 4, 210, 22, 47),
      read: (bytes) => (bytes.length === 0 ? null : { value: String.fromCharCode(bytes[0] ?? 0), used: 1 }),
      accepts: /^S$/,
    },
  ],
}

/**
 * Speaks a protocol in the clear up to where TLS may begin. A refusal is the peer's `STARTTLS_REFUSED`; bytes behind
 * the go-ahead could have been put there by anyone on the way and would be read as if TLS protected them
 * (CVE-2011-0411), so they end it: `STARTTLS_INJECTION`, phase protocol.
 */
export async function starttls(
  stream: Stream,
  protocol: StarttlsProtocol,
  options: HandshakeOptions,
): Promise<Outcome<Stream>> {
  const elapsed = stopwatch()
  const refuse = (code: string, phase: Failure['phase'], message: string, hinted: Hinted = NO_HINT) => {
    const failed = failure({ phase, origin: 'peer', code, message, ...hinted, endpoint: options.endpoint })
    stream.end('error', failed)
    return fail(failed, elapsed())
  }
  for (const { send, read, accepts } of DIALOGUES[protocol]()) {
    const answer = await ask(stream, send, read, options)
    if (!answer.ok) return fail(answer.failure, elapsed())
    if (!accepts.test(answer.value))
      return refuse(
        'STARTTLS_REFUSED',
        'tls',
        `${options.name} will not start TLS for ${protocol}: ${answer.value}`,
        hint(`this is what the server says; look at its TLS settings, and whether it speaks ${protocol} at all`),
      )
  }
  const extra = stream.unread().length
  if (extra > 0) {
    const message = `${options.name} sent ${counted(extra, 'byte')} between its go-ahead for TLS and the handshake: that is not protected, and nothing after it can be trusted`
    return refuse('STARTTLS_INJECTION', 'protocol', message)
  }
  return ok(stream, elapsed())
}

/** Reads lines up to one that matches `last`; each before it must match `more`. The value is the last line. */
function lastLine(last: RegExp, more: RegExp): Decoder<string> {
  return (bytes) => {
    for (let used = 0; ; ) {
      const line = decodeLine(bytes.subarray(used))
      if (!line) return null
      used += line.used
      if (last.test(line.value)) return { value: line.value, used }
      if (!more.test(line.value)) throw new Error(line.value)
    }
  }
}

/** RFC 5321 4.1.1.1: a domain, or an address literal where this machine has no proper name. */
function heloName(): string {
  const name = hostname()
  return /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i.test(name) ? name : '[127.0.0.1]'
}
