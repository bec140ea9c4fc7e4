import type { Deadline } from '../../core/deadline.js'
import type { Outcome } from '../../core/outcome.js'
import { type EdnsRequest, isTransfer, QueryWriter, type Question, TYPE } from '../../protocol/dns/index.js'
import { DnsChannel } from './channel.js'
import { FlightWindow } from './flight-window.js'
import type { EdnsUse, Inquirer } from './inquirer.js'
import { type Done, type FailedTry, Inquiry } from './inquiry.js'
import { PlainAsker } from './plain-asker.js'
import type { DnsServer } from './server.js'
import { ServerOrder } from './server-order.js'
import type { AskOptions, DnsReply } from './types.js'

/** Pads questions that travel encrypted, so that their length says less (RFC 8467, section 4.1). */
const PADDING_BLOCK = 128

/** For whoever asks much. */
interface Bulk {
  /** Questions in flight, see {@link DnsClient.window}. */
  readonly most?: number
  /** Authority and additional records of an answer are not looked at. */
  readonly answersOnly?: boolean
  /** That server is silent, and comes after the others from now on: see {@link ServerOrder}. Without it none ever does. */
  readonly fellSilent?: (server: DnsServer, elapsedMs: number) => void
}

interface Told {
  readonly outcome: Outcome<DnsReply>
  readonly failed: FailedTry | null
}

/** Asks DNS servers, with all that it takes to get one answer that can be trusted to be theirs. */
export class DnsClient implements Inquirer {
  readonly options: AskOptions
  readonly signal: AbortSignal
  /** How many questions should be asked at once, as the network bears it: for whoever asks many. */
  readonly window: FlightWindow
  readonly answersOnly: boolean
  readonly order: ServerOrder | null
  readonly #edns: Readonly<Record<EdnsUse, EdnsRequest | null>>
  /** By type and class. */
  readonly #writers: Readonly<Record<EdnsUse, Map<number, QueryWriter>>>
  readonly #channels = new Map<string, DnsChannel>()

  constructor(options: AskOptions, signal: AbortSignal, bulk: Bulk = {}) {
    const { most = 100, answersOnly = false, fellSilent } = bulk
    this.options = options
    const { edns } = options
    this.#edns = { none: null, plain: edns, padded: edns && { paddingBlock: PADDING_BLOCK, ...edns } }
    this.#writers = { none: new Map(), plain: new Map(), padded: new Map() }
    this.signal = signal
    this.window = new FlightWindow(most)
    this.answersOnly = answersOnly
    this.order = fellSilent ? new ServerOrder(fellSilent) : null
  }

  /** Asks the servers in turn, round after round, until one has an answer; `done` is called later, once. */
  inquire(servers: readonly DnsServer[], question: Question, deadline: Deadline, done: Done): void {
    new Inquiry(this, servers, question, deadline, done).start()
  }

  /** For many questions of that type, where one server is asked and the records alone are wanted; else null. */
  plainAsker(servers: readonly DnsServer[], type: number, recordClass: number, deadline: Deadline): PlainAsker | null {
    const [server, ...others] = servers
    if (!server || others.length > 0 || !this.answersOnly || isTransfer(type)) return null
    return new PlainAsker(this, server, type, recordClass, deadline)
  }

  /** As {@link inquire}, for those who ask little. */
  askAny(servers: readonly DnsServer[], question: Question, deadline: Deadline): Promise<Outcome<DnsReply>> {
    return new Promise((resolve) => this.inquire(servers, question, deadline, resolve))
  }

  ask(server: DnsServer, question: Question, deadline: Deadline): Promise<Outcome<DnsReply>> {
    return this.askAny([server], question, deadline)
  }

  /** The same, with what is known of the try where it failed. */
  askTelling(server: DnsServer, question: Question, deadline: Deadline): Promise<Told> {
    return new Promise((resolve) => {
      this.inquire([server], question, deadline, (outcome, failed) => resolve({ outcome, failed }))
    })
  }

  close(): void {
    for (const channel of this.#channels.values()) channel.close()
    this.#channels.clear()
  }

  channel(server: DnsServer): DnsChannel {
    const existing = this.#channels.get(server.name)
    if (existing) return existing
    const channel = new DnsChannel(server, this.options, this.signal)
    this.#channels.set(server.name, channel)
    return channel
  }

  writer(type: number, recordClass: number, edns: EdnsUse): QueryWriter {
    const key = (type << 16) | recordClass
    const existing = this.#writers[edns].get(key)
    if (existing) return existing
    const { recursionDesired, checkingDisabled, ixfrSerial } = this.options
    const since = type === TYPE.IXFR ? ixfrSerial : undefined
    const form = { type, class: recordClass, recursionDesired, checkingDisabled, edns: this.#edns[edns], since }
    const writer = new QueryWriter(form)
    this.#writers[edns].set(key, writer)
    return writer
  }
}
