import { constants } from 'node:os'
import { MAX_QUESTION_BYTES, type WrittenExchange } from '../dns/exchange.js'
import { BATCH_DATAGRAMS, DatagramBatch } from './datagram-batch.js'
import type { Libc } from './libc.js'

const { EAGAIN, EINTR, ENOBUFS } = constants.errno

/** The sockets ran out, or the buffer: worth another try in a moment. */
export const FULL: ReadonlySet<number> = new Set([EAGAIN, ENOBUFS, EINTR])

/** A connected socket, as its sender sees it. */
interface Target {
  readonly fd: number
  readonly isOpen: boolean
  /** Whether a further question would leave with what waits to be sent there. */
  takesMore: boolean
}

/** A datagram that the system had no room for. */
interface Unsent<Socket> {
  readonly socket: Socket
  readonly datagram: Uint8Array
}

export interface SenderEvents<Socket> {
  /** Something waits for {@link UdpSender.flush}. */
  waits(): void
  /** The system refused to send; its `errno()` tells why. */
  failed(socket: Socket): void
}

/** Sends questions through connected sockets, as many as fit a call of sendmmsg(2) together. */
export class UdpSender<Socket extends Target> {
  readonly #libc: Libc
  readonly #events: SenderEvents<Socket>
  readonly #batch: DatagramBatch
  /** The socket that the batch goes to, and how much is in there. */
  #socket: Socket | null = null
  #count = 0
  #unsent: Unsent<Socket>[] = []

  constructor(libc: Libc, events: SenderEvents<Socket>) {
    this.#libc = libc
    this.#events = events
    this.#batch = new DatagramBatch(MAX_QUESTION_BYTES, libc.addressOf)
  }

  /** Puts it into the batch, which leaves before where it is full or goes elsewhere. */
  send(socket: Socket, question: WrittenExchange, id: number): void {
    // A flush may tell of a failure, and that may lead to other questions.
    while (this.#count > 0 && (this.#socket !== socket || this.#count === BATCH_DATAGRAMS)) this.flush()
    const at = this.#count
    const slot = this.#batch.slots[at]
    if (!slot || !socket.isOpen) return
    this.#socket = socket
    this.#batch.setLength(at, question.write(slot, 0, id))
    this.#count = at + 1
    socket.takesMore = this.#count < BATCH_DATAGRAMS
    if (at === 0) this.#events.waits()
  }

  /** Sends what waits. What the system has no room for is kept for {@link sendAgain}. */
  flush(): void {
    const count = this.#count
    const socket = this.#socket
    if (count === 0 || socket === null) return
    this.#count = 0
    socket.takesMore = false
    const went = this.#libc.sendmmsg(socket.fd, this.#batch.headers, count, 0)
    if (went < 0 && !FULL.has(this.#libc.errno())) this.#events.failed(socket)
    else {
      for (let at = Math.max(0, went); at < count; at++) {
        this.#unsent.push({ socket, datagram: this.#batch.datagramAt(at) })
      }
    }
  }

  get hasUnsent(): boolean {
    return this.#unsent.length > 0
  }

  sendAgain(): void {
    const unsent = this.#unsent
    this.#unsent = []
    for (const [at, { socket, datagram }] of unsent.entries()) {
      if (!socket.isOpen || this.#libc.send(socket.fd, datagram, datagram.length, 0) >= 0) continue
      if (!FULL.has(this.#libc.errno())) this.#events.failed(socket)
      else {
        this.#unsent.push(...unsent.slice(at))
        return
      }
    }
  }

  /** Sends nothing more from there. */
  forget(socket: Socket): void {
    if (this.#socket === socket) this.#count = 0
    if (this.#unsent.length > 0) this.#unsent = this.#unsent.filter((each) => each.socket !== socket)
  }
}
