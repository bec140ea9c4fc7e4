import { readdirSync, readFileSync } from 'node:fs'

/** Kept for files, pipes and the runtime itself. */
const RESERVE = 64

/**
 * How many descriptors this process may still open, less a reserve; Infinity where the system does not say. libuv
 * closes unseen whatever it accepts beyond the limit, so the limit has to be known before it is reached.
 */
export function availableDescriptors(): number {
  try {
    const limits = readFileSync('/proc/self/limits', 'utf8')
    const soft = /^Max open files\s+(\d+)/m.exec(limits)?.[1]
    if (soft === undefined) return Number.POSITIVE_INFINITY
    return Math.max(1, Number(soft) - readdirSync('/proc/self/fd').length - RESERVE)
  } catch {
    return Number.POSITIVE_INFINITY // no procfs here
  }
}
