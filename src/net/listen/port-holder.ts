import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

export type Transport = 'tcp' | 'udp'

/** Who has a port bound; name and pid are null where the process belongs to somebody else. */
export interface PortHolder {
  readonly pid: number | null
  readonly name: string | null
}

/** TCP_LISTEN; a bound UDP socket shows 07, as TCP_CLOSE. */
const STATE = { tcp: '0A', udp: '07' } as const
const ANY = /^0+$/

/**
 * The process that holds a local port, from proc(5): the socket's inode in /proc/net, then the descriptor that carries
 * it. Null where the system has no such files or nobody is found. Reads at once: it is called after a failure only.
 */
export function whoHolds(transport: Transport, address: string, port: number): PortHolder | null {
  const rows = [transport, `${transport}6`].flatMap((table) => socketRows(table, STATE[transport], port))
  const wanted = procAddress(address)
  // The very address before a wildcard, a wildcard before another address of this machine.
  const row = rows.find((each) => each.local === wanted) ?? rows.find(({ local }) => ANY.test(local)) ?? rows[0]
  return row ? processWith(row.inode) : null
}

interface SocketRow {
  /** Hexadecimal, as /proc/net has it. */
  readonly local: string
  readonly inode: string
}

function socketRows(table: string, state: string, port: number): SocketRow[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  let text: string
  try {
    text = readFileSync(`/proc/net/${table}`, 'utf8')
  } catch {
    return [] // not Linux, or no IPv6
  }
  return text.split('\n').flatMap((line) => {
    const [, local = '', , st, , , , , , inode = ''] = line.trim().split(/\s+/)
    return local.endsWith(suffix) && st === state ? [{ local: local.slice(0, -suffix.length), inode }] : []
  })
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

function processWith(inode: string): PortHolder {
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
