import { abortFailure, combineFailures, deadlineFailure, type Failure, withAttempts } from '../../core/failure.js'
import { RUN_OVER } from '../../core/hint.js'
import type { Operation, OperationContext } from '../../core/operation.js'
import { fail, type Outcome, ok } from '../../core/outcome.js'
import { statistics } from '../../core/statistics.js'
import { OutputFile } from '../shared/output-file.js'
import { Conversation } from './conversation.js'
import { brokenExpectations, expectationFailure } from './expectations.js'
import { open, peerName } from './open.js'
import { type EncodedRequest, encodeRequest } from './request.js'
import { ResponseSink } from './response-sink.js'
import { timingOf } from './timing.js'
import type { RawHttpEvent, RawHttpOptions, RawHttpSummary } from './types.js'
import { verdictFailure } from './verdict.js'

export type * from './types.js'

/**
 * Sends requests exactly as given and tells exactly what came: heads, bodies, anomalies, times. Succeeds where every
 * response is complete and meets what is expected of it; fails with `HTTP_...` (phase protocol) where the peer broke
 * HTTP, EXPECTATION where an answer is not the one expected, and as `dial` and `startTls` do. Redirects are not
 * followed. Throws UsageError for a request that cannot be sent.
 */
export const rawHttp: Operation<RawHttpOptions, RawHttpEvent, RawHttpSummary> = async (options, context) => {
  const started = performance.now()
  const elapsed = () => performance.now() - started
  const request = encodeRequest(options.request, options.count > 1)
  if (options.dryRun) {
    context.emit(request.event(1, true))
    return ok(new Run(options, context, null).summary(), elapsed())
  }
  // Loaded only where it is used: node:tls costs every other request start-up time.
  const unusable = options.tls && (await import('../../net/tls/client.js')).checkCredentials(options.tls)
  if (unusable) return fail(unusable, elapsed())
  let output: OutputFile | null = null
  if (options.output !== null) {
    const opened = await OutputFile.open(options.output, 'output')
    if (!opened.ok) return fail(opened.failure, elapsed())
    output = opened.value
  }
  const run = new Run(options, context, output)
  const outcome = await run.all(request)
  const unwritten = await output?.close()
  if (outcome.ok && unwritten) return fail(unwritten, elapsed(), outcome.value)
  return outcome
}

/** Requests one after another, and what has come of them. */
class Run {
  readonly #options: RawHttpOptions
  readonly #context: OperationContext<RawHttpEvent>
  readonly #output: OutputFile | null
  readonly #failures: Failure[] = []
  readonly #samplesMs: number[] = []
  #requests = 0
  #responses = 0
  #connections = 0
  #resent = 0
  #bodyBytes = 0
  #wireBytes = 0
  #anomalies = 0
  #statusCode: RawHttpSummary['statusCode'] = null
  #verdict: RawHttpSummary['verdict'] = null

  constructor(options: RawHttpOptions, context: OperationContext<RawHttpEvent>, output: OutputFile | null) {
    this.#options = options
    this.#context = context
    this.#output = output
  }

  async all(request: EncodedRequest): Promise<Outcome<RawHttpSummary>> {
    const started = performance.now()
    const { signal, deadline } = this.#context
    const { count } = this.#options
    let conversation: Conversation | null = null
    /** The request under way goes out once more, and no more often. */
    let again = false
    while ((again || this.#requests < count) && !signal.aborted && !deadline.expired) {
      if (!again) this.#requests++
      const fresh: boolean = !conversation?.reusable
      if (!conversation || fresh) {
        await this.#retire(conversation)
        const made = await this.#connect()
        if (made instanceof Conversation) conversation = made
        else {
          conversation = null
          again = false
          this.#failures.push(made)
          continue
        }
      }
      const outcome = await this.#exchange(conversation, request, { fresh, again })
      again = outcome === 'again'
      if (outcome !== null && outcome !== 'again') this.#failures.push(outcome)
    }
    await this.#retire(conversation)
    if (again && !signal.aborted) {
      const message = `the time was over before request ${this.#requests} could go out again`
      this.#failures.push(deadlineFailure('write', message, RUN_OVER))
    }
    return this.#outcome(performance.now() - started)
  }

  summary(): RawHttpSummary {
    const many = this.#options.count > 1
    return {
      requests: this.#requests,
      responses: this.#responses,
      connections: this.#connections,
      resent: this.#resent,
      statusCode: this.#statusCode,
      verdict: this.#verdict,
      bodyBytes: this.#bodyBytes,
      wireBytes: this.#wireBytes,
      anomalies: this.#anomalies,
      statistics: many ? statistics(this.#requests, this.#samplesMs) : null,
    }
  }

  #outcome(elapsedMs: number): Outcome<RawHttpSummary> {
    const { signal, deadline } = this.#context
    const failures = this.#failures
    const summary = this.summary()
    if (signal.aborted) {
      const aborted = failures.find(({ origin }) => origin === 'abort')
      return fail(aborted ?? abortFailure('read'), elapsedMs, summary)
    }
    if (failures.length > 0) return fail(combineFailures(failures, this.#requests, 'requests'), elapsedMs, summary)
    if (deadline.expired && this.#requests < this.#options.count) {
      const message = `the time was over after ${this.#requests} of ${this.#options.count} requests`
      return fail(deadlineFailure('write', message, RUN_OVER), elapsedMs, summary)
    }
    return ok(summary, elapsedMs)
  }

  async #connect(): Promise<Conversation | Failure> {
    const { signal, deadline } = this.#context
    const { peer, idleMs } = this.#options
    const opened = await open(this.#options, this.#context)
    if (!opened.ok) return opened.failure
    this.#connections++
    return new Conversation(opened.value, { name: peerName(peer), idleMs, deadline, signal })
  }

  async #retire(conversation: Conversation | null): Promise<void> {
    if (!conversation) return
    const { closeNotify } = conversation
    await conversation.close()
    this.#context.emit({ type: 'closed', closeNotify })
    this.#wireBytes += conversation.wireBytes
  }

  async #exchange(
    conversation: Conversation,
    request: EncodedRequest,
    { fresh, again }: { readonly fresh: boolean; readonly again: boolean },
  ): Promise<Failure | 'again' | null> {
    const sequence = this.#requests
    const { emit } = this.#context
    const { strict, expect } = this.#options
    const { opened } = conversation
    if (!again) emit(request.event(sequence, false))
    const sink = new ResponseSink(sequence, this.#options, this.#context, this.#output)
    const mayRetry = !fresh && request.idempotent
    const { failure: lost, moments, givenUp } = await conversation.exchange(request, sink, mayRetry)
    if (givenUp) {
      this.#resent++
      emit({ type: 'resent', sequence, reason: givenUp })
      return 'again'
    }
    const timing = timingOf(sequence, moments, fresh ? opened : null)
    emit(timing)
    const isLast = sequence === this.#options.count

    const { head, end } = sink
    // Behind what could not be decoded nothing is told any more but the wire itself.
    const tells = end?.stage === 'done' || this.#options.wire
    if (isLast && tells && (request.closes || !conversation.reusable)) await conversation.linger()

    this.#verdict = end?.verdict ?? null
    this.#bodyBytes += end?.bodyBytes ?? 0
    this.#anomalies += sink.anomalies
    const broken = head ? brokenExpectations(expect, { head, text: sink.text, timing }) : []
    for (const each of broken) emit({ type: 'broken', sequence, ...each })
    if (head) {
      this.#responses++
      this.#statusCode = head.statusCode
    }
    const failed = verdictFailure(sink, lost, opened.endpoint, strict)
    if (failed) return withAttempts(failed, opened.attempts)
    this.#samplesMs.push(moments.endedAt - moments.beganAt)
    return broken.length > 0 ? withAttempts(expectationFailure(broken), opened.attempts) : null
  }
}
