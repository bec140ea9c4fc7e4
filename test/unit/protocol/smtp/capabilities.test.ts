import { describe, expect, test } from 'vitest'
import { parseCapabilities } from '../../../../src/protocol/smtp/capabilities.js'
import { ReplyDecoder } from '../../../../src/protocol/smtp/reply-decoder.js'
import { bytes } from './helpers.js'

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
