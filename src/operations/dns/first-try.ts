import type { Deadline } from '../../core/deadline.js'
import type { Failure } from '../../core/failure.js'
import type { Exchange, FarEnd, Fit, Sending } from '../../net/dns-exchange.js'
import { type Question, type ResourceRecord, readPlainRecords } from '../../protocol/dns/index.js'
import type { Inquirer } from './inquirer.js'
import { type Done, Inquiry } from './inquiry.js'
import type { DnsServer } from './server.js'

/** The records of a plain answer, see {@link readPlainRecords}. */
export type Plain = (records: readonly ResourceRecord[]) => void

/**
 * One of very many questions that one server is asked over UDP, for whoever wants nothing but the records: nearly each is
 * answered plainly at the first try, and of those nothing needs to be kept that an {@link Inquiry} keeps. Whatever
 * else comes of it, the inquiry takes over.
 */
export class FirstTry implements Exchange {
  readonly deadline: Deadline
  readonly askedAt: number
  readonly #inquirer: Inquirer
  readonly #server: DnsServer
  readonly #question: Question
  readonly #whole: Deadline
  readonly #plain: Plain
  readonly #done: Done
  #records: readonly ResourceRecord[] | null = null
  #inquiry: Inquiry | null = null

  constructor(
    inquirer: Inquirer,
    server: DnsServer,
    question: Question,
    deadline: Deadline,
    { plain, done }: { readonly plain: Plain; readonly done: Done },
  ) {
    this.#inquirer = inquirer
    this.#server = server
    this.#question = question
    this.#whole = deadline
    this.#plain = plain
    this.#done = done
    this.askedAt = performance.now()
    this.deadline = deadline.within(inquirer.options.timeoutMs, this.askedAt)
  }

  start(): void {
    this.#inquirer.channel(this.#server).ask('udp', this)
  }

  write(bytes: Uint8Array, start: number, id: number): number {
    const { name, type, class: recordClass } = this.#question
    const { options } = this.#inquirer
    const edns = options.edns === null ? 'none' : 'plain'
    return this.#inquirer.writer(type, recordClass, edns).write(id, name, bytes, start)
  }

  accepts(bytes: Uint8Array, end: number, id: number): Fit {
    if (this.#inquiry === null) {
      this.#records = readPlainRecords(bytes, end, id, this.#question)
      if (this.#records !== null) return 'answer'
    }
    return this.#handOver().accepts(bytes, end, id)
  }

  answered(from: FarEnd, sending: Sending, now: number): void {
    if (this.#records === null) {
      this.#handOver().answered(from, sending, now)
      return
    }
    const { window } = this.#inquirer
    if (sending.lost > 0) window.lost(this.askedAt, now)
    else window.answered()
    this.#plain(this.#records)
  }

  failed(failed: Failure): void {
    this.#handOver().failed(failed)
  }

  #handOver(): Inquiry {
    this.#inquiry ??= Inquiry.underWay(this.#inquirer, [this.#server], this.#question, this, this.#whole, this.#done)
    return this.#inquiry
  }
}
