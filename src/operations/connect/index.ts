import pLimit from 'p-limit'
import { checkInteger, checkNotNegative } from '../../core/check-number.js'
import { combineFailures, type Failure } from '../../core/failure.js'
import type { Operation } from '../../core/operation.js'
import { fail, type Outcome, ok } from '../../core/outcome.js'
import { UsageError } from '../../core/usage-error.js'
import { MAX_DATAGRAM_BYTES } from '../../net/stream/channel.js'
import { probe } from './probe.js'
import { repeat } from './repeat.js'
import type { SessionMode } from './session-types.js'
import type { ConnectEvent, ConnectOptions, ConnectSummary } from './types.js'
import { waitFor } from './wait.js'

export type { Statistics } from '../../core/statistics.js'
export type { ProxyServer } from '../../net/connect/proxy.js'
export { STARTTLS_PROTOCOLS, type StarttlsProtocol } from '../../net/connect/starttls.js'
export * from './session-types.js'
export { targetName } from './target.js'
export type * from './types.js'

function checkSession({ transport, steps, lingerMs }: SessionMode): void {
  if (lingerMs !== undefined) checkNotNegative('lingerMs', lingerMs)
  const large = steps.find((step) => step.kind === 'send' && step.bytes.length > MAX_DATAGRAM_BYTES)
  if (transport === 'udp' && large?.kind === 'send')
    throw UsageError.of(
      'send',
      `${large.bytes.length} bytes`,
      `at most ${MAX_DATAGRAM_BYTES} bytes, which one datagram holds`,
    )
}

/** Endpoints probed at once. */
const CONCURRENCY = 64

/**
 * Whether endpoints can be reached: once, again and again, or until they can; or a conversation with one. Fails with
 * the reason where one cannot be reached, with PARTIAL where some can; a wait always as one that is over (EAGAIN). Throws
 * UsageError without an endpoint, or with several where one is meant.
 */
export const connect: Operation<ConnectOptions, ConnectEvent, ConnectSummary> = async (options, context) => {
  const started = performance.now()
  const { endpoints, reach, mode } = options
  const [first] = endpoints
  if (!first) throw new UsageError('there is no endpoint to connect to', 'endpoints')
  if ((mode.kind === 'repeat' || mode.kind === 'session') && endpoints.length > 1) {
    throw new UsageError(`mode ${mode.kind} goes with one endpoint`, 'endpoints')
  }
  if (mode.kind === 'repeat' && mode.count !== Number.POSITIVE_INFINITY) checkInteger('count', mode.count, { min: 1 })
  if (mode.kind === 'repeat') {
    const outcome = await repeat(first, mode, reach, context)
    const summary = { endpoints: 1, reached: outcome.value?.received ? 1 : 0, statistics: outcome.value, session: null }
    return outcome.ok ? ok(summary, outcome.elapsedMs) : fail(outcome.failure, outcome.elapsedMs, summary)
  }
  if (mode.kind === 'session') {
    checkSession(mode)
    const { converse } = await import('./converse.js')
    const outcome = await converse(first, mode, reach, context)
    const session = outcome.value
    const summary = { endpoints: 1, reached: session ? 1 : 0, statistics: null, session }
    return outcome.ok ? ok(summary, outcome.elapsedMs) : fail(outcome.failure, outcome.elapsedMs, summary)
  }

  const limit = pLimit(CONCURRENCY)
  const outcomes: Outcome<true>[] = await Promise.all(
    endpoints.map((endpoint) =>
      mode.kind === 'wait'
        ? waitFor(endpoint, mode.waitMs, reach, context)
        : limit(() => probe(endpoint, reach, context)),
    ),
  )
  const failures: Failure[] = outcomes.flatMap((outcome) => (outcome.ok ? [] : [outcome.failure]))
  const summary = {
    endpoints: endpoints.length,
    reached: endpoints.length - failures.length,
    statistics: null,
    session: null,
  }
  const elapsedMs = performance.now() - started
  if (failures.length === 0) return ok(summary, elapsedMs)
  const combined = combineFailures(failures, endpoints.length, 'endpoints')
  const [one] = failures
  // What waited for all and did not get all has run out of time, however many it did get.
  const partly = mode.kind === 'wait' && one !== undefined && failures.length < endpoints.length
  const { message } = combined
  const failed = partly ? { ...one, message, endpoint: null, attempts: [], parts: failures } : combined
  return fail(failed, elapsedMs, summary)
}
