import type { Advice } from './hint.js'
import { boolean, integer, nullable, number, oneOf, port, type Shape, text } from './shape.js'

/**
 * Who decided that it failed. A kernel's ETIMEDOUT is not netkit's own deadline; `usage` is a misused argument and
 * `expectation` one that the user stated (a port to be open) and the network did not meet.
 */
export const origin = oneOf('os', 'resolver', 'tls', 'peer', 'deadline', 'abort', 'usage', 'expectation')

/** The step in which something failed. */
export const phase = oneOf('options', 'lookup', 'bind', 'accept', 'connect', 'tls', 'write', 'read', 'protocol')

/** The flat fields in which a failure stands in events and results; all null where there is none. */
export const failureShape = {
  /** ECONNREFUSED, EAGAIN, ENOTFOUND, CERT_HAS_EXPIRED, SMTP_550 ... */
  code: nullable(text),
  /** Positive, as this system numbers it; null where no OS error exists. */
  errno: nullable(integer),
  origin: nullable(origin),
  phase: nullable(phase),
  syscall: nullable(text),
  /** One sentence: what was tried and what came of it. */
  message: nullable(text),
  /** What to look at next. */
  hint: nullable(text),
  /** What can be done about it, for programs: of its values more may come. */
  advice: nullable<Advice>(text as Shape<Advice>),
}

/**
 * One address that was tried. With `ok` and a code it connected and ended so: it was reset at once, or was of no use,
 * as one of several mail servers. Without a code it connected, and `errno` is 0, as connect_ex has it.
 */
export const attemptShape = {
  address: text,
  port,
  ok: boolean,
  code: nullable(text),
  errno: nullable(integer),
  origin: nullable(origin),
  syscall: nullable(text),
  elapsedMs: number,
}
