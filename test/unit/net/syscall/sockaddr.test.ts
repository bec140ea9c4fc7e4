import { describe, expect, it } from 'vitest'
import { sameEnd, setPort, socketAddress } from '../../../../src/net/syscall/sockaddr.js'

const zones = (zone: string) => (zone === 'eth7' ? 7 : 0)
const hex = (text: string, port: number) => Buffer.from(socketAddress(text, port, zones).bytes).toString('hex')

/** As <netinet/in.h> lays them out on a little-endian machine. */
const KNOWN: [text: string, port: number, bytes: string][] = [
  ['127.0.0.1', 80, '0200 0050 7f000001 0000000000000000'],
  ['255.254.1.2', 65535, '0200 ffff fffe0102 0000000000000000'],
  ['0.0.0.0', 0, '0200 0000 00000000 0000000000000000'],
  ['::1', 443, '0a00 01bb 00000000 00000000000000000000000000000001 00000000'],
  ['2001:db8::ff00:42:8329', 22, '0a00 0016 00000000 20010db8000000000000ff0000428329 00000000'],
  ['fe80::1%eth7', 1, '0a00 0001 00000000 fe800000000000000000000000000001 07000000'],
  ['fe80::1%300', 1, '0a00 0001 00000000 fe800000000000000000000000000001 2c010000'],
]

describe('socketAddress', () => {
  it.each(KNOWN)('%s port %i', (text, port, bytes) => {
    expect(hex(text, port)).toBe(bytes.replaceAll(' ', ''))
  })

  it.each(['localhost', '010.0.0.1', '', '1.2.3', '::g'])('refuses %j, which is no literal address', (text) => {
    expect(() => socketAddress(text, 1, zones)).toThrow(RangeError)
  })

  it('changes its port in place', () => {
    const address = socketAddress('127.0.0.1', 80, zones)
    setPort(address, 0x1234)
    expect([...address.bytes.subarray(2, 4)]).toEqual([0x12, 0x34])
  })
})

describe('sameEnd', () => {
  const same = (a: string, portA: number, b: string, portB: number, change?: (bytes: Uint8Array) => void) => {
    const other = Uint8Array.from(socketAddress(b, portB, zones).bytes)
    change?.(other)
    return sameEnd(socketAddress(a, portA, zones), other)
  }
  it('goes by address and port alone', () => {
    expect(same('127.0.0.1', 80, '127.0.0.1', 80)).toBe(true)
    expect(same('127.0.0.1', 80, '127.0.0.1', 81)).toBe(false)
    expect(same('127.0.0.1', 80, '127.0.0.2', 80)).toBe(false)
    expect(same('::1', 80, '::1', 80)).toBe(true)
    expect(same('::1', 80, '::2', 80)).toBe(false)
    expect(same('::1', 80, '::1', 80, (bytes) => bytes.fill(9, 4, 8))).toBe(true)
    expect(same('127.0.0.1', 80, '127.0.0.1', 80, (bytes) => bytes.fill(9, 8))).toBe(true)
  })
})
