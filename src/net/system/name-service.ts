import { readFileSync } from 'node:fs'

/**
 * Which services the C library asks for host names, in order (nsswitch.conf(5)): `files`, `dns`, `mdns4_minimal`,
 * `resolve` ... Null on systems that have no such file and no such switch.
 */
export function hostServices(path = '/etc/nsswitch.conf'): readonly string[] | null {
  if (process.platform === 'win32' || process.platform === 'darwin') return null
  try {
    return parseHostServices(readFileSync(path, 'utf8'))
  } catch {
    return DEFAULT_SERVICES
  }
}

/** What the GNU C library does where the file or the line is missing; musl knows these two only. */
const DEFAULT_SERVICES = ['files', 'dns']

export function parseHostServices(text: string): readonly string[] {
  const line = text.split(/\r?\n/).find((each) => /^\s*hosts\s*:/.test(each))
  if (line === undefined) return DEFAULT_SERVICES
  // Actions such as [NOTFOUND=return] are not services.
  return line
    .replace(/#.*/, '')
    .replace(/^[^:]*:/, '')
    .replace(/\[[^[\]]*\]/g, ' ')
    .split(/\s+/)
    .filter((word) => word !== '')
}
