import type { RequestContext } from '../body/framing.js'
import type { EventLog } from '../event-log.js'
import type { BodyFraming } from '../events.js'
import { MessageReader } from '../message-reader.js'
import { type Head, HeadReader, headOf } from './head-reader.js'
import { readPlainHead } from './plain-head.js'

/** Reads one response, its interim heads included. */
export class ResponseReader extends MessageReader {
  readonly #log: EventLog
  readonly #request: RequestContext
  #isFirst: boolean
  protected head: HeadReader | null = null
  protected readonly nothingCame = 'no-response'
  #framing: BodyFraming['kind'] | null = null

  /** @param isFirst whether it is the first response of its connection */
  constructor(request: RequestContext, log: EventLog, maxHeadBytes: number, isFirst: boolean) {
    super(log, maxHeadBytes)
    this.#log = log
    this.#request = request
    this.#isFirst = isFirst
    log.reset()
  }

  /** How the body is framed, once the final head has been read. */
  get framing(): BodyFraming['kind'] | null {
    return this.#framing
  }

  protected readHead(chunk: Buffer, at: number, base: number): number {
    const plain = this.head ? null : readPlainHead(chunk, at, base)
    const firstOfHead = this.#log.size
    if (plain && plain.end - at <= this.maxHeadBytes) {
      const bytes = chunk.subarray(at, plain.end)
      const head = headOf(plain, bytes, base + at, this.#request, this.#log.report)
      this.#log.sortFrom(firstOfHead)
      this.#take(head, base + plain.end)
      return plain.end
    }
    this.head ??= new HeadReader(this.#log, this.maxHeadBytes, this.#isFirst)
    const next = this.head.read(chunk, at, base, this.#request)
    const { outcome } = this.head
    this.#log.sortFrom(firstOfHead)
    if (outcome === 'failed') this.fail(base + next, 'head')
    else if (outcome !== null) this.#take(outcome, base + next)
    return next
  }

  #take({ head, framing, persistent, body }: Head, offset: number): void {
    const { statusCode } = head
    if (statusCode !== null && statusCode >= 100 && statusCode < 200 && statusCode !== 101) {
      this.#log.add({ type: 'informational', head })
      this.head = null
      this.#isFirst = false
      return
    }
    this.#log.add({ type: 'head', head, framing })
    this.#framing = framing.kind
    this.enter(framing, persistent, offset, statusCode === 205 ? 'body-in-205' : null)
    // HTTP/0.9 has no head: what was read in search of one is content.
    if (body) this.read(body, 0, head.offset)
  }
}
