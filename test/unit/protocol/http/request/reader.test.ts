import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { REQUEST_RULES } from '../../../../../src/protocol/http/anomaly.js'
import { readRequest, readRequests } from './read.js'
import { ROWS } from './table.js'

const latin1 = (text: string) => Buffer.from(text, 'latin1')

describe('requests as the RFC reads them', () => {
  test.each(ROWS)('$name', (row) => {
    const { request, body, trailers, anomalies, end } = readRequest(row.text)
    expect({
      line: request && `${request.method} ${request.target} ${request.httpVersion}`,
      body,
      trailers,
      anomalies,
      verdict: end.verdict,
      stage: end.stage,
    }).toEqual({
      line: row.line,
      body: row.body ?? '',
      trailers: row.trailers ?? [],
      anomalies: row.anomalies ?? [],
      verdict: row.verdict ?? 'complete',
      stage: row.stage ?? 'done',
    })
  })

  it('has a row for each rule of requests but the one about size', () => {
    const covered = new Set(ROWS.flatMap(({ anomalies = [] }) => anomalies.map((each) => each.replace(/@.*/, ''))))
    expect(Object.keys(REQUEST_RULES).filter((rule) => !covered.has(rule))).toEqual(['request-line-too-long'])
  })

  it.each([
    ['a request line', `GET /${'a'.repeat(200)}`, 'request-line-too-long'],
    ['a head', `GET / HTTP/1.1\r\nX: ${'a'.repeat(200)}`, 'head-too-large'],
    [
      'trailers',
      `GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nT: ${'t'.repeat(200)}`,
      'trailers-too-large',
    ],
  ])('%s longer than the limit', (_, text, rule) => {
    const [first] = readRequests([latin1(text)], 'fin', 100)
    expect(first?.anomalies.map((each) => each.replace(/@.*/, ''))).toEqual([rule])
    expect(first?.end.verdict).toBe('malformed')
    // Every byte is told.
    expect(text.endsWith(first?.undecoded ?? 'nothing')).toBe(true)
  })

  it('takes any number of fields', () => {
    const fields = Array.from({ length: 1800 }, (_, at) => [`X${at}`, ''] as const)
    const { request } = readRequest(`GET / HTTP/1.0\r\n${fields.map(([name]) => `${name}:\r\n`).join('')}\r\n`)
    expect(request?.headers).toEqual(fields)
  })

  it('tells of what a reset cut off without an anomaly', () => {
    const { anomalies, end } = readRequest('GET / HTTP/1.1\r\nHost: a\r\n', 'reset')
    expect([anomalies, end]).toMatchObject([[], { verdict: 'incomplete', stage: 'head', reason: 'reset' }])
  })

  it('says nothing where nothing came but empty lines', () => {
    expect(readRequests([latin1('\r\n\r\n')])).toEqual([])
  })
})

describe('however the bytes are cut', () => {
  const texts = ROWS.map(({ text }) => text)

  test.each(ROWS)('$name: at any two places', ({ text }) => {
    const bytes = latin1(text)
    const whole = readRequests([bytes])
    for (let one = 0; one <= bytes.length; one++) {
      for (let two = one; two <= bytes.length; two++) {
        const cut = readRequests([bytes.subarray(0, one), bytes.subarray(one, two), bytes.subarray(two)])
        if (JSON.stringify(cut) !== JSON.stringify(whole)) expect(cut, `${one}, ${two}`).toEqual(whole)
      }
    }
  })

  test('several behind one another, byte by byte or line by line', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...texts), { minLength: 1, maxLength: 5 }), (several) => {
        const text = several.join('')
        const whole = readRequests([latin1(text)])
        expect(readRequests([...latin1(text)].map((byte) => Uint8Array.of(byte)))).toEqual(whole)
        expect(readRequests(text.split(/(?<=\n)/).map(latin1))).toEqual(whole)
      }),
      { numRuns: 200, examples: [[['GET /a HT', 'GET / HTTP/1.1\r\n\r\n']]] },
    )
  })

  test('any bytes: no byte is lost', () => {
    const pieces = fc.array(
      fc.oneof(
        fc.constantFrom('GET / HTTP/1.1', '\r\n', '\n', 'Host: a', ': ', ' ', '\0', 'Content-Length: 2', 'ab', '0'),
        fc.string({ maxLength: 4 }),
      ),
      { maxLength: 20 },
    )
    fc.assert(
      fc.property(pieces, fc.nat({ max: 100 }), (parts, cut) => {
        const bytes = latin1(parts.join(''))
        const whole = readRequests([bytes])
        expect(readRequests([bytes.subarray(0, cut), bytes.subarray(cut)])).toEqual(whole)
        const last = whole.at(-1)
        if (last && last.end.stage === 'head') expect(bytes.toString('latin1').endsWith(last.undecoded)).toBe(true)
      }),
    )
  })
})

describe('work is linear in what came', () => {
  /** How many bytes are searched, copied or turned into text for `sent`, in pieces of a segment. */
  function work(sent: Buffer, segment: number): number {
    const proto = Buffer.prototype
    const { indexOf, copy, toString: text } = proto
    let bytes = 0
    proto.indexOf = function (this: Buffer, ...args: [never]) {
      const found = indexOf.apply(this, args)
      const from = Number((args as unknown[])[1] ?? 0)
      bytes += (found < 0 ? this.length : found) - from
      return found
    }
    proto.copy = function (this: Buffer, ...args: [never]) {
      const copied = copy.apply(this, args)
      bytes += copied
      return copied
    }
    proto.toString = function (this: Buffer, ...args: [never]) {
      const made = text.apply(this, args)
      bytes += made.length
      return made
    }
    try {
      const chunks: Buffer[] = []
      for (let at = 0; at < sent.length; at += segment) chunks.push(sent.subarray(at, at + segment))
      bytes = 0
      readRequests(chunks, 'fin', Number.MAX_SAFE_INTEGER)
      return bytes
    } finally {
      Object.assign(proto, { indexOf, copy, toString: text })
    }
  }

  const HEAD = 'GET / HTTP/1.1\r\nHost: a\r\n'
  const fill = (unit: string, size: number) => unit.repeat(Math.ceil(size / unit.length))
  test.each<[string, (size: number) => string]>([
    ['a line without end', (size) => `GET /${fill('a', size)}`],
    ['a line of spaces', (size) => `GET ${fill(' ', size)}`],
    ['a line of HTTP/', (size) => `GET ${fill('HTTP/ ', size)}`],
    ['empty lines', (size) => fill('\r\n', size)],
    ['fields of one byte', (size) => HEAD + fill('a:\r\n', size)],
    ['lines without a colon', (size) => HEAD + fill('a\n', size)],
    ['folded lines', (size) => `${HEAD}X: a\r\n${fill(' b\r\n', size)}`],
    ['a field of quotes', (size) => `${HEAD}Transfer-Encoding: ${fill('"\\', size)}\r\n\r\n`],
    ['a field of commas', (size) => `${HEAD}Connection: ${fill(',', size)}\r\n\r\n`],
    ['lengths in a list', (size) => `${HEAD}Content-Length: ${fill('1,', size)}1\r\n\r\n`],
    ['a Host of spaces', (size) => `GET / HTTP/1.1\r\nHost: ${fill(' ', size)}x\r\n\r\n`],
    ['chunks of one byte', (size) => `${HEAD}Transfer-Encoding: chunked\r\n\r\n${fill('1\r\na\r\n', size)}`],
    ['chunk extensions', (size) => `${HEAD}Transfer-Encoding: chunked\r\n\r\n1;${fill('a="b";', size)}`],
    ['trailers', (size) => `${HEAD}Transfer-Encoding: chunked\r\n\r\n0\r\n${fill('a:\r\n', size)}`],
    ['pipelined requests', (size) => fill('GET / HTTP/1.1\r\nHost: a\r\n\r\n', size)],
  ])(
    '%s of 1 and of 4 MB',
    (_, make) => {
      const [one, four] = [1 << 20, 4 << 20].map((size) => work(latin1(make(size)), 65_536))
      // Four times the bytes; doubling buffers and the last piece leave some room.
      expect((four ?? 0) / (one ?? 1)).toBeLessThan(6)
    },
    60_000,
  )
})
