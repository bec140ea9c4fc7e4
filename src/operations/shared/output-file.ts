import { constants } from 'node:fs'
import { type FileHandle, open, rm } from 'node:fs/promises'
import { type Failure, fromFileError } from '../../core/failure.js'
import { fail, type Outcome, ok } from '../../core/outcome.js'
import { stopwatch } from '../../core/timer.js'

/** So much may wait for a disk that is slower than the peer. */
const AHEAD_BYTES = 1_048_576
const WRITABLE = constants.O_WRONLY | constants.O_CREAT

/**
 * A file that takes what comes from a peer. Opening it shows whether it can be written, and leaves what it holds alone:
 * it is emptied when there is something to put there. What it cannot do is this machine's no: phase `options`, as for a
 * file that is read.
 */
export class OutputFile {
  readonly #path: string
  readonly #argument: string
  readonly #file: FileHandle
  /** It was not there before. */
  readonly #isNew: boolean
  #begun = false
  #closed: Promise<Failure | null> | null = null
  #failure: Failure | null = null
  #last: Promise<Failure | null> = Promise.resolve(null)
  /** What came while the system was busy with what came before. */
  #waiting: Uint8Array[] = []
  #waitingBytes = 0
  #writing: Promise<Failure | null> | null = null

  private constructor(path: string, argument: string, file: FileHandle, isNew: boolean) {
    this.#path = path
    this.#argument = argument
    this.#file = file
    this.#isNew = isNew
  }

  /**
   * `argument` is its name in the options, for messages; `mode` the permissions of a new file, as for open(2), less those
   * that the umask takes.
   */
  static async open(path: string, argument: string, mode = 0o666): Promise<Outcome<OutputFile>> {
    const elapsed = stopwatch()
    try {
      const made = await open(path, WRITABLE | constants.O_EXCL, mode).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'EEXIST') return null
        throw error
      })
      const file = made ?? (await open(path, WRITABLE))
      return ok(new OutputFile(path, argument, file, made !== null), elapsed())
    } catch (error) {
      return fail(unwritable(error, path, argument), elapsed())
    }
  }

  /** Empties the file, the first time that it is called. */
  begin(): Promise<Failure | null> {
    if (this.#begun) return this.#last
    this.#begun = true
    return this.#next(async () => {
      // Devices and pipes have no length.
      if ((await this.#file.stat()).isFile()) await this.#file.truncate()
    })
  }

  /**
   * Takes bytes, which may change once this has returned, and writes them in the order of the calls; many small ones in
   * one go. Resolves once there is room for more; to the failure where they cannot be written, as far as it is known.
   */
  write(bytes: Uint8Array): Promise<Failure | null> {
    if (this.#failure) return this.#last
    if (!this.#begun) void this.begin()
    this.#waiting.push(Buffer.from(bytes))
    this.#waitingBytes += bytes.length
    this.#writing ??= this.#next(() => this.#writeWaiting())
    return this.#waitingBytes < AHEAD_BYTES ? Promise.resolve(null) : this.#writing
  }

  /** Resolves to what went wrong first, or null. A file that was made and never begun is gone again. */
  close(): Promise<Failure | null> {
    this.#closed ??= this.#next(async () => {
      await this.#file.close()
      if (this.#isNew && !this.#begun) await rm(this.#path, { force: true })
    })
    return this.#closed
  }

  async #writeWaiting(): Promise<void> {
    try {
      while (this.#waiting.length > 0) {
        const bytes = Buffer.concat(this.#waiting)
        this.#waiting = []
        this.#waitingBytes = 0
        for (let at = 0; at < bytes.length; ) at += (await this.#file.write(bytes, at)).bytesWritten
      }
    } finally {
      this.#writing = null
    }
  }

  #next(action: () => Promise<void>): Promise<Failure | null> {
    this.#last = this.#last.then(async () => {
      try {
        await action()
      } catch (error) {
        this.#failure ??= unwritable(error, this.#path, this.#argument)
      }
      return this.#failure
    })
    return this.#last
  }
}

function unwritable(error: unknown, path: string, argument: string): Failure {
  return fromFileError(error, `${argument}: cannot write ${path}`, { argument })
}
