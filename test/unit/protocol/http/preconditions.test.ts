import { expect, test } from 'vitest'
import {
  type ConditionalFields,
  evaluatePreconditions,
  parseHttpDate,
  rangeStillApplies,
} from '../../../../src/protocol/http/preconditions.js'

const MODIFIED = Date.UTC(1994, 10, 6, 8, 49, 37)
const file = { etag: '"abc"', lastModifiedMs: MODIFIED + 400 }
const AT = 'Sun, 06 Nov 1994 08:49:37 GMT'
const BEFORE = 'Sun, 06 Nov 1994 08:49:36 GMT'
const AFTER = 'Sun, 06 Nov 1994 08:49:38 GMT'

test.each<[ConditionalFields, 304 | 412 | null]>([
  [{}, null],
  [{ 'if-none-match': '"abc"' }, 304],
  [{ 'if-none-match': 'W/"abc"' }, 304],
  [{ 'if-none-match': '"x", "abc"' }, 304],
  [{ 'if-none-match': '*' }, 304],
  [{ 'if-none-match': '"x"' }, null],
  [{ 'if-none-match': '"a,b", "abc"' }, 304],
  [{ 'if-none-match': 'abc' }, null],
  [{ 'if-modified-since': AT }, 304],
  [{ 'if-modified-since': AFTER }, 304],
  [{ 'if-modified-since': BEFORE }, null],
  [{ 'if-modified-since': 'yesterday' }, null],
  [{ 'if-none-match': '"x"', 'if-modified-since': AFTER }, null],
  [{ 'if-match': '"abc"' }, null],
  [{ 'if-match': '*' }, null],
  [{ 'if-match': 'W/"abc"' }, 412],
  [{ 'if-match': '"x"' }, 412],
  [{ 'if-unmodified-since': BEFORE }, 412],
  [{ 'if-unmodified-since': AT }, null],
  [{ 'if-match': '"abc"', 'if-unmodified-since': BEFORE }, null],
  [{ 'if-match': '"abc"', 'if-none-match': '"abc"' }, 304],
  [{ 'if-match': '"x"', 'if-none-match': '"abc"' }, 412],
])('%j gives %s', (fields, expected) => {
  expect(evaluatePreconditions(fields, file)).toBe(expected)
})

test.each([
  [undefined, true],
  ['"abc"', true],
  ['W/"abc"', false],
  ['"x"', false],
  [AT, true],
  [BEFORE, false],
  [AFTER, false],
  ['nonsense', false],
])('If-Range %s: %s', (field, expected) => {
  expect(rangeStillApplies(field, file)).toBe(expected)
})

test.each([AT, 'Sunday, 06-Nov-94 08:49:37 GMT', 'Sun Nov  6 08:49:37 1994'])(
  'all three forms of a date: %s',
  (text) => {
    expect(parseHttpDate(text)).toBe(MODIFIED)
  },
)

test.each(['', '1994', '1994-11-06', 'Sun, 06 Nov 1994 08:49:37', 'Sun, 99 Nov 1994 08:49:37 GMT'])(
  '%j is no date',
  (text) => {
    expect(parseHttpDate(text)).toBeNull()
  },
)
