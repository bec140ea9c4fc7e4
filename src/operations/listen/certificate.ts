import { X509Certificate } from 'node:crypto'
import { fail, type Outcome, ok } from '../../core/outcome.js'
import { checkServerCertificate } from '../../net/tls/server.js'
import { createSelfSigned } from '../../protocol/x509/self-signed.js'
import type { ListenTarget, ListenTls } from './types.js'

const SELF_SIGNED_DAYS = 30

export interface Certified {
  /** PEM. */
  readonly cert: string
  readonly key: string
  readonly fingerprint256: string
}

/** The certificate given, or one made on the spot for the names that this listener goes by; null without TLS. */
export function certificateFor(tls: ListenTls | null, target: ListenTarget): Outcome<Certified | null> {
  if (tls === null) return ok(null, 0)
  const { cert, key } = tls.certificate ?? createSelfSigned({ names: namesFor(target), days: SELF_SIGNED_DAYS })
  const refused = checkServerCertificate(cert, key)
  if (refused) return fail(refused, 0)
  return ok({ cert, key, fingerprint256: new X509Certificate(cert).fingerprint256 }, 0)
}

function namesFor(target: ListenTarget): string[] {
  const host = target.kind === 'unix' || isWildcard(target.host) ? [] : [target.host.replace(/%.*/, '')]
  return [...new Set(['localhost', ...host, '127.0.0.1', '::1'])]
}

function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '::'
}
