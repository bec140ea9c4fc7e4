import { type Failure, failure } from '../../core/failure.js'
import { TELLING_BYTES } from '../../core/first-bytes.js'
import { hint } from '../../core/hint.js'
import type { OperationContext } from '../../core/operation.js'
import { counted } from '../../core/text/digits.js'
import { octetText } from '../../core/text/octet-text.js'
import { formatSize } from '../../core/text/size.js'
import { type Anomaly, anomaly } from '../../protocol/http/anomaly.js'
import type { MessageEnd, ResponseEvent, ResponseHead } from '../../protocol/http/events.js'
import { octetPairs } from '../../protocol/http/events.js'
import type { OutputFile } from '../shared/output-file.js'
import { BodyDecoder, codingsOf } from './body-decoder.js'
import { type AnomalyEvent, EXPECTED_BODY_BYTES, type RawHttpEvent, type RawHttpOptions } from './types.js'

/** Takes what the decoder makes of one response, in order: events, the output file, and what the judgement needs. */
export class ResponseSink {
  /** From 1: the request that it answers. */
  readonly sequence: number
  readonly #options: RawHttpOptions
  readonly #context: OperationContext<RawHttpEvent>
  readonly #output: OutputFile | null
  #bodyDecoder: BodyDecoder | null = null
  #head: ResponseHead | null = null
  #end: MessageEnd | null = null
  #firstFault: AnomalyEvent | null = null
  #anomalies = 0
  #deliveredBytes = 0
  #kept: Uint8Array[] = []
  #keptBytes = 0
  /** Codings in which the body is handed out, since they are not known here; outermost first. */
  #undone: readonly string[] = []
  #limited = false
  #beginning: Uint8Array = new Uint8Array()
  #problem: Failure | null = null
  /** Told once when the body grows beyond the bound, or the output cannot be written. */
  onLimit: (failure: Failure) => void = () => {}

  constructor(
    sequence: number,
    options: RawHttpOptions,
    context: OperationContext<RawHttpEvent>,
    output: OutputFile | null,
  ) {
    this.sequence = sequence
    this.#options = options
    this.#context = context
    this.#output = output
  }

  /** The final head, its texts as they are told; null where none came. */
  get head(): ResponseHead | null {
    return this.#head
  }

  /** The end of the message, once it has been taken. */
  get end(): MessageEnd | null {
    return this.#end
  }

  /** The first anomaly of the gravest kind: an error before a warning. */
  get firstFault(): AnomalyEvent | null {
    return this.#firstFault
  }

  /** Errors and warnings. */
  get anomalies(): number {
    return this.#anomalies
  }

  /** What went wrong on this side of the framing: a coding that is not known or not kept, a body too large, a full disk. */
  get problem(): Failure | null {
    return this.#problem
  }

  /** What the body held, up to {@link EXPECTED_BODY_BYTES}, where something is expected of it. */
  get text(): string {
    return Buffer.concat(this.#kept).toString()
  }

  /** The first bytes that came, decoded or not: as many as tell what is spoken. */
  get beginning(): Uint8Array {
    return this.#beginning
  }

  /** `bytes`, which came at `offset`, are lent until what is returned is settled. */
  take(bytes: Uint8Array, offset: number, events: readonly ResponseEvent[]): Promise<void> | undefined {
    const { wire } = this.#options
    if (this.#beginning.length < TELLING_BYTES)
      this.#beginning = Buffer.concat([this.#beginning, bytes.subarray(0, TELLING_BYTES - this.#beginning.length)])
    const wait = wire && bytes.length > 0 ? this.#deliver('wire', offset, bytes) : undefined
    if (wait) return wait.then(() => this.#takeFrom(events, 0))
    return this.#takeFrom(events, 0)
  }

  #takeFrom(events: readonly ResponseEvent[], from: number): Promise<void> | undefined {
    for (let i = from; i < events.length; i++) {
      const event = events[i]
      const wait = event && this.#one(event)
      if (wait) return wait.then(() => this.#takeFrom(events, i + 1))
    }
    return this.#context.drained?.()
  }

  #one(event: ResponseEvent): Promise<void> | undefined {
    const sequence = this.sequence
    const { emit } = this.#context
    switch (event.type) {
      case 'body':
        return this.#body(event.offset, event.data)
      case 'informational':
        emit({ type: 'informational', sequence, ...readable(event.head) })
        return undefined
      case 'head': {
        const { framing } = event
        const head = readable(event.head)
        this.#head = head
        const lengthBytes = framing.kind === 'length' ? framing.lengthBytes : null
        const codings = 'codings' in framing ? framing.codings : []
        emit({ type: 'response', sequence, ...head, framing: framing.kind, lengthBytes, codings })
        this.#prepareDecoding(head, codings)
        return this.#output?.begin().then((failed) => this.#stopFor(failed))
      }
      case 'anomaly':
        this.#report(event.anomaly)
        return undefined
      case 'trailers':
        emit({ type: 'trailers', sequence, offset: event.offset, headers: octetPairs(event.headers) })
        return undefined
      case 'rest':
        if (!this.#options.wire) emit({ type: 'rest', sequence, offset: event.offset, bytes: event.data })
        return undefined
      case 'undecoded':
        if (!this.#options.wire) emit({ type: 'undecoded', sequence, offset: event.offset, bytes: event.data })
        return undefined
      case 'end':
        return this.#finish(event)
    }
  }

  #report(found: Anomaly): void {
    const anomaly: AnomalyEvent = { type: 'anomaly', sequence: this.sequence, ...found }
    if (anomaly.severity !== 'note') {
      this.#anomalies++
      if (!this.#firstFault || (anomaly.severity === 'error' && this.#firstFault.severity !== 'error'))
        this.#firstFault = anomaly
    }
    this.#context.emit(anomaly)
  }

  #prepareDecoding(head: ResponseHead, transferCodings: readonly string[]): void {
    if (!this.#options.decompress || this.#options.wire) return
    const { decoded, left } = codingsOf(head.headers, transferCodings)
    if (decoded.length + left.length === 0) return
    this.#context.emit({ type: 'decoding', sequence: this.sequence, decoded, left })
    this.#undone = left
    if (decoded.length > 0) this.#bodyDecoder = new BodyDecoder(decoded, (bytes) => this.#bounded(null, bytes))
  }

  #body(offset: number, bytes: Uint8Array): Promise<void> | undefined {
    const decoder = this.#bodyDecoder
    if (!decoder) return this.#bounded(offset, bytes)
    if (this.#problem || this.#limited) return undefined
    return decoder.write(offset, bytes).catch((error: unknown) => this.#undecodable(error))
  }

  async #finish(end: MessageEnd): Promise<void> {
    if (this.#bodyDecoder && !this.#problem && !this.#limited && end.bodyBytes > 0) {
      const extra = await this.#bodyDecoder.end().catch((error: unknown) => {
        // A body that was cut off cannot be undone to its end: that is no second fault.
        if (end.verdict !== 'incomplete') this.#undecodable(error)
        return null
      })
      if (extra) {
        this.#report(anomaly('bytes-after-coding', extra.offset))
        this.#undecodable(new Error(`${counted(extra.sizeBytes, 'byte')} too many, from byte ${extra.offset} on`))
      }
    }
    this.#bodyDecoder?.destroy()
    if (this.#undone.length > 0 && end.bodyBytes > 0) this.#problem ??= leftCoded(this.#undone)
    this.#end = end
    const { verdict, stage, reason, bodyBytes, suppressedAnomalies } = end
    const sequence = this.sequence
    this.#context.emit({ type: 'end', sequence, verdict, stage, reason, bodyBytes, suppressedAnomalies })
  }

  #bounded(offset: number | null, bytes: Uint8Array): Promise<void> | undefined {
    if (this.#limited) return undefined
    const { maxBodyBytes, wire, expect } = this.#options
    const left = maxBodyBytes === null ? Number.POSITIVE_INFINITY : maxBodyBytes - this.#deliveredBytes
    const allowed = bytes.length > left ? bytes.subarray(0, left) : bytes
    this.#deliveredBytes += allowed.length
    if (expect.body && this.#keptBytes < EXPECTED_BODY_BYTES) {
      const kept = Uint8Array.prototype.slice.call(allowed, 0, EXPECTED_BODY_BYTES - this.#keptBytes)
      this.#kept.push(kept)
      this.#keptBytes += kept.length
    }
    if (bytes.length > left && maxBodyBytes !== null) {
      this.#limited = true
      const message = `the body is larger than the ${formatSize(maxBodyBytes)} allowed`
      this.#problem = failure({
        phase: 'read',
        origin: 'expectation',
        code: 'EMSGSIZE',
        message,
        ...hint('allow a larger body', 'larger-body'),
      })
      this.onLimit(this.#problem)
    }
    return wire || allowed.length === 0 ? undefined : this.#deliver('body', offset, allowed)
  }

  #deliver(type: 'body' | 'wire', offset: number | null, bytes: Uint8Array): Promise<void> | undefined {
    if (!this.#output) {
      this.#context.emit({ type, sequence: this.sequence, offset, bytes })
      return this.#bodyDecoder ? this.#context.drained?.() : undefined
    }
    return this.#output.write(bytes).then((failed) => this.#stopFor(failed))
  }

  #stopFor(unwritten: Failure | null): void {
    if (!unwritten || this.#problem) return
    this.#problem = unwritten
    this.#limited = true
    this.onLimit(unwritten)
  }

  #undecodable(error: unknown): void {
    if (this.#problem || this.#limited) return
    this.#problem = failure({
      phase: 'protocol',
      origin: 'peer',
      code: 'HTTP_CONTENT_CODING',
      message: `the body is not what its coding says: ${error instanceof Error ? error.message : String(error)}`,
      ...hint('take the body as it came', 'raw-body'),
    })
  }
}

/** Not the peer's fault: what it sent may be well coded. */
function leftCoded(codings: readonly string[]): Failure {
  const why = codings[0] === 'zstd' ? ' by this Node, which does it from 22.15 on' : ' here'
  const message = `${codings.join(', ')} cannot be undone${why}: the body stays in that coding`
  const hinted = hint('ask for another one with Accept-Encoding, or take the body as it came', 'raw-body')
  return failure({ phase: 'read', origin: 'expectation', code: 'CODING_UNKNOWN', message, ...hinted })
}

/** A head whose texts are told and compared: framing and anomalies were settled on its octets. */
function readable(head: ResponseHead): ResponseHead {
  return { ...head, statusText: octetText(head.statusText), headers: octetPairs(head.headers) }
}
