import type { TlsSession } from '../../net/tls/client.js'
import { type Reply, replyLines, type Stage, type TranscriptItem } from '../../protocol/smtp/index.js'
import type { SmtpSendEvent } from './types.js'

const OF_A_MAIL: readonly Stage[] = ['mail', 'rcpt', 'data', 'message']

/** The story of one connection: what is noted becomes events, with time and the mail that it belongs to. */
export class Transcript {
  readonly #emit: (event: SmtpSendEvent) => void
  /** On the clock of performance.now(). */
  readonly #startedAt: number
  readonly #connectedAt = performance.now()
  readonly #replies: { readonly stage: Stage; readonly reply: Reply }[] = []
  readonly #keep: ReadonlySet<Stage>
  /** With PIPELINING the next mail is begun before the one before is answered. */
  #mailsBegun = 0
  #mailsAnswered = 0
  #bannerMs: number | null = null
  #session: TlsSession | null

  /** Keeps the replies of the stages in `keep`. `session` is TLS that stands already. */
  constructor(
    emit: (event: SmtpSendEvent) => void,
    startedAt: number,
    keep: readonly Stage[],
    session: TlsSession | null,
  ) {
    this.#emit = emit
    this.#startedAt = startedAt
    this.#keep = new Set(keep)
    this.#session = session
    if (session) this.#secured()
  }

  /** From the connection to the greeting. */
  get bannerMs(): number | null {
    return this.#bannerMs
  }

  get tlsMs(): number | null {
    return this.#session?.tlsMs ?? null
  }

  get dialogueMs(): number {
    return performance.now() - this.#connectedAt
  }

  repliesAt(stage: Stage): readonly Reply[] {
    return this.#replies.flatMap((each) => (each.stage === stage ? [each.reply] : []))
  }

  /** The handshake is done; the dialogue notes when it goes on. */
  onSecured(session: TlsSession): void {
    this.#session = session
  }

  note(item: TranscriptItem): void {
    const atMs = performance.now() - this.#startedAt
    switch (item.what) {
      case 'command': {
        const { stage, text, elided, secure } = item
        if (stage === 'mail') this.#mailsBegun++
        this.#emit({ type: 'command', atMs, stage, mail: mailOf(stage, this.#mailsBegun), secure, text, elided })
        return
      }
      case 'reply': {
        const { stage, reply, unexpected, secure } = item
        if (stage === 'mail') this.#mailsAnswered++
        if (stage === 'banner') this.#bannerMs ??= this.dialogueMs
        if (this.#keep.has(stage)) this.#replies.push({ stage, reply })
        const { code, enhancedCode, anomalies } = reply
        const mail = mailOf(stage, this.#mailsAnswered)
        const said = {
          atMs,
          stage,
          mail,
          secure,
          replyCode: code,
          enhancedCode,
          ...replyLines(reply.lines),
          unexpected,
          anomalies,
        }
        this.#emit({ type: 'reply', ...said })
        return
      }
      case 'stray': {
        const { stage, rule, bytes, sizeBytes, secure } = item
        const mail = mailOf(stage, this.#mailsAnswered + (stage === 'mail' ? 1 : 0))
        this.#emit({ type: 'stray', atMs, stage, mail, secure, rule, sizeBytes, bytes })
        return
      }
      case 'unanswered': {
        const { stage, problem, secure } = item
        this.#emit({ type: 'unanswered', atMs, stage, mail: null, secure, code: problem.code })
        return
      }
      case 'message': {
        const { message, sizeBytes, secure } = item
        const mail = message + 1
        this.#emit({ type: 'content', atMs, stage: 'message', mail, secure, sizeBytes: sizeBytes ?? 0 })
        return
      }
      case 'tls':
        this.#secured()
    }
  }

  #secured(): void {
    if (!this.#session) throw new Error('TLS is noted before its handshake')
    const { tlsMs, report } = this.#session
    this.#emit({ type: 'tls', atMs: performance.now() - this.#startedAt, tlsMs, ...report })
  }
}

function mailOf(stage: Stage, count: number): number | null {
  return OF_A_MAIL.includes(stage) ? count : null
}
