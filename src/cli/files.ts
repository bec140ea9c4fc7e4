import { createReadStream, openSync, readFileSync } from 'node:fs'
import { buffer } from 'node:stream/consumers'
import { type Failure, fromFileError } from '../core/failure.js'
import { readDescriptor } from '../net/descriptor.js'
import type { Arguments, Files } from './arguments.js'
import type { Environment } from './environment.js'
import type { Flags } from './flags.js'
import { readLines } from './lines.js'

/**
 * Reads what the `file` and `data` flags name, and opens what the `lines` flags name; `-` is stdin. A file that cannot
 * be read is this machine's no, not misuse.
 */
export async function readFiles(
  args: Arguments,
  flags: Flags,
  environment: Environment,
): Promise<Files | { readonly failure: Failure }> {
  const contents = new Map<string, Uint8Array>()
  const lines = new Map<string, AsyncIterable<readonly string[]>>()
  for (const [name, { kind }] of Object.entries(flags)) {
    const value = kind === 'file' || kind === 'data' || kind === 'lines' ? args.text(name) : null
    if (value === null) continue
    if (kind === 'data' && value !== '-' && !value.startsWith('@')) {
      contents.set(name, Buffer.from(value))
      continue
    }
    const path = kind === 'data' ? value.replace(/^@/, '') : value
    try {
      if (kind === 'lines') lines.set(name, readLines(path === '-' ? environment.stdin : bytesOf(path)))
      else contents.set(name, path === '-' ? await buffer(environment.stdin) : readFileSync(path))
    } catch (error) {
      return { failure: fromFileError(error, `--${name}: cannot read ${path === '-' ? 'stdin' : path}`) }
    }
  }
  return { contents, lines }
}

function bytesOf(path: string): AsyncIterable<Uint8Array> {
  const fd = openSync(path, 'r')
  return readDescriptor(fd, () => createReadStream('', { fd }))
}
