import { type Attempt, abortFailure, type Failure, failureFields } from '../../core/failure.js'
import type { OperationContext } from '../../core/operation.js'
import { fail, type Outcome, ok } from '../../core/outcome.js'
import { checkEnds } from '../../net/connect/attempt.js'
import { attempt, type DialOptions, furthest } from '../../net/connect/dial.js'
import { lookup } from '../../net/connect/lookup.js'
import { openStream, PLAIN } from './open.js'
import { targetName, unixPath } from './target.js'
import type { ConnectEvent, ConnectReachOptions, HostPort } from './types.js'

/**
 * One attempt for each address of an endpoint, all at once, each with its own reason. Succeeds where one connected, as
 * a client that tries them in turn would; the first to connect is the winner.
 */
export async function probe(
  target: HostPort,
  reach: ConnectReachOptions,
  { signal, deadline, emit }: OperationContext<ConnectEvent>,
): Promise<Outcome<true>> {
  const { host, port } = target
  const started = performance.now()
  const elapsed = () => performance.now() - started
  const family = reach.sourceAddress?.family ?? reach.family
  const step = deadline.within(reach.timeoutMs)
  const refuse = (failed: Failure) => {
    emit({ type: 'unreached', host, port, tries: 1, elapsedMs: elapsed(), again: false, ...failureFields(failed) })
    return fail(failed, elapsed())
  }

  if (unixPath(target) !== null) {
    const onAttempt = (made: Attempt) => emit({ type: 'attempt', host, ...made })
    const outcome = await openStream(target, { ...reach, deadline: step, signal, onAttempt })
    if (!outcome.ok) return signal.aborted ? fail(outcome.failure, elapsed()) : refuse(outcome.failure)
    outcome.value.stream.end('done', null)
    emit(outcome.value.connected)
    return ok(true, elapsed())
  }
  checkEnds(port, reach)
  const found = await lookup(host, { family, deadline: step, signal, systemTime: reach.systemTime })
  if (!found.ok) return refuse(found.failure)
  const within = reach.systemTime ? step.postponed(found.elapsedMs) : step

  const options: DialOptions = { ...reach, deadline: within, signal }
  const attempts: Attempt[] = []
  const failures: Failure[] = []
  let reached = false
  await Promise.all(
    found.value.map(async (address) => {
      const outcome = await attempt(host, port, address, options)
      const made = outcome.ok ? outcome.value.attempts : outcome.failure.attempts
      attempts.push(...made)
      for (const each of made) emit({ type: 'attempt', host, ...each })
      if (!outcome.ok) {
        failures.push(outcome.failure)
        return
      }
      const { socket, localAddress, localPort, connectMs } = outcome.value
      socket.destroy()
      if (reached) return
      reached = true
      const local = { localAddress, localPort, lookupMs: found.elapsedMs, connectMs }
      emit({ type: 'connected', host, port, address: address.address, ...local, ...PLAIN })
    }),
  )
  if (reached) return ok(true, elapsed())
  if (signal.aborted) return fail(abortFailure('connect', `probing ${targetName(target)} was interrupted`), elapsed())
  return refuse({ ...furthest(failures), attempts })
}
