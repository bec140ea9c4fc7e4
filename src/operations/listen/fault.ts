import { randomFillSync } from 'node:crypto'
import type { Stream } from '../../net/stream/stream.js'
import type { PeerStream } from './responder.js'
import type { ListenFault } from './types.js'

/** How often a slow answer brings its next piece. */
const SLOW_TICK_MS = 50

export interface FaultEvents {
  /** Is given what does go out. */
  readonly tell: (bytes: Uint8Array) => void
  /** Is called for a reset. */
  readonly breakOff: () => void
}

/** What misbehaves towards a peer in its stream's place: what is written to it suffers. */
export class FaultyWriter {
  readonly #stream: Stream
  readonly #fault: ListenFault
  readonly #events: FaultEvents
  readonly #gone: Promise<void>
  /** Once all that was written so far has gone out, or never will. */
  #last: Promise<void> = Promise.resolve()
  #queuedBytes = 0
  #sentBytes = 0
  #hasEnded = false

  constructor(stream: Stream, fault: ListenFault, events: FaultEvents) {
    this.#stream = stream
    this.#fault = fault
    this.#events = events
    this.#gone = stream.ended.then(() => {})
    const strikesAtOnce = fault.kind !== 'slow' && fault.kind !== 'garbage' && fault.afterBytes === 0
    if (strikesAtOnce) setImmediate(() => this.#strike())
  }

  /** The windows fill up where a stalled connection is not even read from. */
  get reads(): boolean {
    return this.#fault.kind !== 'stall' || this.#fault.afterBytes > 0
  }

  get writable(): boolean {
    return !this.#hasEnded && this.#stream.writable
  }

  get queuedBytes(): number {
    return this.#queuedBytes
  }

  /** Resolves once the bytes have gone out as they were to, or the stream is over. */
  write(bytes: Uint8Array): Promise<void> {
    this.#queuedBytes += bytes.length
    this.#last = this.#last.then(async () => {
      await this.#send(bytes)
      this.#queuedBytes -= bytes.length
    })
    return this.#last
  }

  end(): void {
    this.#hasEnded = true
    if (this.#fault.kind !== 'stall') void this.#last.then(() => this.#stream.halfClose())
  }

  async #send(bytes: Uint8Array): Promise<void> {
    const fault = this.#fault
    if (fault.kind === 'slow') {
      const piece = Math.max(1, Math.round((fault.bytesPerSecond * SLOW_TICK_MS) / 1000))
      const pauseMs = (piece * 1000) / fault.bytesPerSecond
      for (let at = 0; at < bytes.length && this.#stream.writable; at += piece) {
        await this.#pass(bytes.subarray(at, at + piece))
        await new Promise((resolve) => setTimeout(resolve, pauseMs))
      }
      return
    }
    const whole = Math.max(0, Math.min(bytes.length, fault.afterBytes - this.#sentBytes))
    if (whole > 0) await this.#pass(bytes.subarray(0, whole))
    if (fault.kind === 'garbage') {
      if (whole < bytes.length) await this.#pass(randomFillSync(Buffer.alloc(bytes.length - whole)))
    } else if (this.#sentBytes >= fault.afterBytes) {
      this.#strike()
      // Nothing more goes out; what the mode still writes waits for the end.
      await this.#gone
    }
  }

  async #pass(bytes: Uint8Array): Promise<void> {
    this.#sentBytes += bytes.length
    if (!this.#stream.writable) return
    this.#events.tell(bytes)
    await this.#stream.write(bytes)
  }

  #strike(): void {
    if (this.#fault.kind === 'reset') this.#events.breakOff()
    else if (this.#fault.kind === 'close') {
      this.#stream.halfClose()
      this.#stream.end('done', null)
    }
  }
}

/** A stream whose writer misbehaves, for those who speak in turns. */
export function faultyStream(stream: Stream, writer: FaultyWriter): PeerStream {
  return {
    peerEnded: stream.peerEnded,
    ended: stream.ended,
    get over() {
      return stream.over
    },
    get closeNotify() {
      return stream.closeNotify
    },
    get writable() {
      return writer.writable
    },
    get writeError() {
      return stream.writeError
    },
    take: (take) => writer.reads && stream.take(take),
    write: (bytes) => writer.write(bytes),
    halfClose: () => writer.end(),
    end: (...why) => stream.end(...why),
  }
}
