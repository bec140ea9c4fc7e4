import type { SyscallUdpPorts } from '../syscall/udp-ports.js'
import { messageId } from './exchange.js'
import { randomId } from './random-ids.js'
import { type Port, waitingAt } from './sent-question.js'
import { openUdpPort, openWideUdpPort, type UdpPort, type UdpPortEvents, type UdpPortOptions } from './udp-port.js'

/** Source ports open at once. */
const MAX_PORTS = 16
/** After so many questions a socket gives its port back, and another is opened. */
const QUESTIONS_PER_PORT = 256
/** That wait at one port at most: half of the ids there are, so that a free one is soon found. */
const MAX_QUESTIONS = 0x8000
/** No further socket can be opened: those that are there have to do. */
const SCARCE = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM'])

const OPENING = new Set(['socket', 'bind', 'connect', 'epoll_ctl'])

export interface PortEvents {
  received(port: Port, bytes: Uint8Array, end: number, now: number): void
  /** It is of no more use, and its questions wait in vain. */
  failed(port: Port, error: Error): void
}

/**
 * Sockets toward one server, each at a port that the kernel picked at random, and replaced as they are used (RFC 5452,
 * section 9.2). With `sourcePort` there is one.
 */
export class UdpPortPool {
  readonly #options: UdpPortOptions
  readonly #events: PortEvents
  /** That further questions may leave from. */
  readonly #ports: Port[] = []
  /** These, and those where questions still wait. */
  readonly #open = new Set<Port>()
  /** That the last question left from; the next one does so too where one system call takes both. */
  #current: Port | null = null
  #syscalls: SyscallUdpPorts | null = null
  #scarce = false
  #wide = false

  constructor(options: UdpPortOptions, events: PortEvents) {
    this.#options = options
    this.#events = events
  }

  /** Those that are open. */
  get all(): Port[] {
    return [...this.#open]
  }

  /** Whether a port that failed so could not even be opened, and others are there. */
  hasOthersAfter(error: Error): boolean {
    if (!isScarcity(error)) return false
    this.#scarce = true
    return this.#ports.length > 0
  }

  /** Whether further ports hear what comes from elsewhere than from the server: while nothing comes from there. */
  listen({ wide }: { readonly wide: boolean }): void {
    if (this.#wide === wide) return
    this.#wide = wide
    for (const port of this.#ports.slice()) this.forget(port)
  }

  /** Opens sockets through these from now on. */
  useSyscalls(syscalls: SyscallUdpPorts): void {
    this.#syscalls = syscalls
    for (const port of this.#ports.slice()) this.forget(port)
  }

  /** Where one more question leaves from, while so many wait at all ports. */
  take(waiting: number): Port {
    const port = this.#current?.socket.takesMore ? this.#current : this.#pick(waiting)
    const worn = ++port.asked >= QUESTIONS_PER_PORT && this.#options.sourcePort === undefined
    if (worn && !this.#scarce) this.forget(port)
    return port
  }

  /** No further question leaves from it. */
  forget(port: Port): void {
    if (port === this.#current) this.#current = null
    const at = this.#ports.indexOf(port)
    if (at >= 0) this.#ports.splice(at, 1)
  }

  /** Closes it where no question waits there, and none will leave from it; a lone question's port is not used again. */
  closeIdle(port: Port, waiting: number): void {
    if (waitingAt(port) > 0) return
    if (waiting === 0 && this.#options.sourcePort === undefined) this.forget(port)
    if (!this.#ports.includes(port) && this.#open.delete(port)) port.socket.close()
  }

  #pick(waiting: number): Port {
    const most = this.#options.sourcePort === undefined ? MAX_PORTS : 1
    // As many ports as questions, so that one question alone never reuses what another one showed.
    const wanted = this.#scarce ? 1 : Math.min(most, waiting + 1)
    const opened = this.#ports.length < wanted ? this.#openPort() : null
    const chosen = opened ?? this.#ports[randomId() % this.#ports.length]
    const port = chosen && waitingAt(chosen) < MAX_QUESTIONS ? chosen : (this.#openPort() ?? chosen)
    if (!port) throw new Error('a port is opened where there is none')
    this.#current = port
    return port
  }

  /** Null where no further one can be opened, and others are there. */
  #openPort(): Port | null {
    const { received, failed } = this.#events
    const socket = this.#socket({
      received: (bytes, end, now) => received(opened, bytes, end, now),
      elsewhere: (from, bytes) => {
        if (opened.questions.has(messageId(bytes))) opened.elsewhere = from
      },
      failed: (error) => {
        this.forget(opened)
        failed(opened, error)
      },
    })
    if (socket === null) return null
    const opened: Port = {
      socket,
      questions: new Map(),
      plain: new Map(),
      missed: new Set(),
      strange: 0,
      elsewhere: null,
      asked: 0,
    }
    this.#ports.push(opened)
    this.#open.add(opened)
    return opened
  }

  #socket(events: UdpPortEvents): UdpPort | null {
    if (this.#wide) return openWideUdpPort(this.#options, events)
    try {
      if (this.#syscalls) return this.#syscalls.open(this.#options, events)
    } catch (error) {
      // Else node:dgram tells by an event what it is.
      if (error instanceof Error && this.hasOthersAfter(error)) return null
    }
    return openUdpPort(this.#options, events)
  }
}

function isScarcity(error: Error): boolean {
  const { code = '', syscall = '' } = error as NodeJS.ErrnoException
  return SCARCE.has(code) && OPENING.has(syscall)
}
