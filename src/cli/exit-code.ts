import type { Failure } from '../core/failure.js'
import type { Outcome } from '../core/outcome.js'

/** The one table of exit codes; docs and `--help` tell the same. */
export const EXIT = {
  ok: 0,
  no: 1,
  usage: 2,
  lookup: 3,
  timeout: 4,
  local: 5,
  tls: 6,
  protocol: 7,
  /** EX_SOFTWARE of sysexits(3). */
  bug: 70,
  SIGHUP: 129,
  SIGINT: 130,
  SIGTERM: 143,
} as const

/** What this machine, not the network, answers: permission, addresses, descriptors, files. */
const LOCAL_CODES = new Set([
  'EACCES',
  'EPERM',
  'EADDRINUSE',
  'EADDRNOTAVAIL',
  'EMFILE',
  'ENFILE',
  'ENOBUFS',
  'ENOMEM',
  'EAFNOSUPPORT',
  'ENAMETOOLONG',
])

export function exitCodeFor(outcome: Outcome<unknown>): number {
  return outcome.ok ? EXIT.ok : exitCodeForFailure(outcome.failure)
}

function exitCodeForFailure(failure: Failure): number {
  const { origin, phase, code, parts } = failure
  if (parts.length > 0) {
    const codes = new Set(parts.map(exitCodeForFailure))
    const [common] = codes
    return codes.size === 1 && common !== undefined ? common : EXIT.no
  }
  switch (origin) {
    case 'usage':
      return EXIT.usage
    case 'expectation':
      return EXIT.no
    case 'deadline':
      return EXIT.timeout
    case 'resolver':
      return EXIT.lookup
    case 'tls':
      return EXIT.tls
    case 'abort':
      return EXIT.SIGINT // main knows the signal, and says 129 or 143 for the others
    case 'peer':
      // An answer that breaks off breaks its protocol too, though more might have been read.
      return phase === 'protocol' || code === 'EBADRESP' ? EXIT.protocol : EXIT.no
    case 'os':
      if (code === 'ETIMEDOUT') return EXIT.timeout
      if (phase === 'options' || phase === 'bind' || LOCAL_CODES.has(code)) return EXIT.local
      return EXIT.no
  }
}
