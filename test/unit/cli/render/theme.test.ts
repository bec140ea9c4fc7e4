import { describe, expect, test } from 'vitest'
import { type ColorChoice, createTheme, wantsColor } from '../../../../src/cli/render/theme.js'

const YES = true
const NO = false

describe('whether to colour a stream', () => {
  test.each<[ColorChoice, boolean, Record<string, string>, boolean]>([
    // the terminal decides
    ['auto', true, {}, YES],
    ['auto', false, {}, NO],
    ['auto', true, { TERM: 'xterm-256color' }, YES],
    ['auto', true, { TERM: 'dumb' }, NO],
    // NO_COLOR, where it is not empty, beats the terminal
    ['auto', true, { NO_COLOR: '1' }, NO],
    ['auto', true, { NO_COLOR: '0' }, NO],
    ['auto', true, { NO_COLOR: '' }, YES],
    // FORCE_COLOR beats NO_COLOR and the terminal, both ways
    ['auto', false, { FORCE_COLOR: '1' }, YES],
    ['auto', false, { FORCE_COLOR: '' }, YES],
    ['auto', false, { FORCE_COLOR: 'true' }, YES],
    ['auto', false, { FORCE_COLOR: '1', NO_COLOR: '1' }, YES],
    ['auto', false, { FORCE_COLOR: '1', TERM: 'dumb' }, YES],
    ['auto', true, { FORCE_COLOR: '0' }, NO],
    ['auto', true, { FORCE_COLOR: 'false' }, NO],
    // the flag beats all
    ['always', false, { NO_COLOR: '1', FORCE_COLOR: '0', TERM: 'dumb' }, YES],
    ['never', true, { FORCE_COLOR: '1' }, NO],
  ])('--color %s, terminal %s, %j: %s', (choice, isTTY, env, expected) => {
    expect(wantsColor(choice, { isTTY }, env)).toBe(expected)
  })
})

test('a plain theme changes nothing; a coloured one closes what it opens, whatever the outer world says', async () => {
  const [plain, coloured] = await Promise.all([createTheme(false), createTheme(true)])
  for (const name of ['good', 'bad', 'warn', 'faint', 'strong'] as const) {
    expect(plain[name]('x')).toBe('x')
    expect(coloured[name]('x').split('\u001b')).toEqual([
      '',
      expect.stringMatching(/^\[\d+mx$/),
      expect.stringMatching(/^\[\d+m$/),
    ])
  }
})
