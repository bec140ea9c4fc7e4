import type { Run } from '../core/iterate.js'
import type { Family } from '../net/connect/lookup.js'
import { type LocalEvent, type LocalSummary, local as localOperation } from '../operations/local/index.js'
import { begin, type RunOptions, readHost } from './options.js'

/** What {@link local} takes; all of it may be left out. */
export interface LocalOptions extends RunOptions {
  /** Hosts toward which the source address is asked for; nothing is sent to them. */
  readonly to?: string | readonly string[] | undefined
  /** Of `to`: only addresses of that family. */
  readonly family?: Family | undefined
  /** Milliseconds for each lookup. Default 5000. */
  readonly timeoutMs?: number | undefined
}

const DEFAULT_TIMEOUT_MS = 5000

/**
 * What this machine is called and how it reaches others. Fails only where a host of `to` cannot be resolved or reached.
 *
 *     for await (const event of local()) if (event.type === 'interface') console.log(event.name, event.address)
 */
export function local(options: LocalOptions = {}): Run<LocalEvent, LocalSummary> {
  return begin('local', localOperation, options, (reader) => ({
    to: reader.texts('to').map((host) => readHost(host, 'to')),
    family: reader.choice('family', [4, 6] as const),
    timeoutMs: reader.positive('timeoutMs') ?? DEFAULT_TIMEOUT_MS,
  }))
}
