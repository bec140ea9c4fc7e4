import {
  type CodeEntry,
  describeCode,
  describeVerdict,
  entryByNumber,
  listCodes,
  type System,
} from '../core/errno/index.js'
import { failure } from '../core/failure.js'
import type { Operation } from '../core/operation.js'
import { fail, ok } from '../core/outcome.js'

export interface ErrnoOptions {
  /** Names or numbers to explain; none lists all. */
  readonly queries: readonly string[]
  /** Only entries that hold this word, in any field. */
  readonly search: string | null
  /** Whose numbers the queries and `number` mean. */
  readonly system: System
}

export interface ErrnoEvent {
  readonly type: 'errno'
  readonly name: string
  readonly kind: CodeEntry['kind']
  /** On the system that was asked about; null where it has none. */
  readonly number: number | null
  readonly numbers: CodeEntry['numbers']
  readonly aliases: readonly string[]
  readonly calls: readonly string[]
  readonly meaning: string
  readonly causes: readonly string[]
  readonly hint: string
}

export interface ErrnoSummary {
  readonly found: number
}

/** What an errno, a getaddrinfo(3) code or a TLS code means. Fails with UNKNOWN_CODE where a query has no entry. */
export const explainErrno: Operation<ErrnoOptions, ErrnoEvent, ErrnoSummary> = async (options, { emit }) => {
  const started = performance.now()
  const { queries, search, system } = options
  const unknown = queries.filter((query) => entriesFor(query, system).length === 0)
  const entries =
    queries.length > 0
      ? queries.flatMap((query) => entriesFor(query, system))
      : listCodes(search === null ? {} : { search })
  for (const entry of entries) {
    emit({ type: 'errno', number: entry.numbers[system], ...entry })
  }
  const summary = { found: entries.length }
  const elapsedMs = performance.now() - started
  if (unknown.length === 0 && entries.length > 0) return ok(summary, elapsedMs)
  const what = unknown.length > 0 ? unknown.join(', ') : search
  const failed = failure({
    phase: 'options',
    origin: 'expectation',
    code: 'UNKNOWN_CODE',
    message: `no code is known as ${what} on ${system}`,
    hint: 'netkit errno --list shows all; --search WORD looks through names and meanings; --system asks for another one',
  })
  return fail(failed, elapsedMs, summary)
}

/** Entries for a name, an alias in any case, or a number. */
export function entriesFor(query: string, system: System): readonly CodeEntry[] {
  if (/^-?\d+$/.test(query)) return entryByNumber(Number(query), system)
  const name = query.toUpperCase()
  const entry = describeCode(name) ?? describeVerdict(name)
  return entry ? [entry] : []
}
