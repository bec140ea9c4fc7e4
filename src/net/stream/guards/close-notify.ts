import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import { TELLING_BYTES } from '../../../core/first-bytes.js'
import { errorsComeLast, onLastRead, surviveFailedWrites } from '../hooks.js'
import { receive } from '../receive.js'
import { hiddenReset } from './hidden-reset.js'
import { noteLostBytes } from './lost-bytes.js'

const below = new WeakMap<Socket, Underlay>()

/**
 * Whether the peer said that it will send no more (`close_notify`, RFC 8446 6.1) and did not just stop: true where TLS
 * ended by that alert, false where the connection below it ended first, as whoever cuts it can make it do. null while
 * neither has happened, and for a socket that runs over no {@link Underlay}.
 */
export function closeNotifyOf(socket: Socket): boolean | null {
  return below.get(socket)?.closeNotify ?? null
}

/** At the end of a TLS session: what the connection below it was lost by, or null. */
export function resetBelow(socket: Socket): Error | null {
  return below.get(socket)?.reset ?? null
}

/** The first bytes that came below TLS, which tell what a peer speaks that does not speak TLS; empty where none came. */
export function firstBelow(socket: Socket): Uint8Array {
  return below.get(socket)?.beginning ?? new Uint8Array()
}

/** Whether TLS ended in the midst of a record: what was cut off is more than a farewell. */
export function cutInRecord(socket: Socket): boolean {
  return below.get(socket)?.cutInRecord ?? false
}

/**
 * A connection as a TLS client reads it, to tell TLS's own end from that of the connection. Node makes the same 'end'
 * of both. What differs is which comes first, and that shows only where the connection's bytes and then its end are
 * handed over one after the other. Pieces are handed over as they are lent: TLS has copied them when 'data' returns.
 */
export class Underlay extends Duplex {
  readonly #raw: Socket
  #closeNotify: boolean | null = null
  #carried: TLSSocket | null = null
  #paused = false
  #wake: (() => void) | null = null
  /** What TLS has not taken yet. */
  #handing: Promise<void> | undefined
  #writeError: Error | null = null
  readonly #records = new TlsRecords()
  #reset: Error | null = null
  #beginning: Uint8Array | null = null

  constructor(raw: Socket) {
    super({ allowHalfOpen: true })
    this.#raw = raw
    surviveFailedWrites(raw, (error) => {
      this.#writeError = error
    })
    errorsComeLast(raw, noteLostBytes)
    raw.on('error', (error) => this.#endBehindData(error))
    raw.once('end', () =>
      hiddenReset(
        raw,
        (reset) => this.#endBehindData(reset),
        () => this.#writeError,
      ),
    )
    // After its end TLS may still hold what nobody has read yet, and ends by itself.
    raw.once('close', () => raw.readableEnded || raw.errored || this.destroy())
    receive(raw, (bytes) => this.#take(bytes))
  }

  get raw(): Socket {
    return this.#raw
  }

  get closeNotify(): boolean | null {
    return this.#closeNotify
  }

  /** The beginning of the first piece that came; null before it. */
  get beginning(): Uint8Array | null {
    return this.#beginning
  }

  /** What the connection was lost by; null where it ended in order, or has not ended. */
  get reset(): Error | null {
    return this.#reset
  }

  /** Whether the connection ended in the midst of a TLS record, of which the rest was cut off. */
  get cutInRecord(): boolean {
    return this.#closeNotify === false && this.#records.pending
  }

  /** Names the TLS session that was started over this, once, in the turn in which it was. */
  carry(socket: TLSSocket): void {
    below.set(socket, this)
    this.#carried = socket
    onLastRead(socket, () => {
      this.#closeNotify ??= true
    })
  }

  /** Node may tell of an end while a piece before it still waits for TLS. */
  #endBehindData(reset: Error | null): void {
    if (this.#handing) void this.#handing.then(() => this.#endBehindData(reset))
    else this.#end(reset)
  }

  #end(error: Error | null): void {
    this.#closeNotify ??= false
    this.#reset = error
    // Also behind a reset: what came before it is still to be read, and destroying would take that away.
    this.emit('end')
  }

  #take(bytes: Uint8Array): Promise<void> | undefined {
    this.#beginning ??= Uint8Array.from(bytes.subarray(0, TELLING_BYTES))
    this.#records.push(bytes)
    if (!this.#paused) {
      this.emit('data', bytes)
      return undefined
    }
    this.#handing = new Promise<void>((resolve) => {
      this.#wake = resolve
    }).then(() => {
      this.#handing = undefined
      this.emit('data', bytes)
    })
    return this.#handing
  }

  override pause(): this {
    this.#paused = true
    return this
  }

  override resume(): this {
    this.#paused = false
    this.#wake?.()
    this.#wake = null
    return this
  }

  /**
   * A write that fails is told to TLS, which goes on reading what the peer had said before. Not so of TLS's own words,
   * such as the last of the handshake: Node would forget whoever wrote meanwhile. Their own write fails, and is told.
   */
  override write(chunk: Uint8Array, ...rest: unknown[]): boolean {
    const done = rest.at(-1)
    const ofTls = chunk.length > 0 && (this.#carried?.writableLength ?? 0) === 0
    return this.#raw.write(chunk, (gone) => {
      const error = this.#writeError ?? (gone ? (this.#raw.errored ?? gone) : null)
      if (typeof done === 'function') done(ofTls ? null : error)
    })
  }

  override _final(done: () => void): void {
    this.#raw.end(done)
  }

  override _read(): void {}

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#raw.destroy()
    done(error)
  }
}

const HEAD_BYTES = 5

/** Where the records of TLS end in what comes (RFC 8446 5.1): five octets before each, of which the last two are its length. */
class TlsRecords {
  #headBytes = 0
  #length = 0
  #leftBytes = 0

  /** Whether a record has begun and not ended. */
  get pending(): boolean {
    return this.#headBytes > 0
  }

  push(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      if (this.#headBytes < HEAD_BYTES) {
        this.#length = ((this.#length << 8) | (bytes[at++] ?? 0)) & 0xffff
        if (++this.#headBytes < HEAD_BYTES) continue
        this.#leftBytes = this.#length
      } else {
        const taken = Math.min(this.#leftBytes, bytes.length - at)
        this.#leftBytes -= taken
        at += taken
      }
      if (this.#leftBytes === 0) this.#headBytes = 0
    }
  }
}
