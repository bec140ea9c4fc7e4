import { Worker } from 'node:worker_threads'
import { startTimer } from '../../../../core/timer.js'
import { type DecodedMail, decodeMail, isSmall, undecoded } from './mail.js'

/** Beside the bundle of the command, a bundle; beside this module, a module. */
const SCRIPT = import.meta.url.endsWith('.cjs') ? './decode-worker.cjs' : './decode-worker.js'
/** What a message within the bounds takes at most, with some to spare. */
const PATIENCE_MS = 10_000
const MEMORY_MB = 512

/** Decodes messages: small ones at once, greater ones one after the other in a thread, where they hold up nobody. */
export class MailDecoder {
  #worker: Worker | null = null
  /** Of the thread's turn that was asked for last. */
  #last: Promise<unknown> = Promise.resolve()
  #isClosed = false
  #giveUp: () => void = () => {}

  /** Never rejects: what takes too long, or too much memory, is shown as it came. */
  async decode(bytes: Uint8Array): Promise<DecodedMail> {
    if (isSmall(bytes)) return decodeMail(bytes)
    const turn = this.#last.then(() => this.#inThread(bytes))
    this.#last = turn
    return (await turn) ?? undecoded(bytes)
  }

  /** What is under way and what still comes is shown as it came. */
  close(): void {
    this.#isClosed = true
    this.#giveUp()
  }

  /** Null where the thread did not do it. */
  #inThread(bytes: Uint8Array): Promise<DecodedMail | null> {
    if (this.#isClosed) return Promise.resolve(null)
    return new Promise((resolve) => {
      const worker = this.#start()
      if (worker === null) return resolve(null)
      const settle = (mail: DecodedMail | null) => {
        clearTimeout(timer)
        worker.off('message', settle).off('error', onEnd).off('exit', onEnd)
        worker.unref()
        this.#giveUp = () => this.#drop(worker)
        if (mail === null) this.#drop(worker)
        resolve(mail)
      }
      // It took too long, ran out of memory, or could not start.
      const onEnd = () => settle(null)
      const timer = startTimer(onEnd, PATIENCE_MS)
      this.#giveUp = onEnd
      worker.on('message', settle).on('error', onEnd).on('exit', onEnd)
      worker.ref()
      worker.postMessage(bytes)
    })
  }

  #start(): Worker | null {
    try {
      // None of the program's own Node flags: `--input-type`, for one, would not let a worker start.
      const resourceLimits = { maxOldGenerationSizeMb: MEMORY_MB }
      this.#worker ??= new Worker(new URL(SCRIPT, import.meta.url), { execArgv: [], resourceLimits })
    } catch {
      return null // no thread is to be had
    }
    return this.#worker
  }

  #drop(worker: Worker): void {
    if (this.#worker === worker) this.#worker = null
    worker.on('error', () => {}) // that it is ended is all that is wanted of it
    void worker.terminate()
  }
}
