import type { Duplex } from 'node:stream'
import type { SMTPServer, SMTPServerOptions } from 'smtp-server'
import type { SMTPConnection, SMTPConnectionOptions } from 'smtp-server/lib/smtp-connection.js'
import type { Refusal } from './smtp-policy.js'
import type { SmtpStream } from './smtp-stream.js'

/** The commands that smtp-server answers by itself, without asking anybody. */
const HELD = { EHLO: 'ehlo', HELO: 'ehlo', STARTTLS: 'starttls', DATA: 'data' } as const
type HeldStage = (typeof HELD)[keyof typeof HELD]

/** RFC 2034 section 4: no enhanced code in the answer to EHLO. */
const PLAIN = ['EHLO', 'HELO']

export interface SmtpEngine {
  connect(stream: SmtpStream, where: SMTPConnectionOptions): void
}

/** smtp-server without a listener of its own. `hold` is asked, and waited for, before the commands that it has no hook for. */
export async function createSmtpEngine(
  options: SMTPServerOptions,
  hold: (stage: HeldStage) => Promise<Refusal | null>,
): Promise<SmtpEngine> {
  const [{ SMTPServer: Server }, { SMTPConnection: Connection }] = await Promise.all([
    import('smtp-server'),
    import('smtp-server/lib/smtp-connection.js'),
  ])

  class HeldConnection extends Connection {
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

function stageOf(command: string): HeldStage | null {
  return command === 'EHLO' || command === 'HELO' || command === 'STARTTLS' || command === 'DATA' ? HELD[command] : null
}
