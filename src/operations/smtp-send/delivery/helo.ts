import { hostname } from 'node:os'
import { UsageError } from '../../../core/usage-error.js'
import { addressLiteral, parseHeloName } from '../../../protocol/smtp/index.js'

/**
 * What to say in EHLO where nobody said otherwise: this machine's name, or the literal of our address where that is no
 * name that SMTP allows (RFC 5321 section 4.1.4).
 */
export function defaultHelo(localAddress: string | null): string {
  try {
    return parseHeloName(hostname(), 'host name')
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    return addressLiteral(localAddress ?? '127.0.0.1')
  }
}
