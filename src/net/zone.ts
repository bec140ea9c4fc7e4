import { networkInterfaces } from 'node:os'

/**
 * An address with its zone as libuv takes it. RFC 4007 11.2 has interfaces by name or by number; libuv knows them by
 * name alone, but on Windows. A number that no interface with a link-local address has stays as it is.
 */
export function withNamedZone(address: string): string {
  const at = address.indexOf('%')
  if (at < 0 || process.platform === 'win32') return address
  const zone = address.slice(at + 1)
  if (!/^\d+$/.test(zone)) return address
  for (const [name, addresses] of Object.entries(networkInterfaces()))
    if (addresses?.some((each) => each.family === 'IPv6' && each.scopeid === Number(zone)))
      return `${address.slice(0, at)}%${name}`
  return address
}
