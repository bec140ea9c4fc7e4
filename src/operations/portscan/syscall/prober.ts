import { constants } from 'node:os'
import type { Libc } from '../../../net/syscall/libc.js'
import {
  AF_INET,
  AF_INET6,
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
import type { Poller } from '../../../net/syscall/poller.js'
import { type SocketAddress, sameEnd, setPort } from '../../../net/syscall/sockaddr.js'
import { CONNECTED, endByErrno, MET_ITSELF, type ReportTry, type TryEnd } from '../engine/engine.js'
import type { Probe } from '../schedule/scheduler.js'
import type { PolledEngine } from './loop.js'

const { EALREADY, EINPROGRESS, EISCONN } = constants.errno

const MAX_EVENTS = 1024
const ON = Int32Array.of(1)
const RESET_ON_CLOSE = Int32Array.of(1, 0)
/** A sockaddr of family AF_UNSPEC: connect(2) to it dissolves the association, also one that is only being made. */
const NOWHERE = new Uint8Array(16)

/** Of the tries that asked at once for an answer, the share that must have one for this to go on. */
const NEAR_SHARE = 0.5
const NEAR_SAMPLE = 32

export interface ProberOptions {
  readonly addressOf: (hostIndex: number) => SocketAddress
  readonly portOf: (portIndex: number) => number
  /** Where to send from, by family; null leaves it to the system. */
  readonly source: Readonly<Record<SocketAddress['family'], SocketAddress | null>>
  /** Whether `source` names a port. */
  readonly sourcePort: boolean
}

/**
 * Sockets of one worker: non-blocking connects, gathered through one poller. Nothing here waits but {@link Prober.poll}.
 *
 * Sockets serve again and again, two calls a port instead of five: Linux gives one back unconnected once connect(2) has
 * reported its failure, and connect(2) to AF_UNSPEC gives up one that stays silent. That second connect(2) is also what
 * tells the outcome, so a stale event does no harm.
 */
export class Prober implements PolledEngine {
  readonly #libc: Libc
  readonly #report: ReportTry
  readonly #addressOf: (hostIndex: number) => SocketAddress
  readonly #portOf: (portIndex: number) => number
  readonly #source: ProberOptions['source']
  /** A socket that is bound to a port of its own is used once. */
  readonly #sourcePort: boolean
  readonly #poller: Poller
  readonly #length = new Int32Array(1)
  readonly #value = new Int32Array(1)
  readonly #local = new Uint8Array(SOCKADDR_IN6.size)
  /** The probe that each descriptor is on its way with. */
  readonly #probes: (Probe | undefined)[] = []
  readonly #watched: boolean[] = []
  readonly #descriptors = new Map<Probe, number>()
  #nearTried = 0
  #nearAnswered = 0
  readonly #unused: Record<SocketAddress['family'], number[]> = { [AF_INET]: [], [AF_INET6]: [] }

  constructor(libc: Libc, { addressOf, portOf, source, sourcePort }: ProberOptions, report: ReportTry) {
    this.#libc = libc
    this.#report = report
    this.#addressOf = addressOf
    this.#portOf = portOf
    this.#source = source
    this.#sourcePort = sourcePort
    this.#poller = libc.openPoller(MAX_EVENTS)
  }

  start(probe: Probe): boolean {
    const to = this.#to(probe)
    const fd = this.#unused[to.family].pop() ?? this.#open(to)
    if (fd < 0) {
      this.#tell(probe, endByErrno(-fd))
      return false
    }
    // Loopback has given its answer by the time that it is asked for a second time. What it says the first time, be it a
    // failure, it says again: no need to ask for its errno.
    const near = this.#nearTried < NEAR_SAMPLE || this.#nearAnswered > this.#nearTried * NEAR_SHARE
    if (near) {
      this.#nearTried++
      this.#libc.connect(fd, to.bytes, to.bytes.length)
    }
    const errno = this.#connect(fd, to)
    if (errno === EINPROGRESS || errno === EALREADY) {
      const refused = this.#watch(fd)
      if (refused === 0) {
        this.#probes[fd] = probe
        this.#descriptors.set(probe, fd)
        return true
      }
      this.#close(fd)
      this.#tell(probe, endByErrno(refused))
      return false
    }
    if (near) this.#nearAnswered++
    this.#settle(fd, probe, to, errno)
    return false
  }

  poll(timeoutMs: number): void {
    for (let wait = timeoutMs; ; wait = 0) {
      const count = this.#poller.wait(wait)
      for (let place = 0; place < count; place++) this.#ready(this.#poller.readyAt(place))
      if (count < MAX_EVENTS) return
    }
  }

  /** Linux may have kept an errno of what seems silent. */
  cancel(probe: Probe): TryEnd | null {
    const fd = this.#descriptors.get(probe)
    if (fd === undefined) return null
    this.#forget(fd, probe)
    const errno = this.#takeSoftError(fd)
    const { family } = this.#addressOf(probe.host.index)
    if (!this.#sourcePort && this.#libc.connect(fd, NOWHERE, NOWHERE.length) === 0) this.#unused[family].push(fd)
    else this.#close(fd)
    return errno === 0 ? null : endByErrno(errno)
  }

  end(): void {
    for (const fd of [...this.#descriptors.values(), ...this.#unused[AF_INET], ...this.#unused[AF_INET6]])
      this.#libc.close(fd)
    this.#descriptors.clear()
    this.#poller.close()
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
      this.#tell(probe, endByErrno(errno))
      return
    }
    const self = this.#isSelf(fd, to)
    // A reset leaves no TIME_WAIT behind, of which a scan would leave thousands.
    this.#libc.setsockopt(fd, SOL_SOCKET, SO_LINGER, RESET_ON_CLOSE, 8)
    this.#close(fd)
    this.#tell(probe, self ? MET_ITSELF : CONNECTED)
  }

  #tell(probe: Probe, end: TryEnd): void {
    this.#report(probe, end, performance.now())
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
    setPort(to, this.#portOf(probe.portIndex))
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

  /** Once for each descriptor: it stays watched while it serves again. Returns 0, or why it is not watched. */
  #watch(fd: number): number {
    if (this.#watched[fd]) return 0
    const refused = this.#poller.add(fd, 'connected')
    this.#watched[fd] = refused === 0
    return refused
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
