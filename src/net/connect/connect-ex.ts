import { checkNotNegative } from '../../core/check-number.js'
import { Deadline } from '../../core/deadline.js'
import { errnoNumber, gaiNumber } from '../../core/errno/index.js'
import { dial } from './dial.js'
import type { Family, ResolvedAddress } from './lookup.js'

export interface ConnectExOptions {
  /** Milliseconds, 0 or more, for lookup and connect together; none where left out: the kernel gives up by itself. */
  readonly timeoutMs?: number | undefined
  readonly family?: Family | undefined
  readonly sourceAddress?: ResolvedAddress | undefined
  readonly sourcePort?: number | undefined
  /** Ends it early. */
  readonly signal?: AbortSignal | undefined
}

/**
 * connect_ex as BSD and Python have it: tries to connect, closes again, and resolves to one number, whatever a network
 * does.
 *
 * Returns 0 when connected; the errno of connect(2) or bind(2), > 0; EAGAIN when `timeoutMs` ran out (the kernel's own
 * giving up is ETIMEDOUT); ECANCELED when `signal` was aborted; the getaddrinfo(3) code, < 0, when
 * the name does not resolve.
 * Rejects with UsageError for misuse alone: a host, port, source, family or time that cannot exist.
 */
export async function connectEx(host: string, port: number, options: ConnectExOptions = {}): Promise<number> {
  const { timeoutMs, ...rest } = options
  const limitMs = timeoutMs ?? null
  if (limitMs !== null) checkNotNegative('timeoutMs', limitMs)
  const outcome = await dial(host, port, { ...rest, deadline: Deadline.after(limitMs) })
  if (outcome.ok) {
    outcome.value.socket.destroy()
    return 0
  }
  const { errno, code } = outcome.failure
  const number = errno ?? errnoNumber(code) ?? gaiNumber(code)
  if (number === null) throw new Error(`no number for ${code}`, { cause: outcome.failure })
  return number
}
