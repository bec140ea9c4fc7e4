import { readdirSync, readFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { formatAddress } from '../../core/address/address.js'
import { type InterfaceAddress, interfaceAddresses } from '../../net/syscall/interface-addresses.js'
import { fact } from './system.js'
import type { InterfaceEvent } from './types.js'

/** Each interface, once for each of its addresses; those without one too, where the system lists them. */
export async function interfaces(): Promise<InterfaceEvent[]> {
  const fromNode = ofNode()
  const addresses = (await interfaceAddresses()) ?? fromNode.map(({ address }) => address)
  const hardwareAddresses = new Map(fromNode.map(({ address, mac }) => [address.interfaceName, mac]))
  const listed = namesOfProc()
  const hasSysfs = isOwnSysfs(listed)
  const names = new Set([...addresses.map(({ interfaceName }) => interfaceName), ...listed])
  return [...names].flatMap((name): InterfaceEvent[] => {
    const base = {
      type: 'interface',
      name,
      ...hardwareOf(name, hardwareAddresses.get(name) ?? null, hasSysfs),
    } as const
    const own = addresses.filter(({ interfaceName }) => interfaceName === name)
    if (own.length === 0) return [{ ...base, ...NO_ADDRESS }]
    return own.map(({ address, family, prefixLength, scopeId, peerAddress, loopback }) => {
      const netmask = netmaskOf(family, prefixLength)
      return { ...base, address, family, netmask, prefixLength, peerAddress, scopeId, internal: loopback }
    })
  })
}

const NO_ADDRESS = {
  address: null,
  family: null,
  netmask: null,
  prefixLength: null,
  peerAddress: null,
  scopeId: null,
  internal: null,
} as const

interface NodeAddress {
  readonly address: InterfaceAddress
  readonly mac: string
}

/** What Node knows on every system: of interfaces that are up, without the other ends. */
function ofNode(): NodeAddress[] {
  return Object.entries(networkInterfaces()).flatMap(([name, addresses = []]) =>
    addresses.map(({ address, family, internal, mac, cidr, ...more }) => ({
      mac,
      address: {
        // On Linux a label of an address stands there, which begins with the name.
        interfaceName: process.platform === 'linux' ? name.replace(/:.*/, '') : name,
        address,
        family: family === 'IPv6' ? 6 : 4,
        prefixLength: Number(cidr?.split('/')[1] ?? 0),
        scopeId: 'scopeid' in more && typeof more.scopeid === 'number' ? more.scopeid : null,
        peerAddress: null,
        loopback: internal,
      },
    })),
  )
}

function netmaskOf(family: 4 | 6, prefixLength: number): string {
  const bits = BigInt(family === 4 ? 32 : 128)
  const value = ((1n << BigInt(prefixLength)) - 1n) << (bits - BigInt(prefixLength))
  return formatAddress({ family, value, zone: null })
}

const SYSFS = '/sys/class/net'

/** Names of interfaces, up or not, of this process's network namespace (proc_net(5)). */
function namesOfProc(): string[] {
  try {
    return [...readFileSync('/proc/net/dev', 'utf8').matchAll(/^ *([^\s:]+):/gm)].map(([, name = '']) => name)
  } catch {
    return []
  }
}

/** Sysfs shows the namespace of whoever mounted it, and interfaces of another one may have the same names. */
function isOwnSysfs(own: readonly string[]): boolean {
  try {
    // What has an address here is an interface; bonding_masters is a plain file.
    const names = readdirSync(SYSFS).filter((name) => fact(`${SYSFS}/${name}/address`) !== null)
    return names.length === own.length && names.every((name) => own.includes(name))
  } catch {
    return false
  }
}

type Hardware = Pick<InterfaceEvent, 'mac' | 'mtuBytes' | 'state'>

function hardwareOf(name: string, fromNode: string | null, hasSysfs: boolean): Hardware {
  if (!hasSysfs) return { mac: macOf(null, fromNode), mtuBytes: null, state: null }
  const mtu = fact(`${SYSFS}/${name}/mtu`)
  return {
    mac: macOf(fact(`${SYSFS}/${name}/address`), fromNode),
    mtuBytes: mtu === null ? null : Number(mtu),
    state: fact(`${SYSFS}/${name}/operstate`),
  }
}

/** Of tunnels sysfs has nothing, or the 4 or 16 octets of an end; Node has zeros for what it does not know. */
function macOf(fromSysfs: string | null, fromNode: string | null): string | null {
  if (fromSysfs === null) return fromNode === null || /^[0:]*$/.test(fromNode) ? null : fromNode
  return [0, 4, 16].includes(fromSysfs.split(':').filter((octet) => octet !== '').length) ? null : fromSysfs
}
