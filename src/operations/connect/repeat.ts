import { abortFailure, deadlineFailure } from '../../core/failure.js'
import { FailureTally } from '../../core/failure-tally.js'
import { RUN_OVER } from '../../core/hint.js'
import type { OperationContext } from '../../core/operation.js'
import { fail, type Outcome, ok } from '../../core/outcome.js'
import { pause } from '../../core/settle.js'
import { type Statistics, statistics } from '../../core/statistics.js'
import { openStream } from './open.js'
import { targetName } from './target.js'
import type { ConnectEvent, ConnectReachOptions, HostPort } from './types.js'

/** Round trips kept for the quantiles; a probe that runs for days forgets its oldest. */
const MAX_SAMPLES = 100_000

/** Connects again and again, `intervalMs` from start to start, each round as a client would, and sums up. */
export async function repeat(
  target: HostPort,
  { count, intervalMs }: { readonly count: number; readonly intervalMs: number },
  reach: ConnectReachOptions,
  { signal, deadline, emit }: OperationContext<ConnectEvent>,
): Promise<Outcome<Statistics>> {
  const { host, port } = target
  const started = performance.now()
  const elapsed = () => performance.now() - started
  const samplesMs: number[] = []
  const failures = new FailureTally()
  let sent = 0

  while (sent < count && !signal.aborted && !deadline.expired) {
    const roundStarted = performance.now()
    const options = { ...reach, deadline: deadline.within(reach.timeoutMs), signal }
    const outcome = await openStream(target, options)
    if (!outcome.ok && outcome.failure.origin === 'abort') break
    // Cut short by the end of the run, not by its own timeout: that says nothing of the peer.
    if (!outcome.ok && outcome.failure.origin === 'deadline' && deadline.expired && sent > 0) break
    sent++
    const round = { type: 'probe', host, port, sequence: sent } as const
    if (outcome.ok) {
      const { address, connectMs } = outcome.value.connected
      outcome.value.stream.end('done', null)
      samplesMs.push(connectMs)
      if (samplesMs.length > MAX_SAMPLES) samplesMs.shift()
      emit({ ...round, ok: true, address, code: null, errno: 0, connectMs })
    } else {
      const { code, errno, endpoint } = outcome.failure
      failures.add(outcome.failure)
      emit({ ...round, ok: false, address: endpoint?.address ?? null, code, errno, connectMs: null })
    }
    if (sent < count)
      await pause(Math.min(deadline.remainingMs(), intervalMs - (performance.now() - roundStarted)), signal)
  }

  const summary = {
    ...statistics(sent, samplesMs),
    sent,
    received: sent - failures.count,
    lossPercent: sent === 0 ? 0 : (100 * failures.count) / sent,
  }
  if (signal.aborted) {
    return fail(abortFailure('connect', `probing ${targetName(target)} was interrupted`), elapsed(), summary)
  }
  if (Number.isFinite(count) && sent < count) {
    const message = `the run ended after ${sent} of ${count} probes of ${targetName(target)}`
    return fail(deadlineFailure('connect', message, RUN_OVER), elapsed(), summary)
  }
  const failure = failures.combine(sent, 'probes')
  return failure ? fail(failure, elapsed(), summary) : ok(summary, elapsed())
}
