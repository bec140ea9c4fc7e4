import { networkInterfaces } from 'node:os'
import { describe, expect, it } from 'vitest'
import { zoneError } from '../../../../src/net/connect/zone.js'

// What other systems say is left to them.
describe.runIf(process.platform === 'linux')('connect(2) to a link-local address', () => {
  it.each(['fe80::1', 'FEBF::1', 'fe80::1%nosuch0', 'fe80::1%4294967295'])('%s is EINVAL', (address) => {
    expect(zoneError(address)).toMatchObject({ code: 'EINVAL', errno: -22, syscall: 'connect' })
  })

  it.each([
    '::1',
    'fec0::1',
    'fd00::1',
    '127.0.0.1',
    ...Object.keys(networkInterfaces()).map((name) => `fe80::1%${name}`),
  ])('%s is left to the system', (address) => expect(zoneError(address)).toBeNull())
})
