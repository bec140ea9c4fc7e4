import { describe, expect, test } from 'vitest'
import { UsageError } from '../../../../src/core/usage-error.js'
import { isAddressLiteral } from '../../../../src/protocol/smtp/address-literal.js'
import { parseHeloName, parseRecipient, parseSender } from '../../../../src/protocol/smtp/mailbox.js'

const local = (length: number) => 'l'.repeat(length)
const domain = (length: number) =>
  'd.'
    .repeat(length)
    .slice(0, length - 1)
    .concat('x')

describe('addresses', () => {
  test.each([
    'a@b.c',
    'a.b+c@example.com',
    "!#$%&'*+-/=?^_`{|}~@b.c",
    '"a b"@b.c',
    '"a@b"@b.c',
    '"\\"\\\\"@b.c',
    '""@b.c',
    'a@localhost',
    'a@[192.0.2.1]',
    'a@[IPv6:2001:db8::1]',
    'a@[x-tag:what.ever]',
    `${local(64)}@b.c`,
    `a@${domain(252)}`,
  ])('%s', (address) => {
    expect(parseSender(address, 'from')).toEqual({ address, path: address, asciiPath: address })
    expect(parseRecipient(address, 'to').path).toBe(address)
  })

  test.each([
    ['j\u00f6rg@b.c', 'j\u00f6rg@b.c', null],
    ['"j\u00f6 rg"@b.c', '"j\u00f6 rg"@b.c', null],
    ['a@b\u00fccher.example', 'a@b\u00fccher.example', 'a@xn--bcher-kva.example'],
    ['\u7528\u6237@\u4f8b\u3048.\u30c6\u30b9\u30c8', '\u7528\u6237@\u4f8b\u3048.\u30c6\u30b9\u30c8', null],
  ])('%s may need SMTPUTF8', (address, path, asciiPath) => {
    expect(parseSender(address, 'from')).toEqual({ address, path, asciiPath })
  })

  test.each(['', '<>'])('%j is the null sender, and no recipient', (text) => {
    expect(parseSender(text, 'from').path).toBe('')
    expect(() => parseRecipient(text, 'to')).toThrow(UsageError)
  })

  test('postmaster alone is a recipient, and no sender', () => {
    expect(parseRecipient('Postmaster', 'to').path).toBe('Postmaster')
    expect(() => parseSender('postmaster', 'from')).toThrow(UsageError)
  })

  test.each([
    'a',
    '@b.c',
    'a@',
    'a b@c.d',
    'a@b c',
    '.a@b.c',
    'a.@b.c',
    'a..b@c.d',
    '"a@b.c',
    'a"b"@c.d',
    '"a"b"@c.d',
    '"a\\"@b.c',
    '<a@b.c>',
    'a@b.c>',
    'a@-b.c',
    'a@b-.c',
    'a@b..c',
    'a@b.c.',
    'a@b_c.d',
    'a@[192.0.2.256]',
    'a@[192.0.2]',
    'a@[IPv6:1::2::3]',
    'a@[IPv6:g::]',
    'a@[]',
    'a@b.c\r\nRCPT TO:<x@y.z>',
    'a\r\n@b.c',
    'a@b.c\n',
    'a\0@b.c',
    '"\r"@b.c',
    'a\u0085@b.c',
    'a\u007f@b.c',
    'a\ud800@b.c',
    'a@b.c SIZE=1',
    // What the reader of a URL would cut, decode, fold or drop.
    'a@good.example/\u00e9.evil.example',
    'a@\u00e9.example?x',
    'a@\u00e9.example#x',
    'a@\u00e9.example\\x',
    'a@\u00e9.example:25',
    'a@\u00e9%2eevil.example',
    'a@\u00e9.example> SIZE=1',
    '\u00fc@\u00e9.example/> SIZE=1',
    'a@\u00e9.ex\u00adample',
    'a@\u00e9\u3002example',
    'a@\uff11\uff12\uff17.0.0.1',
    'a@\u2177.example',
    `${local(65)}@b.c`,
    `${'\u00e9'.repeat(33)}@b.c`,
    `a@${'x'.repeat(64)}.c`,
    `a@${domain(256)}`,
    `${local(64)}@${domain(190)}`,
  ])('%j is refused', (address) => {
    expect(() => parseSender(address, 'from')).toThrow(UsageError)
    expect(() => parseRecipient(address, 'to')).toThrow(UsageError)
  })

  test.each([
    ['[IPv6:::]', true],
    ['[IPv6:1:2:3:4:5:6:7:8]', true],
    ['[IPv6:1:2:3:4:5:6:7]', false],
    ['[IPv6:1:2:3:4:5:6:7:8:9]', false],
    ['[IPv6:1:2:3:4:5:6:7::]', true],
    ['[IPv6:1:2:3:4:5:6:7:8::]', false],
    ['[IPv6:::ffff:192.0.2.1]', true],
    ['[IPv6:192.0.2.1::]', false],
    ['[IPv6:]', false],
    ['[IPv6::1]', false],
    ['[IPv6:12345::]', false],
    ['[010.0.0.1]', false],
    ['192.0.2.1', false],
  ])('%s as an address literal: %s', (text, valid) => {
    expect(isAddressLiteral(text)).toBe(valid)
  })

  test.each([
    ['client.example', 'client.example'],
    ['localhost', 'localhost'],
    ['b\u00fccher.example', 'xn--bcher-kva.example'],
    ['[192.0.2.1]', '[192.0.2.1]'],
  ])('%s as a HELO name', (text, name) => {
    expect(parseHeloName(text, 'helo')).toBe(name)
  })

  test.each(['', 'a b', 'a\r\nQUIT', 'a\0', 'a_b', 'x'.repeat(64), domain(256), '[1.2.3]'])(
    '%j as a HELO name',
    (text) => {
      expect(() => parseHeloName(text, 'helo')).toThrow(UsageError)
    },
  )
})
