import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { beforeDestroy, beforeOurEnd, descriptorOf, endAtOnce } from '../hooks.js'
import { errorOfWrite } from './kept-error.js'
import { noteLostBytes } from './lost-bytes.js'
import { unacknowledgedBytes } from './unacknowledged.js'

const FIRST_PAUSE_MS = 1
/** Of the time waited so far: what can be known is known hardly later. */
const PAUSE_SHARE = 0.1
const LONGEST_PAUSE_MS = 100
/** A FIN is acknowledged as if it were one byte (RFC 9293 3.4). */
const FIN_BYTES = 1
const REFUSALS = ['EPIPE', 'ECONNRESET']
/** There EPIPE says that we said FIN, and no more. */
const BEHIND_FIN = ['ECONNRESET']

interface Question {
  /** At the end of what was sent: not what the question is about. */
  readonly behindBytes: number
  /** Whether a reset is taken for a refusal where nothing is known of acknowledgements. */
  readonly presumed: boolean
  readonly tells: readonly (string | undefined)[]
}

/**
 * Tells of data that a peer refused which had closed before: its system answers it with a reset. Behind the peer's FIN
 * no read shows that, nor does shutdown(2), whose ENOTCONN Node keeps to itself. A write of nothing does: EPIPE before
 * our FIN, ECONNRESET behind it (tcp(7) of Linux). Asked at the peer's end, before our FIN, and when both are done,
 * where 'close' waits for what is still on its way as long as `patienceMs` never pass without an acknowledgement. A
 * reset behind data that was acknowledged takes nothing away, and is not told.
 *
 * Over TLS such a reset is the rule: it is the answer to our closure alert where the peer has left. Behind the peer's
 * end the alert therefore waits until what was said before it is acknowledged or refused.
 * @param stream what is written to: the connection `raw` itself, or TLS over it
 * @returns null for what cannot be asked: Unix sockets, which show it to a read, and Windows
 */
export function watchForRefusal(
  stream: Socket,
  raw: Socket,
  patienceMs: number,
  owner: RefusalOwner,
): RefusalWatch | null {
  if (raw.localPort === undefined || descriptorOf(raw) === null) return null
  return new RefusalWatch(stream, raw, patienceMs, owner)
}

export interface RefusalOwner {
  /** What was said was taken by the system and refused by the peer. */
  refused(error: Error): void
}

class RefusalWatch {
  readonly #stream: Socket
  readonly #raw: Socket
  readonly #patienceMs: number
  readonly #owner: RefusalOwner
  #acknowledgedBytes = 0
  /** How much the connection was given before the closure alert. */
  #saidBytes = 0
  #isWanted = true
  #unacknowledgedBytes: number | null = null
  #unhook: (() => void)[] | null = null
  #settled: Promise<void> | undefined

  constructor(stream: Socket, raw: Socket, patienceMs: number, owner: RefusalOwner) {
    this.#stream = stream
    this.#raw = raw
    this.#patienceMs = patienceMs
    this.#owner = owner
    beforeOurEnd(stream, (goOn) => this.#beforeOurEnd(goOn))
    // What TLS runs over would else be closed, and could not be asked, while TLS waits for its reader.
    if (raw !== stream) this.#holdOpen(raw)
  }

  /** Leaves the sockets to another owner, as they were. */
  release(): void {
    endAtOnce(this.#stream)
    for (const unhook of this.#unhook ?? []) unhook()
  }

  /** To be called in the stream's 'end': before that it is not closed in order. */
  holdOpen(): void {
    this.#holdOpen(this.#stream)
  }

  /** To be called at the peer's end, where no reset was behind it. */
  peerEnded(): void {
    const { bytesWritten, writableLength, writableEnded } = this.#stream
    if (writableEnded || !this.#isAtRisk()) return
    const error = errorOfWrite(this.#raw)
    const queued = this.#patienceMs > 0 ? (unacknowledgedBytes(this.#raw) ?? 0) : 0
    if (error) this.#refuse(error)
    else this.#acknowledgedBytes = bytesWritten - writableLength - queued
  }

  /** Nobody wants to know any more: what is waited for is given up. */
  giveUp(): void {
    this.#isWanted = false
  }

  /** At an end in order: what the peer's system had not acknowledged; null where it is not known, or not the end. */
  get unacknowledgedBytes(): number | null {
    return this.#unacknowledgedBytes
  }

  get #isOverTls(): boolean {
    return this.#stream !== this.#raw
  }

  #isAtRisk(): boolean {
    return this.#stream.bytesWritten > this.#acknowledgedBytes
  }

  #beforeOurEnd(goOn: () => void): void {
    const end = (error: Error | null) => {
      if (error) this.#refuse(error)
      this.#saidBytes = this.#raw.bytesWritten
      goOn()
    }
    const error = this.#isAtRisk() ? errorOfWrite(this.#raw) : null
    if (error || !this.#isOverTls || !this.#stream.readableEnded || !this.#isAtRisk()) end(error)
    else
      void this.#ask({ behindBytes: 0, presumed: true, tells: REFUSALS }).then((late) => {
        this.#acknowledgedBytes = this.#stream.bytesWritten // or told: the alert's own fate is none of ours
        end(late)
      })
  }

  /** Until it is known what became of what was sent last. */
  #holdOpen(socket: Socket): void {
    const unhook = beforeDestroy(socket, (error, goOn) => {
      const inOrder = error === null && socket.readableEnded && socket.writableFinished
      if (!inOrder) return goOn()
      if (!this.#isAtRisk()) {
        this.#unacknowledgedBytes = 0
        return goOn()
      }
      socket.setTimeout(0) // nobody is silent any more
      this.#settled ??= this.#settle()
      void this.#settled.then(goOn)
    })
    this.#unhook ??= []
    this.#unhook.push(unhook)
  }

  async #settle(): Promise<void> {
    const behindBytes = this.#raw.bytesWritten - this.#saidBytes + FIN_BYTES
    const error = await this.#ask({ behindBytes, presumed: !this.#isOverTls, tells: BEHIND_FIN })
    if (error) this.#refuse(error)
  }

  #refuse(error: Error): void {
    noteLostBytes(this.#raw)
    this.#owner.refused(error)
  }

  /** The reset that met what was on its way, or null once all of it was acknowledged, or as far as one can wait. */
  async #ask({ behindBytes, presumed, tells }: Question): Promise<Error | null> {
    const started = performance.now()
    let onItsWay = presumed
    let leastBytes = Number.POSITIVE_INFINITY
    for (let until = started + this.#patienceMs; ; ) {
      const left = this.#patienceMs > 0 ? unacknowledgedBytes(this.#raw) : null
      if (left !== null) {
        onItsWay = left > behindBytes
        this.#unacknowledgedBytes = Math.max(0, left - behindBytes)
      }
      const error: NodeJS.ErrnoException | null = errorOfWrite(this.#raw) ?? this.#raw.errored
      if (onItsWay && error && tells.includes(error.code)) return error
      const now = performance.now()
      if (left === null || !onItsWay || now >= until || !this.#isWanted) return null
      if (left < leastBytes) until = now + this.#patienceMs
      leastBytes = left
      await sleep(Math.min(Math.max(FIRST_PAUSE_MS, (now - started) * PAUSE_SHARE), LONGEST_PAUSE_MS))
    }
  }
}

export type { RefusalWatch }
