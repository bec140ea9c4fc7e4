import { readFileSync } from 'node:fs'
import type { SettingsEvent } from './types.js'

/** A file of the system in one line; null where it cannot be read: the fact is then not known. */
export function fact(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    return null
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
