import { type Hinted, hint } from '../../core/hint.js'
import { isLinkLocal } from './zone.js'

/**
 * What to do about a failure at this address; null where its zone is not to blame for it. A link-local address means
 * something only together with its interface (RFC 4007, section 11): without one it is EINVAL.
 */
export function zoneHint(code: string | null, address: string): Hinted | null {
  if (code !== 'EINVAL' || !isLinkLocal(address)) return null
  const [, zone] = address.split('%')
  const missing =
    zone === undefined ? 'a link-local address needs its interface' : `no interface is called ${zone} here`
  return hint(`${missing}: write fe80::1%eth0, with an interface of this machine`, 'local')
}
