import { UsageError } from '../core/usage-error.js'
import type { Arguments } from './arguments.js'

const DEFAULT_TIMEOUT_MS = 5000

/** What {@link REACH_FLAGS} say. Throws UsageError. */
export function reachOptions(args: Arguments, defaultTimeoutMs = DEFAULT_TIMEOUT_MS) {
  return {
    family: args.family(),
    sourceAddress: args.source(),
    sourcePort: args.port('source-port', null) ?? undefined,
    timeoutMs: positiveMs(args, 'timeout', defaultTimeoutMs),
  }
}

/** A duration flag for which zero makes no sense. */
export function positiveMs<T extends number | null>(args: Arguments, flag: string, otherwise: T): number | T {
  const value = args.durationMs(flag, otherwise)
  if (value === 0) throw UsageError.of(`--${flag}`, args.text(flag) ?? '', 'a duration above zero, such as 500ms or 2s')
  return value
}
