import { describe, expect, it } from 'vitest'
import { parseEscapes } from '../../../src/core/escapes.js'
import { UsageError } from '../../../src/core/usage-error.js'

describe('parseEscapes', () => {
  it.each([
    ['', ''],
    ['PING\\r\\n', '50494e470d0a'],
    ['a\\tb\\0', '61096200'],
    ['\\xff\\x0A\\x41', 'ff0a41'],
    ['\\\\n', '5c6e'],
    ['\\e[1m', '1b5b316d'],
    ['é', 'c3a9'],
  ])('%j', (text, hex) => {
    expect(Buffer.from(parseEscapes(text, '--send')).toString('hex')).toBe(hex)
  })

  it.each(['\\', 'a\\q', '\\x', '\\x1', '\\xg0', '\\u0041'])('refuses %j', (text) => {
    expect(() => parseEscapes(text, '--send')).toThrow(UsageError)
  })
})
