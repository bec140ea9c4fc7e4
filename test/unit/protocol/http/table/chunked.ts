import { CHUNKED, CHUNKED_HEAD, type Row } from './row.js'

const DIGITS_14 = '20000000000000'

function chunked(
  name: string,
  wire: string,
  body: string,
  result: Row['result'],
  anomalies: string[] = [],
  trailers: string[] = [],
): Row {
  return {
    name: `chunks: ${name}`,
    wire: `${CHUNKED_HEAD}${wire}`,
    headers: [CHUNKED],
    framing: 'chunked',
    body,
    result,
    anomalies,
    trailers,
  }
}

/** RFC 9112 7.1. */
export const chunkedRows: readonly Row[] = [
  chunked('none but the last', '0\r\n\r\n', '', 'ok'),
  chunked('two', '2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n', 'hello', 'ok'),
  chunked('hexadecimal in both cases', `a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n`, '01234567890123456789', 'ok'),
  chunked('leading zeros', '0000000000000000000005\r\nhello\r\n000\r\n\r\n', 'hello', 'ok'),
  chunked('data that looks like framing', '7\r\n0\r\n\r\n\r\n\r\n0\r\n\r\n', '0\r\n\r\n\r\n', 'ok'),
  chunked('extension', '5;name\r\nhello\r\n0\r\n\r\n', 'hello', 'ok'),
  chunked('extension with a value', '5;name=value\r\nhello\r\n0;last=1\r\n\r\n', 'hello', 'ok'),
  chunked('quoted extension', '5;a="b;c, \\" d";e\r\nhello\r\n0\r\n\r\n', 'hello', 'ok'),
  chunked('empty quoted extension', '5;a=""\r\nhello\r\n0\r\n\r\n', 'hello', 'ok'),
  chunked('quoted extension that never closes', '5§;a="b\r\nhello\r\n0\r\n\r\n', 'hello', 'deviates', [
    'invalid-chunk-extension',
  ]),
  chunked('extension without a name', '5§;\r\nhello\r\n0\r\n\r\n', 'hello', 'deviates', ['invalid-chunk-extension']),
  chunked('extension without a value', '5§;a=\r\nhello\r\n0\r\n\r\n', 'hello', 'deviates', ['invalid-chunk-extension']),
  chunked('whitespace in an extension', '5§ ; a = b\r\nhello\r\n0\r\n\r\n', 'hello', 'deviates', ['bad-whitespace']),
  chunked('NUL in an extension', '5§;a\0\r\nhello\r\n0\r\n\r\n', 'hello', 'deviates', ['invalid-chunk-extension']),
  chunked('bare CR in an extension', '5§;a§\rb\r\nhello\r\n0\r\n\r\n', 'hello', 'deviates', [
    'invalid-chunk-extension',
    'bare-cr',
  ]),
  chunked('two bare CR in an extension', '5§;a§\r§\rb\r\nhello\r\n0\r\n\r\n', 'hello', 'deviates', [
    'invalid-chunk-extension',
    'bare-cr',
    'bare-cr',
  ]),
  chunked('space after the size', '5§ \r\nhello\r\n0§\t \r\n\r\n', 'hello', 'deviates', [
    'chunk-size-whitespace',
    'chunk-size-whitespace',
  ]),
  chunked('bare LF after a size', '5§\nhello\r\n0\r\n\r\n', 'hello', 'deviates', ['bare-lf']),
  chunked('bare LF after data', '5\r\nhello§\n0\r\n\r\n', 'hello', 'deviates', ['bare-lf']),
  chunked('bare LF after the last size', '5\r\nhello\r\n0§\n\r\n', 'hello', 'deviates', ['bare-lf']),
  chunked('bare LF at the end', '5\r\nhello\r\n0\r\n§\n', 'hello', 'deviates', ['bare-lf']),
  chunked('bare LF everywhere', '5§\nhello§\n0§\n§\n', 'hello', 'deviates', [
    'bare-lf',
    'bare-lf',
    'bare-lf',
    'bare-lf',
  ]),
  chunked('empty size', '§\r\nhello\r\n0\r\n\r\n', '', 'malformed', ['invalid-chunk-size']),
  chunked('size in another base', '§0x5\r\nhello\r\n0\r\n\r\n', '', 'malformed', ['invalid-chunk-size']),
  chunked('negative size', '§-5\r\nhello\r\n0\r\n\r\n', '', 'malformed', ['invalid-chunk-size']),
  chunked('signed size', '§+5\r\nhello\r\n0\r\n\r\n', '', 'malformed', ['invalid-chunk-size']),
  chunked('space before the size', '§ 5\r\nhello\r\n0\r\n\r\n', '', 'malformed', ['invalid-chunk-size']),
  chunked('letter past f', '5\r\nhello\r\n§g\r\n', 'hello', 'malformed', ['invalid-chunk-size']),
  chunked('size and then a word', '§5 x\r\nhello\r\n0\r\n\r\n', '', 'malformed', ['invalid-chunk-size']),
  chunked('bare CR after the size', '§5\rhello\r\n0\r\n\r\n', '', 'malformed', ['invalid-chunk-size']),
  chunked('size only as an extension', '§;a=b\r\nhello\r\n0\r\n\r\n', '', 'malformed', ['invalid-chunk-size']),
  chunked('2^53', `§${DIGITS_14}\r\nhello`, '', 'malformed', ['chunk-size-too-large']),
  chunked('2^53 - 1 is only never there', '1fffffffffffff\r\nhello§', 'hello', 'incomplete', ['truncated-body']),
  chunked('size that wraps to 5 in 64 bits', '§10000000000000005\r\nhello\r\n0\r\n\r\n', '', 'malformed', [
    'chunk-size-too-large',
  ]),
  chunked('a hundred thousand digits', `§${'f'.repeat(100_000)}`, '', 'malformed', ['chunk-size-too-large']),
  chunked('a hundred thousand zeros', `§${'0'.repeat(100_000)}`, '', 'malformed', ['chunk-line-too-long']),
  chunked('endless extension', `§5;${'a'.repeat(100_000)}`, '', 'malformed', ['chunk-line-too-long']),
  chunked('endless nonsense', `§${'z'.repeat(100_000)}`, '', 'malformed', ['invalid-chunk-size']),
  chunked('more data than its size', '5\r\nhello§!\r\n0\r\n\r\n', 'hello', 'malformed', ['missing-chunk-crlf']),
  chunked('next size right after the data', '5\r\nhello§0\r\n\r\n', 'hello', 'malformed', ['missing-chunk-crlf']),
  chunked('only CR after the data', '5\r\nhello§\r0\r\n\r\n', 'hello', 'malformed', ['missing-chunk-crlf']),
  chunked('two CR after the data', '5\r\nhello§\r\r\n0\r\n\r\n', 'hello', 'malformed', ['missing-chunk-crlf']),
  chunked('trailers', '5\r\nhello\r\n0\r\nDigest: x\r\nB:  y \r\n\r\n', 'hello', 'ok', [], ['Digest: x', 'B: y']),
  chunked('trailer alone', '0\r\nA: b\r\n\r\n', '', 'ok', [], ['A: b']),
  chunked(
    'length among the trailers',
    '0\r\nA: b\r\n§Content-Length: 5\r\n\r\n',
    '',
    'deviates',
    ['forbidden-trailer'],
    ['A: b', 'Content-Length: 5'],
  ),
  chunked(
    'trailers that belong into the head',
    '0\r\n§Content-Type: a/b\r\nX: y\r\n§Set-Cookie: a=b\r\n§Trailer: X\r\n\r\n',
    '',
    'deviates',
    ['forbidden-trailer', 'forbidden-trailer', 'forbidden-trailer'],
    ['Content-Type: a/b', 'X: y', 'Set-Cookie: a=b', 'Trailer: X'],
  ),
  chunked('trailer without a colon', '0\r\n§nonsense\r\n\r\n', '', 'malformed', ['missing-colon']),
  chunked('folded trailer', '0\r\nA: b\r\n§ c\r\n\r\n', '', 'deviates', ['obs-fold'], ['A: b c']),
  chunked('bare LF in the trailers', '0\r\nA: b§\n§\n', '', 'deviates', ['bare-lf', 'bare-lf'], ['A: b']),
]
