import { getSystemErrorName } from 'node:util'
import type { WrittenExchange } from '../dns/exchange.js'
import type { UdpPort, UdpPortEvents, UdpPortOptions } from '../dns/udp-port.js'
import { BATCH_DATAGRAMS, checkBatches, DatagramBatch } from './datagram-batch.js'
import { SyscallUnavailable } from './koffi.js'
import { type Libc, loadLibc } from './libc.js'
import { SOCK_CLOEXEC, SOCK_DGRAM, SOCK_NONBLOCK } from './linux.js'
import type { Poller } from './poller.js'
import { socketAddress } from './sockaddr.js'
import { FULL, UdpSender } from './udp-sender.js'

/** No datagram is longer. */
const MAX_DATAGRAM_BYTES = 65_536
/** Sockets that one look at the poller tells of. */
const MAX_EVENTS = 64
/** Waited in place, which costs a hundredth of what the thread below does; the event loop stands still for it. */
const PAUSE_MS = 1
/** The longest wait that nothing can end: a run that is interrupted leaves that much later at worst. */
const WAIT_MS = 50

class SyscallUdpPort implements UdpPort {
  readonly fd: number
  readonly events: UdpPortEvents
  isOpen = true
  takesMore = false
  readonly #sender: UdpSender<SyscallUdpPort>
  readonly #close: (port: SyscallUdpPort) => void

  constructor(
    fd: number,
    events: UdpPortEvents,
    sender: UdpSender<SyscallUdpPort>,
    close: (port: SyscallUdpPort) => void,
  ) {
    this.fd = fd
    this.events = events
    this.#sender = sender
    this.#close = close
  }

  send(question: WrittenExchange, id: number): void {
    this.#sender.send(this, question, id)
  }

  close(): void {
    this.#close(this)
  }
}

/**
 * {@link UdpPort}s through system calls of our own, many datagrams each. One poller stands for all of them; it is looked at
 * once a turn of the event loop as long as `busy` says that something is waited for, and from a thread of libuv's while
 * there is nothing to read. What is sent leaves at the end of the turn, or as soon as it fills a batch.
 */
export class SyscallUdpPorts {
  readonly #libc: Libc
  readonly #busy: () => boolean
  readonly #poller: Poller
  readonly #incoming: DatagramBatch
  readonly #sender: UdpSender<SyscallUdpPort>
  /** The ports that are open, by their descriptor. */
  readonly #ports = new Map<number, SyscallUdpPort>()
  #scheduled = false
  #waiting = false
  #closed = false

  private constructor(libc: Libc, busy: () => boolean) {
    checkBatches(libc)
    this.#libc = libc
    this.#busy = busy
    this.#incoming = new DatagramBatch(MAX_DATAGRAM_BYTES, libc.addressOf)
    this.#sender = new UdpSender(libc, { waits: () => this.#soon(), failed: (port) => this.#failed(port, 'send') })
    this.#poller = libc.openPoller(MAX_EVENTS)
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
      const refused = this.#poller.add(fd, 'readable')
      if (refused !== 0) throw systemError('poll', refused)
    } catch (error) {
      libc.close(fd)
      throw error
    }
    const opened = new SyscallUdpPort(fd, events, this.#sender, this.#closePort)
    this.#ports.set(fd, opened)
    return opened
  }

  /** Reads what is there, up to a turn's worth, after at most so many milliseconds; returns how many datagrams. */
  read(timeoutMs = 0): number {
    const ready = this.#poller.wait(timeoutMs)
    let count = 0
    for (let i = 0; i < ready && count < BATCH_DATAGRAMS; i++) {
      const port = this.#ports.get(this.#poller.readyAt(i))
      if (port) count += this.#receive(port)
    }
    return count
  }

  /** Once all ports are closed. */
  close(): void {
    this.#closed = true
    if (!this.#waiting) this.#poller.close()
  }

  readonly #closePort = (port: SyscallUdpPort) => {
    if (!port.isOpen) return
    port.isOpen = false
    this.#ports.delete(port.fd)
    this.#sender.forget(port)
    this.#libc.close(port.fd)
  }

  #receive(port: SyscallUdpPort): number {
    const batch = this.#incoming
    const count = this.#libc.recvmmsg(port.fd, batch.headers, BATCH_DATAGRAMS, 0, null)
    // Named as node:dgram names it: who reads the failure need not know which engine it was.
    if (count < 0 && !FULL.has(this.#libc.errno())) this.#failed(port, 'recvmsg')
    const now = performance.now()
    // An answer may be the last that the socket was open for.
    for (let at = 0; at < count && port.isOpen; at++) {
      const slot = batch.slots[at]
      if (slot) port.events.received(slot, batch.lengthAt(at), now)
    }
    return Math.max(0, count)
  }

  #failed(port: SyscallUdpPort, syscall: string): void {
    if (port.isOpen) port.events.failed(this.#error(syscall))
  }

  #soon(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(this.#turn)
  }

  readonly #turn = () => {
    this.#scheduled = false
    if (this.#closed) return
    const sender = this.#sender
    if (sender.hasUnsent) sender.sendAgain()
    sender.flush()
    let count = this.read()
    sender.flush()
    if (count === 0 && this.#busy() && !this.#waiting) count = this.read(PAUSE_MS)
    sender.flush()
    if (this.#closed || !this.#busy()) return
    if (count > 0 || sender.hasUnsent) this.#soon()
    else if (!this.#waiting) this.#wait()
  }

  #wait(): void {
    this.#waiting = true
    this.#poller.waitAside(WAIT_MS, () => {
      this.#waiting = false
      if (this.#closed) this.#poller.close()
      else this.#turn()
    })
  }

  #error(syscall: string): Error {
    return systemError(syscall, this.#libc.errno())
  }
}

/** As Node makes them: its errno is negative. */
function systemError(syscall: string, errno: number): Error {
  const code = getSystemErrorName(-errno)
  return Object.assign(new Error(`${syscall} ${code}`), { errno: -errno, code, syscall })
}
