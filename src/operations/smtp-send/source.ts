import { readFile } from 'node:fs/promises'
import { buffer } from 'node:stream/consumers'
import { type Failure, fromNodeError } from '../../core/failure.js'
import { fail, type Outcome, ok } from '../../core/outcome.js'

/** Where bytes come from; `argument` is how their user named it. */
export type Source =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'file'; readonly path: string; readonly argument: string }
  | { readonly kind: 'stream'; readonly stream: AsyncIterable<Uint8Array>; readonly argument: string }

/** All bytes of a source. What cannot be read is this machine's failure, phase `options`. */
export async function readSource(source: Source): Promise<Outcome<Uint8Array>> {
  const started = performance.now()
  const elapsed = () => performance.now() - started
  if (source.kind === 'bytes') return ok(source.bytes, elapsed())
  try {
    const bytes = source.kind === 'file' ? await readFile(source.path) : await buffer(source.stream)
    return ok(bytes, elapsed())
  } catch (error) {
    return fail(unreadable(error, source), elapsed())
  }
}

function unreadable(error: unknown, source: Exclude<Source, { kind: 'bytes' }>): Failure {
  const base = fromNodeError(error, 'options', { syscall: 'read' })
  const what = source.kind === 'file' ? source.path : 'stdin'
  return { ...base, message: `${source.argument}: cannot read ${what}: ${base.message}` }
}
