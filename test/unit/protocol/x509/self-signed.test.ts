import { createPrivateKey, X509Certificate } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { derInteger, derTime, objectIdentifier, octetString } from '../../../../src/protocol/x509/der.js'
import { createSelfSigned } from '../../../../src/protocol/x509/self-signed.js'

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

describe('a self-signed certificate', () => {
  const { cert, key } = createSelfSigned({ names: ['localhost', '127.0.0.1', '::1'], days: 30 })
  const parsed = new X509Certificate(cert)

  test('is signed by its own key', () => {
    expect(parsed.verify(parsed.publicKey)).toBe(true)
    expect(parsed.checkPrivateKey(createPrivateKey(key))).toBe(true)
  })

  test('stands for its names and addresses, and no others', () => {
    expect(parsed.subject).toBe('CN=localhost')
    expect(parsed.checkHost('localhost')).toBe('localhost')
    expect(parsed.checkIP('127.0.0.1')).toBe('127.0.0.1')
    expect(parsed.checkIP('::1')).toBe('::1')
    expect(parsed.checkHost('example.com')).toBeUndefined()
    expect(parsed.ca).toBe(false)
    expect(parsed.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1'])
  })

  test('is valid now and for its days', () => {
    const [from, to] = [Date.parse(parsed.validFrom), Date.parse(parsed.validTo)]
    expect(from).toBeLessThan(Date.now())
    expect(Math.round((to - from) / 86_400_000)).toBe(30)
  })

  test('differs each time', () => {
    const other = new X509Certificate(createSelfSigned({ names: ['localhost'], days: 30 }).cert)
    expect(other.serialNumber).not.toBe(parsed.serialNumber)
    expect(other.fingerprint256).not.toBe(parsed.fingerprint256)
  })

  test('one that outlives 2049 is read too', () => {
    const { cert: far } = createSelfSigned({ names: ['a'], days: 36_500 })
    expect(new Date(new X509Certificate(far).validTo).getUTCFullYear()).toBeGreaterThan(2100)
  })
})

test.each([
  [[0], '020100'],
  [[0, 0, 1], '020101'],
  [[0x7f], '02017f'],
  [[0x80], '02020080'],
  [[1, 0], '02020100'],
])('INTEGER %j', (bytes, expected) => {
  expect(hex(derInteger(Uint8Array.from(bytes)))).toBe(expected)
})

test.each([
  ['1.2.840.113549', '06062a864886f70d'],
  ['2.5.4.3', '0603550403'],
  ['1.3.6.1.5.5.7.3.1', '06082b06010505070301'],
])('OBJECT IDENTIFIER %s', (dotted, expected) => {
  expect(hex(objectIdentifier(dotted))).toBe(expected)
})

test.each([
  [0, '0400'],
  [127, '047f'],
  [128, '048180'],
  [256, '04820100'],
  [65_536, '0483010000'],
])('length of %i bytes', (size, head) => {
  const encoded = octetString(new Uint8Array(size))
  expect(hex(encoded.subarray(0, encoded.length - size))).toBe(head)
})

test('time changes its form in 2050', () => {
  expect(derTime(new Date('2049-12-31T23:59:59.999Z')).toString('latin1')).toBe('\x17\x0d491231235959Z')
  expect(derTime(new Date('2050-01-01T00:00:00Z')).toString('latin1')).toBe('\x18\x0f20500101000000Z')
})

test('an integer never loses its value', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 40 }), (bytes) => {
      const content = derInteger(bytes).subarray(2)
      expect(BigInt(`0x${hex(content)}`)).toBe(BigInt(`0x${hex(bytes)}`))
      expect(content[0]).toBeLessThan(0x80)
    }),
  )
})
