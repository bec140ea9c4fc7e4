import type { Deadline } from '../../core/deadline.js'
import { type Attempt, type Failure, failure } from '../../core/failure.js'
import { hint } from '../../core/hint.js'
import type { DnsServer } from './server.js'

/** A try at a server that failed. */
export function attemptOf(
  server: DnsServer,
  { code, errno, origin, syscall, endpoint }: Failure,
  elapsedMs: number,
): Attempt {
  const { host, port } = server
  return { address: endpoint?.address ?? host, port, ok: false, code, errno, origin, syscall, elapsedMs }
}

export function noServers(): Failure {
  return failure({
    phase: 'options',
    origin: 'os',
    code: 'ENOENT',
    message: 'this system has no name server set',
    ...hint('name a name server to ask', 'name-server'),
  })
}

/** Why the answer that UDP was too small for did not come over TCP either. */
export function overTcpAlone(failed: Failure, server: DnsServer): Failure {
  const message = `${server.name} answers over UDP, but cut short (TC), and over TCP: ${failed.message}`
  return {
    ...failed,
    message,
    ...hint(
      'TCP must be open as well as UDP (RFC 7766); more room for answers over UDP may do without',
      'payload-size',
    ),
  }
}

export function unreadableAnswer(server: DnsServer, { inWords }: Deadline): Failure {
  const message = `${server.name} sent an answer that cannot be read, and no other came in ${inWords}`
  const hinted = hint('ask another name server, and compare; or allow another answer more time', 'more-time')
  return failure({ phase: 'protocol', origin: 'peer', code: 'EBADRESP', message, ...hinted })
}

/** A connection that ended, in whatever way, may have been an idle one; a refusal stands. */
export function isWorthAnotherTry({ origin, phase, code }: Failure): boolean {
  return origin === 'deadline' || (phase === 'read' && (origin === 'peer' || code === 'ECONNRESET'))
}
