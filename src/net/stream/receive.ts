import type { OnReadOpts, Socket } from 'node:net'
import type { Take } from './channel.js'
import { errorsComeLast, tellLateError } from './hooks.js'

/** Fits the processor's caches and takes in one read what loopback and fast links have gathered. */
const LENT_BYTES = 131_072

/** One buffer that a socket reads into again and again, and whoever takes what is in it. */
class Lender {
  #socket: Socket | null = null
  #take: Take | null = null
  #early: Uint8Array | null = null
  #busy = false

  readonly onread: OnReadOpts = {
    buffer: Buffer.allocUnsafeSlow(LENT_BYTES),
    callback: (length, buffer) => {
      const bytes = buffer.subarray(0, length)
      if (this.#take === null || this.#busy) {
        // Connected, and nobody asked yet: a server that speaks first. Or Node reads on all the same.
        this.#early = this.#early === null ? Uint8Array.from(bytes) : Buffer.concat([this.#early, bytes])
        return false
      }
      return this.#hand(bytes)
    },
  }

  start(socket: Socket, take: Take): void {
    this.#socket = socket
    this.#take = take
    this.#goOn()
  }

  stop(): void {
    this.#take = null
    this.#busy = false
    this.#socket?.pause()
  }

  putBack(bytes: Uint8Array): void {
    this.#early = this.#early === null ? Uint8Array.from(bytes) : Buffer.concat([bytes, this.#early])
  }

  /** Hands over what came early, then reads on. */
  #goOn(): void {
    const early = this.#early
    this.#early = null
    if (early === null || this.#hand(early)) this.#socket?.resume()
  }

  /** Whether to go on reading at once. */
  #hand(bytes: Uint8Array): boolean {
    const taken = this.#take?.(bytes)
    if (!taken) return true
    this.#busy = true
    const take = this.#take
    void taken.then(() => {
      if (this.#take !== take) return // another reads now
      this.#busy = false
      this.#goOn()
    })
    return false
  }
}

const lenders = new WeakMap<Socket, Lender>()

/** What `net.connect` needs for a socket that is to be read by {@link receive} without an allocation for each read. */
export function lending(): { readonly onread: OnReadOpts; readonly bind: (socket: Socket) => void } {
  const lender = new Lender()
  return { onread: lender.onread, bind: (socket) => void lenders.set(socket, lender) }
}

/**
 * Hands over every piece that comes on a connected socket, once, from the first. A piece is lent: it holds until `take`
 * returns, or the promise that it returns is settled; that must not reject. The peer's FIN is still the socket's `end`.
 * @returns what ends it, for another reader; the socket is paused then
 */
export function receive(socket: Socket, take: Take): () => void {
  const lender = lenders.get(socket)
  if (lender) {
    lender.start(socket, take)
    return () => lender.stop()
  }
  let stopped = false
  const onData = (bytes: Uint8Array) => {
    const taken = take(bytes)
    if (!taken) return tellLateError(socket)
    socket.pause()
    void taken.then(() => {
      if (stopped) return
      socket.resume()
      tellLateError(socket)
    })
  }
  errorsComeLast(socket)
  socket.on('data', onData)
  socket.resume()
  return () => {
    stopped = true
    socket.off('data', onData)
    socket.pause()
  }
}

/** Puts bytes back before all that the next reader is given. */
export function putBack(socket: Socket, bytes: Uint8Array): void {
  const lender = lenders.get(socket)
  if (lender) lender.putBack(bytes)
  else socket.unshift(bytes)
}
