import { readdirSync, readFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import type { InterfaceEvent, SettingsEvent } from './types.js'

/** A file of the system in one line; null where it cannot be read: the fact is then not known. */
function fact(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    return null
  }
}

/** Each interface, once for each of its addresses; those without one too, where the system lists them (sysfs(5)). */
export function interfaces(): InterfaceEvent[] {
  const known = networkInterfaces()
  const names = [...new Set([...Object.keys(known), ...namesOfSysfs()])]
  return names.flatMap((name): InterfaceEvent[] => {
    const hardware = hardwareOf(name)
    const base = { type: 'interface', name, ...hardware } as const
    const addresses = known[name] ?? []
    if (addresses.length === 0) {
      return [
        { ...base, address: null, family: null, netmask: null, prefixLength: null, scopeId: null, internal: null },
      ]
    }
    return addresses.map(({ address, netmask, family, internal, mac, cidr, ...more }) => ({
      ...base,
      mac: hardware.mac ?? mac,
      address,
      family: family === 'IPv6' ? 6 : 4,
      netmask,
      prefixLength: cidr === null ? null : Number(cidr.split('/')[1]),
      scopeId: 'scopeid' in more && typeof more.scopeid === 'number' ? more.scopeid : null,
      internal,
    }))
  })
}

const SYSFS = '/sys/class/net'

function namesOfSysfs(): string[] {
  try {
    // What has an address here is an interface; bonding_masters is a plain file.
    return readdirSync(SYSFS).filter((name) => fact(`${SYSFS}/${name}/address`) !== null)
  } catch {
    return []
  }
}

function hardwareOf(name: string): Pick<InterfaceEvent, 'mac' | 'mtuBytes' | 'state'> {
  const mtu = fact(`${SYSFS}/${name}/mtu`)
  return {
    mac: fact(`${SYSFS}/${name}/address`) || null,
    mtuBytes: mtu === null ? null : Number(mtu),
    state: fact(`${SYSFS}/${name}/operstate`),
  }
}

type Limits = Pick<
  SettingsEvent,
  'ephemeralPortFirst' | 'ephemeralPortLast' | 'backlogMax' | 'descriptorsSoft' | 'descriptorsHard'
>

/** What the kernel grants sockets (ip(7), listen(2), getrlimit(2)), as Linux' /proc tells it; null elsewhere. */
export function limits(): Limits {
  const [first, last] = numbers(fact('/proc/sys/net/ipv4/ip_local_port_range'))
  const [backlog] = numbers(fact('/proc/sys/net/core/somaxconn'))
  const files = /^Max open files\s+(\S+)\s+(\S+)/m.exec(fact('/proc/self/limits') ?? '')
  const [soft, hard] = numbers(files ? `${files[1]} ${files[2]}` : null)
  return {
    ephemeralPortFirst: first ?? null,
    ephemeralPortLast: last ?? null,
    backlogMax: backlog ?? null,
    descriptorsSoft: soft ?? null,
    descriptorsHard: hard ?? null,
  }
}

/** The numbers of a text; what is none (`unlimited`) is null. */
function numbers(text: string | null): (number | null)[] {
  return (text ?? '').split(/\s+/).map((word) => (/^\d+$/.test(word) ? Number(word) : null))
}
