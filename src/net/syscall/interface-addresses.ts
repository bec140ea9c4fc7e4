import { type Address, formatAddress } from '../../core/address/address.js'
import { importKoffi, type Koffi, SyscallUnavailable } from './koffi.js'
import { AF_INET, AF_INET6, ARCHITECTURES, IFF_LOOPBACK, IFF_POINTOPOINT, SOCKADDR_IN, SOCKADDR_IN6 } from './linux.js'

/** An address of an interface, up or down. */
export interface InterfaceAddress {
  readonly interfaceName: string
  readonly address: string
  readonly family: 4 | 6
  readonly prefixLength: number
  /** Of a link-local address the index of its interface, else 0; null for IPv4. */
  readonly scopeId: number | null
  /** The other end, where there is one alone. */
  readonly peerAddress: string | null
  readonly loopback: boolean
}

/**
 * getifaddrs(3): node:os tells only of interfaces that are up and have a carrier. Null where libc cannot be called, or
 * it does not say.
 */
export async function interfaceAddresses(): Promise<InterfaceAddress[] | null> {
  if (process.platform !== 'linux' || !ARCHITECTURES.includes(process.arch)) return null
  try {
    return listed(await importKoffi())
  } catch (error) {
    if (!(error instanceof SyscallUnavailable)) throw error
    return null // what node:os tells is then all there is
  }
}

interface Entry {
  readonly next: unknown
  readonly name: string
  readonly flags: number
  readonly address: unknown
  readonly netmask: unknown
  readonly peer: unknown
}

function listed(koffi: Koffi): InterfaceAddress[] | null {
  const libc = koffi.load(null)
  const list: unknown[] = [null]
  if (libc.func('int getifaddrs(_Out_ void **list)')(list) !== 0) return null
  // <ifaddrs.h>
  const layout = koffi.struct({
    next: 'void *',
    name: 'const char *',
    flags: 'unsigned int',
    address: 'void *',
    netmask: 'void *',
    peer: 'void *',
    data: 'void *',
  })
  const found: InterfaceAddress[] = []
  for (let at = list[0]; at; ) {
    const entry = koffi.decode(at, layout) as Entry
    const address = addressIn(koffi, entry)
    if (address) found.push(address)
    at = entry.next
  }
  libc.func('void freeifaddrs(void *list)')(list[0])
  return found
}

function addressIn(koffi: Koffi, { name, flags, address, netmask, peer }: Entry): InterfaceAddress | null {
  const own = valueAt(koffi, address)
  if (!own) return null
  const { family, value, scopeId } = own
  const mask = valueAt(koffi, netmask)?.value ?? 0n
  const other = valueAt(koffi, peer)
  // The same field has the broadcast address of a network, which lies within it.
  const alone = other !== null && other.value !== value
  const isPeer = alone && ((flags & IFF_POINTOPOINT) !== 0 || (other.value & mask) !== (value & mask))
  return {
    // A label of an IPv4 address begins with the name of its interface, in which no colon may stand.
    interfaceName: name.replace(/:.*/, ''),
    address: textOf(own),
    family,
    prefixLength: mask.toString(2).replaceAll('0', '').length,
    scopeId: family === 6 ? scopeId : null,
    peerAddress: isPeer ? textOf(other) : null,
    loopback: (flags & IFF_LOOPBACK) !== 0,
  }
}

interface Value extends Pick<Address, 'family' | 'value'> {
  readonly scopeId: number
}

/** Of a struct sockaddr; null where it is of another family, or there is none. */
function valueAt(koffi: Koffi, pointer: unknown): Value | null {
  if (!pointer) return null
  const family = koffi.decode(pointer, 'uint16_t')
  if (family !== AF_INET && family !== AF_INET6) return null
  const { size, address } = family === AF_INET ? SOCKADDR_IN : SOCKADDR_IN6
  const bytes = Uint8Array.from(koffi.decode(pointer, koffi.array('uint8_t', size)))
  const view = new DataView(bytes.buffer)
  if (family === AF_INET) return { family: 4, value: BigInt(view.getUint32(address)), scopeId: 0 }
  const value = (view.getBigUint64(address) << 64n) | view.getBigUint64(address + 8)
  return { family: 6, value, scopeId: view.getUint32(SOCKADDR_IN6.scope, true) }
}

function textOf({ family, value }: Value): string {
  return formatAddress({ family, value, zone: null })
}
