import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checkHost } from '../../../../src/core/address/host-name.js'
import { UsageError } from '../../../../src/core/usage-error.js'

const label63 = 'a'.repeat(63)
const name253 = `${label63}.${label63}.${label63}.${'a'.repeat(61)}`

describe('checkHost', () => {
  test.each([
    ['127.0.0.1', '127.0.0.1', 4],
    ['::1', '::1', 6],
    ['2001:DB8:0::1', '2001:db8::1', 6],
    ['fe80::1%eth0', 'fe80::1%eth0', 6],
    ['::ffff:7f00:1', '::ffff:127.0.0.1', 6],
  ])('%s is the address %s', (text, address, family) => {
    expect(checkHost(text, '<host>')).toEqual({ kind: 'address', address, family })
  })

  test.each([
    ['localhost', 'localhost'],
    ['Example.COM', 'Example.COM'],
    ['example.com.', 'example.com.'],
    ['_sip._tcp.example.com', '_sip._tcp.example.com'],
    ['3com.com', '3com.com'],
    ['10-0-0-1.example', '10-0-0-1.example'],
    ['xn--bcher-kva.example', 'xn--bcher-kva.example'],
    ['bücher.example', 'xn--bcher-kva.example'],
    ['BÜCHER.example.', 'xn--bcher-kva.example.'],
    ['_x.bücher.example', '_x.xn--bcher-kva.example'],
    ['例え。テスト', 'xn--r8jz45g.xn--zckzah'],
    [name253, name253],
    [`${name253}.`, `${name253}.`],
  ])('%s is the name %s', (text, name) => {
    expect(checkHost(text, '<host>')).toEqual({ kind: 'name', name })
  })

  test.each([
    ...[
      '',
      '.',
      '..',
      'a..b',
      '.a',
      'a..',
      ' ',
      'a b',
      ' a',
      'a\n',
      'a\tb',
      'a\0',
      'localhost\0.evil',
      'a/b',
      'a\\b',
      'a\x7f',
    ],
    ...['010.0.0.1', '1.2.3', '256.1.1.1', '0x7f.1', '127.1', '1', '1.2.3.4.', '1.2.3.4/8', '1.2.3.4%eth0'],
    ...[':', ':::1', 'fe80::1::', '[::1]', 'host:80', '::1%', 'a@b', 'a%62c', 'a?b', 'a#b', '*.example', 'http://a'],
    ...['１２７.0.0.1', '127。0。0。1', '１.２.３', 'ü/b', 'ü b', 'ü%2eb', 'ü\n', 'ü@b', '\u00ad', '。', 'ü\0'],
    ...[`${label63}a`, `${label63}a.example`, `${name253}a`, `${name253}a.`, `${'ü'.repeat(60)}.example`],
  ])('refuses %j', (text) => {
    expect(() => checkHost(text, '<host>')).toThrow(UsageError)
  })

  test('says in one line what is wrong', () => {
    expect(() => checkHost('010.0.0.1', '<host>')).toThrow(
      '<host>: "010.0.0.1" is not an IPv4 address without leading zeros: octal is not read',
    )
    expect(() => checkHost('１２７.0.0.1', '<host>')).toThrow(
      '<host>: "１２７.0.0.1" is not an address in ASCII digits (127.0.0.1)',
    )
    expect(() => checkHost('a\nb', '<host>')).toThrow('<host>: "a\\nb" is not a host name')
  })

  test('whatever is let through is an address or a plain ASCII name', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.domain(), fc.string()), (text) => {
        let host: ReturnType<typeof checkHost>
        try {
          host = checkHost(text, '<host>')
        } catch (error) {
          expect(error).toBeInstanceOf(UsageError)
          expect((error as UsageError).message).not.toContain('\n')
          return
        }
        if (host.kind === 'name') expect(host.name).toMatch(/^[\w-]+(\.[\w-]+)*\.?$/)
      }),
      { numRuns: 1000 },
    )
  })
})
