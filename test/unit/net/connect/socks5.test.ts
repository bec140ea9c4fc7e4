import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as socks from '../../../../src/net/connect/socks5.js'

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
const bytes = (text: string) => Buffer.from(text, 'hex')

describe('SOCKS5', () => {
  it('offers a password only where there is one', () => {
    expect(hex(socks.encodeGreeting(false))).toBe('050100')
    expect(hex(socks.encodeGreeting(true))).toBe('05020002')
  })

  it.each([
    ['192.0.2.1', 80, '05010001c00002010050'],
    ['2001:db8::1', 443, '0501000420010db800000000000000000000000101bb'],
    ['::ffff:192.0.2.1', 1, '0501000400000000000000000000ffffc00002010001'],
    ['::', 65535, '0501000400000000000000000000000000000000ffff'],
    ['db.example', 5432, '050100030a64622e6578616d706c651538'],
  ])('asks for %s port %i', (host, port, expected) => {
    expect(hex(socks.encodeConnect(host, port))).toBe(expected)
  })

  it('writes credentials as RFC 1929 has them', () => {
    expect(hex(socks.encodeCredentials({ username: 'a', password: 'bc' }))).toBe('010161026263')
  })

  it.each([
    ['05000001c00002010050', 0, 10],
    ['05000003016100509999', 0, 8],
    [`05000004${'00'.repeat(18)}aa`, 0, 22],
    ['0505', 5, 2],
    ['05050001000000000000', 5, 10],
  ])('reads the reply %s', (text, value, used) => {
    expect(socks.decodeReply(bytes(text))).toEqual({ value, used })
  })

  it.each(['', '05', '0500', '050000', '05000001', '0500000300', '05000001c000020100'])('waits after %j', (text) => {
    expect(socks.decodeReply(bytes(text))).toBeNull()
  })

  it.each(['04', '48545450', '05000002'])('refuses %s as no reply', (text) => {
    expect(() => socks.decodeReply(bytes(text))).toThrow(socks.MalformedReply)
  })

  it('never fails otherwise, whatever comes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (input) => {
        try {
          const decoded = socks.decodeReply(input)
          if (decoded) expect(decoded.used).toBeLessThanOrEqual(input.length)
        } catch (error) {
          expect(error).toBeInstanceOf(socks.MalformedReply)
        }
      }),
    )
  })
})
