import { abortFailure, combineFailures, deadlineFailure, type Failure, withAttempts } from '../../core/failure.js'
import { RUN_OVER } from '../../core/hint.js'
import type { Operation, OperationContext } from '../../core/operation.js'
import { fail, type Outcome, ok } from '../../core/outcome.js'
import { statistics } from '../../core/statistics.js'
import { stopwatch } from '../../core/timer.js'
import { OutputFile } from '../shared/output-file.js'
import type { HttpExchange } from './answers.js'
import { HttpConnection } from './connection.js'
import { expectationFailure, unmetExpectations } from './expectations.js'
import { openForRequest, peerName } from './open.js'
import { type EncodedRequest, encodeRequest } from './request.js'
import { ResponseSink } from './response-sink.js'
import { timingOf } from './timing.js'
import type { RawHttpEvent, RawHttpOptions, RawHttpSummary, TimingEvent } from './types.js'
import { verdictFailure } from './verdict.js'

export type * from './types.js'

/**
 * Sends requests exactly as given and tells exactly what came: heads, bodies, anomalies, times. Succeeds where every
 * response is complete and meets what is expected of it; fails with `HTTP_...` (phase protocol) where the peer broke
 * HTTP, EXPECTATION where an answer is not the one expected, and as `dial` and `startTls` do. Redirects are not
 * followed. Throws UsageError for a request that cannot be sent.
 */
export const rawHttp: Operation<RawHttpOptions, RawHttpEvent, RawHttpSummary> = async (options, context) => {
  const elapsed = stopwatch()
  const request = encodeRequest(options.request, options.count > 1)
  const wanted = options.count * request.questions.length
  if (options.dryRun) {
    for (const [index, question] of request.questions.entries()) context.emit(question.event(index + 1, true))
    return ok(new Run(wanted, options, context, null).summary(), elapsed())
  }
  // Loaded only where it is used: node:tls costs every other request start-up time.
  const unusable = options.tls && (await import('../../net/tls/client.js')).checkTlsCredentials(options.tls)
  if (unusable) return fail(unusable, elapsed())
  let output: OutputFile | null = null
  if (options.output !== null) {
    const opened = await OutputFile.open(options.output, 'output')
    if (!opened.ok) return fail(opened.failure, elapsed())
    output = opened.value
  }
  const run = new Run(wanted, options, context, output)
  const outcome = await run.all(request)
  const unwritten = await output?.close()
  if (outcome.ok && unwritten) return fail(unwritten, elapsed(), outcome.value)
  return outcome
}

/** Requests one after another, and what has come of them. */
class Run {
  /** How many requests there are to be. */
  readonly #wanted: number
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

  constructor(
    wanted: number,
    options: RawHttpOptions,
    context: OperationContext<RawHttpEvent>,
    output: OutputFile | null,
  ) {
    this.#wanted = wanted
    this.#options = options
    this.#context = context
    this.#output = output
  }

  async all(request: EncodedRequest): Promise<Outcome<RawHttpSummary>> {
    const elapsed = stopwatch()
    const { signal, deadline } = this.#context
    let connection: HttpConnection | null = null
    /** The request under way goes out once more, and no more often. */
    let again = false
    while ((again || this.#requests < this.#wanted) && !signal.aborted && !deadline.expired) {
      if (!again) this.#requests += request.questions.length
      const fresh: boolean = !connection?.reusable
      if (!connection || fresh) {
        await this.#retire(connection)
        const made = await this.#connect()
        if (made instanceof HttpConnection) connection = made
        else {
          connection = null
          again = false
          this.#failures.push(...request.questions.map(() => made))
          continue
        }
      }
      again = (await this.#exchange(connection, request, { fresh, again })) === 'again'
    }
    await this.#retire(connection)
    if (again && !signal.aborted) {
      const message = `the time was over before request ${this.#requests} could go out again`
      this.#failures.push(deadlineFailure('write', message, RUN_OVER))
    }
    return this.#outcome(elapsed())
  }

  summary(): RawHttpSummary {
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
      statistics: this.#wanted > 1 ? statistics(this.#requests, this.#samplesMs) : null,
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
    if (deadline.expired && this.#requests < this.#wanted) {
      const message = `the time was over after ${this.#requests} of ${this.#wanted} requests`
      return fail(deadlineFailure('write', message, RUN_OVER), elapsedMs, summary)
    }
    return ok(summary, elapsedMs)
  }

  async #connect(): Promise<HttpConnection | Failure> {
    const { signal, deadline } = this.#context
    const { peer, idleMs, answerMs } = this.#options
    const opened = await openForRequest(this.#options, this.#context)
    if (!opened.ok) return opened.failure
    this.#connections++
    return new HttpConnection(opened.value, { name: peerName(peer), idleMs, answerMs, deadline, signal })
  }

  async #retire(connection: HttpConnection | null): Promise<void> {
    if (!connection) return
    const { closeNotify } = connection
    await connection.close()
    this.#context.emit({ type: 'closed', closeNotify })
    this.#wireBytes += connection.wireBytes
  }

  /** Sends all that the request asks at once; what fails is added to the failures. */
  async #exchange(
    connection: HttpConnection,
    request: EncodedRequest,
    { fresh, again }: { readonly fresh: boolean; readonly again: boolean },
  ): Promise<'again' | 'done'> {
    const { emit } = this.#context
    const { questions } = request
    const first = this.#requests - questions.length + 1
    if (!again) for (const [index, question] of questions.entries()) emit(question.event(first + index, false))
    const beganAt = performance.now()
    const exchanges = questions.map((question, index): HttpExchange => {
      const sink = new ResponseSink(first + index, this.#options, this.#context, this.#output)
      return { question, sink, moments: { beganAt, sentAt: null, firstByteAt: null, endedAt: 0 } }
    })
    const timings: TimingEvent[] = []
    const { failure: lost, givenUp } = await connection.exchange(request, exchanges, {
      mayRetry: !fresh && questions.every(({ idempotent }) => idempotent),
      answered: ({ moments }) => {
        const reached = fresh && timings.length === 0 ? connection.reached : null
        const timing = timingOf(first + timings.length, moments, reached)
        timings.push(timing)
        emit(timing)
      },
    })
    if (givenUp) {
      this.#resent += questions.length
      for (const { sink } of exchanges) emit({ type: 'resent', sequence: sink.sequence, reason: givenUp })
      return 'again'
    }
    const isLast = this.#requests === this.#wanted
    if (isLast && (request.closes || !connection.reusable)) await connection.linger()
    const last = exchanges.at(-1)
    const untaken = last?.sink.head && (await connection.untaken(last))
    if (untaken) emit({ type: 'untaken', sequence: this.#requests, sizeBytes: last.question.endsAt, ...untaken })
    exchanges.forEach((exchange, index) => {
      const failed = this.#judge(exchange, timings[index], connection, lost)
      if (failed) this.#failures.push(withAttempts(failed, connection.reached.attempts))
    })
    return 'done'
  }

  /** Why an answer is not what it should be, or null. */
  #judge(
    { sink, moments }: HttpExchange,
    timing: TimingEvent | undefined,
    { reached }: HttpConnection,
    lost: Failure | null,
  ): Failure | null {
    const { strict, expect } = this.#options
    const { head, end, sequence } = sink
    this.#verdict = end?.verdict ?? null
    this.#bodyBytes += end?.bodyBytes ?? 0
    this.#anomalies += sink.anomalies
    const unmet = head && timing ? unmetExpectations(expect, { head, text: sink.text, timing }) : []
    for (const each of unmet) this.#context.emit({ type: 'broken', sequence, ...each })
    if (head) {
      this.#responses++
      this.#statusCode = head.statusCode
    }
    const failed = verdictFailure(sink, lost, reached.endpoint, strict)
    if (failed) return failed
    this.#samplesMs.push(moments.endedAt - moments.beganAt)
    return unmet.length > 0 ? expectationFailure(unmet) : null
  }
}
