import { isLinkLocal } from './zone.js'

/**
 * What to do about an EINVAL for this address; null where its zone is not to blame. A link-local address means something
 * only together with its interface (RFC 4007, section 11).
 */
export function zoneHint(address: string): string | null {
  if (!isLinkLocal(address)) return null
  const [, zone] = address.split('%')
  const missing =
    zone === undefined ? 'a link-local address needs its interface' : `no interface is called ${zone} here`
  return `${missing}: write fe80::1%eth0; netkit local lists the interfaces`
}
