// biome-ignore lint/style/noRestrictedImports: Node has no getrlimit(2), the shell has
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

/** What POSIX promises at the least is lower, but no system that Node runs on gives less by default. */
const DEFAULT_LIMIT = 256

/** Kept by whoever accepts connections for files, pipes and the runtime itself. */
const RESERVE = 64

export interface DescriptorLimit {
  /** RLIMIT_NOFILE, soft; null where it cannot be told. */
  readonly limit: number | null
  /** Descriptors that this process may still open, as far as is known. */
  readonly free: number
}

/** How many descriptors this process may hold and how many are left (getrlimit(2)). Windows has no such limit. */
export function descriptorLimit(): DescriptorLimit {
  if (process.platform === 'win32') return { limit: null, free: 16_384 }
  const limit = softLimit()
  return { limit, free: Math.max(0, (limit ?? DEFAULT_LIMIT) - openDescriptors()) }
}

/**
 * How many connections may be accepted: the descriptors that are left, less a reserve; Infinity where Linux does not say.
 * libuv closes unseen whatever it accepts beyond the limit, so the limit has to be known before it is reached.
 */
export function availableDescriptors(): number {
  if (process.platform !== 'linux') return Number.POSITIVE_INFINITY
  const { limit, free } = descriptorLimit()
  return limit === null ? Number.POSITIVE_INFINITY : Math.max(1, free - RESERVE)
}

function softLimit(): number | null {
  try {
    if (process.platform === 'linux') {
      const line = /^Max open files\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'latin1'))
      return toNumber(line?.[1])
    }
    // Node has no getrlimit; the shell, started by us, inherits the limit.
    return toNumber(execFileSync('/bin/sh', ['-c', 'ulimit -n'], { encoding: 'latin1' }).trim())
  } catch {
    return null // a system that hides it: the caller backs off on EMFILE anyway
  }
}

function toNumber(text: string | undefined): number | null {
  if (text === 'unlimited') return 1_048_576
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : null
}

function openDescriptors(): number {
  try {
    return readdirSync('/dev/fd').length
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EMFILE' || code === 'ENFILE') return Number.POSITIVE_INFINITY // not even one for looking
    return 32 // about what Node holds open for itself
  }
}
