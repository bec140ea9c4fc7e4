import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { lineText, type Reply, replyText } from '../../../../src/protocol/smtp/reply.js'
import { ReplyDecoder, type ReplyError } from '../../../../src/protocol/smtp/reply-decoder.js'
import { bytes, cutAt } from './helpers.js'

function decode(...chunks: Uint8Array[]): { replies: Reply[]; error: ReplyError | null; pendingBytes: number } {
  const decoder = new ReplyDecoder()
  const replies: Reply[] = []
  let error: ReplyError | null = null
  for (const chunk of chunks) {
    const decoded = decoder.push(chunk)
    replies.push(...decoded.replies)
    error = decoded.error
  }
  return { replies, error, pendingBytes: decoder.pendingBytes }
}

const summary = ({ code, enhancedCode, offset, lines }: Reply) => [code, enhancedCode, offset, ...lines.map(lineText)]

describe('replies', () => {
  test.each<[string, ReturnType<typeof summary>[]]>([
    ['250 ok\r\n', [[250, null, 0, 'ok']]],
    ['250\r\n', [[250, null, 0, '']]],
    ['250 \r\n', [[250, null, 0, '']]],
    ['250-a\r\n250-\r\n250 b\r\n', [[250, null, 0, 'a', '', 'b']]],
    ['250-a\r\n250\r\n', [[250, null, 0, 'a', '']]],
    [
      '220 a\r\n550 5.1.1 no\r\n',
      [
        [220, null, 0, 'a'],
        [550, '5.1.1', 7, '5.1.1 no'],
      ],
    ],
    ['550 5.1.1\r\n', [[550, '5.1.1', 0, '5.1.1']]],
    ['550 4.1.1 class differs\r\n', [[550, null, 0, '4.1.1 class differs']]],
    ['550 5.1.1000 no\r\n', [[550, null, 0, '5.1.1000 no']]],
    ['550 5.1.1.1 no\r\n', [[550, null, 0, '5.1.1.1 no']]],
    ['550-5.7.1 a\r\n550 b\r\n', [[550, '5.7.1', 0, '5.7.1 a', 'b']]],
    ['250 gr\u00fc\u00dfe\r\n', [[250, null, 0, 'gr\u00fc\u00dfe']]],
  ])('%j', (stream, expected) => {
    const { replies, error } = decode(bytes(stream))
    expect(replies.map(summary)).toEqual(expected)
    expect(error).toBeNull()
    expect(replies.flatMap(({ anomalies }) => anomalies)).toEqual([])
  })

  test('what is not UTF-8 is read as Latin-1', () => {
    const { replies } = decode(Buffer.from('250 caf\xe9\r\n', 'latin1'))
    expect(replies.map(replyText)).toEqual(['caf\u00e9'])
  })

  test.each([
    ['250 a\n', 'bare-lf', 5],
    ['250 a\rb\r\n', 'bare-cr', 5],
    ['250 a\r\r\n', 'bare-cr', 5],
    ['250 \0\r\n', 'nul', 4],
    [`250 ${'x'.repeat(507)}\r\n`, 'long-line', 0],
    ['550-5.1.1 a\r\n550 5.1.2 b\r\n', 'enhanced-code', 0],
  ])('%j is noted, and decoded', (stream, rule, offset) => {
    const { replies, error } = decode(bytes(stream))
    expect(error).toBeNull()
    expect(replies.flatMap(({ anomalies }) => anomalies)).toMatchObject([{ rule, offset }])
  })

  test.each([
    ['hello\r\n', 'not-a-reply', 0],
    ['\r\n', 'not-a-reply', 0],
    ['\r\n220 hi\r\n', 'not-a-reply', 0],
    ['220 hi\r\nSSH-2.0-x\r\n', 'not-a-reply', 8],
    ['25 ok\r\n', 'not-a-reply', 0],
    ['2500 ok\r\n', 'not-a-reply', 0],
    ['250\tok\r\n', 'not-a-reply', 0],
    ['150 ok\r\n', 'bad-code', 0],
    ['600 ok\r\n', 'bad-code', 0],
    ['250-a\r\n251 b\r\n', 'mixed-codes', 7],
    ['x'.repeat(65_537), 'line-too-long', 0],
    [`250 ${'x'.repeat(65_531)}\r\n`, 'line-too-long', 0],
    [`250-${'x'.repeat(60_000)}\r\n`.repeat(20), 'reply-too-long', 17 * 60_006],
  ])('%.30j is an error that lasts', (stream, rule, offset) => {
    const decoder = new ReplyDecoder()
    expect(decoder.push(bytes(stream)).error).toMatchObject({ rule, offset })
    expect(decoder.push(bytes('250 ok\r\n'))).toMatchObject({ replies: [], error: { rule, offset } })
  })

  test('a line of exactly 64 KiB is taken', () => {
    expect(decode(bytes(`250 ${'x'.repeat(65_530)}\r\n`)).replies).toHaveLength(1)
  })

  test('what is unfinished is counted', () => {
    expect(decode(bytes('250 a\r\n250-b\r\n25')).pendingBytes).toBe(9)
    expect(decode(bytes('250 a\r\n')).pendingBytes).toBe(0)
  })

  test('a reply outlives the buffer it came in', () => {
    const decoder = new ReplyDecoder()
    const chunk = bytes('250 kept\r\n')
    const { replies } = decoder.push(chunk)
    chunk.fill(0)
    expect(replies.map(replyText)).toEqual(['kept'])
  })

  const stream = '220-mx\r\n220 5.x\n250\r\n550-5.1.1 a\r\n550 5.1.1 \u00e9\r\n\r\nx'
  test.each([...Buffer.from(stream).keys()])('cut at byte %i nothing changes', (at) => {
    const whole = bytes(stream)
    expect(decode(whole.subarray(0, at), whole.subarray(at))).toEqual(decode(whole))
  })

  test('cut anywhere, any bytes decode alike', () => {
    const piece = fc.constantFrom('2', '5', '0', '-', ' ', '\r', '\n', '\r\n', '250-', '250 ok\r\n', '5.1.1', '\0', 'x')
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), fc.array(fc.nat(80), { maxLength: 6 }), (pieces, cuts) => {
        const whole = bytes(pieces.join(''))
        expect(decode(...cutAt(whole, cuts))).toEqual(decode(whole))
      }),
    )
  })
})
