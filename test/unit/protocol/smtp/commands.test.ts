import { describe, expect, test } from 'vitest'
import { UsageError } from '../../../../src/core/usage-error.js'
import { authCommand, heloCommand, mailCommand, rcptCommand } from '../../../../src/protocol/smtp/command.js'
import * as dsn from '../../../../src/protocol/smtp/dsn.js'

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
