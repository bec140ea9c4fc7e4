import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { type Failure, fromNodeError } from '../../core/failure.js'
import type { Output } from '../environment.js'

/** A file that takes the place of stdout: its reader finds the old one or the new one, whole, and nothing between. */
export class AtomicFile implements Output {
  readonly isTTY = false
  readonly columns = 80
  readonly #path: string
  readonly #temporary: string
  #fd: number | null = null
  #error: Error | null = null

  /** Opens it at once, so that a folder that cannot be written is known before anything is sent. */
  constructor(path: string) {
    this.#path = path
    this.#temporary = `${path}.${process.pid}.tmp`
    this.#try(() => {
      this.#fd = openSync(this.#temporary, 'wx', 0o666)
    })
  }

  /** Why it could not be written so far, or null. */
  get failure(): Error | null {
    return this.#error
  }

  /** The same for its user. */
  explain(): Failure | null {
    if (!this.#error) return null
    const base = fromNodeError(this.#error, 'options')
    return { ...base, message: `cannot write ${this.#path}: ${base.message}` }
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

  /** Puts it in its place. Returns why that, or any write before, failed. */
  commit(): Failure | null {
    this.#try((fd) => {
      fsyncSync(fd)
      closeSync(fd)
      this.#fd = null
      renameSync(this.#temporary, this.#path)
    })
    if (this.#error) rmSync(this.#temporary, { force: true })
    return this.explain()
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
