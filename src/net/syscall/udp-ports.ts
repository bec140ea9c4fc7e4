import { getSystemErrorName } from 'node:util'
import { type Exchange, MAX_QUESTION_BYTES } from '../dns-exchange.js'
import type { UdpPort, UdpPortEvents, UdpPortOptions } from '../udp-port.js'
import { BATCH_DATAGRAMS, checkBatches, DatagramBatch } from './datagram-batch.js'
import { SyscallUnavailable } from './koffi.js'
import { type Libc, loadLibc } from './libc.js'
import {
  EAGAIN,
  EINTR,
  ENOBUFS,
  EPOLL_CLOEXEC,
  EPOLL_CTL_ADD,
  EPOLL_EVENT,
  EPOLLIN,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
} from './linux.js'
import { socketAddress } from './sockaddr.js'

/** No datagram is longer. */
const MAX_DATAGRAM_BYTES = 65_536
/** Sockets that one look at epoll tells of. */
const MAX_EVENTS = 64
/** Waited in place, which costs a hundredth of what the thread below does; the event loop stands still for it. */
const PAUSE_MS = 1
/** The longest wait that nothing can end: a run that is interrupted leaves that much later at worst. */
const WAIT_MS = 50

/** The sockets ran out, or the buffer: worth another try in a moment. */
const FULL: ReadonlySet<number> = new Set([EAGAIN, ENOBUFS, EINTR])

/** A datagram that the system had no room for. */
interface Unsent {
  readonly fd: number
  readonly datagram: Uint8Array
}

/**
 * {@link UdpPort}s through system calls of our own, many datagrams each. One epoll stands for all of them; it is looked at
 * once a turn of the event loop as long as `busy` says that something is waited for, and from a thread of libuv's while
 * there is nothing to read. What is sent leaves at the end of the turn, or as soon as it fills a batch.
 */
export class SyscallUdpPorts {
  readonly #libc: Libc
  readonly #busy: () => boolean
  readonly #epoll: number
  readonly #events = new Uint8Array(EPOLL_EVENT.size * MAX_EVENTS)
  readonly #view = new DataView(this.#events.buffer)
  /** The thread's own. */
  readonly #awaited = new Uint8Array(EPOLL_EVENT.size)
  readonly #incoming: DatagramBatch
  readonly #outgoing: DatagramBatch
  /** The socket that {@link #outgoing} goes to, and how much is in there. */
  #outgoingFd = -1
  #outgoingCount = 0
  #unsent: Unsent[] = []
  /** By descriptor. */
  readonly #ports = new Map<number, UdpPortEvents>()
  #scheduled = false
  #waiting = false
  #closed = false

  private constructor(libc: Libc, busy: () => boolean) {
    checkBatches(libc)
    this.#libc = libc
    this.#busy = busy
    this.#incoming = new DatagramBatch(MAX_DATAGRAM_BYTES, libc.addressOf)
    this.#outgoing = new DatagramBatch(MAX_QUESTION_BYTES, libc.addressOf)
    this.#epoll = libc.epoll_create1(EPOLL_CLOEXEC)
    if (this.#epoll < 0) throw this.#error('epoll_create1')
  }

  /** Null where system calls cannot be made, see {@link loadLibc}. */
  static async load(busy: () => boolean): Promise<SyscallUdpPorts | null> {
    try {
      return new SyscallUdpPorts(await loadLibc(), busy)
    } catch (error) {
      if (error instanceof SyscallUnavailable || (error instanceof Error && 'syscall' in error)) return null
      throw error
    }
  }

  /** Throws what socket(2), bind(2) or connect(2) say. */
  open({ server, port, sourceAddress }: UdpPortOptions, events: UdpPortEvents): UdpPort {
    const libc = this.#libc
    const indexOf = (zone: string) => libc.if_nametoindex(zone)
    const { family, bytes } = socketAddress(server.address, port, indexOf)
    const fd = libc.socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)
    if (fd < 0) throw this.#error('socket')
    try {
      if (sourceAddress) {
        const source = socketAddress(sourceAddress.address, 0, indexOf).bytes
        if (libc.bind(fd, source, source.length) < 0) throw this.#error('bind')
      }
      if (libc.connect(fd, bytes, bytes.length) < 0) throw this.#error('connect')
      const event = new Uint8Array(EPOLL_EVENT.size)
      const view = new DataView(event.buffer)
      view.setUint32(0, EPOLLIN, true)
      view.setUint32(EPOLL_EVENT.data, fd, true)
      if (libc.epoll_ctl(this.#epoll, EPOLL_CTL_ADD, fd, event) < 0) throw this.#error('epoll_ctl')
    } catch (error) {
      libc.close(fd)
      throw error
    }
    this.#ports.set(fd, events)
    const takesMore = () => this.#outgoingFd === fd && this.#outgoingCount > 0 && this.#outgoingCount < BATCH_DATAGRAMS
    return {
      send: (question, id) => this.#send(fd, question, id),
      get takesMore() {
        return takesMore()
      },
      close: () => this.#closePort(fd),
    }
  }

  /** Reads what is there, up to a turn's worth, after at most so many milliseconds; returns how many datagrams. */
  read(timeoutMs = 0): number {
    const ready = this.#libc.epoll_wait(this.#epoll, this.#events, MAX_EVENTS, timeoutMs)
    let count = 0
    for (let i = 0; i < ready && count < BATCH_DATAGRAMS; i++) {
      count += this.#receive(this.#view.getUint32(i * EPOLL_EVENT.size + EPOLL_EVENT.data, true))
    }
    return count
  }

  /** Once all ports are closed. */
  close(): void {
    this.#closed = true
    if (!this.#waiting) this.#libc.close(this.#epoll)
  }

  #closePort(fd: number): void {
    if (!this.#ports.delete(fd)) return
    if (this.#outgoingFd === fd) this.#outgoingCount = 0
    this.#unsent = this.#unsent.filter((each) => each.fd !== fd)
    this.#libc.close(fd)
  }

  #send(fd: number, question: Pick<Exchange, 'write'>, id: number): void {
    // A flush may tell of a failure, and that may lead to other questions.
    while (this.#outgoingCount > 0 && (this.#outgoingFd !== fd || this.#outgoingCount === BATCH_DATAGRAMS))
      this.#flush()
    const at = this.#outgoingCount
    const slot = this.#outgoing.slots[at]
    if (!slot || !this.#ports.has(fd)) return
    this.#outgoingFd = fd
    this.#outgoing.setLength(at, question.write(slot, 0, id))
    this.#outgoingCount = at + 1
    this.#soon()
  }

  /** Sends what has gathered. What the system has no room for is kept for the next turn. */
  #flush(): void {
    const count = this.#outgoingCount
    if (count === 0) return
    const fd = this.#outgoingFd
    this.#outgoingCount = 0
    const went = this.#libc.sendmmsg(fd, this.#outgoing.headers, count, 0)
    if (went < 0 && !FULL.has(this.#libc.errno())) this.#failed(fd, 'send')
    else {
      for (let at = Math.max(0, went); at < count; at++) {
        this.#unsent.push({ fd, datagram: this.#outgoing.datagramAt(at) })
      }
    }
  }

  #sendAgain(): void {
    const unsent = this.#unsent
    this.#unsent = []
    for (const [at, { fd, datagram }] of unsent.entries()) {
      if (!this.#ports.has(fd) || this.#libc.send(fd, datagram, datagram.length, 0) >= 0) continue
      if (!FULL.has(this.#libc.errno())) this.#failed(fd, 'send')
      else {
        this.#unsent.push(...unsent.slice(at))
        return
      }
    }
  }

  #receive(fd: number): number {
    const batch = this.#incoming
    const count = this.#libc.recvmmsg(fd, batch.headers, BATCH_DATAGRAMS, 0, null)
    // Named as node:dgram names it: who reads the failure need not know which engine it was.
    if (count < 0 && !FULL.has(this.#libc.errno())) this.#failed(fd, 'recvmsg')
    for (let at = 0; at < count; at++) {
      const slot = batch.slots[at]
      // Looked up each time: an answer may have been the last that its socket was open for.
      if (slot) this.#ports.get(fd)?.received(slot, batch.lengthAt(at))
    }
    return Math.max(0, count)
  }

  #failed(fd: number, syscall: string): void {
    this.#ports.get(fd)?.failed(this.#error(syscall))
  }

  #soon(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(this.#turn)
  }

  readonly #turn = () => {
    this.#scheduled = false
    if (this.#closed) return
    if (this.#unsent.length > 0) this.#sendAgain()
    this.#flush()
    let count = this.read()
    this.#flush()
    if (count === 0 && this.#busy() && !this.#waiting) count = this.read(PAUSE_MS)
    this.#flush()
    if (this.#closed || !this.#busy()) return
    if (count > 0 || this.#unsent.length > 0) this.#soon()
    else if (!this.#waiting) this.#wait()
  }

  #wait(): void {
    this.#waiting = true
    this.#libc.epoll_wait_async(this.#epoll, this.#awaited, 1, WAIT_MS, () => {
      this.#waiting = false
      if (this.#closed) this.#libc.close(this.#epoll)
      else this.#turn()
    })
  }

  #error(syscall: string): Error {
    const errno = -this.#libc.errno()
    const code = getSystemErrorName(errno)
    return Object.assign(new Error(`${syscall} ${code}`), { errno, code, syscall })
  }
}
