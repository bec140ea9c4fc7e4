import { describe, expect, it } from 'vitest'
import { parseTargets } from '../../../../src/core/address/target-syntax.js'
import { parsePorts } from '../../../../src/core/ports/ports.js'
import { PORTSCAN_DEFAULTS } from '../../../../src/operations/portscan/defaults.js'
import type { HostList } from '../../../../src/operations/portscan/hosts.js'
import { identify } from '../../../../src/operations/portscan/identity.js'
import type { PortscanOptions } from '../../../../src/operations/portscan/index.js'

function options(targets: string, ports: string, more: Partial<PortscanOptions> = {}): PortscanOptions {
  return {
    ...PORTSCAN_DEFAULTS,
    targets: parseTargets(targets, 'targets'),
    ports: parsePorts(ports, 'ports'),
    ...more,
  }
}

function hosts(...addresses: string[]): HostList {
  const named = addresses.map((address) => ({ target: 'db', address, family: 4 as const }))
  const at = (index: number) => named[index] ?? { target: 'none', address: '192.0.2.1', family: 4 as const }
  return { size: named.length, named, names: 1, unresolved: [], at }
}

describe('identify', () => {
  const base = identify(options('db', '1-4'), hosts('192.0.2.1'))

  it('is the same for the same scan, however it was written', () => {
    expect(identify(options('DB', '4,1-3'), hosts('192.0.2.1'))).toEqual(base)
    expect(identify(options('db', '1-4', { rate: 5, banner: true }), hosts('192.0.2.1'))).toEqual(base)
    expect(base.scan).toMatch(/^[0-9a-f]{16}$/)
  })

  it.each([
    ['other ports', options('db', '1-5'), hosts('192.0.2.1')],
    ['another target', options('dc', '1-4'), hosts('192.0.2.1')],
    ['a name with another address', options('db', '1-4'), hosts('192.0.2.2')],
    ['a name with one more address', options('db', '1-4'), hosts('192.0.2.1', '192.0.2.2')],
    ['another seed', options('db', '1-4', { seed: 1 }), hosts('192.0.2.1')],
    ['another order', options('db', '1-4', { inOrder: true }), hosts('192.0.2.1')],
  ])('differs for %s', (_, other, found) => {
    expect(identify(other, found).scan).not.toBe(base.scan)
  })
})
