import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Report } from '../../../../src/protocol/http/anomaly.js'
import { lineEnd, parseFields } from '../../../../src/protocol/http/fields.js'
import { readPlainHead } from '../../../../src/protocol/http/response/plain-head.js'
import { parseStatusLine } from '../../../../src/protocol/http/response/status-line.js'
import { bytes } from './decoded.js'
import { head } from './table/row.js'

const BASE = 1000

/** The same head read line by line, and how much of it is not as it should be. */
function readWithCare(wire: Buffer) {
  const text = wire.toString('latin1')
  let reports = 0
  const report: Report = () => {
    reports++
  }
  const next = text.indexOf('\n') + 1
  const status = parseStatusLine(text.slice(0, lineEnd(text, 0, next, BASE, report)), BASE, report)
  return { status, section: parseFields(text, next, BASE, true, report), reports }
}

const byte = fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code))
/** Without the empty line, which ends every head. */
const piece = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.constantFrom('A: b\r\n', 'Content-Length: 5\r\n', 'x:\r\n', 'Y:\t z \r\n', ': ', ' ', 'a'),
  },
  { weight: 1, arbitrary: fc.constantFrom('a\r\n', ' b\r\n', 'c d: e\r\n', 'f : g\r\n', '\n', '\r', '\0') },
  { weight: 1, arbitrary: byte },
)
const statusLine = fc.oneof(
  fc.constantFrom('HTTP/1.1 200 OK', 'HTTP/1.0 599 ', 'HTTP/1.1 100 \t\xff'),
  fc.constantFrom('HTTP/1.1 200', 'HTTP/1.2 200 OK', 'HTTP/1.1  200 OK', 'HTTP/1.1 99 ', 'HTTP/1.1 600 ', 'ICY 200 OK'),
  fc.tuple(fc.constant('HTTP/1.1 200 '), byte).map(([line, reason]) => line + reason),
)

describe('a head read in one pass', () => {
  it('is what it is line by line, and is only refused where a rule is broken', () => {
    fc.assert(
      fc.property(statusLine, fc.array(piece, { maxLength: 5 }), (line, pieces) => {
        const text = `${line}\r\n${pieces.join('')}`
        const wire = bytes(`${text.slice(0, `${text}\r\n\r\n`.search(/\r?\n\r?\n/))}\r\n\r\n`)
        const { reports, ...careful } = readWithCare(wire)
        const plain = readPlainHead(wire, 0, BASE)
        expect(plain).toEqual(reports === 0 ? { ...careful, end: wire.length } : null)
      }),
      {
        numRuns: 5000,
        examples: [['HTTP/1.1 200  ', ['a', '\t', 'A: b\r\n']]],
      },
    )
  })

  it('begins and ends where it does in a chunk, and is none until all of it is there', () => {
    const text = head('200 OK', 'A: b', 'C:d')
    const wire = bytes(`..${text}HTTP/1.1 `)
    expect(readPlainHead(wire, 2, BASE)).toEqual({
      status: { httpVersion: '1.1', statusCode: 200, statusText: 'OK' },
      section: {
        headers: [
          ['A', 'b'],
          ['C', 'd'],
        ],
        offsets: [BASE + 2 + 17, BASE + 2 + 23],
      },
      end: 2 + text.length,
    })
    for (let size = 0; size < text.length; size++) expect(readPlainHead(bytes(text).subarray(0, size), 0, 0)).toBeNull()
  })

  it('has 128 fields at most', () => {
    const lines = Array.from({ length: 128 }, (_, i) => `X-${i}: ${i}`)
    expect(readPlainHead(bytes(head('200 OK', ...lines)), 0, 0)?.section.headers).toHaveLength(128)
    expect(readPlainHead(bytes(head('200 OK', ...lines, 'Y: z')), 0, 0)).toBeNull()
  })
})
