import { createRequire } from 'node:module'

export type Koffi = typeof import('koffi').default

export class SyscallUnavailable extends Error {}

/** koffi, by which libc is called. Rejects with SyscallUnavailable, in words for a user. */
export async function importKoffi(): Promise<Koffi> {
  const addon = loadAddon()
  if (addon) return addon
  try {
    const module = await import('koffi')
    return module.default
  } catch (error) {
    const [reason] = (error as Error).message.split('\n')
    throw new SyscallUnavailable(`koffi is not installed or does not load here (${reason})`, { cause: error })
  }
}

/**
 * koffi's addon for this machine, where npm puts it. koffi's own entry takes five times as long, most of a short run: it finds
 * out what machine this is, and wraps what is not called here. Null wherever that is not so simple (musl, another
 * package manager, another layout): the entry then does it, or says why not.
 */
export function loadAddon(arch: string = process.arch): Koffi | null {
  try {
    const require = createRequire(import.meta.url)
    return require(`@koromix/koffi-linux-${arch}/linux_${arch}/koffi.node`) as Koffi
  } catch {
    return null
  }
}
