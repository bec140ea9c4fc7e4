import { readFileSync } from 'node:fs'

/** One line of /proc/net/tcp, tcp6, udp or udp6 (proc_net_tcp(5)). */
export interface SocketRow {
  /** The local address in hexadecimal, as the kernel writes it: each 32 bits in the machine's own order. */
  readonly localAddress: string
  readonly localPort: number
  /** The state's number, of TCP: 1 established, 10 listening; a bound UDP socket has 7. */
  readonly state: number
  /** Bytes handed to the system that its peer's has not taken yet; a FIN counts as one. */
  readonly sendQueueBytes: number
  /** Bytes that came and were not read; of a listening socket, connections that were not accepted. */
  readonly receiveQueueBytes: number
  /** What the descriptor of its process leads to (`socket:[INODE]`); 0 where nobody has it any more. */
  readonly inode: number
}

export type SocketTable = 'tcp' | 'tcp6' | 'udp' | 'udp6'

/** The sockets of this network namespace. Empty where the system has no such file: another system, no IPv6, a sandbox. */
export function socketRows(table: SocketTable): SocketRow[] {
  return parseSocketRows(readTable(table))
}

/** The socket with that inode, or null. A file of ten thousand lines is not taken apart for it. */
export function socketRowOf(table: SocketTable, inode: number): SocketRow | null {
  const text = readTable(table)
  const word = ` ${inode} `
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    const row = parseRow(text.slice(text.lastIndexOf('\n', at) + 1, text.indexOf('\n', at)))
    if (row?.inode === inode) return row
  }
  return null
}

/** Reads such a file; lines of another form, as its first one, are left out. */
export function parseSocketRows(text: string): SocketRow[] {
  return text.split('\n').flatMap((line) => parseRow(line) ?? [])
}

function readTable(table: SocketTable): string {
  try {
    return readFileSync(`/proc/net/${table}`, 'latin1')
  } catch {
    return ''
  }
}

/** Number, local and remote end, state, both queues, timer, retransmissions, user, timeout, inode; then what is not read. */
const ROW =
  /^ *\d+: ([0-9A-F]+):([0-9A-F]{4}) [0-9A-F]+:[0-9A-F]{4} ([0-9A-F]{2}) ([0-9A-F]{8}):([0-9A-F]{8}) [0-9A-F]{2}:[0-9A-F]+ [0-9A-F]+ +\d+ +\d+ (\d+)/

function parseRow(line: string): SocketRow | null {
  const row = ROW.exec(line)
  if (!row) return null
  const [, localAddress = '', port = '', state = '', queued = '', unread = '', inode = ''] = row
  const [localPort, sendQueueBytes] = [Number.parseInt(port, 16), Number.parseInt(queued, 16)]
  const receiveQueueBytes = Number.parseInt(unread, 16)
  const numbers = { state: Number.parseInt(state, 16), sendQueueBytes, receiveQueueBytes, inode: Number(inode) }
  return { localAddress, localPort, ...numbers }
}
