import {
  type CodeEntry,
  codesNamed,
  describeVerdict,
  entryByNumber,
  errnosElsewhere,
  listCodes,
  type System,
} from '../../core/errno/index.js'
import { failure } from '../../core/failure.js'
import { hint } from '../../core/hint.js'
import type { Operation } from '../../core/operation.js'
import { fail, ok } from '../../core/outcome.js'
import { stopwatch } from '../../core/timer.js'
import type { ErrnoEvent, ErrnoSummary } from './events.js'

export type * from './events.js'

export interface ErrnoOptions {
  /** Names or numbers to explain; none lists all. */
  readonly queries: readonly string[]
  /** Only entries that hold this word, in any field. */
  readonly search: string | null
  /** Whose numbers the queries and `number` mean. */
  readonly system: System
}

/**
 * What an errno, a getaddrinfo(3) code or a TLS code means, and what else a number is on other systems. Fails with
 * UNKNOWN_CODE where a query has no entry.
 */
export const explainErrno: Operation<ErrnoOptions, ErrnoEvent, ErrnoSummary> = async (options, { emit }) => {
  const elapsed = stopwatch()
  const { queries, search, system } = options
  const found = queries.map((query) => explained(query, system))
  const unknown = queries.filter((_, at) => found[at]?.length === 0)
  const listed = () => listCodes(search === null ? {} : { search }).map((code) => asEvent(code, system))
  const entries = queries.length > 0 ? found.flat() : listed()
  for (const entry of entries) emit(entry)
  const summary = { found: entries.length }
  const elapsedMs = elapsed()
  if (unknown.length === 0 && entries.length > 0) return ok(summary, elapsedMs)
  const what = unknown.length > 0 ? unknown.join(', ') : search
  const failed = failure({
    phase: 'options',
    origin: 'expectation',
    code: 'UNKNOWN_CODE',
    message: `no code is known as ${what}`,
    ...hint('check the spelling, and which system numbers so', 'list-codes'),
  })
  return fail(failed, elapsedMs, summary)
}

/** Entries for a name, an alias in any case, or a number. */
export function entriesFor(query: string, system: System): readonly CodeEntry[] {
  if (/^-?\d+$/.test(query)) return entryByNumber(Number(query), system)
  const name = query.toUpperCase()
  const named = codesNamed(name)
  if (named.length > 0) return named
  const verdict = describeVerdict(name)
  return verdict ? [verdict] : []
}

function explained(query: string, system: System): ErrnoEvent[] {
  const here = entriesFor(query, system).map((code) => asEvent(code, system))
  const number = /^\d+$/.test(query) ? Number(query) : null
  const elsewhere = number === null ? [] : errnosElsewhere(number, system)
  return [...here, ...elsewhere.map((found) => ({ ...asEvent(found.code, found.system), number }))]
}

function asEvent(code: CodeEntry, system: System): ErrnoEvent {
  return { type: 'errno', system, number: code.numbers[system], ...code }
}
