import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ResponseDecoder } from '../../../../src/protocol/http/response/decoder.js'
import { bytes, decode, ends, gather, latin1, rules } from './decoded.js'
import { CHUNKED, CHUNKED_HEAD, head, LENGTH_5 } from './table/row.js'

const HELLO = `${head('200 OK', LENGTH_5)}hello`

describe('one connection, several responses', () => {
  it('reads pipelined responses in order, each by its own method', () => {
    const decoder = new ResponseDecoder()
    for (const method of ['GET', 'HEAD', 'GET']) decoder.expect({ method })
    const second = head('200 OK', LENGTH_5)
    const events = decoder.push(bytes(`${HELLO}${second}${CHUNKED_HEAD}0\r\n\r\n`))
    expect(ends(events)).toMatchObject([
      { verdict: 'complete', bodyBytes: 5, persistent: true, offset: HELLO.length },
      { verdict: 'complete', bodyBytes: 0, persistent: true, offset: HELLO.length + second.length },
      { verdict: 'complete', bodyBytes: 0, persistent: true },
    ])
    expect(decoder.outstanding).toBe(0)
    expect(decoder.reusable).toBe(true)
    expect(decoder.end('fin')).toEqual([])
  })

  it('counts offsets from the beginning of the connection', () => {
    const decoder = new ResponseDecoder()
    decoder.expect({ method: 'GET' })
    decoder.push(bytes(HELLO))
    decoder.expect({ method: 'GET' })
    const events = decoder.push(bytes(`HTTP/1.1 200 OK\n${LENGTH_5}\r\n\r\nhello`))
    expect(events[0]).toMatchObject({ anomaly: { rule: 'bare-lf', offset: HELLO.length + 15 } })
    expect(decoder.receivedBytes).toBe(2 * HELLO.length - 1)
  })

  it('does not take what is no status line for HTTP/0.9 after the first response', () => {
    const decoder = new ResponseDecoder()
    decoder.expect({ method: 'GET' })
    decoder.expect({ method: 'GET' })
    const events = decoder.push(bytes(`${HELLO}<html>`))
    expect(rules(events)).toEqual(['invalid-status-line'])
    expect(ends(events)).toMatchObject([{ verdict: 'complete' }, { verdict: 'malformed', stage: 'head' }])
  })

  it('reads nothing as a response once the connection was to close, and says what stays unanswered', () => {
    const decoder = new ResponseDecoder()
    decoder.expect({ method: 'GET' })
    decoder.expect({ method: 'GET' })
    const events = decoder.push(bytes(`${head('200 OK', LENGTH_5, 'Connection: close')}hello${HELLO}`))
    expect(rules(events)).toEqual(['bytes-after-end'])
    expect(decoder.reusable).toBe(false)
    const last = decoder.end('fin')
    expect(rules(last)).toEqual(['no-response'])
    expect(ends(last)).toMatchObject([{ verdict: 'incomplete', stage: 'start' }])
  })

  it('names bytes that nobody asked for, once, and does not let the connection be used again', () => {
    const decoder = new ResponseDecoder()
    const events = [...decoder.push(bytes('220 mail')), ...decoder.push(bytes(' ready\r\n'))]
    expect(rules(events)).toEqual(['unsolicited-bytes'])
    expect(events.map((event) => (event.type === 'rest' ? latin1(event.data) : ''))).toEqual([
      '',
      '220 mail',
      ' ready\r\n',
    ])
    expect(decoder.reusable).toBe(false)
  })

  it('reports anomalies of a response after the verdict of the one before', () => {
    const decoder = new ResponseDecoder()
    decoder.expect({ method: 'GET' })
    decoder.expect({ method: 'GET' })
    const events = decoder.push(bytes(`HTTP/1.1 200 OK\r\nbad\r\n${LENGTH_5}\r\n\r\nhello${HELLO}`))
    expect(ends(events)).toMatchObject([{ verdict: 'malformed', persistent: false }])
    expect(rules(events)).toEqual(['missing-colon', 'bytes-after-end'])
  })

  it('ends all that is outstanding behind a response that cannot be decoded', () => {
    const decoder = new ResponseDecoder()
    decoder.expect({ method: 'GET' })
    decoder.expect({ method: 'GET' })
    decoder.push(bytes(`${head('200 OK', 'Content-Length: x')}hello`))
    expect(ends(decoder.end('fin'))).toMatchObject([{ verdict: 'incomplete', stage: 'start' }])
  })

  it('refuses bytes after the end', () => {
    const decoder = new ResponseDecoder()
    decoder.end('fin')
    expect(() => decoder.push(bytes('x'))).toThrow('push after end')
    expect(decoder.end('fin')).toEqual([])
  })
})

describe('persistence (RFC 9112 9.3)', () => {
  it.each<[string, string, boolean]>([
    ['HTTP/1.1', HELLO, true],
    ['HTTP/1.1 close', `${head('200 OK', LENGTH_5, 'Connection: close')}hello`, false],
    [
      'HTTP/1.1 close among other options, in any case',
      `${head('200 OK', LENGTH_5, 'connection: x, CLOSE')}hello`,
      false,
    ],
    ['HTTP/1.1 close on another line', `${head('200 OK', 'Connection: x', 'Connection: close', LENGTH_5)}hello`, false],
    [
      'HTTP/1.1 with an option that only contains close',
      `${head('200 OK', LENGTH_5, 'Connection: closed')}hello`,
      true,
    ],
    ['HTTP/1.0', `HTTP/1.0 200 OK\r\n${LENGTH_5}\r\n\r\nhello`, false],
    ['HTTP/1.0 keep-alive', `HTTP/1.0 200 OK\r\n${LENGTH_5}\r\nConnection: Keep-Alive\r\n\r\nhello`, true],
    ['close wins over keep-alive', `${head('200 OK', LENGTH_5, 'Connection: keep-alive, close')}hello`, false],
    ['chunked', `${CHUNKED_HEAD}0\r\n\r\n`, true],
    ['204', head('204 No Content'), true],
    ['both framings', `${head('200 OK', CHUNKED, LENGTH_5)}0\r\n\r\n`, false],
    ['chunked in HTTP/1.0', `HTTP/1.0 200 OK\r\n${CHUNKED}\r\nConnection: keep-alive\r\n\r\n0\r\n\r\n`, false],
    ['101', head('101 Switching Protocols', 'Upgrade: x'), false],
    ['malformed', head('200 OK', 'nonsense', 'Content-Length: 0'), false],
  ])('%s', (_, wire, persistent) => {
    const decoder = new ResponseDecoder()
    decoder.expect({ method: 'GET' })
    expect(ends(decoder.push(bytes(wire)))).toMatchObject([{ persistent }])
    expect(decoder.reusable).toBe(persistent)
  })
})

describe('bounds', () => {
  it('hands out bodies as views of what was pushed', () => {
    const chunk = bytes(HELLO)
    const decoder = new ResponseDecoder()
    decoder.expect({ method: 'GET' })
    const body = decoder.push(chunk).find((event) => event.type === 'body')
    expect(body?.data.buffer).toBe(chunk.buffer)
  })

  it('takes any Uint8Array', () => {
    const wire = new Uint8Array(bytes(`..${HELLO}`)).subarray(2)
    expect(decode([wire])).toMatchObject({ body: 'hello', result: 'ok' })
  })

  it('holds nothing of a billion digits of a chunk size', () => {
    const decoder = new ResponseDecoder()
    decoder.expect({ method: 'GET' })
    decoder.push(bytes(CHUNKED_HEAD))
    const digits = Buffer.alloc(1_000_000, '1')
    const before = process.memoryUsage().arrayBuffers
    const events = Array.from({ length: 1000 }, () => decoder.push(digits)).flat()
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1_000_000)
    expect(rules(events)).toEqual(['chunk-size-too-large'])
    expect(ends(events)).toMatchObject([{ verdict: 'malformed' }])
  })

  it('holds no more of an endless head than the limit', () => {
    const decoder = new ResponseDecoder()
    decoder.expect({ method: 'GET' })
    decoder.push(bytes('HTTP/1.1 200 OK\r\n'))
    const fields = bytes('A: b\r\n'.repeat(1000))
    const before = process.memoryUsage().arrayBuffers
    const events = Array.from({ length: 10_000 }, () => decoder.push(fields)).flat()
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2_000_000)
    expect(rules(events)).toEqual(['head-too-large'])
  })

  it('counts the anomalies of one rule past the first hundred', () => {
    const decoder = new ResponseDecoder()
    decoder.expect({ method: 'GET' })
    const events = decoder.push(bytes(`${CHUNKED_HEAD}${'1\nx\r\n'.repeat(150)}0\r\n\r\n`))
    expect(rules(events)).toHaveLength(100)
    expect(ends(events)).toMatchObject([{ verdict: 'complete', bodyBytes: 150, suppressedAnomalies: 50 }])
  })

  it('obeys a limit of its user', () => {
    const decoder = new ResponseDecoder({ maxHeadBytes: 20 })
    decoder.expect({ method: 'GET' })
    expect(rules(decoder.push(bytes(HELLO)))).toEqual(['head-too-large'])
  })

  it('never throws and always reaches a verdict, whatever comes', () => {
    const piece = fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc
        .constantFrom('HTTP/1.1 ', '200', ' OK', '\r\n', '\n', '\r', ':', ' ', LENGTH_5, CHUNKED, '5', '0', ';', 'ICY ')
        .map(bytes),
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), fc.constantFrom('GET', 'HEAD', 'CONNECT'), (pieces, method) => {
        const whole = decode([Buffer.concat(pieces)], method)
        expect(decode(pieces, method)).toEqual(whole)
      }),
      { numRuns: 2000 },
    )
  })

  it.each<[string, string]>([
    ['coding', 'Transfer-Encoding: '.padEnd(250_000, 'a')],
    ['list of codings', `Transfer-Encoding: ${'x,'.repeat(100_000)}`],
    ['quotes', `Transfer-Encoding: ${'"'.repeat(100_001)}\\`],
    ['length', 'Content-Length: '.padEnd(250_000, '1')],
    ['list of lengths', `Content-Length: ${'1,'.repeat(100_000)}1`],
    ['options', `Connection: ${'x,'.repeat(100_000)}`],
    ['folded value', `A: b${'\r\n c'.repeat(60_000)}`],
    ['name', ' '.padStart(250_000, 'a')],
    ['lines without a colon', 'a\r\n'.repeat(80_000)],
  ])('survives enormous input: %s', (_, lines) => {
    const wire = bytes(head('200 OK', lines))
    expect(decode([wire])).toMatchObject({ status: 200 })
  })

  it('gives heads with their own bytes', () => {
    const decoder = new ResponseDecoder()
    decoder.expect({ method: 'GET' })
    const wire = bytes(`${head('100 Continue')}${HELLO}`)
    const heads = [...wire]
      .flatMap((byte) => decoder.push(Uint8Array.of(byte)))
      .flatMap((event) => ('head' in event ? [event.head] : []))
    expect(heads.map((each) => [each.offset, latin1(each.bytes), each.statusText, each.httpVersion])).toEqual([
      [0, head('100 Continue'), 'Continue', '1.1'],
      [head('100 Continue').length, head('200 OK', LENGTH_5), 'OK', '1.1'],
    ])
  })

  it('says which codings a body still carries', () => {
    const decoder = new ResponseDecoder()
    decoder.expect({ method: 'GET' })
    const events = decoder.push(bytes(head('200 OK', 'Transfer-Encoding: gzip, Chunked')))
    expect(events[0]).toMatchObject({ type: 'head', framing: { kind: 'chunked', codings: ['gzip'] } })
    expect(gather([...events, ...decoder.push(bytes('0\r\n\r\n'))]).result).toBe('ok')
  })
})
