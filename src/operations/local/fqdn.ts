import type { HostNameEvent } from './types.js'

/** What is known of a host's own name: the names of its address, the primary one first; null where there are none. */
export interface OwnNames {
  readonly address: string
  readonly names: readonly string[]
}

/**
 * The fully qualified name as getfqdn() of CPython's socket module finds it: the first name with a dot among
 * gethostbyaddr's primary name and aliases, else the primary name, else the host name.
 */
export function fqdnOf(hostName: string, own: OwnNames | null, address: string | null): HostNameEvent {
  const [primary] = own?.names ?? []
  const base = { type: 'host', hostName, fqdnAddress: own?.address ?? address } as const
  if (!own || primary === undefined) return { ...base, fqdn: hostName, fqdnStep: 'host name' }
  const dotted = own.names.find((name) => name.includes('.'))
  if (dotted === undefined) return { ...base, fqdn: primary, fqdnStep: 'primary name without a dot' }
  return { ...base, fqdn: dotted, fqdnStep: dotted === primary ? 'primary name' : 'alias' }
}
