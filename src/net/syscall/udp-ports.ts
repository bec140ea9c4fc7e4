import { getSystemErrorName } from 'node:util'
import type { UdpPort, UdpPortEvents, UdpPortOptions } from '../udp-port.js'
import { type Libc, loadLibc, SyscallUnavailable } from './libc.js'
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
const MAX_DATAGRAM_BYTES = 65_535
/** Sockets that one look at epoll tells of. */
const MAX_EVENTS = 64
/** Datagrams read before what they answer is worked on, so that the server has something to do meanwhile. */
const DATAGRAMS_PER_TURN = 32
/** The longest wait that nothing can end: a run that is interrupted leaves that much later at worst. */
const WAIT_MS = 50

/** The sockets ran out, or the buffer: worth another try in a moment. */
const FULL: ReadonlySet<number> = new Set([EAGAIN, ENOBUFS, EINTR])

/**
 * {@link UdpPort}s through system calls of our own, at a third of the processor time that node:dgram takes for a
 * datagram. One epoll stands for all of them; it is looked at once a turn of the event loop as long as `busy` says that
 * something is waited for, and from a thread of libuv's while there is nothing to read.
 */
export class SyscallUdpPorts {
  readonly #libc: Libc
  readonly #busy: () => boolean
  readonly #epoll: number
  readonly #events = new Uint8Array(EPOLL_EVENT.size * MAX_EVENTS)
  readonly #view = new DataView(this.#events.buffer)
  /** The thread's own. */
  readonly #awaited = new Uint8Array(EPOLL_EVENT.size)
  readonly #buffer = new Uint8Array(MAX_DATAGRAM_BYTES)
  /** By descriptor. */
  readonly #ports = new Map<number, UdpPortEvents>()
  readonly #unsent: (() => void)[] = []
  #scheduled = false
  #waiting = false
  #closed = false

  private constructor(libc: Libc, busy: () => boolean) {
    this.#libc = libc
    this.#busy = busy
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
      this.#view.setUint32(0, EPOLLIN, true)
      this.#view.setUint32(EPOLL_EVENT.data, fd, true)
      if (libc.epoll_ctl(this.#epoll, EPOLL_CTL_ADD, fd, this.#events) < 0) throw this.#error('epoll_ctl')
    } catch (error) {
      libc.close(fd)
      throw error
    }
    this.#ports.set(fd, events)
    return {
      send: (datagram) => this.#send(fd, datagram),
      close: () => {
        if (this.#ports.delete(fd)) libc.close(fd)
      },
    }
  }

  /** Reads what is there without waiting, up to a turn's worth; returns how many datagrams. */
  read(): number {
    for (const again of this.#unsent.splice(0)) again()
    const ready = this.#libc.epoll_wait(this.#epoll, this.#events, MAX_EVENTS, 0)
    let count = 0
    for (let i = 0; i < ready && count < DATAGRAMS_PER_TURN; i++) {
      count += this.#receive(this.#view.getUint32(i * EPOLL_EVENT.size + EPOLL_EVENT.data, true))
    }
    return count
  }

  /** Once all ports are closed. */
  close(): void {
    this.#closed = true
    if (!this.#waiting) this.#libc.close(this.#epoll)
  }

  #send(fd: number, datagram: Uint8Array): void {
    const events = this.#ports.get(fd)
    if (!events) return
    if (this.#libc.send(fd, datagram, datagram.length, 0) < 0) {
      if (FULL.has(this.#libc.errno())) this.#unsent.push(() => this.#send(fd, datagram))
      else events.failed(this.#error('send'))
    }
    this.#soon()
  }

  #receive(fd: number): number {
    for (let count = 0; ; count++) {
      // Looked up each time: an answer may have been the last that its socket was open for.
      const events = this.#ports.get(fd)
      if (!events || count === DATAGRAMS_PER_TURN) return count
      const length = this.#libc.recv(fd, this.#buffer, MAX_DATAGRAM_BYTES, 0)
      if (length >= 0) events.received(this.#buffer.slice(0, length))
      else {
        // Named as node:dgram names it: who reads the failure need not know which engine it was.
        if (!FULL.has(this.#libc.errno())) events.failed(this.#error('recvmsg'))
        return count
      }
    }
  }

  #soon(): void {
    if (this.#scheduled || this.#waiting) return
    this.#scheduled = true
    setImmediate(this.#turn)
  }

  readonly #turn = () => {
    this.#scheduled = false
    if (this.#closed) return
    const count = this.read()
    if (!this.#busy()) return
    if (count > 0 || this.#unsent.length > 0) this.#soon()
    else this.#wait()
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
