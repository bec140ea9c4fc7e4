import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { socketRows } from '../system/procfs.js'

export type PortProtocol = 'tcp' | 'udp'

/** Who has a port bound; name and pid are null where the process belongs to somebody else. */
export interface PortHolder {
  readonly pid: number | null
  readonly name: string | null
}

/** TCP_LISTEN; a bound UDP socket has the number of TCP_CLOSE (<net/tcp_states.h>). */
const STATE = { tcp: 10, udp: 7 } as const
const ANY = /^0+$/

/**
 * The process that holds a local port, from proc(5): the socket's inode in /proc/net, then the descriptor that carries
 * it. Null where the system has no such files or nobody is found. Reads at once: it is called after a failure only.
 */
export function whoHolds(transport: PortProtocol, address: string, port: number): PortHolder | null {
  const rows = ([transport, `${transport}6`] as const)
    .flatMap(socketRows)
    .filter(({ localPort, state }) => localPort === port && state === STATE[transport])
  const wanted = procAddress(address)
  // The very address before a wildcard, a wildcard before another address of this machine.
  const row =
    rows.find((each) => each.localAddress === wanted) ??
    rows.find(({ localAddress }) => ANY.test(localAddress)) ??
    rows[0]
  return row ? processWith(row.inode) : null
}

/** An IPv4 address in the form of /proc/net/tcp: little-endian on the machines that Node runs on. */
function procAddress(address: string): string | null {
  const octets = address.split('.')
  if (octets.length !== 4) return null
  return octets
    .reverse()
    .map((octet) => Number(octet).toString(16).toUpperCase().padStart(2, '0'))
    .join('')
}

function processWith(inode: number): PortHolder {
  const target = `socket:[${inode}]`
  for (const pid of entries('/proc')) {
    if (!/^\d+$/.test(pid)) continue
    for (const descriptor of entries(`/proc/${pid}/fd`)) {
      if (attempt(() => readlinkSync(`/proc/${pid}/fd/${descriptor}`)) !== target) continue
      return { pid: Number(pid), name: attempt(() => readFileSync(`/proc/${pid}/comm`, 'utf8').trim()) }
    }
  }
  return { pid: null, name: null }
}

/** Empty for what may not be read, or is gone meanwhile. */
function entries(directory: string): string[] {
  return attempt(() => readdirSync(directory)) ?? []
}

function attempt<T>(read: () => T): T | null {
  try {
    return read()
  } catch {
    return null
  }
}
