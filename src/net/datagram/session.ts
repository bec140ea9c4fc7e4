import { createSocket, type Socket } from 'node:dgram'
import type { Endpoint } from '../../core/address/endpoint.js'
import { formatEndpoint } from '../../core/address/endpoint.js'
import { Deadline } from '../../core/deadline.js'
import { abortFailure, deadlineFailure, type Failure, fromNodeError, silence } from '../../core/failure.js'
import type { Outcome } from '../../core/outcome.js'
import { settle } from '../../core/settle.js'
import type { ResolvedAddress } from '../connect/lookup.js'
import { zoneError, zoneHint } from '../connect/zone.js'
import {
  type Channel,
  type CloseReason,
  type ConversationEnd,
  type ConversationOptions,
  interrupted,
  MAX_DATAGRAM_BYTES,
  outOfTime,
} from '../stream/channel.js'
import { IdleWatch, silentFor } from '../stream/idle-watch.js'

export interface DatagramSessionOptions {
  readonly sourceAddress?: ResolvedAddress | undefined
  readonly sourcePort?: number | undefined
  readonly deadline?: Deadline | undefined
  readonly signal?: AbortSignal | undefined
}

export interface DatagramConnection {
  /** Connected: it sends to and hears from one peer alone, and learns of ECONNREFUSED (udp(7)). */
  readonly socket: Socket
  readonly localAddress: string
  readonly localPort: number
  readonly connectMs: number
}

/** connect(2) on a UDP socket. Nothing is sent: it says only that this machine has a route. */
export function dialDatagram(
  host: string,
  port: number,
  { address, family }: ResolvedAddress,
  options: DatagramSessionOptions = {},
): Promise<Outcome<DatagramConnection>> {
  const { sourceAddress, sourcePort, deadline, signal } = options
  const endpoint: Endpoint = { host, address, port, path: null }
  const name = formatEndpoint(address, port)
  const words = {
    onDeadline: () =>
      deadlineFailure('connect', `no time was left to reach ${name}`, { endpoint, ...silence('bind', deadline) }),
    onAbort: () => abortFailure('connect', `reaching ${name} was interrupted`, { endpoint }),
  }

  return settle({ deadline, signal, ...words }, (done) => {
    const socket = createSocket(family === 6 ? 'udp6' : 'udp4')
    const onError = (error: Error) => {
      const { syscall } = error as NodeJS.ErrnoException
      const base = fromNodeError(error, syscall === 'bind' ? 'bind' : 'connect', { endpoint })
      const message = `cannot reach ${name} over UDP: ${base.message}`
      done.fail({ ...base, message, ...zoneHint(base.code, address) })
    }
    socket.once('error', onError)
    socket.bind({ port: sourcePort ?? 0, ...(sourceAddress && { address: sourceAddress.address }) }, () => {
      const refused = zoneError(address)
      if (refused) return onError(refused)
      socket.connect(port, address, (error?: Error) => {
        if (error) return onError(error)
        const local = socket.address()
        done.ok({ socket, localAddress: local.address, localPort: local.port, connectMs: done.elapsed() })
      })
    })
    return (outcome) => {
      socket.off('error', onError)
      if (!outcome.ok) socket.on('error', () => {}).close()
    }
  })
}

/** A connected UDP socket as a conversation: each write is a datagram, there is no end but ours. Owns the socket. */
export class DatagramSession implements Channel {
  readonly ended: Promise<ConversationEnd>
  /** A datagram peer never says that it is done. */
  readonly peerEnded = new Promise<void>(() => {})
  readonly #socket: Socket
  readonly #options: ConversationOptions
  readonly #started = performance.now()
  readonly #watch: IdleWatch | null
  #bytesIn = 0
  #bytesOut = 0
  #finished = false
  #callOff = () => {}
  #settle: (end: ConversationEnd) => void = () => {}

  constructor(socket: Socket, options: ConversationOptions) {
    this.#socket = socket
    this.#options = options
    this.ended = new Promise((resolve) => {
      this.#settle = resolve
    })
    socket.on('message', (bytes: Uint8Array) => {
      this.#bytesIn += bytes.length
      this.#watch?.touch()
      options.received?.(bytes)?.catch((error: unknown) => this.end('error', fromNodeError(error, 'write')))
    })
    socket.on('error', (error) => this.#lose(error))
    const deadline = options.deadline ?? Deadline.never
    this.#callOff = deadline.onExpire(() => this.end('max-time', outOfTime(options.name, deadline)))
    const { idleMs = null, name } = options
    this.#watch = idleMs === null ? null : new IdleWatch(idleMs, () => this.end('idle', silentFor(name, idleMs)))
    if (options.signal?.aborted) this.#onAbort()
    options.signal?.addEventListener('abort', this.#onAbort, { once: true })
  }

  get over(): boolean {
    return this.#finished
  }

  get bytesOut(): number {
    return this.#bytesOut
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at === 0 || at < bytes.length; at += MAX_DATAGRAM_BYTES) {
      if (this.#finished) return
      const datagram = bytes.subarray(at, at + MAX_DATAGRAM_BYTES)
      const error = await new Promise<Error | null>((resolve) => this.#socket.send(datagram, resolve))
      if (error) return this.#lose(error)
      this.#bytesOut += datagram.length
      this.#watch?.touch()
    }
  }

  /** Nothing goes over the wire; from here on whoever listens decides how long. */
  halfClose(): void {
    this.#watch?.stop()
  }

  end(reason: CloseReason, failure: Failure | null): void {
    if (this.#finished) return
    this.#finished = true
    this.#watch?.stop()
    this.#callOff()
    this.#options.signal?.removeEventListener('abort', this.#onAbort)
    this.#socket.close()
    const counts = { bytesIn: this.#bytesIn, bytesOut: this.#bytesOut }
    this.#settle({
      reason,
      closedBy: null,
      closeNotify: null,
      bytesUnacknowledged: null,
      bytesUnread: null,
      ...counts,
      elapsedMs: performance.now() - this.#started,
      failure,
    })
  }

  #lose(error: Error): void {
    const failure = fromNodeError(error, (error as NodeJS.ErrnoException).syscall === 'send' ? 'write' : 'read')
    const refused = failure.code === 'ECONNREFUSED'
    const what = refused ? 'no one listens there' : 'the datagrams stopped'
    const message = `${what}: ${this.#options.name} over UDP: ${failure.message}`
    this.end(refused ? 'refused' : 'error', { ...failure, message })
  }

  readonly #onAbort = () => this.end('interrupted', interrupted(this.#options.name))
}
