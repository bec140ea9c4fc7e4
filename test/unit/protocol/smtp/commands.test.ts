import { describe, expect, test } from 'vitest'
import { UsageError } from '../../../../src/core/usage-error.js'
import { isAddressLiteral } from '../../../../src/protocol/smtp/address-literal.js'
import { parseCapabilities } from '../../../../src/protocol/smtp/capabilities.js'
import { authCommand, heloCommand, mailCommand, rcptCommand } from '../../../../src/protocol/smtp/command.js'
import * as dsn from '../../../../src/protocol/smtp/dsn.js'
import { parseHeloName, parseRecipient, parseSender } from '../../../../src/protocol/smtp/mailbox.js'
import { ReplyDecoder } from '../../../../src/protocol/smtp/reply-decoder.js'
import { bytes } from './helpers.js'

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

describe('commands', () => {
  test('with every parameter, in one line', () => {
    const { bytes: mail, shown } = mailCommand('a@b.c', {
      sizeBytes: 10,
      eightBit: true,
      smtpUtf8: true,
      ret: 'HDRS',
      envid: 'id+2B1',
      auth: '<>',
    })
    const text = 'MAIL FROM:<a@b.c> SIZE=10 BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=id+2B1 AUTH=<>'
    expect(shown).toBe(text)
    expect(Buffer.from(mail).toString()).toBe(`${text}\r\n`)
    expect(rcptCommand('d@e.f', { notify: 'NEVER', orcpt: 'rfc822;x@y.z' }).shown).toBe(
      'RCPT TO:<d@e.f> NOTIFY=NEVER ORCPT=rfc822;x@y.z',
    )
  })

  test.each([
    ['the path', () => mailCommand('a@b.c>\r\nRCPT TO:<x')],
    ['a NUL', () => rcptCommand('a\0@b.c')],
    ['ENVID', () => mailCommand('a@b.c', { envid: 'x\r\ny' })],
    ['AUTH', () => mailCommand('a@b.c', { auth: 'x\ny' })],
    ['ORCPT', () => rcptCommand('a@b.c', { orcpt: 'rfc822;a\rb' })],
    ['NOTIFY', () => rcptCommand('a@b.c', { notify: 'NEVER\r\n' })],
    ['HELO', () => heloCommand('EHLO', 'a\r\nb')],
    ['the mechanism', () => authCommand('PLAIN\r\nX', null)],
    ['a negative SIZE', () => mailCommand('a@b.c', { sizeBytes: -1 })],
    ['a SIZE that is no number', () => mailCommand('a@b.c', { sizeBytes: Number.NaN })],
    ['a fraction as SIZE', () => mailCommand('a@b.c', { sizeBytes: 1.5 })],
    ['a long HELO', () => heloCommand('EHLO', 'x'.repeat(506))],
    ['a long RCPT', () => rcptCommand('a@b.c', { orcpt: 'x'.repeat(1000) })],
  ])('the last gate refuses %s', (_what, make) => {
    expect(make).toThrow(UsageError)
  })

  test('an initial response goes along where there is room for it', () => {
    expect(authCommand('PLAIN', new Uint8Array(0)).command.bytes.toString()).toBe('AUTH PLAIN =\r\n')
    // 'AUTH PLAIN ' and CRLF leave 499 octets, which is 372 bytes in base64 (496).
    expect(authCommand('PLAIN', new Uint8Array(372)).carriesResponse).toBe(true)
    expect(authCommand('PLAIN', new Uint8Array(373))).toMatchObject({
      carriesResponse: false,
      command: { shown: 'AUTH PLAIN' },
    })
  })
})

describe('DSN parameters', () => {
  test.each([
    [dsn.encodeXtext('a+b=c d\u00e9'), 'a+2Bb+3Dc+20d+C3+A9'],
    [dsn.encodeEnvelopeId('QQ 314159', 'x'), 'QQ+20314159'],
    [dsn.encodeOriginalRecipient('rfc822;Bob+tag@x.org', 'x'), 'rfc822;Bob+2Btag@x.org'],
    [dsn.encodeNotify('never', 'x'), 'NEVER'],
    [dsn.encodeNotify('success,Delay', 'x'), 'SUCCESS,DELAY'],
    [dsn.encodeReturn('hdrs', 'x'), 'HDRS'],
  ])('%s', (encoded, expected) => {
    expect(encoded).toBe(expected)
  })

  test.each([
    () => dsn.encodeEnvelopeId('', 'x'),
    () => dsn.encodeEnvelopeId('a\r\nb', 'x'),
    () => dsn.encodeEnvelopeId('a\0', 'x'),
    () => dsn.encodeEnvelopeId('\u00e9', 'x'),
    () => dsn.encodeEnvelopeId('x'.repeat(101), 'x'),
    () => dsn.encodeOriginalRecipient('a@b.c', 'x'),
    () => dsn.encodeOriginalRecipient('rfc822;a\r\nb', 'x'),
    () => dsn.encodeOriginalRecipient('rfc822;a\0', 'x'),
    () => dsn.encodeOriginalRecipient(`rfc822;${'x'.repeat(500)}`, 'x'),
    () => dsn.encodeNotify('never,success', 'x'),
    () => dsn.encodeNotify('success,success', 'x'),
    () => dsn.encodeNotify('success\r\n', 'x'),
    () => dsn.encodeNotify('', 'x'),
    () => dsn.encodeReturn('some', 'x'),
    () => dsn.encodeReturn('full\r\n', 'x'),
  ])('%s is refused', (make) => {
    expect(make).toThrow(UsageError)
  })
})

describe('capabilities', () => {
  function capabilities(...lines: string[]) {
    const all = ['mx.example hello', ...lines]
    const stream = all.map((line, i) => `250${i === all.length - 1 ? ' ' : '-'}${line}\r\n`).join('')
    return parseCapabilities(new ReplyDecoder().push(bytes(stream)).replies[0] ?? null)
  }

  test('of a server that has all', () => {
    const lines = [
      'PIPELINING',
      'size 1000',
      '8BITMIME',
      'StartTLS',
      'SMTPUTF8',
      'DSN',
      'ENHANCEDSTATUSCODES',
      'CHUNKING',
    ]
    expect(capabilities(...lines, 'AUTH plain  LOGIN', 'AUTH=LOGIN CRAM-MD5', 'X-OWN 1 2')).toMatchObject({
      serverName: 'mx.example',
      pipelining: true,
      size: true,
      sizeLimitBytes: 1000,
      eightBitMime: true,
      startTls: true,
      smtpUtf8: true,
      dsn: true,
      enhancedStatusCodes: true,
      chunking: true,
      auth: ['PLAIN', 'LOGIN', 'CRAM-MD5'],
    })
    expect(capabilities('X-OWN 1 two').keywords.get('X-OWN')).toEqual(['1', 'two'])
  })

  test.each([
    ['SIZE', null],
    ['SIZE 0', null],
    ['SIZE abc', null],
    ['SIZE -1', null],
    ['SIZE 99999999999999999999', 1e20],
  ])('%s', (line, sizeLimitBytes) => {
    expect(capabilities(line)).toMatchObject({ size: true, sizeLimitBytes })
  })

  test('the first line is the name of the server, no keyword', () => {
    const stream = '250 STARTTLS\r\n'
    expect(parseCapabilities(new ReplyDecoder().push(bytes(stream)).replies[0] ?? null).startTls).toBe(false)
    expect(parseCapabilities(null)).toMatchObject({ serverName: '', pipelining: false, auth: [], sizeLimitBytes: null })
  })
})
