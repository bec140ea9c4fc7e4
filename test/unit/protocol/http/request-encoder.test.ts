import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { UsageError } from '../../../../src/core/usage-error.js'
import {
  encodeChunk,
  encodeRequestHead,
  hostField,
  LAST_CHUNK,
  type RequestHead,
} from '../../../../src/protocol/http/request-encoder.js'

const DEFAULTS = { host: 'example.test', userAgent: 'netkit/1.2.3', connection: 'close' } as const

function encode(request: Partial<RequestHead> = {}): string {
  return encodeRequestHead({
    method: 'GET',
    target: '/',
    httpVersion: '1.1',
    headers: [],
    defaults: DEFAULTS,
    body: { kind: 'none' },
    ...request,
  }).toString('utf8')
}

describe('encodeRequestHead', () => {
  it('sends the defaults', () => {
    expect(encode()).toBe(
      'GET / HTTP/1.1\r\nHost: example.test\r\nUser-Agent: netkit/1.2.3\r\nAccept: */*\r\nConnection: close\r\n\r\n',
    )
  })

  it('sends nothing but what was given without defaults', () => {
    expect(encode({ defaults: null, httpVersion: '1.0' })).toBe('GET / HTTP/1.0\r\n\r\n')
  })

  it('keeps order, case, duplicates and empty values', () => {
    const headers = [
      ['b', '1'],
      ['A', ''],
      ['B', '2'],
      ['b', '1'],
    ] as const
    expect(encode({ headers, defaults: null })).toBe('GET / HTTP/1.1\r\nb: 1\r\nA:\r\nB: 2\r\nb: 1\r\n\r\n')
  })

  it('lets a header of any case take the place of a default, or remove it', () => {
    const headers = [
      ['HOST', 'other'],
      ['user-agent', null],
      ['connection', 'x'],
    ] as const
    expect(encode({ headers })).toBe('GET / HTTP/1.1\r\nAccept: */*\r\nHOST: other\r\nconnection: x\r\n\r\n')
  })

  it.each<[string, Partial<RequestHead>, string]>([
    ['length', { body: { kind: 'length', sizeBytes: 5 } }, 'Content-Length: 5\r\n'],
    ['length of zero', { body: { kind: 'length', sizeBytes: 0 } }, 'Content-Length: 0\r\n'],
    ['chunked', { body: { kind: 'chunked' } }, 'Transfer-Encoding: chunked\r\n'],
    [
      'a length of the user stands',
      { body: { kind: 'length', sizeBytes: 5 }, headers: [['content-length', '9']] },
      'content-length: 9\r\n',
    ],
    [
      'a removed length stays away',
      { body: { kind: 'length', sizeBytes: 5 }, headers: [['Content-Length', null]] },
      '',
    ],
    [
      'a coding of the user stands',
      { body: { kind: 'length', sizeBytes: 5 }, headers: [['Transfer-Encoding', 'x']] },
      'Transfer-Encoding: x\r\n',
    ],
  ])('frames the body: %s', (_, request, lines) => {
    expect(encode({ defaults: null, ...request })).toBe(`GET / HTTP/1.1\r\n${lines}\r\n`)
  })

  it.each(['*', 'http://a/b?c#d', '//x/../y', '/a b', '/%zz', '/ü', 'host:443'])(
    'sends the target %s as given',
    (target) => {
      expect(encode({ target, defaults: null })).toBe(`GET ${target} HTTP/1.1\r\n\r\n`)
    },
  )

  it.each<[string, Partial<RequestHead>]>([
    ['CR in a value', { headers: [['A', 'b\rc']] }],
    ['LF in a value', { headers: [['A', 'b\nC: d']] }],
    ['NUL in a value', { headers: [['A', '\0']] }],
    ['CRLF in the target', { target: '/ HTTP/1.1\r\nA: b' }],
    ['NUL in the target', { target: '/\0' }],
    ['no target', { target: '' }],
    ['a method that is no token', { method: 'GET /' }],
    ['no method', { method: '' }],
    ['a name with a colon', { headers: [['A:', 'b']] }],
    ['a name with a line break', { headers: [['A\r\nB', 'c']] }],
    ['a name with a line break that ends it', { headers: [['A\n', 'c']] }],
    ['no name', { headers: [['', 'c']] }],
    ['a bad name to remove', { headers: [['A B', null]] }],
    ['LF in the host', { defaults: { ...DEFAULTS, host: 'a\nb' } }],
    ['a negative size', { body: { kind: 'length', sizeBytes: -1 } }],
    ['a fraction of a byte', { body: { kind: 'length', sizeBytes: 1.5 } }],
    ['chunks in HTTP/1.0', { httpVersion: '1.0', body: { kind: 'chunked' } }],
  ])('refuses %s', (_, request) => {
    expect(() => encode(request)).toThrow(UsageError)
  })

  it("is what Node's parser reads back, body included", async () => {
    const seen: unknown[] = []
    const server = createServer((request, response) => {
      const pieces: Buffer[] = []
      request.on('data', (piece: Buffer) => pieces.push(piece))
      request.on('end', () => {
        seen.push([request.method, request.url, request.rawHeaders, Buffer.concat(pieces).toString('hex')])
        response.end()
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const send = (bytes: Uint8Array) =>
      new Promise<void>((resolve, reject) => {
        const socket = connect(port, '127.0.0.1', () => socket.end(bytes))
        socket
          .on('error', reject)
          .on('close', () => resolve())
          .resume()
      })
    const value = fc.stringMatching(/^[!-~]([ -~]{0,20}[!-~])?$/)
    const headers = fc.array(fc.tuple(fc.stringMatching(/^X-[a-zA-Z0-9]{1,10}$/), value), { maxLength: 8 })
    const chunks = fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 6 })
    try {
      await fc.assert(
        fc.asyncProperty(headers, chunks, fc.boolean(), async (own, data, chunked) => {
          const whole = Buffer.concat(data)
          const head = encodeRequestHead({
            method: 'POST',
            target: '/x?y',
            httpVersion: '1.1',
            headers: own,
            defaults: DEFAULTS,
            body: chunked ? { kind: 'chunked' } : { kind: 'length', sizeBytes: whole.length },
          })
          const body = chunked ? [...data.flatMap(encodeChunk), LAST_CHUNK] : [whole]
          await send(Buffer.concat([head, ...body]))
          const framing = chunked ? ['Transfer-Encoding', 'chunked'] : ['Content-Length', String(whole.length)]
          const expected = [
            'Host',
            'example.test',
            'User-Agent',
            'netkit/1.2.3',
            'Accept',
            '*/*',
            ...own.flat(),
            ...framing,
          ]
          expect(seen.pop()).toEqual(['POST', '/x?y', [...expected, 'Connection', 'close'], whole.toString('hex')])
        }),
        { numRuns: 100 },
      )
    } finally {
      server.close()
    }
  })
})

describe('encodeChunk', () => {
  it('does not copy the data, and sends no empty chunk, which would end the body', () => {
    const data = Buffer.alloc(26)
    expect(encodeChunk(data)[1]).toBe(data)
    expect(Buffer.concat(encodeChunk(data)).subarray(0, 4).toString()).toBe('1a\r\n')
    expect(encodeChunk(Buffer.alloc(0))).toEqual([])
  })
})

describe('hostField', () => {
  it.each([
    ['example.test', 80, 80, 'example.test'],
    ['example.test', 8080, 80, 'example.test:8080'],
    ['example.test', 80, 443, 'example.test:80'],
    ['::1', 443, 443, '[::1]'],
    ['[::1]', 8443, 443, '[::1]:8443'],
    ['fe80::1%eth0', 80, 80, '[fe80::1]'],
    ['127.0.0.1', 81, 80, '127.0.0.1:81'],
  ])('%s %i (%i) is %s', (host, port, defaultPort, expected) => {
    expect(hostField(host, port, defaultPort)).toBe(expected)
  })
})
