import type { Failure } from '../../core/failure.js'
import { type CloseReason, type ConversationOptions, interrupted, outOfTime } from './channel.js'
import { IdleWatch, silentFor } from './idle-watch.js'

/** What holds a conversation in bounds: silence, a deadline, and whoever calls it off. */
export class Bounds {
  readonly #watch: IdleWatch | null
  readonly #callOff: (() => void) | undefined
  readonly #callOffAbort: (() => void) | undefined

  /**
   * @param end what a bound that is reached does
   * @param isOurs whether silence is our own doing, who have not taken what came
   */
  constructor(
    { name, idleMs = null, deadline, signal }: ConversationOptions,
    end: (reason: CloseReason, failure: Failure) => void,
    isOurs: () => boolean,
  ) {
    this.#watch = idleMs === null ? null : new IdleWatch(idleMs, () => end('idle', silentFor(name, idleMs)), isOurs)
    this.#callOff = deadline?.onExpire(() => end('max-time', outOfTime(name, deadline)))
    if (!signal) return
    const onAbort = () => end('interrupted', interrupted(name))
    signal.addEventListener('abort', onAbort, { once: true })
    this.#callOffAbort = () => signal.removeEventListener('abort', onAbort)
  }

  /** Something was said, or taken. */
  touch(): void {
    this.#watch?.touch()
  }

  /** Nobody is silent any more. */
  allowSilence(): void {
    this.#watch?.stop()
  }

  release(): void {
    this.#watch?.stop()
    this.#callOff?.()
    this.#callOffAbort?.()
  }
}
