import { closeSync, openSync } from 'node:fs'
import { devNull } from 'node:os'

/** As many as the C library has open at once to look a name up: its files, and a socket. */
const NEEDED = 3

/**
 * What open(2) says where this process or machine is out of descriptors; null where there are some. The C library, which
 * then can neither read the hosts file nor ask a server, says of such a name that it does not exist.
 */
export function descriptorScarcity(): NodeJS.ErrnoException | null {
  const open: number[] = []
  try {
    while (open.length < NEEDED) open.push(openSync(devNull, 'r'))
    return null
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return error instanceof Error && (code === 'EMFILE' || code === 'ENFILE') ? error : null
  } finally {
    for (const descriptor of open) closeSync(descriptor)
  }
}
