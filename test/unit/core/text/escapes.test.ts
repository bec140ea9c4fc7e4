import { describe, expect, it } from 'vitest'
import { unescapeBytes } from '../../../../src/core/text/escapes.js'
import { UsageError } from '../../../../src/core/usage-error.js'

describe('unescapeBytes', () => {
  it.each([
    ['', ''],
    ['PING\\r\\n', '50494e470d0a'],
    ['a\\tb\\0', '61096200'],
    ['\\xff\\x0A\\x41', 'ff0a41'],
    ['\\\\n', '5c6e'],
    ['\\e[1m', '1b5b316d'],
    ['é', 'c3a9'],
    ['\\u20ac', 'e282ac'],
  ])('%j', (text, hex) => {
    expect(Buffer.from(unescapeBytes(text, '--send')).toString('hex')).toBe(hex)
  })

  it.each(['\\', 'a\\q', '\\x', '\\x1', '\\xg0'])('refuses %j', (text) => {
    expect(() => unescapeBytes(text, '--send')).toThrow(UsageError)
  })
})
