import type { Endpoint } from './address/endpoint.js'
import type { Deadline } from './deadline.js'
import { describeCode, errnoNumber, nodeErrorName } from './errno/index.js'
import type { attemptShape, failureShape, origin, phase } from './failure-fields.js'
import { type Hinted, hint, hintOf, NO_HINT } from './hint.js'
import type { TypeOf, ValueOf } from './shape.js'

/** The step in which something failed. */
export type Phase = TypeOf<typeof phase>

/**
 * Who decided that it failed. A kernel's ETIMEDOUT is not netkit's own deadline; `usage` is a misused argument and
 * `expectation` one that the user stated (a port to be open) and the network did not meet.
 */
export type Origin = TypeOf<typeof origin>

/**
 * One address that was tried. With `ok` and a code it connected and ended so: it was reset at once, or was of no use,
 * as one of several mail servers. Without a code it connected, and `errno` is 0, as connect_ex has it.
 */
export type Attempt = ValueOf<typeof attemptShape>

/** Why something failed: in which step, decided by whom, with which code, on which endpoint, after which attempts. */
export interface Failure extends Hinted {
  readonly phase: Phase
  readonly origin: Origin
  /** ECONNREFUSED, EAGAIN, ENOTFOUND, CERT_HAS_EXPIRED, SMTP_550 ...; never overwritten on its way up. */
  readonly code: string
  /** Positive, as this system numbers it; null where no OS error exists. */
  readonly errno: number | null
  readonly syscall: string | null
  readonly endpoint: Endpoint | null
  /** One sentence: what was tried and what came of it. */
  readonly message: string
  /** The option with which its message begins, by its name in the options; null where none is at fault. */
  readonly argument: string | null
  /** One for each address tried, each with its own errno and time. */
  readonly attempts: readonly Attempt[]
  /** Where several targets failed: the failure of each. */
  readonly parts: readonly Failure[]
  readonly cause?: unknown
}

/** The parts of a Failure that its maker must know; the rest is looked up or null. */
export type FailureInit = Pick<Failure, 'phase' | 'origin' | 'code'> & Partial<Failure>

export function failure(init: FailureInit): Failure {
  const entry = describeCode(init.code)
  return {
    errno: init.origin === 'os' || init.origin === 'deadline' ? errnoNumber(init.code) : null,
    syscall: null,
    endpoint: null,
    message: entry ? `${init.code}: ${entry.meaning}` : init.code,
    argument: null,
    ...(init.hint === undefined ? (hintOfLasting(init) ?? (entry ? hintOf(entry) : NO_HINT)) : NO_HINT),
    attempts: [],
    parts: [],
    ...init,
  }
}

/** Once connected, the kernel's time-out is about a peer that was there, not about what drops a first packet. */
function hintOfLasting({ code, phase }: FailureInit): Hinted | null {
  if (code !== 'ETIMEDOUT' || !['tls', 'write', 'read', 'protocol'].includes(phase)) return null
  return hint('it was connected and answers no more: see whether the peer is gone, or the path to it')
}

/** An attempt at an address as it ended: connected where nothing failed. */
export function attemptAt(address: string, port: number, failed: Failure | null, elapsedMs: number): Attempt {
  const { code = null, errno = 0, origin = null, syscall = null } = failed ?? {}
  return { address, port, ok: failed === null, code, errno, origin, syscall, elapsedMs }
}

/** What failed on a connection, with the attempts that led to it. One that has attempts of its own keeps those. */
export function withAttempts(failed: Failure, attempts: readonly Attempt[]): Failure {
  return failed.attempts.length > 0 ? failed : { ...failed, attempts }
}

/** What silence in each phase may mean. Who connected is behind no firewall that drops. */
const SILENCE: Readonly<Record<Phase, string>> = {
  options: 'allow more time',
  lookup: 'no name server answered: check the network and /etc/resolv.conf, or allow more time',
  bind: 'allow more time',
  accept: 'see that the other side connects to this very address, or allow more time',
  connect: 'nothing came back, not even a refusal: look for a firewall that drops silently, or allow more time',
  tls: 'it is connected, and silent to our hello: is it a plain port, or one for STARTTLS? else allow more time',
  write: 'it is connected, and takes nothing of what is sent: see what it is busy with, or allow more time',
  read: 'it is connected, and silent to what it was told: does it speak this protocol? else allow more time',
  protocol: 'it is connected, and silent to what it was told: does it speak this protocol? else allow more time',
}

/** The hint about silence in a phase: who is connected is asked for as `read`, whatever it is part of. */
export function silence(phase: Phase, deadline?: Deadline): Hinted {
  return hint(SILENCE[phase], deadline?.ofStep === false ? 'longer-run' : 'more-time')
}

/**
 * netkit's own deadline: EAGAIN in every phase, as SO_RCVTIMEO gives it. Where its hint is left out, the phase says what
 * silence there may mean, and `deadline` whether a step or the whole run was too short.
 */
export function deadlineFailure(
  phase: Phase,
  message: string,
  { deadline, ...more }: Partial<Failure> & { readonly deadline?: Deadline | undefined } = {},
): Failure {
  return failure({
    ...(more.hint === undefined && silence(phase, deadline)),
    ...more,
    phase,
    origin: 'deadline',
    code: 'EAGAIN',
    message,
  })
}

/** Ended by its caller (^C, SIGTERM, an aborted signal) before an answer was known. */
export function abortFailure(phase: Phase, message = 'interrupted', more: Partial<Failure> = {}): Failure {
  return failure({ ...NO_HINT, ...more, phase, origin: 'abort', code: 'ECANCELED', message })
}

/** A Node error with a `code`, as a Failure of the given phase. Node's errno is negative and partly its own: see errno. */
export function fromNodeError(error: unknown, phase: Phase, more: Partial<Failure> = {}): Failure {
  const { code, syscall } = error as NodeJS.ErrnoException
  const name = nodeErrorName(error)
  const resolver = syscall === 'getaddrinfo' || syscall === 'getnameinfo'
  const entry = describeCode(name)
  const origin: Origin = resolver
    ? 'resolver'
    : entry?.kind === 'tls' || (phase === 'tls' && entry?.kind !== 'errno')
      ? 'tls'
      : 'os'
  return failure({
    phase,
    origin,
    code: name,
    syscall: syscall ?? null,
    message: entry ? `${name}: ${entry.meaning}` : `${code ?? 'ERROR'}: ${(error as Error).message}`,
    cause: error,
    ...more,
  })
}

/** What rights and paths are to a socket, they are not to a file. */
const FILE_HINTS: Readonly<Record<string, string>> = {
  EACCES: 'check the rights on the file and on each folder above it, and who runs netkit',
  EPERM: 'check who owns the file, and whether it is marked as immutable',
  ENOENT: 'check the path: each folder in it must be there',
}

/** A file that cannot be opened, read or written; `doing` says which and for what: `cannot write out`. */
export function fromFileError(error: unknown, doing: string, more: Partial<Failure> = {}): Failure {
  const base = fromNodeError(error, 'options', more)
  const ofFile = FILE_HINTS[base.code]
  return { ...base, message: `${doing}: ${base.message}`, ...(ofFile !== undefined && hint(ofFile)) }
}

/**
 * The failure of a run over `total` targets, at least one of which failed. One target: its own failure. All failed:
 * each is kept in `parts`. Some held: PARTIAL, which is a plain "no".
 */
export function combineFailures(failures: readonly Failure[], total: number, what = 'targets'): Failure {
  const [first] = failures
  if (!first) throw new Error('combineFailures needs a failure')
  if (total === 1) return first
  if (failures.length < total) {
    const message = `${failures.length} of ${total} ${what} failed, first: ${first.message}`
    return failure({ phase: first.phase, origin: 'expectation', code: 'PARTIAL', message, ...hintOf(first) })
  }
  const alike = failures.every(({ code, origin }) => code === first.code && origin === first.origin)
  const message = `all ${total} ${what} failed, first: ${first.message}`
  if (alike) return { ...first, message, endpoint: null, attempts: [], parts: failures }
  return failure({
    phase: first.phase,
    origin: first.origin,
    code: 'SEVERAL',
    message,
    ...hintOf(first),
    parts: failures,
  })
}

/** The flat fields in which a failure stands in events and results; all null where there is none. */
export type FailureFields = ValueOf<typeof failureShape>

export function failureFields(failed: Failure | null): FailureFields {
  return {
    code: failed?.code ?? null,
    errno: failed?.errno ?? null,
    origin: failed?.origin ?? null,
    phase: failed?.phase ?? null,
    syscall: failed?.syscall ?? null,
    message: failed?.message ?? null,
    ...(failed ? hintOf(failed) : NO_HINT),
  }
}
