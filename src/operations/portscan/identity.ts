import { createHash } from 'node:crypto'
import type { HostList } from './hosts.js'
import { seedOf } from './schedule/permutation.js'
import type { PortscanOptions } from './types.js'

export interface Identity {
  readonly seed: number
  /** 16 hexadecimal digits. */
  readonly scan: string
}

/**
 * The seed of a scan, by default made from its targets and ports, and its identity. Names count with the addresses that
 * they resolved to: where machines see different ones, their shards are not parts of one scan.
 */
export function identify({ targets, ports, seed: given, inOrder }: PortscanOptions, hosts: HostList): Identity {
  const seed = given ?? seedOf(`${targets} ${ports}`)
  const named = hosts.named.map(({ target, address }) => [target, address])
  const text = JSON.stringify([targets.toString(), hosts.size, named, ports.toString(), seed, inOrder])
  return { seed, scan: createHash('sha256').update(text).digest('hex').slice(0, 16) }
}
