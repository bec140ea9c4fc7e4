import { closeSync, fsyncSync, openSync, realpathSync, renameSync, rmSync, statSync, writeSync } from 'node:fs'
import { type Failure, fromFileError } from '../../core/failure.js'
import type { Output } from '../environment.js'

/**
 * The file of `--output`, which takes the place of stdout: its reader finds the old one or the new one, whole, and
 * nothing between.
 */
export class AtomicFile implements Output {
  readonly isTTY = false
  readonly columns = 80
  readonly #path: string
  /** What becomes the file; null where there is no file to replace, but a device or a pipe to write to. */
  #temporary: string | null = null
  #target: string
  #fd: number | null = null
  #error: Error | null = null

  /** Opens it at once, so that a folder that cannot be written is known before anything is sent. */
  constructor(path: string) {
    this.#path = path
    this.#target = path
    this.#try(() => {
      const there = statSync(path, { throwIfNoEntry: false })
      if (there && !there.isFile()) {
        this.#fd = openSync(path, 'w') // fails for a folder, with its own errno
        return
      }
      if (there) this.#target = realpathSync(path) // a link stays a link
      const temporary = `${this.#target}.${process.pid}.tmp`
      rmSync(temporary, { force: true }) // of a process that was killed: in a container all have the same id
      this.#fd = openSync(temporary, 'wx', there ? there.mode & 0o777 : 0o666)
      this.#temporary = temporary
    })
  }

  /** Why it could not be written so far, or null. */
  get failure(): Error | null {
    return this.#error
  }

  /** The same for its user. */
  explain(): Failure | null {
    return this.#error && fromFileError(this.#error, `--output: cannot write ${this.#path}`)
  }

  get behind(): boolean {
    return false // written at once
  }

  write(chunk: string | Uint8Array): void {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
    this.#try((fd) => {
      for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at)
    })
  }

  drained(): undefined {
    return undefined // written at once
  }

  flushed(): Promise<void> {
    return Promise.resolve()
  }

  /** Where results go that are not all: beside the file, which stays as it is. Null for a device or a pipe. */
  get partial(): string | null {
    return this.#temporary && `${this.#target}.partial`
  }

  /** Puts it in its place, or another. Returns why that, or any write before, failed: then what was there still is. */
  commit(place = this.#target): Failure | null {
    this.#try((fd) => {
      if (this.#temporary !== null) fsyncSync(fd)
      this.#close()
      if (this.#temporary !== null) renameSync(this.#temporary, place)
      this.#temporary = null
    })
    this.discard()
    return this.explain()
  }

  /** Leaves the old file as it is; nothing after a {@link commit} that went well. */
  discard(): void {
    const temporary = this.#temporary
    this.#temporary = null
    try {
      this.#close()
      if (temporary !== null) rmSync(temporary, { force: true })
    } catch (error) {
      // A folder that has become unwritable keeps it. What went wrong first is the one to tell.
      if (!(error instanceof Error)) throw error
      this.#error ??= error
    }
  }

  #close(): void {
    const fd = this.#fd
    this.#fd = null
    if (fd !== null) closeSync(fd)
  }

  #try(action: (fd: number) => void): void {
    if (this.#error) return
    try {
      action(this.#fd ?? -1)
    } catch (error) {
      if (!(error instanceof Error)) throw error
      this.#error = error
    }
  }
}
