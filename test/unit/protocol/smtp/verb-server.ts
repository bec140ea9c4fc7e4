import type { Stage } from '../../../../src/protocol/smtp/dialogue/stages.js'
import type { Server, Turn } from './driver.js'

/** What a server does at one stage instead of what it should: says that, closes, or is silent for good. */
export type Fault = { readonly say: string } | 'drop' | 'silence'

/** A server that understands what it hears, line by line, and fails at one stage. */
export class VerbServer implements Server {
  /** Complete messages received, as on the wire, without the final dot. */
  readonly received: string[] = []
  readonly verbs: string[] = []
  readonly #capabilities: readonly string[]
  readonly #faultAt: Stage | null
  readonly #fault: Fault | null
  #content: string[] | null = null
  #authenticating = false
  #recipients = 0

  constructor(capabilities: readonly string[], faultAt: Stage | null = null, fault: Fault | null = null) {
    this.#capabilities = capabilities
    this.#faultAt = faultAt
    this.#fault = fault
  }

  hear(flight: string | null): Turn {
    if (flight === null) return this.#turn(['banner'], [])
    const stages: Stage[] = []
    for (const line of flight.split('\r\n').slice(0, -1)) {
      const stage = this.#stageOf(line)
      if (stage) stages.push(stage)
    }
    return this.#turn(stages, [])
  }

  #turn(stages: readonly Stage[], said: string[]): Turn {
    for (const stage of stages) {
      if (stage !== this.#faultAt || this.#fault === null) {
        said.push(this.#usual(stage))
        continue
      }
      if (this.#fault === 'drop') return { say: said.join(''), gone: true }
      if (this.#fault === 'silence') return { say: said.join('') }
      said.push(this.#fault.say)
      if (this.#fault.say.startsWith('421')) return { say: said.join(''), gone: true }
    }
    return { say: said.join('') }
  }

  /** The stage whose reply a line calls for; null for a line of content. */
  #stageOf(line: string): Stage | null {
    if (this.#content) {
      if (line !== '.') {
        this.#content.push(line)
        return null
      }
      this.received.push(this.#content.join('\n'))
      this.#content = null
      return 'message'
    }
    if (this.#authenticating) return 'auth'
    const verb = line.split(' ', 1)[0] ?? ''
    this.verbs.push(verb)
    switch (verb) {
      case 'EHLO':
      case 'HELO':
        return 'ehlo'
      case 'AUTH':
        return 'auth'
      case 'RSET':
        this.#recipients = 0
        return 'rset'
      case 'MAIL':
        return 'mail'
      case 'RCPT':
        if (this.#faultAt !== 'rcpt' && this.#faultAt !== 'mail') this.#recipients++
        return 'rcpt'
      case 'DATA':
        if (this.#recipients > 0 && this.#faultAt !== 'data') this.#content = []
        return 'data'
      case 'QUIT':
        return 'quit'
      default:
        throw new Error(`a line that is no command: ${line}`)
    }
  }

  #usual(stage: Stage): string {
    switch (stage) {
      case 'banner':
        return '220 mx\r\n'
      case 'ehlo':
        return ['mx', ...this.#capabilities]
          .map((line, i, all) => `250${i === all.length - 1 ? ' ' : '-'}${line}\r\n`)
          .join('')
      case 'auth':
        return '235 welcome\r\n'
      case 'rcpt':
        return this.#faultAt === 'mail' ? '503 sender first\r\n' : '250 ok\r\n'
      case 'data':
        return this.#recipients > 0 ? '354 go\r\n' : '503 recipients first\r\n'
      case 'quit':
        return '221 bye\r\n'
      default:
        return '250 ok\r\n'
    }
  }
}
