import { readFileSync } from 'node:fs'
import { formatAddress, parseAddress } from '../../core/address/address.js'

/** One line of the hosts file (hosts(5)). */
export interface HostsEntry {
  /** In canonical text. */
  readonly address: string
  readonly family: 4 | 6
  /** The primary name. */
  readonly name: string
  readonly aliases: readonly string[]
}

/** The hosts file, looked through as the C library does: by name in any case, by address, in the order of its lines. */
export class HostsFile {
  readonly path: string
  readonly entries: readonly HostsEntry[]
  readonly #byName = new Map<string, HostsEntry[]>()
  readonly #byAddress = new Map<string, HostsEntry[]>()

  constructor(path: string, text: string) {
    this.path = path
    this.entries = parseHosts(text)
    for (const entry of this.entries) {
      add(this.#byAddress, entry.address, entry)
      for (const name of new Set([entry.name, ...entry.aliases].map(fold))) add(this.#byName, name, entry)
    }
  }

  /** This system's; null where it cannot be read. */
  static read(path = hostsFilePath()): HostsFile | null {
    try {
      return new HostsFile(path, readFileSync(path, 'utf8'))
    } catch {
      return null // getaddrinfo goes on without the file too
    }
  }

  ofName(name: string): readonly HostsEntry[] {
    return this.#byName.get(fold(name)) ?? []
  }

  /** Of a literal address in canonical text. */
  ofAddress(address: string): readonly HostsEntry[] {
    return this.#byAddress.get(address) ?? []
  }
}

function hostsFilePath(): string {
  if (process.platform !== 'win32') return '/etc/hosts'
  return `${process.env['SystemRoot'] ?? 'C:\\Windows'}\\System32\\drivers\\etc\\hosts`
}

/** Lines that are none are passed over. */
function parseHosts(text: string): HostsEntry[] {
  return text.split(/\r?\n/).flatMap((line) => {
    const words = line.replace(/#.*/, '').split(/\s+/)
    const [literal = '', name, ...aliases] = words.filter((word) => word !== '')
    const address = parseAddress(literal)
    if (!address || name === undefined) return []
    return [{ address: formatAddress(address), family: address.family, name, aliases }]
  })
}

function add(index: Map<string, HostsEntry[]>, key: string, entry: HostsEntry): void {
  const others = index.get(key)
  if (others) others.push(entry)
  else index.set(key, [entry])
}

function fold(name: string): string {
  return name.replace(/\.$/, '').toLowerCase()
}
