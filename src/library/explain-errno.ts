import { currentSystem, type System } from '../core/errno/index.js'
import type { Run } from '../core/iterate.js'
import { UsageError } from '../core/usage-error.js'
import { type ErrnoEvent, type ErrnoSummary, explainErrno as explainOperation } from '../operations/errno/index.js'
import { begin, type RunOptions } from './options.js'

/** What {@link explainErrno} takes. */
export interface ExplainErrnoOptions extends RunOptions {
  /** Names or numbers: `ECONNREFUSED`, `111`, `-2`. All codes where it is left out. */
  readonly codes?: string | number | readonly (string | number)[] | undefined
  /** Only codes that speak of this word; goes without `codes`. */
  readonly search?: string | undefined
  /** Whose numbers are meant. Default: those of this system. */
  readonly system?: System | undefined
}

/**
 * What errnos and other codes mean, here and on other systems: an event for each. Fails with UNKNOWN_CODE where there is
 * none.
 *
 *     for await (const { name, meaning, hint } of explainErrno({ codes: 111 })) console.log(name, meaning, hint)
 */
export function explainErrno(options: ExplainErrnoOptions = {}): Run<ErrnoEvent, ErrnoSummary> {
  return begin('explainErrno', explainOperation, options, (reader) => {
    const isCode = (value: unknown) => typeof value === 'string' || Number.isSafeInteger(value)
    const codes = reader.list<string | number>('codes', isCode, 'a name or a number, or a list of them')
    const search = reader.text('search') ?? null
    if (codes.length > 0 && search !== null) throw new UsageError('search goes without codes', 'search')
    const system = reader.choice('system', ['linux', 'darwin', 'win32'] as const) ?? currentSystem()
    return { queries: codes.map(String), search, system }
  })
}
