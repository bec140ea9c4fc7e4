import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatEndpoint, parseEndpoint, parseListenPort, parsePort } from '../../../../src/core/address/endpoint.js'
import { UsageError } from '../../../../src/core/usage-error.js'

describe('parsePort', () => {
  test.each(['1', '80', '65535'])('%s', (text) => {
    expect(parsePort(text, '<port>')).toBe(Number(text))
    expect(parseListenPort(text, '<port>')).toBe(Number(text))
  })

  test.each([
    '',
    ' 80',
    '80 ',
    '080',
    '00',
    '-1',
    '+80',
    '65536',
    '100000',
    '80x',
    '0x50',
    '8e1',
    '80.0',
    '1-2',
    'http',
    '８０',
  ])('refuses %j', (text) => {
    expect(() => parsePort(text, '<port>')).toThrow(`<port>: ${JSON.stringify(text)} is not a port, 1 to 65535`)
    expect(() => parseListenPort(text, '<port>')).toThrow(UsageError)
  })

  test('0 is for listening alone', () => {
    expect(() => parsePort('0', '<port>')).toThrow('<port>: "0" is not a port, 1 to 65535')
    expect(parseListenPort('0', '<port>')).toBe(0)
  })
})

describe('parseEndpoint', () => {
  test.each(['ws://x:1', 'http://x:1', '[x]', ':1'])('names what goes there alone: %s', (text) => {
    const form = { schemes: ['tcp'], text: 'host:port or tcp://host:port' } as const
    expect(parseEndpoint('tcp://x:1', '<x>', form)).toMatchObject({ scheme: 'tcp', host: 'x', port: 1 })
    const named = text === '[x]' ? 'an IPv6 address in brackets' : form.text
    expect(() => parseEndpoint(text, '<x>', form)).toThrow(`<x>: ${JSON.stringify(text)} is not ${named}`)
  })

  test.each([
    ['localhost', null, 'localhost', null, null],
    ['db:5432', null, 'db', 5432, null],
    ['127.0.0.1', null, '127.0.0.1', null, null],
    ['127.0.0.1:80', null, '127.0.0.1', 80, null],
    ['::1', null, '::1', null, null],
    ['::1:80', null, '::1:80', null, null],
    ['[::1]', null, '::1', null, null],
    ['[::1]:80', null, '::1', 80, null],
    ['[fe80::1%eth0]:80', null, 'fe80::1%eth0', 80, null],
    ['[0:0::1]:80', null, '::1', 80, null],
    ['bücher.example:80', null, 'xn--bcher-kva.example', 80, null],
    ['unix:/run/x.sock', 'unix', null, null, '/run/x.sock'],
    ['unix:x.sock', 'unix', null, null, 'x.sock'],
    ['unix:///run/x.sock', 'unix', null, null, '/run/x.sock'],
    ['tcp://localhost:1', 'tcp', 'localhost', 1, null],
    ['tcp://localhost', 'tcp', 'localhost', null, null],
    ['TLS://localhost:443/', 'tls', 'localhost', 443, null],
    ['udp://[::1]:53', 'udp', '::1', 53, null],
    ['http://localhost', 'http', 'localhost', 80, null],
    ['https://[::1]', 'https', '::1', 443, null],
    ['http://localhost:8080/', 'http', 'localhost', 8080, '/'],
    ['https://localhost/a/b?c=d:/e@f#g', 'https', 'localhost', 443, '/a/b?c=d:/e@f'],
    ['http://localhost?q', 'http', 'localhost', 80, '/?q'],
  ])('%s', (text, scheme, host, port, path) => {
    expect(parseEndpoint(text, '<endpoint>')).toEqual({ scheme, host, port, path })
  })

  test.each([
    ...['', ':', ':80', 'host:', 'host:0', 'host:65536', 'host:80x', 'host:80:90', 'host:http', 'a b:80', 'host:80/'],
    ...[
      '010.0.0.1:80',
      '1.2.3:80',
      '[::1',
      '::1]:80',
      '[::1]80',
      '[::1]:',
      '[::1]:0',
      '[127.0.0.1]:80',
      '[localhost]:80',
      '[]:80',
    ],
    ...[
      'fe80:::1',
      '1:2:3',
      'unix:',
      'unix:a\0b',
      'ftp://localhost',
      'tcp://',
      'tcp:///x',
      'tcp://localhost:80/x',
      'udp://h?x',
    ],
    ...[
      'http://',
      'http:///x',
      'http://user:pass@localhost/',
      'http://0x7f.1/',
      'http://localhost:99999/',
      'http://h/a b',
    ],
    ...['http://h/\r\nX: y', 'http://h/\0', '://h', 'http:/h', 'http://h\\x'],
  ])('refuses %j', (text) => {
    expect(() => parseEndpoint(text, '<endpoint>')).toThrow(UsageError)
  })

  test('names the whole text where its port is wrong', () => {
    expect(() => parseEndpoint('db:80x', '<endpoint>')).toThrow(
      '<endpoint>: "db:80x" is not a host and a port of 1 to 65535',
    )
  })

  test('reads back what formatEndpoint wrote', () => {
    const host = fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain())
    fc.assert(
      fc.property(host, fc.integer({ min: 1, max: 65535 }), (written, port) => {
        const first = parseEndpoint(formatEndpoint(written, port), '<endpoint>')
        expect(first.port).toBe(port)
        expect(parseEndpoint(formatEndpoint(String(first.host), port), '<endpoint>')).toEqual(first)
      }),
    )
    expect(formatEndpoint('::1', 80)).toBe('[::1]:80')
    expect(formatEndpoint('fe80::1%eth0', 80)).toBe('[fe80::1%eth0]:80')
    expect(formatEndpoint('127.0.0.1', 80)).toBe('127.0.0.1:80')
  })
})
