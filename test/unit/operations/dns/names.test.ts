import { describe, expect, it } from 'vitest'
import { UsageError } from '../../../../src/core/usage-error.js'
import { parseServer, questionName, searchNames } from '../../../../src/operations/dns/index.js'
import { fqdnOf } from '../../../../src/operations/local/fqdn.js'
import { comparable } from '../../../../src/operations/resolve/expect.js'
import { TYPE } from '../../../../src/protocol/dns/index.js'

describe('what is surely no name', () => {
  it.each([
    ['http://www.example/', 'a URL'],
    ['www.example:80', 'a port'],
    ['www example', 'a blank'],
    ['www.example ', 'a blank'],
    ['b\u00fccher example', 'a blank'],
  ])('%j: %s', (text, reason) => expect(() => questionName(text, TYPE.A)).toThrow(reason))
  it.each([
    ['0/25.2.0.192.in-addr.arpa', '0/25.2.0.192.in-addr.arpa.'],
    ['a\\032b.example', 'a\\032b.example.'],
    ['a\\ b.example', 'a\\032b.example.'],
    ['x\\:80', 'x:80.'],
    ['2001:db8:0:0:0:0:0:1', '2001:db8:0:0:0:0:0:1.'],
    ['_25._tcp.mx.example', '_25._tcp.mx.example.'],
  ])('%j may be one', (text, name) => expect(questionName(text, TYPE.A)).toBe(name))
})

describe('servers', () => {
  it.each([
    ['192.0.2.1', { name: '192.0.2.1', transport: 'udp', host: '192.0.2.1', port: 53, path: null }],
    ['192.0.2.1:5353', { name: '192.0.2.1:5353', transport: 'udp', port: 5353 }],
    ['2001:db8::1', { name: '2001:db8::1', transport: 'udp', host: '2001:db8::1', port: 53 }],
    ['[2001:db8::1]:5353', { name: '[2001:db8::1]:5353', port: 5353 }],
    ['udp://192.0.2.1', { name: '192.0.2.1', transport: 'udp' }],
    ['tcp://192.0.2.1', { name: 'tcp://192.0.2.1', transport: 'tcp', port: 53 }],
    ['tls://dns.example', { name: 'tls://dns.example', transport: 'tls', port: 853 }],
    ['tls://[2001:db8::1]:8530', { name: 'tls://[2001:db8::1]:8530', transport: 'tls', port: 8530 }],
    [
      'https://dns.example',
      { name: 'https://dns.example/dns-query', transport: 'https', port: 443, path: '/dns-query' },
    ],
    ['https://dns.example:8443/q?x', { name: 'https://dns.example:8443/q?x', port: 8443, path: '/q?x' }],
  ])('%s', (text, expected) => {
    expect(parseServer(text, '--server')).toMatchObject(expected)
  })
  it.each(['', 'http://dns.example', 'unix:/run/dns', '192.0.2.1:0x35', '192.0.2.1:65536', 'tls://a/path', '1.2.3'])(
    '%j is none',
    (text) => expect(() => parseServer(text, '--server')).toThrow(UsageError),
  )
})

describe('the name that is asked for', () => {
  it.each([
    ['example.com', TYPE.A, 'example.com.'],
    ['bücher.example', TYPE.A, 'xn--bcher-kva.example.'],
    ['192.0.2.1', TYPE.PTR, '1.2.0.192.in-addr.arpa.'],
    ['::ffff:192.0.2.1', TYPE.PTR, '1.2.0.192.in-addr.arpa.'],
    ['a\\.b.example', TYPE.NS, 'a\\.b.example.'],
  ])('%s of type %i', (text, type, expected) => {
    expect(questionName(text, type)).toBe(expected)
  })
})

describe('search domains', () => {
  const search = ['a.example', 'b.example']
  it.each([
    ['www', 1, ['www.a.example', 'www.b.example', 'www']],
    ['www.x', 1, ['www.x', 'www.x.a.example', 'www.x.b.example']],
    ['www.x', 2, ['www.x.a.example', 'www.x.b.example', 'www.x']],
    ['www.', 1, ['www.']],
  ])('%s with ndots %i', (name, ndots, expected) => {
    expect(searchNames(name, { search, ndots })).toEqual(expected)
  })
  it('a dot before one means nothing, and the root is the name as it is', () => {
    expect(searchNames('www', { search: ['.a.example', '.', 'b.example.'], ndots: 1 })).toEqual([
      'www.a.example',
      'www',
      'www.b.example.',
    ])
  })
  it.each([
    ['www', ['www.a.example', 'www.b.example']],
    ['www.x', ['www.x.a.example', 'www.x.b.example', 'www.x']],
  ])('%s is not asked for at the top where that is not wanted', (name, expected) => {
    expect(searchNames(name, { search, ndots: 2, noTldQuery: true })).toEqual(expected)
  })
})

describe('values that are the same', () => {
  it.each([
    ['Mail.Example.', 'mail.example'],
    ['10 mail.example.', '10 mail.example'],
    ['2001:DB8:0::1', '2001:db8::1'],
    ['"v=spf1 -all"', 'v=spf1 -all'],
  ])('%s and %s', (one, other) => {
    expect(comparable(one)).toBe(comparable(other))
  })
  it('text has letters that count', () => {
    expect(comparable('"Key=A"')).not.toBe(comparable('"key=a"'))
  })
})

describe('the full name', () => {
  it.each([
    [['host.example', 'host'], 'host.example', 'primary name'],
    [['host', 'host.example', 'h.example'], 'host.example', 'alias'],
    [['localhost', 'host'], 'localhost', 'primary name without a dot'],
  ])('%j is %s, the %s', (names, fqdn, fqdnStep) => {
    expect(fqdnOf('host', { address: '192.0.2.1', names }, '192.0.2.1')).toMatchObject({ fqdn, fqdnStep })
  })
  it('is the host name where nothing is known of it', () => {
    expect(fqdnOf('host', null, null)).toMatchObject({ fqdn: 'host', fqdnStep: 'host name', fqdnAddress: null })
  })
})
