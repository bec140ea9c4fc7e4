import type { PortEvent } from './events.js'

/** Open: it accepts; closed: the host says that nothing listens; filtered: something on the way, or silence. */
export type PortState = PortEvent['state']

/** There is no way to the host, or it is not there: word of a router, a neighbour table or our own. */
export const UNREACHABLE: ReadonlySet<string> = new Set([
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTDOWN',
  'ENETDOWN',
  'ENONET',
])

/** Out of descriptors, local ports or buffers: says nothing of the target. EAGAIN is connect(2)'s "no more local ports". */
const REFUSED_HERE = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'EADDRNOTAVAIL', 'EADDRINUSE', 'EAGAIN'])

/** The host itself said that nothing listens. */
const CLOSED = new Set(['ECONNREFUSED', 'ECONNABORTED'])

/** A reset before the handshake is done is ECONNREFUSED; this one came after it: somebody accepted, and hung up. */
const OPEN = new Set(['ECONNRESET'])

/**
 * What the errno of connect(2) says of a port; null where this machine refused, so that it must be asked again.
 * Whatever is neither an answer of the host nor our own lack of means is something on the way: filtered.
 */
export function stateOf(code: string): PortState | null {
  if (REFUSED_HERE.has(code)) return null
  if (OPEN.has(code)) return 'open'
  return CLOSED.has(code) ? 'closed' : 'filtered'
}
