import { createWriteStream, openSync } from 'node:fs'
import { finished } from 'node:stream/promises'
import { type Failure, fromFileError } from '../../core/failure.js'
import type { ByteSink } from './session-types.js'

export interface FileSink extends ByteSink {
  /** Resolves when all is in the file. Rejects with what the system said. */
  close(): Promise<void>
}

/** Opens a file for writing, emptied. The failure is that of open(2), phase options: nothing has been sent yet. */
export function openFileSink(path: string, argument: string): FileSink | { readonly failure: Failure } {
  let fd: number
  try {
    fd = openSync(path, 'w')
  } catch (error) {
    return { failure: fromFileError(error, `${argument}: cannot write ${path}`) }
  }
  const stream = createWriteStream(path, { fd })
  let problem: Error | null = null
  stream.on('error', (error) => {
    problem = error
  })
  return {
    write: (bytes) =>
      new Promise((resolve, reject) => {
        stream.write(bytes, (error) => (error ? reject(error) : resolve()))
      }),
    async close() {
      if (problem) throw problem
      stream.end()
      await finished(stream)
    },
  }
}
