import type { Socket } from 'node:net'

/** What Node keeps to itself; null where there is none (Windows), or where it no longer is what it was. */
export function descriptorOf(socket: Socket): number | null {
  const handle: unknown = '_handle' in socket ? socket._handle : null
  const fd = typeof handle === 'object' && handle !== null && 'fd' in handle ? handle.fd : null
  return typeof fd === 'number' && fd >= 0 ? fd : null
}
