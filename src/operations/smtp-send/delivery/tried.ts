import { combineFailures, type Failure } from '../../../core/failure.js'

/** A mail server that would not do. */
export interface Tried {
  /** Its host. */
  readonly name: string
  readonly failure: Failure
  /** From the start of its connection to its end. */
  readonly elapsedMs: number
}

/**
 * The failure of a run over several servers in their order, with the attempts at all of them. `left` are those that were
 * left for the next; `last` ended the run, and is one of them where there was no next.
 */
export function failureOfAll(left: readonly Tried[], last: Tried, servers: number): Failure {
  if (servers === 1 || left.length === 0) return last.failure
  const noneWould = left.length === servers
  const each = (noneWould ? left : [...left, last]).map(asTried)
  const attempts = each.flatMap((failed) => failed.attempts)
  return { ...(noneWould ? combineFailures(each, servers, 'mail servers') : last.failure), attempts }
}

/**
 * Of one among several, that it was connected to is half of what came of the attempt; and where its name led to nothing,
 * the failure is still its own, not the name server's.
 */
function asTried({ name, failure, elapsedMs }: Tried): Failure {
  const { code, errno, origin, syscall } = failure
  const own = failure.endpoint?.host === name
  const endpoint = own ? failure.endpoint : { host: name, address: null, port: null, path: null }
  const attempts = failure.attempts.map((attempt) =>
    attempt.ok && attempt.code === null ? { ...attempt, code, errno, origin, syscall, elapsedMs } : attempt,
  )
  return { ...failure, endpoint, attempts }
}
