import { hostname } from 'node:os'
import { UsageError } from '../../../core/usage-error.js'
import { addressLiteral, parseHeloName } from '../../../protocol/smtp/index.js'

const LOOPBACK = '127.0.0.1'

/**
 * What to say in EHLO where nobody said otherwise: this machine's name, or the literal of our address where that is no
 * qualified name of the form that SMTP allows (RFC 5321 sections 2.3.5, 4.1.3 and 4.1.4).
 */
export function defaultHelo(localAddress: string | null): string {
  try {
    const name = parseHeloName(hostname(), 'host name')
    return name.includes('.') ? name : addressLiteral(localAddress ?? LOOPBACK)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    return addressLiteral(localAddress ?? LOOPBACK)
  }
}
