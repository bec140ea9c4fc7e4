import { abortFailure, deadlineFailure, type Failure, failureFields } from '../../core/failure.js'
import { hintOf } from '../../core/hint.js'
import type { OperationContext } from '../../core/operation.js'
import { fail, type Outcome, ok } from '../../core/outcome.js'
import { pause } from '../../core/settle.js'
import { counted } from '../../core/text/digits.js'
import { formatDuration } from '../../core/text/duration.js'
import { openStream } from './open.js'
import { targetName } from './target.js'
import type { ConnectEvent, ConnectReachOptions, HostPort } from './types.js'

/** Between tries: soon at first, since most services come up within a second, then gently. */
const FIRST_PAUSE_MS = 50
const LONGEST_PAUSE_MS = 1000
const PAUSE_GROWTH = 1.5

/** Tries an endpoint until it connects or the time is over; a name that does not resolve yet is tried again too. */
export async function waitFor(
  target: HostPort,
  waitMs: number,
  reach: ConnectReachOptions,
  { signal, deadline, emit }: OperationContext<ConnectEvent>,
): Promise<Outcome<true>> {
  const { host, port } = target
  const started = performance.now()
  const elapsed = () => performance.now() - started
  const until = deadline.within(waitMs)
  const allowedMs = until.remainingMs()
  const name = targetName(target)
  let last: Failure | null = null
  let pauseMs = FIRST_PAUSE_MS

  for (let tries = 1; ; tries++) {
    const onAttempt = (made: Failure['attempts'][number]) => emit({ type: 'attempt', host, ...made })
    const within = until.within(reach.timeoutMs)
    const outcome = await openStream(target, { ...reach, deadline: within, signal, onAttempt })
    if (outcome.ok) {
      outcome.value.stream.end('done', null)
      emit(outcome.value.connected)
      return ok(true, elapsed())
    }
    if (signal.aborted) return fail(abortFailure('connect', `waiting for ${name} was interrupted`), elapsed())
    // A try that our own last deadline cut short says less than the one before it.
    if (last === null || outcome.failure.origin !== 'deadline' || !until.expired) last = outcome.failure
    const over = until.remainingMs() <= pauseMs
    emit({ type: 'unreached', host, port, tries, elapsedMs: elapsed(), again: !over, ...failureFields(last) })
    if (over) {
      await pause(until.remainingMs(), signal)
      const message = `${name} could not be reached within ${formatDuration(allowedMs)} in ${counted(tries, 'try', 'tries')}; the last: ${last.message}`
      return fail(
        deadlineFailure('connect', message, { attempts: last.attempts, ...hintOf(last), cause: last }),
        elapsed(),
      )
    }
    await pause(pauseMs, signal)
    pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * PAUSE_GROWTH)
  }
}
