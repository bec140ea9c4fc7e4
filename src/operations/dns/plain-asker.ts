import type { Deadline } from '../../core/deadline.js'
import type { DnsExchange, PlainQuestion } from '../../net/dns/exchange.js'
import {
  type Name,
  type QueryWriter,
  type Question,
  type ResourceRecord,
  readPlainRecords,
} from '../../protocol/dns/index.js'
import type { DnsChannel } from './channel.js'
import { ednsUse, type Inquirer } from './inquirer.js'
import { type Done, Inquiry } from './inquiry.js'
import { type DnsServer, firstTransport, type Transport } from './server.js'

/** Who is told of a question's outcome: of the two one is called, later, once. */
export interface Told {
  /** The records of a plain answer, see {@link readPlainRecords}. */
  plain(records: readonly ResourceRecord[]): void
  done(...told: Parameters<Done>): void
}

/**
 * Asks one server very many questions of one type, for whoever wants nothing but the records: nearly each is answered
 * plainly at the first try, and of those nothing is kept that an {@link Inquiry} keeps. Whatever else comes of one, an
 * inquiry takes over.
 */
export class PlainAsker {
  readonly inquirer: Inquirer
  readonly server: DnsServer
  readonly type: number
  readonly class: number
  /** For all tries of each question. */
  readonly whole: Deadline
  readonly transport: Transport
  readonly writer: QueryWriter
  readonly #channel: DnsChannel

  constructor(inquirer: Inquirer, server: DnsServer, type: number, recordClass: number, whole: Deadline) {
    const { edns, tcp } = inquirer.options
    this.inquirer = inquirer
    this.server = server
    this.type = type
    this.class = recordClass
    this.whole = whole
    this.transport = firstTransport(server, type, tcp)
    this.writer = inquirer.writer(type, recordClass, ednsUse(edns !== null, this.transport))
    this.#channel = inquirer.channel(server)
  }

  ask(name: Name, told: Told): void {
    this.#channel.ask(this.transport, new FirstTry(this, name, told))
  }
}

class FirstTry implements PlainQuestion, Question {
  readonly askedAt: number
  readonly deadline: Deadline
  strangeBefore: number
  readonly name: Name
  readonly type: number
  readonly class: number
  readonly #asker: PlainAsker
  readonly #told: Told
  #records: readonly ResourceRecord[] | null

  constructor(asker: PlainAsker, name: Name, told: Told) {
    this.askedAt = performance.now()
    this.deadline = asker.whole.within(asker.inquirer.options.timeoutMs, this.askedAt)
    this.strangeBefore = 0
    this.name = name
    this.type = asker.type
    this.class = asker.class
    this.#asker = asker
    this.#told = told
    this.#records = null
  }

  write(bytes: Uint8Array, start: number, id: number): number {
    return this.#asker.writer.write(id, this.name, bytes, start)
  }

  accepts(bytes: Uint8Array, end: number, id: number): boolean {
    this.#records = readPlainRecords(bytes, end, id, this)
    return this.#records !== null
  }

  answered(): void {
    if (this.#records === null) throw new Error('an answer that was accepted')
    if (this.#asker.transport === 'udp') this.#asker.inquirer.window.answered()
    this.#told.plain(this.#records)
  }

  exchange(): DnsExchange {
    const { inquirer, server, type, class: recordClass, whole } = this.#asker
    const question = { name: this.name, type, class: recordClass }
    const told = this.#told
    return Inquiry.underWay(inquirer, [server], question, this, whole, (outcome, failed) => told.done(outcome, failed))
  }
}
