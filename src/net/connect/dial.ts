import type { Socket } from 'node:net'
import type { Endpoint } from '../../core/address/endpoint.js'
import { formatEndpoint } from '../../core/address/endpoint.js'
import type { Deadline } from '../../core/deadline.js'
import {
  type Attempt,
  abortFailure,
  attemptAt,
  deadlineFailure,
  type Failure,
  failure,
  fromNodeError,
} from '../../core/failure.js'
import { fail, type Outcome, ok } from '../../core/outcome.js'
import { settle } from '../../core/settle.js'
import { stopwatch } from '../../core/timer.js'
import { watchForReset } from '../stream/guards/reset-at-once.js'
import { checkEnds, isSelfConnected, startAttempt } from './attempt.js'
import { type Family, lookup, type ResolvedAddress } from './lookup.js'
import { zoneHint } from './zone.js'

/** RFC 8305 section 5: how long an attempt runs alone before the next address joins. */
const CONNECTION_ATTEMPT_DELAY_MS = 250
/** Meeting oneself twice in a row is already rare; the kernel walks on through its port range. */
const SELF_CONNECT_RETRIES = 3

export interface DialOptions {
  readonly family?: Family | undefined
  /** Local address to bind, a literal; its family then decides which addresses are tried. */
  readonly sourceAddress?: ResolvedAddress | undefined
  readonly sourcePort?: number | undefined
  /** Where they are known already: the host is then a name to speak of, and not looked up. */
  readonly addresses?: readonly ResolvedAddress[] | undefined
  readonly deadline?: Deadline | undefined
  readonly signal?: AbortSignal | undefined
  /** The lookup has the system's own time, beside that of the deadline: see {@link lookup}. */
  readonly systemTime?: boolean | undefined
  /** The socket will be read by `receive` alone: faster, and not for TLS. */
  readonly lends?: boolean | undefined
  /** Told of each address as it ends, in order of time. */
  readonly onAttempt?: ((attempt: Attempt) => void) | undefined
}

/** A connection that was made, and how. */
export interface Connection {
  /** Connected, half-open allowed, paused; its owner must listen for `error`. */
  readonly socket: Socket
  readonly address: string
  readonly port: number
  readonly family: Family
  readonly localAddress: string
  readonly localPort: number
  readonly lookupMs: number
  readonly connectMs: number
  readonly attempts: readonly Attempt[]
}

/**
 * Resolves and connects: netkit's own address loop. Addresses are raced with a head start of 250 ms each, families
 * alternating (RFC 8305); the first to connect wins and every attempt is kept. Where all fail, the failure is that of
 * the attempt that got furthest: an answer from the host before silence, silence before "no route". Throws UsageError
 * for a host, port or source that cannot exist.
 */
export async function dial(host: string, port: number, options: DialOptions = {}): Promise<Outcome<Connection>> {
  const elapsed = stopwatch()
  checkEnds(port, options)
  const family = options.sourceAddress?.family ?? options.family
  const { addresses, deadline, signal, systemTime } = options
  const found = addresses ? ok(addresses, 0) : await lookup(host, { family, deadline, signal, systemTime })
  if (!found.ok) return fail(atPort(found.failure, port), elapsed())

  const left = systemTime ? deadline?.postponed(found.elapsedMs) : deadline
  const outcome = await race(host, port, interleave(found.value), { ...options, deadline: left })
  if (!outcome.ok) return fail(outcome.failure, elapsed())
  return ok({ ...outcome.value, lookupMs: found.elapsedMs }, elapsed())
}

type Connected = Omit<Connection, 'lookupMs'>

function race(
  host: string,
  port: number,
  addresses: readonly ResolvedAddress[],
  options: DialOptions,
): Promise<Outcome<Connected>> {
  return new Promise((resolve) => {
    const attempts: Attempt[] = []
    const failures: Failure[] = []
    const running = new Map<ResolvedAddress, AbortController>()
    let next = 0
    let headStart: NodeJS.Timeout | undefined
    let winner: Outcome<Connected> | undefined

    const start = () => {
      clearTimeout(headStart)
      const address = addresses[next++]
      if (!address) return
      const controller = new AbortController()
      running.set(address, controller)
      const signal = options.signal ? AbortSignal.any([options.signal, controller.signal]) : controller.signal
      void attempt(host, port, address, { ...options, signal }).then((outcome) => settled(address, outcome))
      headStart = setTimeout(start, CONNECTION_ATTEMPT_DELAY_MS)
    }
    const settled = (address: ResolvedAddress, outcome: Outcome<Connected>) => {
      running.delete(address)
      const made = outcome.ok ? outcome.value.attempts : outcome.failure.attempts
      attempts.push(...made)
      for (const each of made) options.onAttempt?.(each)

      if (!outcome.ok) failures.push(outcome.failure)
      else if (winner)
        outcome.value.socket.destroy() // connected in the same turn, second
      else winner = outcome

      const over = winner !== undefined || options.signal?.aborted || options.deadline?.expired
      if (over) clearTimeout(headStart)
      if (winner) for (const loser of running.values()) loser.abort()
      if (!over && !outcome.ok && next < addresses.length) return start()
      if (running.size > 0) return
      clearTimeout(headStart)
      if (winner?.ok) resolve(ok({ ...winner.value, attempts }, winner.elapsedMs))
      // Interrupted with addresses left: what the others said before is no answer to the whole.
      else if (options.signal?.aborted) resolve(fail({ ...interrupted(host, port), attempts }, outcome.elapsedMs))
      else resolve(fail({ ...furthest(failures), attempts }, outcome.elapsedMs))
    }
    start()
  })
}

/** One address, one attempt (or a few, where it met itself). The Failure carries the attempt. */
export function attempt(
  host: string,
  port: number,
  { address, family }: ResolvedAddress,
  options: DialOptions,
): Promise<Outcome<Connected>> {
  const { deadline, signal, sourceAddress, sourcePort } = options
  const endpoint: Endpoint = { host, address, port, path: null }
  const name = formatEndpoint(address, port)
  const where = { endpoint, syscall: 'connect' }
  const elapsed = stopwatch()
  const recorded = (failed: Failure) => ({ ...failed, attempts: [attemptAt(address, port, failed, elapsed())] })
  const onDeadline = (over: Deadline) =>
    recorded(deadlineFailure('connect', `${name} did not answer in ${over.inWords}`, { ...where, deadline: over }))
  const onAbort = () => recorded(abortFailure('connect', `connecting to ${name} was interrupted`, where))

  return settle<Connected>({ deadline, signal, onDeadline, onAbort }, (done) => {
    let socket: Socket | undefined
    let selfConnects = 0
    // An error after this attempt has been given up (its socket destroyed) concerns nobody.
    const ignore = () => {}
    const succeed = (ends: Pick<Connection, 'socket' | 'localAddress' | 'localPort'>, made: Attempt) =>
      done.ok({ ...ends, address, port, family, connectMs: made.elapsedMs, attempts: [made] })
    const begin = () => {
      const local = { localAddress: sourceAddress?.address, localPort: sourcePort }
      const target = { address, family, port, ...local, lends: options.lends }
      socket = startAttempt(target, (error, connected) => {
        const reset = error && resetAtOnce()
        const made = reset && attemptAt(address, port, fromNodeError(reset.error, 'read'), elapsed())
        if (made) return succeed(reset, { ...made, ok: true })
        if (error) return done.fail(recorded(connectFailure(error, endpoint, options)))
        if (isSelfConnected(connected)) {
          connected.resetAndDestroy()
          if (sourcePort !== undefined || ++selfConnects > SELF_CONNECT_RETRIES)
            return done.fail(recorded(selfConnect(endpoint)))
          return begin()
        }
        connected.off('error', ignore)
        const { localAddress = '', localPort = 0 } = connected
        succeed({ socket: connected, localAddress, localPort }, attemptAt(address, port, null, elapsed()))
      })
      const resetAtOnce = watchForReset(socket)
      socket.on('error', ignore)
    }
    begin()
    return ({ ok }) => void (ok || socket?.destroy())
  })
}

function connectFailure(error: Error, endpoint: Endpoint, { sourceAddress, sourcePort }: DialOptions): Failure {
  const bound = sourceAddress !== undefined || sourcePort !== undefined
  const { syscall } = error as NodeJS.ErrnoException
  // libuv holds back bind's EADDRINUSE until connect, which it then does not call; both name the local end.
  const phase = syscall === 'bind' || (bound && 'code' in error && error.code === 'EADDRINUSE') ? 'bind' : 'connect'
  const base = fromNodeError(error, phase, { endpoint, ...(phase === 'bind' && { syscall: 'bind' }) })
  const to = formatEndpoint(endpoint.address ?? '', endpoint.port ?? 0)
  const from = phase === 'bind' ? ` from ${formatEndpoint(sourceAddress?.address ?? '*', sourcePort ?? 0)}` : ''
  return {
    ...base,
    message: `cannot connect to ${to}${from}: ${base.message}`,
    ...zoneHint(base.code, endpoint.address ?? ''),
  }
}

function selfConnect(endpoint: Endpoint): Failure {
  return failure({
    phase: 'connect',
    origin: 'os',
    code: 'ECONNREFUSED',
    syscall: 'connect',
    endpoint,
    message: `${formatEndpoint(endpoint.address ?? '', endpoint.port ?? 0)} only answered itself: source and target port were the same, and nothing listens there`,
  })
}

function interrupted(host: string, port: number): Failure {
  const endpoint: Endpoint = { host, address: null, port, path: null }
  return abortFailure('connect', `connecting to ${formatEndpoint(host, port)} was interrupted`, { endpoint })
}

function atPort(failed: Failure, port: number): Failure {
  return failed.endpoint ? { ...failed, endpoint: { ...failed.endpoint, port } } : failed
}

/** RFC 8305 section 4: families alternate, the system's first choice first, its order kept within each. */
function interleave(addresses: readonly ResolvedAddress[]): ResolvedAddress[] {
  const first = addresses.filter(({ family }) => family === addresses[0]?.family)
  const other = addresses.filter(({ family }) => family !== addresses[0]?.family)
  const mixed: ResolvedAddress[] = []
  for (let i = 0; i < Math.max(first.length, other.length); i++) {
    mixed.push(...first.slice(i, i + 1), ...other.slice(i, i + 1))
  }
  return mixed
}

/** From "the packet got nowhere" to "the host itself answered". What is not listed counts as an answer. */
const DISTANCE = ['ECANCELED', 'EADDRNOTAVAIL', 'EAFNOSUPPORT', 'ENETUNREACH', 'EHOSTUNREACH', 'EAGAIN', 'ETIMEDOUT']

/** The failure of the attempt that got furthest; the first of equals. */
export function furthest(failures: readonly Failure[]): Failure {
  const rank = ({ code }: Failure) => (DISTANCE.includes(code) ? DISTANCE.indexOf(code) : DISTANCE.length)
  return failures.reduce((best, each) => (rank(each) > rank(best) ? each : best))
}
