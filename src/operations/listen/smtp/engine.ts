import type { Duplex } from 'node:stream'
import type { SMTPServer, SMTPServerOptions, SMTPServerSession } from 'smtp-server'
import type { SMTPConnection, SMTPConnectionOptions } from 'smtp-server/lib/smtp-connection.js'
import type { Refusal } from './policy.js'
import type { SmtpStream } from './stream.js'

/** The commands that smtp-server answers by itself, without asking anybody. */
const HELD = { EHLO: 'ehlo', HELO: 'ehlo', STARTTLS: 'starttls', DATA: 'data' } as const
type HeldStage = (typeof HELD)[keyof typeof HELD]

/** RFC 2034 section 4: no enhanced code in the answer to EHLO. */
const PLAIN = ['EHLO', 'HELO']

/** A no that was said, and to what. */
export interface SaidNo {
  /**
   * The verb, in capitals where it is one of SMTP's; null where no command was answered: at the greeting, and where a
   * session was cut off amid a line.
   */
  readonly command: string | null
  /** What stood behind the verb; of AUTH the mechanism alone, for the rest may be secret. */
  readonly argument: string | null
  readonly replyCode: number
  readonly text: string
  /** The session ends with it. */
  readonly cutsOff: boolean
}

/** Codes from here on are a no. */
const NO = 400
/** The service ends the session by itself (RFC 5321 section 3.8). */
const CUTS_OFF = 421
const GO_ON = 354
const ELIDED = '[elided]'
/** Whatever else follows an AUTH may be a response to it. */
const VERBS = new Set(['EHLO', 'HELO', 'LHLO', 'STARTTLS', 'AUTH', 'MAIL', 'RCPT', 'DATA', 'RSET', 'NOOP', 'QUIT'])

export interface SmtpEngine {
  connect(stream: SmtpStream, where: SMTPConnectionOptions): void
}

/**
 * smtp-server without a listener of its own. `hold` is asked, and waited for, before the commands that it has no hook for;
 * `onNo` is told of every command that is refused, and of sessions that are cut off. What becomes of a message is not among
 * them: its handler knows.
 */
export async function createSmtpEngine(
  options: SMTPServerOptions,
  hold: (stage: HeldStage) => Promise<Refusal | null>,
  onNo: (said: SaidNo, session: SMTPServerSession) => void,
): Promise<SmtpEngine> {
  const [{ SMTPServer: Server }, { SMTPConnection: Connection }] = await Promise.all([
    import('smtp-server'),
    import('smtp-server/lib/smtp-connection.js'),
  ])

  class HeldConnection extends Connection {
    /** What is being answered. */
    #asked: Asked | null = null
    #previous: string | null = null
    #inMessage = false

    override _onCommand(line: Buffer, callback: () => void = () => {}): void {
      // Within an AUTH exchange a line is a response to it, and secret.
      const asked = this._nextHandler ? this.#asked : askedBy(line, this.#previous)
      this.#asked = asked
      this.#previous = asked?.command ?? null
      this.#inMessage = false
      super._onCommand(line, () => {
        if (!this._nextHandler) this.#asked = null
        callback()
      })
    }

    override send(code: number, data?: string | string[] | null, context?: string | false): void {
      const { command = null, argument = null } = this.#asked ?? {}
      const cutsOff = code === CUTS_OFF || (command === null && !this.#inMessage)
      const tells = code >= NO && (cutsOff || !this.#inMessage)
      this.#inMessage ||= code === GO_ON
      super.send(code, data, context)
      const text = textOf(this.session.error ?? '')
      if (tells) onNo({ command, argument, replyCode: code, text, cutsOff }, this.session)
    }

    override _getHandler(command: string): ReturnType<SMTPConnection['_getHandler']> {
      const handler = super._getHandler(command)
      const stage = stageOf(command)
      if (handler === undefined || stage === null) return handler
      return (line, done) => {
        void hold(stage).then((refused) => {
          if (refused === null) return handler.call(this, line, done)
          this.send(refused.responseCode, refused.message, PLAIN.includes(command) ? false : undefined)
          done()
        })
      }
    }
  }

  const server: SMTPServer = new Server(options)
  server.on('error', () => {}) // of one connection, which tells itself how it ended
  return {
    connect(stream, where) {
      // It asks no more of a socket than a SmtpStream has.
      const socket = stream as Duplex as ConstructorParameters<typeof SMTPConnection>[1]
      const connection = new HeldConnection(server, socket, where)
      server.connections.add(connection)
      connection.on('error', () => {}) // as above
      connection.init()
    },
  }
}

/** The lines of a reply as they went out, enhanced codes included, without the code before each. */
function textOf(reply: string | Error): string {
  return String(reply)
    .split('\r\n')
    .map((line) => line.slice(4))
    .join(' ')
}

interface Asked {
  readonly command: string
  readonly argument: string | null
}

/** What a line asks for. `previous` is the verb before: behind a refused AUTH its responses come as if they were commands. */
function askedBy(line: Buffer, previous: string | null): Asked {
  const [, word = '', rest = ''] = /^(\S*) ?(.*)$/s.exec(line.toString()) ?? []
  const command = word.toUpperCase()
  if (previous === 'AUTH' && !VERBS.has(command)) return { command: 'AUTH', argument: ELIDED }
  if (command === 'AUTH') return { command, argument: rest.split(' ', 1)[0] || null }
  return { command: VERBS.has(command) ? command : word, argument: rest === '' ? null : rest }
}

function stageOf(command: string): HeldStage | null {
  return command === 'EHLO' || command === 'HELO' || command === 'STARTTLS' || command === 'DATA' ? HELD[command] : null
}
