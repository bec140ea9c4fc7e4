import { readFile } from 'node:fs/promises'
import { type Failure, fromFileError } from '../../../core/failure.js'
import { fail, type Outcome, ok } from '../../../core/outcome.js'

/** Where bytes come from; `argument` is how their user named it. */
export type MailSource =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'file'; readonly path: string; readonly argument: string }
  /** A piece may be overwritten once the next is asked for. */
  | { readonly kind: 'stream'; pieces(): AsyncIterable<Uint8Array>; readonly argument: string }

/** All bytes of a source. What cannot be read is this machine's failure, phase `options`. */
export async function readMailSource(source: MailSource): Promise<Outcome<Uint8Array>> {
  const started = performance.now()
  const elapsed = () => performance.now() - started
  if (source.kind === 'bytes') return ok(source.bytes, elapsed())
  try {
    const bytes = source.kind === 'file' ? await readFile(source.path) : await collect(source.pieces())
    return ok(bytes, elapsed())
  } catch (error) {
    return fail(unreadable(error, source), elapsed())
  }
}

async function collect(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const kept: Buffer[] = []
  for await (const piece of pieces) kept.push(Buffer.from(piece))
  return Buffer.concat(kept)
}

function unreadable(error: unknown, source: Exclude<MailSource, { kind: 'bytes' }>): Failure {
  const what = source.kind === 'file' ? source.path : 'stdin'
  return fromFileError(error, `${source.argument}: cannot read ${what}`, { syscall: 'read' })
}
