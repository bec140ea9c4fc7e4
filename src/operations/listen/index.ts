import { abortFailure, deadlineFailure, type Failure } from '../../core/failure.js'
import type { Operation, OperationContext } from '../../core/operation.js'
import { fail, ok } from '../../core/outcome.js'
import { expiry } from '../../core/settle.js'
import { describeListener } from '../../net/listen/bind.js'
import { certificateFor } from './certificate.js'
import { folderOf } from './folder.js'
import { createResponder } from './modes/index.js'
import { openTarget } from './open.js'
import { Room } from './room.js'
import type { ListenEvent, ListenOptions, ListenSummary } from './types.js'

export { parseRecording } from './modes/replay.js'
export {
  SMTP_REJECT_STAGES,
  type SmtpDelay,
  type SmtpMode,
  type SmtpRejection,
  type SmtpRejectStage,
} from './smtp/types.js'
export type * from './types.js'

/**
 * Listens, and talks with whoever comes until aborted, until the time is over or `count` conversations are (over UDP: so
 * many datagrams came and are answered). Being ended
 * so is success. Fails where it cannot listen; with `count` 1 as that one conversation failed, and with EAGAIN where
 * fewer came than were waited for.
 */
export const listen: Operation<ListenOptions, ListenEvent, ListenSummary> = async (options, context) => {
  const started = performance.now()
  const elapsed = () => performance.now() - started
  const root = await folderOf(options.mode)
  if (!root.ok) return fail(root.failure, elapsed())
  const startsTls = options.mode.kind === 'smtp' && options.mode.starttls
  const certified = certificateFor(options.tls, options.target)
  if (!certified.ok) return fail(certified.failure, elapsed())

  const ended = new AbortController()
  const responder = await createResponder(
    options.mode,
    { input: options.input, datagrams: options.target.kind === 'udp', root: root.value, certified: certified.value },
    { emit: context.emit, idleTimeoutMs: options.idleTimeoutMs, signal: ended.signal },
  )
  const room = new Room(options, responder, context)
  const opened = await openTarget(options, startsTls ? null : certified.value, room, context)
  if (!opened.ok) return fail(opened.failure, elapsed())

  context.emit({ type: 'listening', ...opened.value.where, fingerprint256: certified.value?.fingerprint256 ?? null })
  const why = await untilOver(room, context)
  const closing = opened.value.close()
  if (why !== 'count') room.stop()
  else await Promise.race([room.empty(), expiry(context.deadline, context.signal).then(() => room.stop())])
  await room.empty()
  ended.abort()
  await closing
  await responder.close?.()
  const problem = failureOf(options, room, context, describeListener(opened.value.where))
  return problem ? fail(problem, elapsed(), room.summary()) : ok(room.summary(), elapsed())
}

async function untilOver(room: Room, context: OperationContext<ListenEvent>): Promise<'count' | 'stopped'> {
  const stopped = expiry(context.deadline, context.signal)
  return Promise.race([room.full().then(() => 'count' as const), stopped.then(() => 'stopped' as const)])
}

/** Being stopped is how listening ends; only a promise that was not kept is a failure. */
function failureOf(
  { count, target }: ListenOptions,
  room: Room,
  { signal, deadline }: OperationContext<ListenEvent>,
  where: string,
): Failure | null {
  if (count === Number.POSITIVE_INFINITY) return null
  if (signal.aborted) return abortFailure('accept', `listening on ${where} was interrupted`)
  const { counted } = room
  if (counted < count && deadline.expired) {
    const [nothing, what] = target.kind === 'udp' ? ['nothing came', 'datagrams'] : ['nobody connected', 'connections']
    const came = counted === 0 ? nothing : `${counted} of ${count} ${what} came`
    return deadlineFailure('accept', `${came} to ${where} in ${deadline.inWords}`, { deadline })
  }
  return count === 1 ? room.lastFailure : null
}
