import { currentSystem, listCodes } from '../../../core/errno/index.js'
import { UsageError } from '../../../core/usage-error.js'
import { type ErrnoOptions, entriesFor } from '../../../operations/errno/index.js'
import { nearest } from '../../args/suggest.js'
import type { ErrnoArguments } from './flags.js'

/** Throws UsageError. */
export function readErrno(args: ErrnoArguments): ErrnoOptions {
  const system = args.value('system') ?? currentSystem()
  const queries = args.words('code').map((word) => checkQuery(word, system))
  const search = args.value('search')
  if (queries.length === 0 && search === null && !args.has('list')) {
    throw new UsageError('<code> is missing: a name such as ECONNREFUSED, a number, or --list', '<code>')
  }
  if (queries.length > 0 && (search !== null || args.has('list'))) {
    throw new UsageError('<code> goes without --list and --search', '<code>')
  }
  return { queries, search, system }
}

/** A number, or a name that has an entry; a near miss names what was meant. */
function checkQuery(word: string, system: ErrnoOptions['system']): string {
  if (/^-?\d{1,9}$/.test(word) || entriesFor(word, system).length > 0) return word
  const near = nearest(
    word,
    listCodes().flatMap(({ name, aliases }) => [name, ...aliases]),
  )
  throw new UsageError(
    `<code>: ${JSON.stringify(word)} is not a known name or a number${near ? `; did you mean ${near}?` : ''}`,
    '<code>',
  )
}
