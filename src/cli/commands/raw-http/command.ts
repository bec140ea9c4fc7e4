import { rawHttpEvents, rawHttpResult } from '../../../operations/raw-http/events.js'
import { rawHttp as operation, type RawHttpEvent, type RawHttpSummary } from '../../../operations/raw-http/index.js'
import { CONVERSATION_FLAGS, REACH_FLAGS, TLS_FLAGS } from '../../args/flags.js'
import type { Command } from '../../command.js'
import { type RawHttpCommandOptions, rawHttpOptions } from './options.js'
import { rawHttpView } from './view.js'

const REQUEST = 'Request'
const RESPONSE = 'Response'
const CHECK = 'Health check'

export const rawHttp: Command<RawHttpCommandOptions, RawHttpEvent, RawHttpSummary> = {
  name: 'raw-http',
  summary: 'HTTP/1 requests as given, responses as they came, every deviation, and the times',
  positionals: [
    { name: 'target', describe: 'host, host:port, http://..., https://... or unix:PATH', required: true },
    { name: 'path', describe: 'the request target, sent as given (/)', required: false },
  ],
  flags: {
    method: { kind: 'value', alias: 'X', metavar: 'NAME', describe: 'GET, or POST with --data', group: REQUEST },
    header: {
      kind: 'values',
      alias: 'H',
      metavar: 'LINE',
      describe: "'Name: value' in UTF-8, as given; 'Name:' leaves a default out, 'Name;' sends it empty",
      group: REQUEST,
    },
    data: { kind: 'data', alias: 'd', metavar: 'TEXT|@FILE|-', describe: 'the body', group: REQUEST },
    chunked: { kind: 'switch', describe: 'send the body in chunks', group: REQUEST },
    http: { kind: 'value', metavar: 'VERSION', describe: '1.0 or 1.1 (1.1)', group: REQUEST },
    'no-default-headers': {
      kind: 'switch',
      describe: 'send no Host, User-Agent, Accept and Connection of our own',
      group: REQUEST,
    },
    request: {
      kind: 'file',
      metavar: 'FILE',
      describe: 'send exactly the bytes in it, HTTP or not, UTF-8 or not; - is stdin',
      group: REQUEST,
    },
    'print-request': { kind: 'switch', describe: 'show what would be sent, and send nothing', group: REQUEST },
    repeat: {
      kind: 'value',
      metavar: 'N',
      describe: 'N requests, on one connection as long as the peer keeps it; sums up times',
      group: REQUEST,
    },
    'connect-to': {
      kind: 'value',
      metavar: 'ADDR:PORT',
      describe: 'connect there (or unix:PATH), and ask for the target all the same',
      group: REQUEST,
    },
    tls: { kind: 'switch', describe: 'speak TLS; https:// does so by itself', group: 'TLS' },
    head: { kind: 'switch', describe: 'the head alone', group: RESPONSE },
    body: { kind: 'switch', describe: 'the body alone', group: RESPONSE },
    bytes: { kind: 'switch', describe: 'the wire as it came, undecoded', group: RESPONSE },
    hex: { kind: 'switch', describe: 'a hexdump of the wire, or of --head or --body', group: RESPONSE },
    output: {
      kind: 'value',
      alias: 'o',
      metavar: 'FILE',
      describe: 'write the body there (with --bytes the wire)',
      group: RESPONSE,
    },
    'max-body': { kind: 'value', metavar: 'SIZE', describe: 'stop a body that is larger, exit 1', group: RESPONSE },
    decompress: { kind: 'switch', describe: 'undo gzip, deflate and br, and zstd from Node 22.15 on', group: RESPONSE },
    strict: {
      kind: 'switch',
      describe: 'any deviation from the RFCs is exit 7; notes, which -v shows, are none',
      group: CHECK,
    },
    fail: { kind: 'switch', describe: 'exit 1 for 4xx and 5xx', group: CHECK },
    'expect-status': { kind: 'value', metavar: 'LIST', describe: 'exit 1 unless it is 200,3xx,...', group: CHECK },
    'expect-header': {
      kind: 'values',
      metavar: 'LINE',
      describe: "exit 1 without 'Name', 'Name: value' or 'Name: /pattern/'",
      group: CHECK,
    },
    'expect-body': { kind: 'value', metavar: 'REGEX', describe: 'exit 1 unless it is in the body', group: CHECK },
    'expect-under': {
      kind: 'values',
      metavar: 'D',
      describe: 'exit 1 unless it took less; wait=200ms for one phase',
      group: CHECK,
    },
    ...REACH_FLAGS,
    ...CONVERSATION_FLAGS,
    ...TLS_FLAGS,
  },
  examples: [
    ['netkit raw-http localhost:8080 /', 'the response as it came; on a terminal also where the time went'],
    ['netkit raw-http https://localhost:8443/a -H "Accept: text/html" --insecure', 'over TLS, with a header more'],
    ["printf 'hi\\r\\n' | netkit raw-http localhost --request -", 'these four bytes and no others'],
    ['netkit raw-http localhost /health --expect-status 200 --expect-under 300ms', 'a health check'],
  ],
  events: rawHttpEvents,
  result: rawHttpResult,
  toOptions: rawHttpOptions,
  run: operation,
  keepsEvent: ({ type }, { show }) => !(type === 'body' && show === 'head'),
  view: rawHttpView,
}
