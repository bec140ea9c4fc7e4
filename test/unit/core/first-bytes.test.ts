import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Role, recognise, spokenInstead } from '../../../src/core/first-bytes.js'

const bytes = (of: string | readonly number[]) => (typeof of === 'string' ? Buffer.from(of, 'latin1') : Buffer.from(of))

/** As real clients and servers send them. */
const PEERS: readonly (readonly [Role, string, string, string | readonly number[]])[] = [
  ['client', 'a TLS 1.3 hello', 'tls', [0x16, 3, 1, 0, 0xc8, 1, 0, 0, 0xc4, 3, 3]],
  ['client', 'an SSL 2 hello that offers TLS', 'tls', [0x80, 0x2e, 1, 3, 1, 0, 0x15]],
  ['client', 'a TLS alert', 'tls', [0x15, 3, 3, 0, 2, 2, 48]],
  ['client', 'the preface of HTTP/2', 'http2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ['client', 'a GET', 'http', 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['client', 'a GET of HTTP/0.9', 'http', 'GET /\r\n'],
  ['client', 'a method of its own', 'http', 'MKCALENDAR /a HTTP/1.1\r\n'],
  ['client', 'a CONNECT', 'http', 'CONNECT a.example:443 HTTP/1.1\r\n'],
  ['client', 'OpenSSH', 'ssh', 'SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n'],
  ['client', 'PROXY version 1', 'proxy', 'PROXY TCP4 127.0.0.1 127.0.0.2 5 6\r\n'],
  ['client', 'PROXY version 1, unknown', 'proxy', 'PROXY UNKNOWN\r\n'],
  ['client', 'PROXY version 2', 'proxy', [13, 10, 13, 10, 0, 13, 10, 0x51, 0x55, 0x49, 0x54, 10, 0x21, 0x11, 0, 12]],
  ['client', 'EHLO', 'smtp', 'EHLO a.example\r\n'],
  ['client', 'helo', 'smtp', 'helo\r\n'],
  ['client', 'LHLO', 'smtp', 'LHLO a\r\n'],
  ['client', 'an IMAP command', 'imap', 'a001 CAPABILITY\r\n'],
  ['client', 'a POP3 command', 'pop3', 'CAPA\r\n'],
  ['client', 'psql that asks for TLS', 'postgresql', [0, 0, 0, 8, 4, 210, 22, 47]],
  ['client', 'psql that asks for GSS', 'postgresql', [0, 0, 0, 8, 4, 210, 22, 48]],
  ['client', 'psql that starts', 'postgresql', [0, 0, 0, 41, 0, 3, 0, 0, 0x75, 0x73, 0x65, 0x72, 0]],
  ['client', 'mstsc', 'rdp', [3, 0, 0, 19, 14, 0xe0, 0, 0, 0, 0, 0, 1, 0, 8, 0, 3, 0, 0, 0]],
  ['client', 'SOCKS5 without a login', 'socks5', [5, 1, 0]],
  ['client', 'SOCKS5 with a login alone', 'socks5', [5, 1, 2]],
  ['client', 'SOCKS5, either', 'socks5', [5, 2, 0, 2]],
  ['client', 'SOCKS4 connect', 'socks4', [4, 1, 0, 80, 127, 0, 0, 1, 0]],
  ['client', 'SOCKS4 bind', 'socks4', [4, 2, 0, 80, 127, 0, 0, 1, 0]],
  ['client', 'redis-cli', 'redis', '*1\r\n$7\r\nCOMMAND\r\n'],
  ['client', 'a person', 'text', 'hello there\n'],
  ['client', 'a person who writes German', 'text', Array.from(Buffer.from('grüße'))],
  ['server', 'a TLS hello', 'tls', [0x16, 3, 3, 0, 0x7a, 2, 0, 0, 0x76]],
  ['server', 'a TLS alert', 'tls', [0x15, 3, 1, 0, 2, 2, 70]],
  ['server', 'nghttpd', 'http2', [0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 100]],
  ['server', 'empty SETTINGS', 'http2', [0, 0, 0, 4, 0, 0, 0, 0, 0]],
  ['server', 'nginx', 'http', 'HTTP/1.1 400 Bad Request\r\nServer: nginx\r\n'],
  ['server', 'SHOUTcast', 'http', 'ICY 200 OK\r\n'],
  ['server', 'OpenSSH', 'ssh', 'SSH-2.0-OpenSSH_9.2p1\r\n'],
  ['server', 'OpenSSH that is full', 'text', 'Exceeded MaxStartups\r\n'],
  ['server', 'Postfix', 'smtp', '220 a.example ESMTP Postfix (Debian/GNU)\r\n'],
  ['server', 'Exim', 'smtp', '220 a.example ESMTP Exim 4.96 Mon, 30 Nov 2026 06:00:00 +0000\r\n'],
  ['server', 'LMTP', 'smtp', '220 a.example Dovecot LMTP ready.\r\n'],
  ['server', 'a mail server of few words', 'smtp', '220 mx1.a.example\r\n'],
  ['server', 'a mail server that refuses', 'smtp', '554 5.7.1 no service here\r\n'],
  ['server', 'vsftpd', 'ftp', '220 (vsFTPd 3.0.3)\r\n'],
  ['server', 'Pure-FTPd', 'ftp', '220---------- Welcome to Pure-FTPd [privsep] ----------\r\n'],
  ['server', 'FileZilla', 'ftp', '220-FileZilla Server 1.7.3\r\n'],
  ['server', 'either', 'smtp-or-ftp', '220 ready\r\n'],
  ['server', 'Dovecot over IMAP', 'imap', '* OK [CAPABILITY IMAP4rev1 SASL-IR] Dovecot ready.\r\n'],
  ['server', 'IMAP that says goodbye', 'imap', '* BYE too many\r\n'],
  ['server', 'Dovecot over POP3', 'pop3', '+OK Dovecot ready.\r\n'],
  ['server', 'Redis told of what it does not know', 'redis', "-ERR unknown command 'GET'\r\n"],
  ['server', 'Redis that is protected', 'redis', '-DENIED Redis is running in protected mode\r\n'],
  ['server', 'Redis that wants a login', 'redis', '-NOAUTH Authentication required.\r\n'],
  ['server', 'MySQL 8', 'mysql', '\x4a\0\0\0\x0a8.0.36-0ubuntu0.22.04.1\0\x08\0\0\0'],
  ['server', 'MariaDB', 'mysql', '\x5d\0\0\0\x0a5.5.5-10.11.6-MariaDB-0+deb12u1\0\x08\0\0\0'],
  ['server', 'MySQL that does not allow the host', 'mysql', '\x45\0\0\0\xff\x6a\x04Host is not allowed'],
  ['server', 'PostgreSQL told of what it does not know', 'postgresql', 'E\0\0\0\x8dSFATAL\0VFATAL\0C0A000\0'],
  ['server', 'PostgreSQL that asks for a password', 'postgresql', [0x52, 0, 0, 0, 0x17, 0, 0, 0, 10]],
  ['server', 'an RDP server', 'rdp', [3, 0, 0, 19, 14, 0xd0, 0, 0, 0x12, 0x34, 0, 2]],
  ['server', 'SOCKS5 that takes no method', 'socks5', [5, 0xff]],
  ['server', 'SOCKS4 that refuses', 'socks4', [0, 91, 0, 0, 0, 0, 0, 0]],
  ['server', 'a daytime service', 'text', '30 NOV 2026 06:00:00 UTC\r\n'],
]

describe('the first bytes', () => {
  test.each(PEERS)('of a %s, %s, are %s', (role, _, protocol, sent) => {
    expect(recognise(bytes(sent), role)?.protocol).toBe(protocol)
  })

  test.each<[Role, string, readonly number[]]>([
    ['client', 'nothing', []],
    ['server', 'nothing', []],
    ['server', 'octets', [1, 2, 3, 4]],
    ['server', 'an HTTP/2 acknowledgement, which cannot come first', [0, 0, 0, 4, 1, 0, 0, 0, 0]],
    ['server', 'a frame of HTTP/2 cut short', [0, 0, 6, 4, 0, 0, 0, 0]],
    ['client', 'one octet of a hello', [0x16]],
    ['client', 'Latin-1', [0x67, 0x72, 0xfc, 0xdf, 0x65]],
    ['client', 'text with a NUL', [0x61, 0, 0x62]],
  ])('of a %s that are %s tell nothing', (role, _, sent) => {
    expect(recognise(bytes(sent), role)).toBeNull()
  })

  test('are told of only where they are not those that were expected', () => {
    expect(spokenInstead('http', bytes('HTTP/1.1 200 OK\r\n'), 'server')).toBeNull()
    expect(spokenInstead('http', bytes('who knows'), 'server')).toBeNull()
    expect(spokenInstead('tls', bytes('who knows'), 'server')).toEqual({ protocol: 'text', what: 'text' })
    expect(spokenInstead('http', bytes('SSH-2.0-x\r\n'), 'server')).toEqual({
      protocol: 'ssh',
      what: 'an SSH greeting',
    })
  })

  test('tell the same however much follows them', () => {
    fc.assert(
      fc.property(fc.constantFrom(...PEERS), fc.uint8Array({ maxLength: 600 }), ([role, , protocol, sent], more) => {
        fc.pre(protocol !== 'text' && protocol !== 'socks5' && protocol !== 'socks4' && protocol !== 'smtp-or-ftp')
        expect(recognise(Buffer.concat([bytes(sent), more]), role)?.protocol).toBe(protocol)
      }),
    )
  })

  test('of any kind are taken', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), fc.constantFrom<Role>('client', 'server'), (sent, role) => {
        expect(recognise(sent, role)?.what ?? 'nothing').not.toBe('')
      }),
    )
  })
})
