import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { UsageError } from '../../../../src/core/usage-error.js'
import { splitLines } from '../../../../src/operations/listen/modes/lines.js'
import { parseRecording } from '../../../../src/operations/listen/modes/replay.js'
import { splitWords } from '../../../../src/operations/listen/modes/words.js'

describe('words of a command', () => {
  test.each([
    ['cat', ['cat']],
    ['  cat  -n ', ['cat', '-n']],
    ["sh -c 'echo $HOME; ls'", ['sh', '-c', 'echo $HOME; ls']],
    ['a "b c" d', ['a', 'b c', 'd']],
    ['a"b c"d', ['ab cd']],
    ["a '' b", ['a', '', 'b']],
    ['a \\"b\\ c', ['a', '"b c']],
    ['"say \\"hi\\" \\n"', ['say "hi" \\n']],
    ['echo ; rm | x > y', ['echo', ';', 'rm', '|', 'x', '>', 'y']],
    ['a\tb\nc', ['a', 'b', 'c']],
  ])('%j', (text, words) => {
    expect(splitWords(text, '--exec')).toEqual(words)
  })

  test.each(['', '  ', '"open', "it's", 'a \\'])('%j is refused', (text) => {
    expect(() => splitWords(text, '--exec')).toThrow(UsageError)
  })

  test('single quotes bring any words through', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.string().map((word) => word.replaceAll("'", '')),
          { minLength: 1 },
        ),
        (words) => {
          expect(splitWords(words.map((word) => `'${word}'`).join(' '), '--exec')).toEqual(words)
        },
      ),
    )
  })
})

describe('a recording', () => {
  test('keeps what was received', () => {
    const text = [
      '{"atMs":0,"direction":"received","data":"220 hi\\r\\n","dataBase64":null}',
      '{"atMs":5.5,"direction":"sent","data":"QUIT"}',
      '',
      '{"atMs":9,"direction":"received","data":null,"dataBase64":"/wA="}',
    ].join('\n')
    expect(parseRecording(text, '--replay', 'call.jsonl')).toEqual([
      { atMs: 0, bytes: Buffer.from('220 hi\r\n') },
      { atMs: 9, bytes: Buffer.from([255, 0]) },
    ])
  })

  test.each([
    'nonsense',
    '[]',
    'null',
    '{"atMs":-1,"direction":"sent","data":""}',
    '{"atMs":"1","direction":"sent","data":""}',
    '{"atMs":1,"direction":"up","data":""}',
    '{"atMs":1,"direction":"sent"}',
    '{"atMs":1,"direction":"sent","dataBase64":"*"}',
  ])('%s is refused, with its line', (line) => {
    expect(() => parseRecording(`\n${line}`, '--replay', 'call.jsonl')).toThrow(/^--replay: call\.jsonl:2 is not /)
  })
})

describe('lines of a stream', () => {
  async function linesOf(pieces: readonly Uint8Array[]): Promise<string[]> {
    async function* chunks() {
      yield* pieces
    }
    const lines: string[] = []
    for await (const line of splitLines(chunks())) lines.push(Buffer.from(line).toString('latin1'))
    return lines
  }

  test('LF and CRLF end them, and the end of the stream', async () => {
    expect(await linesOf([Buffer.from('a\r\nb\n\n\r\nc')])).toEqual(['a', 'b', '', '', 'c'])
  })

  test('wherever the pieces are cut', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom('a', '\n', '\r\n', 'bc')), fc.nat(20), async (parts, at) => {
        const whole = Buffer.from(parts.join(''))
        expect(await linesOf([whole.subarray(0, at), whole.subarray(at)])).toEqual(await linesOf([whole]))
      }),
    )
  })

  test('one without end comes in pieces', async () => {
    const lines = await linesOf([Buffer.alloc(150_000, 'x'), Buffer.from('\n')])
    expect(lines.map((line) => line.length)).toEqual([65_536, 65_536, 150_000 - 2 * 65_536])
  })
})
