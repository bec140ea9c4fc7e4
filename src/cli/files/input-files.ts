import { createReadStream, openSync, readFileSync } from 'node:fs'
import { buffer } from 'node:stream/consumers'
import { abortFailure, type Failure, fromFileError } from '../../core/failure.js'
import { unescapeBytes } from '../../core/text/escapes.js'
import { readDescriptor } from '../../net/system/descriptor.js'
import type { Arguments, Files } from '../args/arguments.js'
import type { Flags } from '../args/flag.js'
import type { Environment, StopSignal } from '../environment.js'
import { readLines } from './lines.js'

interface Unread {
  readonly failure: Failure
  /** That ended the reading. */
  readonly signal?: StopSignal
}

/**
 * Reads what the `file` and `data` flags name, and opens what the `lines` flags name; `-` is stdin. A file that cannot
 * be read is this machine's no, not misuse.
 */
export async function readFiles(
  args: Arguments<Record<string, unknown>>,
  flags: Flags,
  environment: Environment,
): Promise<Files | Unread> {
  const contents = new Map<string, Uint8Array>()
  const lines = new Map<string, AsyncIterable<readonly string[]>>()
  for (const [name, flag] of Object.entries(flags)) {
    const { kind } = flag
    const value = kind === 'file' || kind === 'data' || kind === 'lines' ? (args.written(name)[0] ?? null) : null
    if (value === null) continue
    if (kind === 'data' && value !== '-' && !value.startsWith('@')) {
      contents.set(name, flag.escapes ? unescapeBytes(value, `--${name}`) : Buffer.from(value))
      continue
    }
    const path = kind === 'data' ? value.replace(/^@/, '') : value
    try {
      if (kind === 'lines') lines.set(name, readLines(path === '-' ? environment.stdin : bytesOf(path)))
      else if (path !== '-') contents.set(name, readFileSync(path))
      else {
        // Nobody may ever write there.
        const read = await Promise.race([buffer(environment.stdin), stopSignal(environment)])
        if (typeof read === 'string')
          return { failure: abortFailure('options', 'interrupted: stdin was still read'), signal: read }
        contents.set(name, read)
      }
    } catch (error) {
      return { failure: fromFileError(error, `--${name}: cannot read ${path === '-' ? 'stdin' : path}`) }
    }
  }
  return { contents, lines }
}

function stopSignal({ onStopSignal }: Environment): Promise<StopSignal> {
  return new Promise((resolve) => onStopSignal(resolve))
}

function bytesOf(path: string): AsyncIterable<Uint8Array> {
  const fd = openSync(path, 'r')
  return readDescriptor(fd, () => createReadStream('', { fd }))
}
