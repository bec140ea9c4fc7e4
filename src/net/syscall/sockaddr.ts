import { addressBytes, parseAddress } from '../../core/address/address.js'
import { AF_INET, AF_INET6, SOCKADDR_IN, SOCKADDR_IN6 } from './linux.js'

/** A struct sockaddr_in or sockaddr_in6, ready for connect(2) and bind(2). */
export interface SocketAddress {
  readonly family: typeof AF_INET | typeof AF_INET6
  readonly bytes: Uint8Array
}

/**
 * Of a literal address and a port. A zone is looked up by `indexOf`, if_nametoindex(3). Throws RangeError for what is
 * no literal address.
 */
export function socketAddress(text: string, port: number, indexOf: (zone: string) => number): SocketAddress {
  const address = parseAddress(text)
  if (!address) throw new RangeError(`${text} is not a literal address`)
  const layout = address.family === 4 ? SOCKADDR_IN : SOCKADDR_IN6
  const bytes = new Uint8Array(layout.size)
  const view = new DataView(bytes.buffer)
  const family = address.family === 4 ? AF_INET : AF_INET6
  view.setUint16(0, family, true)
  bytes.set(addressBytes(address), layout.address)
  const { zone } = address
  if (zone !== null) view.setUint32(SOCKADDR_IN6.scope, /^\d+$/.test(zone) ? Number(zone) : indexOf(zone), true)
  const made = { family, bytes } as const
  setPort(made, port)
  return made
}

export function setPort({ bytes }: SocketAddress, port: number): void {
  bytes[SOCKADDR_IN.port] = port >> 8
  bytes[SOCKADDR_IN.port + 1] = port & 0xff
}

/** Whether two socket addresses are the same address and port; flow labels and padding do not count. */
export function sameEnd(a: SocketAddress, b: Uint8Array): boolean {
  const { port, address } = a.family === AF_INET ? SOCKADDR_IN : SOCKADDR_IN6
  const length = a.family === AF_INET ? 4 : 16
  const same = (from: number, to: number) => a.bytes.subarray(from, to).every((byte, i) => byte === b[from + i])
  return same(port, port + 2) && same(address, address + length)
}
