import { LENGTH_5, OK, type Row } from './row.js'

const REST = `${LENGTH_5}\r\n\r\nhello`

function line(
  name: string,
  statusLine: string,
  result: Row['result'],
  anomalies: string[],
  status: number | null = 200,
): Row {
  return {
    name: `status line: ${name}`,
    wire: `${statusLine}\r\n${REST}`,
    status,
    headers: [LENGTH_5],
    framing: 'length',
    body: 'hello',
    anomalies,
    result,
  }
}

function notHttp(name: string, wire: string): Row {
  return {
    name: `no status line: ${name}`,
    wire: `§${wire}`,
    status: null,
    framing: 'close',
    body: wire,
    anomalies: ['http-09'],
    result: 'malformed',
  }
}

/** RFC 9112 4, 2.3 and what comes before. */
export const statusLineRows: readonly Row[] = [
  line('empty reason', 'HTTP/1.1 200 ', 'ok', []),
  line('reason with tabs and obs-text', 'HTTP/1.1 200 a\tb \xe9', 'ok', []),
  line('reason that begins with a space', 'HTTP/1.1 200  OK', 'ok', []),
  line('missing space before an absent reason', 'HTTP/1.1 200§', 'deviates', ['missing-reason-space']),
  line('two spaces before the code', 'HTTP/1.1§  200 OK', 'deviates', ['status-line-whitespace']),
  line('tab before the code', 'HTTP/1.1§\t200 OK', 'deviates', ['status-line-whitespace']),
  line('tab after the code', 'HTTP/1.1 200§\tOK', 'deviates', ['status-line-whitespace']),
  line('NUL in the reason', 'HTTP/1.1 200 O§\0K', 'deviates', ['nul-byte']),
  line('escape in the reason', 'HTTP/1.1 200 O§\x1bK', 'deviates', ['control-byte']),
  line('bare CR in the reason', 'HTTP/1.1 200 O§\rK', 'deviates', ['bare-cr']),
  line('HTTP/1.2', 'HTTP/§1.2 200 OK', 'deviates', ['unknown-version']),
  line('HTTP/2.0', 'HTTP/§2.0 200 OK', 'deviates', ['unknown-version']),
  line('HTTP/2', 'HTTP/§2 200 OK', 'deviates', ['unknown-version']),
  line('HTTP/0.9 as a status line', 'HTTP/§0.9 200 OK', 'deviates', ['unknown-version']),
  line('HTTP/1.10', 'HTTP/§1.10 200 OK', 'deviates', ['unknown-version']),
  line('no version', 'HTTP/§ 200 OK', 'deviates', ['unknown-version']),
  line('code 099', 'HTTP/1.1 §099 OK', 'deviates', ['status-out-of-range'], 99),
  line('code 600', 'HTTP/1.1 §600 OK', 'deviates', ['status-out-of-range'], 600),
  line('code 999', 'HTTP/1.1 §999 OK', 'deviates', ['status-out-of-range'], 999),
  line('code of two digits', 'HTTP/1.1 §20 OK', 'malformed', ['invalid-status-code'], null),
  line('code of four digits', 'HTTP/1.1 §2000 OK', 'malformed', ['invalid-status-code'], null),
  line('code of letters', 'HTTP/1.1 §abc OK', 'malformed', ['invalid-status-code'], null),
  line('negative code', 'HTTP/1.1 §-20 OK', 'malformed', ['invalid-status-code'], null),
  line('ICY', '§ICY 200 OK', 'deviates', ['icy']),
  line('empty line before', '§\r\nHTTP/1.1 200 OK', 'deviates', ['leading-empty-line']),
  line('several line ends before', '§\n\r\n\nHTTP/1.1 200 OK', 'deviates', ['leading-empty-line']),
  {
    name: 'status line: bare LF',
    wire: `HTTP/1.1 200 OK§\n${REST}`,
    headers: [LENGTH_5],
    framing: 'length',
    body: 'hello',
    anomalies: ['bare-lf'],
    result: 'deviates',
  },
  {
    name: 'ICY stream',
    wire: '§ICY 200 OK\r\nicy-name:radio\r\n\r\n\xff\xfb',
    headers: ['icy-name: radio'],
    framing: 'close',
    body: '\xff\xfb',
    anomalies: ['icy'],
    result: 'deviates',
  },
  {
    name: 'status line: version only',
    wire: `§HTTP/1.1\r\n${REST}`,
    status: 'no head',
    anomalies: ['invalid-status-line'],
    result: 'malformed',
  },
  {
    name: 'status line: version and a space',
    wire: `§HTTP/1.1 \r\n${REST}`,
    status: 'no head',
    anomalies: ['invalid-status-line'],
    result: 'malformed',
  },
  notHttp('HTTP/0.9', '<html>hello</html>\r\n'),
  notHttp('SSH', 'SSH-2.0-OpenSSH_9.2\r\n'),
  notHttp('lower case', 'http/1.1 200 OK\r\n\r\n'),
  notHttp('space before', ' HTTP/1.1 200 OK\r\n\r\n'),
  notHttp('TLS alert', '\x15\x03\x01\x00\x02\x02\x46'),
  notHttp('close to HTTP', 'HTTPS/1.1 200 OK\r\n\r\n'),
  notHttp('close to ICY', 'ICYX'),
  notHttp('empty lines and then a page', '\r\n\n<html>'),
  { name: 'nothing at all', wire: '§', status: 'no head', anomalies: ['no-response'], result: 'incomplete' },
  {
    name: 'only empty lines',
    wire: '\r\n\r\n§',
    status: 'no head',
    anomalies: ['truncated-head'],
    result: 'incomplete',
  },
  { name: 'half a version', wire: 'HTT§', status: 'no head', anomalies: ['truncated-head'], result: 'incomplete' },
  { name: 'status line alone', wire: `${OK}§`, status: 'no head', anomalies: ['truncated-head'], result: 'incomplete' },
]
