/** What a request is read as: method, target and version, body, anomalies, verdict and stage. */
export interface Row {
  readonly name: string
  readonly text: string
  readonly line: string | null
  readonly body?: string
  readonly trailers?: readonly (readonly [string, string])[]
  readonly anomalies?: readonly string[]
  readonly verdict?: 'complete' | 'incomplete' | 'malformed'
  readonly stage?: string
}

const HOST = 'Host: a\r\n'
const post = (fields: string, rest: string) => `POST /p HTTP/1.1\r\n${HOST}${fields}\r\n${rest}`
const POST = 'POST /p 1.1'
/** Where the first field behind Host begins. */
const FIRST = 27

export const ROWS: readonly Row[] = [
  { name: 'a plain one', text: `GET /a?b=c HTTP/1.1\r\n${HOST}\r\n`, line: 'GET /a?b=c 1.1' },
  { name: 'a version of before', text: 'GET / HTTP/1.0\r\n\r\n', line: 'GET / 1.0' },
  { name: 'absolute-form', text: `GET http://a/b HTTP/1.1\r\n${HOST}\r\n`, line: 'GET http://a/b 1.1' },
  { name: 'asterisk-form', text: `OPTIONS * HTTP/1.1\r\n${HOST}\r\n`, line: 'OPTIONS * 1.1' },
  { name: 'authority-form', text: 'CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n', line: 'CONNECT a:443 1.1' },
  {
    name: 'asterisk-form of another method',
    text: `GET * HTTP/1.1\r\n${HOST}\r\n`,
    line: 'GET * 1.1',
    anomalies: ['target-form@4'],
  },
  {
    name: 'authority-form of another method',
    text: `GET a:1 HTTP/1.1\r\n${HOST}\r\n`,
    line: 'GET a:1 1.1',
    anomalies: ['target-form@4'],
  },
  {
    name: 'a path to CONNECT',
    text: `CONNECT / HTTP/1.1\r\n${HOST}\r\n`,
    line: 'CONNECT / 1.1',
    anomalies: ['target-form@8'],
  },
  {
    name: 'an upgrade to h2c',
    text: `GET / HTTP/1.1\r\n${HOST}Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: A\r\n\r\n`,
    line: 'GET / 1.1',
  },
  {
    name: 'HTTP/0.9',
    text: 'GET /old\r\n',
    line: 'GET /old 0.9',
    anomalies: ['http-09@0'],
    ...{ verdict: 'malformed', stage: 'head' },
  },
  {
    name: 'HTTP/2',
    text: 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    line: 'PRI * 2.0',
    anomalies: ['unsupported-version@11'],
    ...{ verdict: 'malformed', stage: 'head' },
  },
  {
    name: 'a minor version to come',
    text: `GET / HTTP/1.2\r\n${HOST}\r\n`,
    line: 'GET / 1.2',
    anomalies: ['unknown-version@11'],
  },
  {
    name: 'a version of two digits',
    text: `GET / HTTP/1.01\r\n${HOST}\r\n`,
    line: 'GET / 1.01',
    anomalies: ['unsupported-version@11'],
    verdict: 'malformed',
  },
  {
    name: 'no request',
    text: 'hello\r\n\r\n',
    line: null,
    anomalies: ['invalid-request-line@0'],
    ...{ verdict: 'malformed', stage: 'head' },
  },
  {
    name: 'a TLS hello',
    text: '\x16\x03\x01\x02\x00\x01',
    line: null,
    anomalies: ['invalid-request-line@0'],
    ...{ verdict: 'malformed', stage: 'head' },
  },
  {
    name: 'a method that is none',
    text: `G"T / HTTP/1.1\r\n${HOST}\r\n`,
    line: null,
    anomalies: ['invalid-request-line@0'],
    ...{ verdict: 'malformed', stage: 'head' },
  },
  {
    name: 'more than one space',
    text: `GET  /  HTTP/1.1\r\n${HOST}\r\n`,
    line: 'GET / 1.1',
    anomalies: ['request-line-whitespace@3'],
  },
  {
    name: 'spaces within the target',
    text: `GET /a b HTTP/1.1\r\n${HOST}\r\n`,
    line: 'GET /a b 1.1',
    anomalies: ['invalid-target@4'],
  },
  {
    name: 'a fragment',
    text: `GET /#a HTTP/1.1\r\n${HOST}\r\n`,
    line: 'GET /#a 1.1',
    anomalies: ['invalid-target@4'],
  },
  {
    name: 'empty lines before it',
    text: `\r\n\nGET / HTTP/1.1\r\n${HOST}\r\n`,
    line: 'GET / 1.1',
    anomalies: ['leading-empty-line@0'],
  },
  {
    name: 'bare LF',
    text: 'GET / HTTP/1.1\nHost: a\n\n',
    line: 'GET / 1.1',
    anomalies: ['bare-lf@14', 'bare-lf@22', 'bare-lf@23'],
  },
  {
    name: 'no Host',
    text: 'GET / HTTP/1.1\r\n\r\n',
    line: 'GET / 1.1',
    anomalies: ['missing-host@0'],
    verdict: 'malformed',
  },
  {
    name: 'two of them',
    text: `GET / HTTP/1.1\r\n${HOST}host: b\r\n\r\n`,
    line: 'GET / 1.1',
    anomalies: ['duplicate-host@25'],
    verdict: 'malformed',
  },
  {
    name: 'a Host that is none',
    text: 'GET / HTTP/1.1\r\nHost: a/b\r\n\r\n',
    line: 'GET / 1.1',
    anomalies: ['invalid-host@16'],
    verdict: 'malformed',
  },
  { name: 'an empty Host', text: 'GET / HTTP/1.1\r\nHost:\r\n\r\n', line: 'GET / 1.1' },
  { name: 'a length', text: post('Content-Length: 3\r\n', 'abc'), line: POST, body: 'abc' },
  { name: 'a length between tabs', text: post('Content-Length:\t3\t\r\n', 'abc'), line: POST, body: 'abc' },
  {
    name: 'a length said twice',
    text: post('Content-Length: 3\r\nContent-Length: 3\r\n', 'abc'),
    line: POST,
    body: 'abc',
    anomalies: ['repeated-content-length@46'],
  },
  {
    name: 'lengths that differ',
    text: post('Content-Length: 3\r\nContent-Length: 4\r\n', 'abc'),
    line: POST,
    anomalies: ['differing-content-length@46'],
    ...{ verdict: 'malformed', stage: 'body' },
  },
  {
    name: 'a length that is none',
    text: post('Content-Length: 0x3\r\n', 'abc'),
    line: POST,
    anomalies: [`invalid-content-length@${FIRST}`],
    ...{ verdict: 'malformed', stage: 'body' },
  },
  {
    name: 'a body that is cut off',
    text: post('Content-Length: 9\r\n', 'abc'),
    line: POST,
    body: 'abc',
    anomalies: ['truncated-body@51'],
    ...{ verdict: 'incomplete', stage: 'body' },
  },
  {
    name: 'a head that is cut off',
    text: `GET /a HTTP/1.1\r\n${HOST}X-Cut: y`,
    line: 'GET /a 1.1',
    anomalies: ['truncated-head@34'],
    ...{ verdict: 'incomplete', stage: 'head' },
  },
  {
    name: 'a line that is cut off',
    text: 'GET /a HT',
    line: null,
    anomalies: ['truncated-head@9'],
    ...{ verdict: 'incomplete', stage: 'head' },
  },
  {
    name: 'chunks and trailers',
    text: post('Transfer-Encoding: chunked\r\n', '3;a=b\r\nabc\r\n2\r\nde\r\n0\r\nT: t\r\n\r\n'),
    line: POST,
    body: 'abcde',
    trailers: [['T', 't']],
  },
  {
    name: 'trailers that are cut off',
    text: post('Transfer-Encoding: chunked\r\n', '0\r\nT: t\r\n'),
    line: POST,
    anomalies: ['truncated-trailers@66'],
    ...{ verdict: 'incomplete', stage: 'trailers' },
  },
  {
    name: 'chunks that are none',
    text: post('Transfer-Encoding: chunked\r\n', 'zz\r\n'),
    line: POST,
    anomalies: ['invalid-chunk-size@57'],
    ...{ verdict: 'malformed', stage: 'body' },
  },
  {
    name: 'a coding that is not chunked',
    text: post('Transfer-Encoding: gzip\r\n', 'abc'),
    line: POST,
    anomalies: [`final-coding-not-chunked@${FIRST}`],
    ...{ verdict: 'malformed', stage: 'body' },
  },
  {
    name: 'a coding behind chunked',
    text: post('Transfer-Encoding: chunked, gzip\r\n', 'abc'),
    line: POST,
    anomalies: [`chunked-not-final@${FIRST}`],
    ...{ verdict: 'malformed', stage: 'body' },
  },
  {
    name: 'chunks and a length',
    text: post('Content-Length: 3\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n'),
    line: POST,
    anomalies: [`transfer-encoding-and-content-length@${FIRST}`],
  },
  {
    name: 'chunks in HTTP/1.0',
    text: 'POST /p HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    line: 'POST /p 1.0',
    anomalies: ['transfer-encoding-in-http-10@18'],
  },
  {
    name: 'obs-fold',
    text: `GET / HTTP/1.1\r\n${HOST}X: a\r\n b\r\n\r\n`,
    line: 'GET / 1.1',
    anomalies: ['obs-fold@31'],
  },
  {
    name: 'a space before the colon',
    text: 'GET / HTTP/1.1\r\nHost : a\r\n\r\n',
    line: 'GET / 1.1',
    anomalies: ['space-before-colon@20'],
    verdict: 'malformed',
  },
  {
    name: 'an expectation',
    text: post('Expect: 100-Continue\r\nContent-Length: 2\r\n', 'ok'),
    line: POST,
    body: 'ok',
  },
  {
    name: 'an expectation that nobody knows',
    text: post('Expect: foo\r\n', ''),
    line: POST,
    anomalies: [`unknown-expectation@${FIRST}`],
  },
]
