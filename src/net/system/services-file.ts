import { readFileSync } from 'node:fs'
import { type ServiceProtocol, serviceName, servicePorts } from '../../core/ports/services.js'

/** One line of the file of services (services(5)). */
interface ServiceEntry {
  readonly names: readonly string[]
  readonly port: number
  readonly protocol: string
}

/**
 * The services by which getaddrinfo(3) and getnameinfo(3) of this system go. Where there is no such file it is IANA's
 * registry.
 */
export class ServicesFile {
  readonly #entries: readonly ServiceEntry[] | null

  /** `text` is null where there is no file. */
  constructor(text: string | null) {
    this.#entries = text === null ? null : text.split('\n').flatMap(parseLine)
  }

  static read(path = servicesPath()): ServicesFile {
    try {
      return new ServicesFile(readFileSync(path, 'utf8'))
    } catch {
      return new ServicesFile(null)
    }
  }

  /** Of the first line with that name or alias, whose letters count; null where there is none. */
  port(name: string, protocol: ServiceProtocol): number | null {
    if (this.#entries === null) return servicePorts(name, protocol)[0] ?? null
    return this.#entries.find((entry) => entry.protocol === protocol && entry.names.includes(name))?.port ?? null
  }

  /** Of the first line with that port; null where there is none. */
  name(port: number, protocol: ServiceProtocol): string | null {
    if (this.#entries === null) return serviceName(port, protocol)
    return this.#entries.find((entry) => entry.protocol === protocol && entry.port === port)?.names[0] ?? null
  }
}

function servicesPath(): string {
  if (process.platform !== 'win32') return '/etc/services'
  return `${process.env['SystemRoot'] ?? 'C:\\Windows'}\\System32\\drivers\\etc\\services`
}

/** Lines that are none are passed over. */
function parseLine(line: string): ServiceEntry[] {
  const [name, at, ...aliases] = line
    .replace(/#.*/, '')
    .split(/\s+/)
    .filter((word) => word !== '')
  const [, port, protocol] = /^(\d{1,5})\/(\S+)$/.exec(at ?? '') ?? []
  if (name === undefined || port === undefined || protocol === undefined || Number(port) > 65535) return []
  return [{ names: [name, ...aliases], port: Number(port), protocol }]
}
