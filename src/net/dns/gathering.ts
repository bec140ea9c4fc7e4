import { SyscallUdpPorts } from '../syscall/udp-ports.js'

/** From so many questions on, system calls of our own repay the time that it takes to load them. */
const BULK_QUESTIONS = 64

/** Who is told what has gathered; from the time on that there is much of it with system calls, where they can be made. */
type Release<Question> = (gathered: readonly Question[], syscalls: SyscallUdpPorts | null) => void

/** Holds back what is asked in one turn of the event loop, until it is known whether there is much. */
export class Gathering<Question> {
  readonly #busy: () => boolean
  readonly #release: Release<Question>
  /** Null where nothing is held back any more. */
  #held: Question[] | null = []
  #asked = 0
  #closed = false

  /** `busy`: see {@link SyscallUdpPorts.load}. */
  constructor(busy: () => boolean, release: Release<Question>) {
    this.#busy = busy
    this.#release = release
  }

  /** False where it is not held back, and may leave at once. */
  hold(question: Question): boolean {
    if (this.#held === null) return false
    if (this.#held.push(question) === 1) setImmediate(() => void this.#end())
    return true
  }

  /** Takes out all that is held back. */
  clear(): Question[] {
    return this.#held?.splice(0) ?? []
  }

  close(): void {
    this.#closed = true
  }

  async #end(): Promise<void> {
    this.#asked += this.#held?.length ?? 0
    const much = this.#asked >= BULK_QUESTIONS
    const syscalls = much ? await SyscallUdpPorts.load(this.#busy) : null
    if (this.#closed) {
      syscalls?.close()
      return
    }
    const gathered = this.clear()
    if (much) this.#held = null
    this.#release(gathered, syscalls)
  }
}
