import { type FileHandle, open } from 'node:fs/promises'
import { type Failure, fromNodeError } from '../../core/failure.js'
import { fail, type Outcome, ok } from '../../core/outcome.js'

/** The file that a body goes into. What it cannot do is this machine's no: phase `options`, as for a file that is read. */
export class Output {
  readonly #path: string
  readonly #file: FileHandle

  private constructor(path: string, file: FileHandle) {
    this.#path = path
    this.#file = file
  }

  /** Creates or empties it. */
  static async open(path: string): Promise<Outcome<Output>> {
    const started = performance.now()
    try {
      return ok(new Output(path, await open(path, 'w')), performance.now() - started)
    } catch (error) {
      return fail(unwritable(path, error), performance.now() - started)
    }
  }

  /** Resolves once the bytes are with the system; to the failure where they cannot be. */
  async write(bytes: Uint8Array): Promise<Failure | null> {
    try {
      for (let at = 0; at < bytes.length; ) at += (await this.#file.write(bytes, at)).bytesWritten
      return null
    } catch (error) {
      return unwritable(this.#path, error)
    }
  }

  async close(): Promise<Failure | null> {
    try {
      await this.#file.close()
      return null
    } catch (error) {
      return unwritable(this.#path, error)
    }
  }
}

function unwritable(path: string, error: unknown): Failure {
  const base = fromNodeError(error, 'options')
  const hint = base.code === 'ENOENT' ? 'the folder has to be there already' : base.hint
  return { ...base, message: `--output: cannot write ${path}: ${base.message}`, hint }
}
