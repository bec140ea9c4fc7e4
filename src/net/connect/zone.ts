import { readFileSync } from 'node:fs'
import { constants, networkInterfaces } from 'node:os'
import { type Hinted, hint } from '../../core/hint.js'

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

function isLinkLocal(address: string): boolean {
  return /^fe[89ab]/i.test(address)
}

/**
 * The EINVAL of Linux's connect(2) for a link-local address whose interface is not named, or not there; null for every
 * other. libuv 1.52 keeps it to itself and takes the first interface there is, which may be any.
 */
export function zoneError(address: string): NodeJS.ErrnoException | null {
  if (process.platform !== 'linux' || !isLinkLocal(address)) return null
  const [, zone] = withNamedZone(address).split('%')
  if (zone !== undefined && hasInterface(zone)) return null
  const [code, syscall] = ['EINVAL', 'connect']
  return Object.assign(new Error(`${syscall} ${code} ${address}`), { code, errno: -constants.errno.EINVAL, syscall })
}

/** Also one without an address, which node:os leaves out (proc_net(5): dev). */
function hasInterface(name: string): boolean {
  if (name in networkInterfaces()) return true
  try {
    return readFileSync('/proc/net/dev', 'utf8').includes(` ${name}:`)
  } catch {
    return true // it cannot be known here; the system knows
  }
}

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
