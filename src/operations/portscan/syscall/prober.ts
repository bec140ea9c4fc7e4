import { errnoName } from '../../../core/errno/index.js'
import type { Libc } from '../../../net/syscall/libc.js'
import {
  AF_INET,
  AF_INET6,
  EALREADY,
  EINPROGRESS,
  EINTR,
  EISCONN,
  EPOLL_CLOEXEC,
  EPOLL_CTL_ADD,
  EPOLL_EVENT,
  EPOLLERR,
  EPOLLET,
  EPOLLHUP,
  EPOLLOUT,
  IP_BIND_ADDRESS_NO_PORT,
  IPPROTO_IP,
  SO_ERROR,
  SO_LINGER,
  SO_REUSEADDR,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SOCKADDR_IN6,
  SOL_SOCKET,
} from '../../../net/syscall/linux.js'
import { type SocketAddress, sameEnd, setPort } from '../../../net/syscall/sockaddr.js'
import type { Probe } from '../schedule/scheduler.js'

const MAX_EVENTS = 1024
const ON = Int32Array.of(1)
const RESET_ON_CLOSE = Int32Array.of(1, 0)
/** A sockaddr of family AF_UNSPEC: connect(2) to it dissolves the association, also one that is only being made. */
const NOWHERE = new Uint8Array(16)

/** In place of an errno: the source port was the target port, and nobody else was there. */
export const MET_ITSELF = -1

/** How one try ended: 0 connected, > 0 an errno, or {@link MET_ITSELF}. */
export type TryReport = (probe: Probe, errno: number) => void

export interface ProberOptions {
  readonly addressOf: (host: number) => SocketAddress
  readonly portOf: (port: number) => number
  /** Where to send from, by family; null leaves it to the system. */
  readonly source: Readonly<Record<SocketAddress['family'], SocketAddress | null>>
  /** Whether `source` names a port. */
  readonly sourcePort: boolean
}

/**
 * Sockets of one worker: non-blocking connects, gathered through one epoll. Nothing here waits but {@link Prober.poll}.
 *
 * Sockets serve again and again, two calls a port instead of five: Linux gives one back unconnected once connect(2) has
 * reported its failure, and connect(2) to AF_UNSPEC gives up one that stays silent. That second connect(2) is also what
 * tells the outcome, so a stale event does no harm.
 */
export class Prober {
  readonly #libc: Libc
  readonly #report: TryReport
  readonly #addressOf: (host: number) => SocketAddress
  readonly #portOf: (port: number) => number
  readonly #source: ProberOptions['source']
  /** A socket that is bound to a port of its own is used once. */
  readonly #sourcePort: boolean
  readonly #epoll: number
  readonly #events = new Uint8Array(EPOLL_EVENT.size * MAX_EVENTS)
  readonly #eventsView = new DataView(this.#events.buffer)
  readonly #event = new Uint8Array(EPOLL_EVENT.size)
  readonly #eventView = new DataView(this.#event.buffer)
  readonly #length = new Int32Array(1)
  readonly #value = new Int32Array(1)
  readonly #local = new Uint8Array(SOCKADDR_IN6.size)
  /** By descriptor. */
  readonly #probes: (Probe | undefined)[] = []
  readonly #watched: boolean[] = []
  readonly #descriptors = new Map<Probe, number>()
  readonly #unused: Record<SocketAddress['family'], number[]> = { [AF_INET]: [], [AF_INET6]: [] }

  constructor(libc: Libc, { addressOf, portOf, source, sourcePort }: ProberOptions, report: TryReport) {
    this.#libc = libc
    this.#report = report
    this.#addressOf = addressOf
    this.#portOf = portOf
    this.#source = source
    this.#sourcePort = sourcePort
    this.#epoll = libc.epoll_create1(EPOLL_CLOEXEC)
    if (this.#epoll < 0) throw new Error(`epoll_create1 failed with errno ${libc.errno()}`)
  }

  /**
   * Starts one connect(2). `near` asks at once for an answer: loopback has given it by then. Returns whether it is on
   * its way; if not, what became of it is reported already.
   */
  start(probe: Probe, near: boolean): boolean {
    const to = this.#to(probe)
    const fd = this.#unused[to.family].pop() ?? this.#open(to)
    if (fd < 0) {
      this.#report(probe, -fd)
      return false
    }
    // What a near one says the first time, be it a failure, it says again the second time: no need to ask for its errno.
    if (near) this.#libc.connect(fd, to.bytes, to.bytes.length)
    let errno = this.#connect(fd, to)
    if (errno === EINPROGRESS || errno === EALREADY) {
      if (this.#watch(fd)) {
        this.#probes[fd] = probe
        this.#descriptors.set(probe, fd)
        return true
      }
      errno = this.#libc.errno()
      this.#close(fd)
      this.#report(probe, errno)
      return false
    }
    this.#settle(fd, probe, to, errno)
    return false
  }

  /** Waits up to `timeoutMs` for answers and reports all that are there. */
  poll(timeoutMs: number): void {
    for (let wait = timeoutMs; ; wait = 0) {
      const count = this.#libc.epoll_wait(this.#epoll, this.#events, MAX_EVENTS, wait)
      if (count < 0) {
        const errno = this.#libc.errno()
        if (errno === EINTR) return
        throw new Error(`epoll_wait failed with errno ${errno}`)
      }
      for (let i = 0; i < count; i++)
        this.#ready(this.#eventsView.getUint32(i * EPOLL_EVENT.size + EPOLL_EVENT.data, true))
      if (count < MAX_EVENTS) return
    }
  }

  /** Ends a try that nobody waits for any more. Returns the errno that Linux kept of it all the same; 0 for silence. */
  cancel(probe: Probe): number {
    const fd = this.#descriptors.get(probe)
    if (fd === undefined) return 0
    this.#forget(fd, probe)
    const errno = this.#takeSoftError(fd)
    const { family } = this.#addressOf(probe.host.index)
    if (!this.#sourcePort && this.#libc.connect(fd, NOWHERE, NOWHERE.length) === 0) this.#unused[family].push(fd)
    else this.#close(fd)
    return errno
  }

  /** Closes every socket, and the epoll itself. */
  end(): void {
    for (const fd of [...this.#descriptors.values(), ...this.#unused[AF_INET], ...this.#unused[AF_INET6]])
      this.#libc.close(fd)
    this.#descriptors.clear()
    this.#libc.close(this.#epoll)
  }

  #ready(fd: number): void {
    const probe = this.#probes[fd]
    if (!probe) return
    const to = this.#to(probe)
    const errno = this.#connect(fd, to)
    if (errno === EALREADY) return
    this.#forget(fd, probe)
    if (errno !== 0) this.#takeSoftError(fd)
    this.#settle(fd, probe, to, errno)
  }

  #settle(fd: number, probe: Probe, to: SocketAddress, errno: number): void {
    if (errno !== 0) {
      if (this.#sourcePort) this.#close(fd)
      else this.#unused[to.family].push(fd)
      this.#report(probe, errno)
      return
    }
    const self = this.#isSelf(fd, to)
    // A reset leaves no TIME_WAIT behind, of which a scan would leave thousands.
    this.#libc.setsockopt(fd, SOL_SOCKET, SO_LINGER, RESET_ON_CLOSE, 8)
    this.#close(fd)
    this.#report(probe, self ? MET_ITSELF : 0)
  }

  /** 0 once connected, else the errno. */
  #connect(fd: number, { bytes }: SocketAddress): number {
    if (this.#libc.connect(fd, bytes, bytes.length) === 0) return 0
    const errno = this.#libc.errno()
    return errno === EISCONN ? 0 : errno
  }

  /**
   * The errno of an ICMP message that came while connect(2) was still at work, as it does from a namespace of the same
   * machine: Linux keeps it as `sk_err_soft`, even for the next try of the same socket. 0 for none.
   */
  #takeSoftError(fd: number): number {
    this.#value[0] = 0
    this.#length[0] = 4
    return this.#libc.getsockopt(fd, SOL_SOCKET, SO_ERROR, this.#value, this.#length) === 0 ? this.#value[0] : 0
  }

  #to(probe: Probe): SocketAddress {
    const to = this.#addressOf(probe.host.index)
    setPort(to, this.#portOf(probe.port))
    return to
  }

  #isSelf(fd: number, to: SocketAddress): boolean {
    this.#length[0] = this.#local.length
    return this.#libc.getsockname(fd, this.#local, this.#length) === 0 && sameEnd(to, this.#local)
  }

  /** A new socket, bound to the source where there is one; the negated errno where that cannot be. */
  #open({ family }: SocketAddress): number {
    const libc = this.#libc
    const fd = libc.socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)
    if (fd < 0) return -libc.errno()
    const source = this.#source[family]
    if (!source) return fd
    // Without a port of its own the source address takes one only at connect(2), where it need not be unique.
    if (this.#sourcePort) libc.setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, ON, 4)
    else libc.setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, ON, 4)
    if (libc.bind(fd, source.bytes, source.bytes.length) === 0) return fd
    const errno = libc.errno()
    libc.close(fd)
    return -errno
  }

  /** Edge-triggered, once for each descriptor: it stays watched while it serves again. */
  #watch(fd: number): boolean {
    if (this.#watched[fd]) return true
    this.#eventView.setUint32(0, EPOLLOUT | EPOLLERR | EPOLLHUP | EPOLLET, true)
    this.#eventView.setUint32(EPOLL_EVENT.data, fd, true)
    this.#watched[fd] = this.#libc.epoll_ctl(this.#epoll, EPOLL_CTL_ADD, fd, this.#event) === 0
    return this.#watched[fd]
  }

  #forget(fd: number, probe: Probe): void {
    this.#probes[fd] = undefined
    this.#descriptors.delete(probe)
  }

  #close(fd: number): void {
    this.#watched[fd] = false
    this.#libc.close(fd)
  }
}

const names = new Map<number, string>()

/** An errno's name, remembered: a scan asks for the same few thousands of times. */
export function codeOf(errno: number): string {
  const known = names.get(errno)
  if (known !== undefined) return known
  const name = errnoName(errno, 'linux') ?? `errno ${errno}`
  names.set(errno, name)
  return name
}
