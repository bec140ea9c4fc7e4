import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fold, printFolded, type Span } from '../../../../src/cli/render/fold.js'
import type { Printer } from '../../../../src/cli/render/screen.js'

const plain = (text: string) => text

function printed(spans: readonly Span[], indent: number, columns: number, isTTY = true): string[] {
  const lines: string[] = []
  const theme = { good: plain, bad: plain, warn: plain, faint: plain, strong: plain }
  const printer: Printer = { theme, isTTY, columns, line: (text) => void lines.push(text), raw: () => {} }
  printFolded(printer, spans, indent)
  return lines
}

const words = fc.array(fc.stringMatching(/^[a-z/-]{1,12}$/), { minLength: 1, maxLength: 30 })

describe('fold', () => {
  test('keeps to the width, and breaks no word that fits', () => {
    fc.assert(
      fc.property(words, fc.integer({ min: 12, max: 40 }), fc.integer({ min: 5, max: 60 }), (all, width, first) => {
        const pieces = fold(all.join(' '), width, first)
        expect(pieces.slice(1).every((piece) => piece.length <= width)).toBe(true)
        expect(pieces[0]?.length).toBeLessThanOrEqual(Math.max(first, 12))
        if (first >= 12) expect(pieces.flatMap((piece) => piece.split(' ')).filter(Boolean)).toEqual(all)
      }),
    )
  })

  test('a word that fits no line is cut', () => {
    expect(fold('ab 0123456789012345', 10)).toEqual(['ab 0123456', '789012345'])
    expect(fold('', 10)).toEqual([''])
  })
})

describe('a line on a terminal', () => {
  const anomaly: readonly Span[] = [
    ['! warning', (text) => `<${text}>`],
    ' at byte 18: A NUL stands within a line; read as a space. ',
    ['(nul-byte, RFC 9110 5.5)', (text) => `(${text})`],
  ]

  test('is folded at words, indented, each part in its style', () => {
    expect(printed(anomaly, 2, 40)).toEqual([
      '<! warning> at byte 18: A NUL stands',
      '  within a line; read as a space.',
      '  ((nul-byte, RFC 9110 5.5))',
    ])
  })

  test('is one line where it fits, and in a pipe', () => {
    const line = '<! warning> at byte 18: A NUL stands within a line; read as a space. ((nul-byte, RFC 9110 5.5))'
    expect(printed(anomaly, 2, 200)).toEqual([line])
    expect(printed(anomaly, 2, 40, false)).toEqual([line])
  })

  test('keeps a command and a path whole', () => {
    const hint = "  hint: or ask netkit raw-http --hex '/a b' what it was, and /var/lib/some/longer/path.pem"
    expect(printed([hint], 8, 42)).toEqual([
      '  hint: or ask',
      "        netkit raw-http --hex '/a b' what",
      '        it was, and',
      '        /var/lib/some/longer/path.pem',
    ])
  })

  test('loses and adds nothing but line breaks', () => {
    fc.assert(
      fc.property(words, fc.integer({ min: 21, max: 60 }), fc.integer({ min: 0, max: 8 }), (all, columns, indent) => {
        const half = Math.floor(all.length / 2)
        const spans = [`${all.slice(0, half).join(' ')} `, [all.slice(half).join(' '), plain] as const]
        const lines = printed(spans, indent, columns)
        expect(lines.join(' ').split(' ').filter(Boolean)).toEqual(all)
      }),
    )
  })
})
