import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { escapeBytes, escapeText } from '../../../../src/cli/render/escape.js'

/** What must never reach a terminal from a peer. Written apart from the source's own list, by Unicode property. */
const DANGEROUS = /[\p{Cc}\p{Bidi_Control}\u2028\u2029\u200b\ufeff\p{Cs}]/u

const bytes = (text: string) => new TextEncoder().encode(text)

describe('text', () => {
  test.each([
    ['plain', 'plain'],
    ['line\nnext', 'line\\nnext'],
    ['a\r\nb', 'a\\r\\nb'],
    ['tab\tbed', 'tab\\tbed'],
    ['nul\0', 'nul\\0'],
    ['\u001b[31mred\u001b[0m', '\\e[31mred\\e[0m'],
    ['\u001b]0;title\u0007', '\\e]0;title\\x07'],
    ['back\b\bspace', 'back\\x08\\x08space'],
    ['del\u007f', 'del\\x7f'],
    ['c1 \u009b31m', 'c1 \\x9b31m'],
    ['\u202egnp.exe', '\\u202egnp.exe'],
    ['\u2066x\u2069', '\\u2066x\\u2069'],
    ['\u061c\u200e\u200f', '\\u061c\\u200e\\u200f'],
    ['para\u2028graph\u2029', 'para\\u2028graph\\u2029'],
    ['\ufeffbom\u200b', '\\ufeffbom\\u200b'],
    ['\ud800 alone', '\\ud800 alone'],
    ['\udc00 alone', '\\udc00 alone'],
    ['grüße 日本 🎉 نص', 'grüße 日本 🎉 نص'],
    ['👩‍👩‍👧', '👩‍👩‍👧'],
    ['back\\slash', 'back\\slash'],
  ])('%j is shown as %j', (text, shown) => {
    expect(escapeText(text)).toBe(shown)
    if (new TextDecoder().decode(bytes(text)) === text) expect(escapeBytes(bytes(text))).toBe(shown)
  })

  test('whatever comes, nothing dangerous is shown', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((n) => String.fromCharCode(n)) }),
        (text) => {
          expect(escapeText(text)).not.toMatch(DANGEROUS)
        },
      ),
    )
  })

  test('every single character that is dangerous is escaped, and no other is touched', () => {
    for (let code = 0; code <= 0xffff; code++) {
      const character = String.fromCharCode(code)
      if (DANGEROUS.test(character)) expect(escapeText(character), code.toString(16)).not.toMatch(DANGEROUS)
      else if (escapeText(character) !== character) expect.unreachable(`U+${code.toString(16)} was changed`)
    }
  })
})

describe('bytes', () => {
  test.each([
    ['not UTF-8 at all', [0xff, 0xfe], '\\xff\\xfe'],
    ['valid around invalid', [0x61, 0xff, 0xc3, 0xbc], 'a\\xffü'],
    ['cut short', [0xe2, 0x82], '\\xe2\\x82'],
    ['cut short in the middle', [0xe2, 0x82, 0x61], '\\xe2\\x82a'],
    ['overlong slash', [0xc0, 0xaf], '\\xc0\\xaf'],
    ['overlong in three', [0xe0, 0x80, 0xaf], '\\xe0\\x80\\xaf'],
    ['a surrogate', [0xed, 0xa0, 0x80], '\\xed\\xa0\\x80'],
    ['beyond Unicode', [0xf4, 0x90, 0x80, 0x80], '\\xf4\\x90\\x80\\x80'],
    ['a continuation alone', [0x80], '\\x80'],
    ['a true replacement character', [0xef, 0xbf, 0xbd], '\ufffd'],
    ['the same beside an invalid byte', [0xef, 0xbf, 0xbd, 0xff], '\ufffd\\xff'],
    ['a byte order mark', [0xef, 0xbb, 0xbf, 0x61], '\\ufeffa'],
    ['nothing', [], ''],
  ])('%s', (_, list, shown) => {
    expect(escapeBytes(Uint8Array.from(list))).toBe(shown)
  })

  test('whatever comes, nothing dangerous is shown', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (list) => {
        expect(escapeBytes(list)).not.toMatch(DANGEROUS)
      }),
    )
  })

  test('every character is shown beside an invalid byte as it is in text', () => {
    for (let code = 0; code <= 0x10ffff; code += code < 0x10000 ? 1 : 97) {
      if (code >= 0xd800 && code <= 0xdfff) continue
      const character = String.fromCodePoint(code)
      const shown = escapeBytes(Uint8Array.of(0xff, ...bytes(character), 0xff))
      if (shown !== `\\xff${escapeText(character)}\\xff`) expect.unreachable(`U+${code.toString(16)} became ${shown}`)
    }
  })

  test('bytes are parted into characters as a decoder of UTF-8 parts them', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 16 }), (list) => {
        const isText = Buffer.from(new TextDecoder('utf-8', { ignoreBOM: true }).decode(list)).equals(list)
        expect(/\\x[89a-f]/.test(escapeBytes(list))).toBe(!isText || /[\x80-\x9f]/.test(Buffer.from(list).toString()))
      }),
    )
  })

  test('bytes that are UTF-8 are shown as their text is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(escapeBytes(bytes(text))).toBe(escapeText(text))
      }),
    )
  })
})
