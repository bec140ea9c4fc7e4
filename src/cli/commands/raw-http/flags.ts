import type { ArgumentsOf } from '../../args/arguments.js'
import type { Flags } from '../../args/flag.js'
import { CONVERSATION_FLAGS, NETWORK_FLAGS } from '../../args/flags/network.js'
import { TLS_FLAGS } from '../../args/flags/tls.js'
import type { Positional } from '../../command.js'
import {
  readBodyPattern,
  readExpectedHeader,
  readMethod,
  readRequestHeader,
  readStatuses,
  readUnder,
} from './values.js'

const REQUEST = 'Request'
const RESPONSE = 'Response'
const CHECK = 'Health check'
/** Of the message, one part is shown. */
const PART = 'part'
const WHOLE = { request: 'its bytes are sent and no others' } as const

export const RAW_HTTP_WORDS = [
  { name: 'target', describe: 'host, host:port, http://..., https://... or unix:PATH', required: true },
  { name: 'path', describe: 'the request target, sent as given (/)', required: false },
] as const satisfies readonly Positional[]

export const RAW_HTTP_FLAGS = {
  method: {
    kind: 'text',
    parse: readMethod,
    alias: 'X',
    metavar: 'NAME',
    describe: 'GET, or POST with --data',
    group: REQUEST,
    excludes: WHOLE,
  },
  header: {
    kind: 'texts',
    parse: readRequestHeader,
    alias: 'H',
    metavar: 'LINE',
    describe: "'Name: value' in UTF-8, as given; 'Name:' leaves a default out, 'Name;' sends it empty",
    group: REQUEST,
    excludes: WHOLE,
  },
  data: {
    kind: 'data',
    alias: 'd',
    metavar: 'TEXT|@FILE|-',
    describe: 'the body',
    group: REQUEST,
    excludes: WHOLE,
  },
  chunked: {
    kind: 'switch',
    describe: 'send the body in chunks',
    group: REQUEST,
    excludes: WHOLE,
    goesWith: ['data'],
  },
  http: {
    kind: 'choice',
    choices: ['1.0', '1.1'],
    default: '1.1',
    metavar: 'VERSION',
    describe: '1.0 or 1.1',
    group: REQUEST,
    excludes: WHOLE,
  },
  'no-default-headers': {
    kind: 'switch',
    describe: 'send no Host, User-Agent, Accept and Connection of our own',
    group: REQUEST,
    excludes: WHOLE,
  },
  request: {
    kind: 'file',
    binary: true,
    metavar: 'FILE',
    describe: 'send exactly the bytes in it, HTTP or not, UTF-8 or not; - is stdin',
    group: REQUEST,
  },
  'print-request': { kind: 'switch', describe: 'show what would be sent, and send nothing', group: REQUEST },
  repeat: {
    kind: 'integer',
    min: 1,
    max: 1_000_000_000,
    metavar: 'N',
    describe: 'N requests, on one connection as long as the peer keeps it; sums up times',
    group: REQUEST,
    idleBeside: { 'print-request': 'nothing is sent, so there is nothing to repeat' },
  },
  'connect-to': {
    kind: 'text',
    metavar: 'ADDR:PORT',
    describe: 'connect there (or unix:PATH), and ask for the target all the same',
    group: REQUEST,
  },
  tls: { kind: 'switch', describe: 'speak TLS; https:// does so by itself', group: 'TLS' },
  head: { kind: 'switch', oneOf: PART, describe: 'the head alone', group: RESPONSE },
  body: { kind: 'switch', oneOf: PART, describe: 'the body alone', group: RESPONSE },
  bytes: { kind: 'switch', oneOf: PART, describe: 'the wire as it came, undecoded', group: RESPONSE },
  hex: {
    kind: 'switch',
    describe: 'a hexdump of the wire, or of --head or --body',
    group: RESPONSE,
    excludes: { output: '' },
  },
  output: {
    kind: 'text',
    option: true,
    alias: 'o',
    metavar: 'FILE',
    describe: 'write the body there (with --bytes the wire)',
    group: RESPONSE,
  },
  'max-body': {
    kind: 'size',
    option: true,
    metavar: 'SIZE',
    describe: 'stop a body that is larger, exit 1',
    group: RESPONSE,
  },
  decompress: {
    kind: 'switch',
    option: true,
    describe: 'undo gzip, deflate and br, and zstd from Node 22.15 on',
    group: RESPONSE,
  },
  strict: {
    kind: 'switch',
    option: true,
    describe: 'any deviation from the RFCs is exit 7; notes, which -v shows, are none',
    group: CHECK,
  },
  fail: { kind: 'switch', describe: 'exit 1 for 4xx and 5xx', group: CHECK },
  'expect-status': {
    kind: 'text',
    parse: readStatuses,
    metavar: 'LIST',
    describe: 'exit 1 unless it is 200,3xx,...',
    group: CHECK,
  },
  'expect-header': {
    kind: 'texts',
    parse: readExpectedHeader,
    metavar: 'LINE',
    describe: "exit 1 without 'Name', 'Name: value' or 'Name: /pattern/'",
    group: CHECK,
  },
  'expect-body': {
    kind: 'text',
    parse: readBodyPattern,
    metavar: 'REGEX',
    describe: 'exit 1 unless it is in the body',
    group: CHECK,
  },
  'expect-under': {
    kind: 'texts',
    parse: readUnder,
    metavar: 'D',
    describe: 'exit 1 unless it took less; wait=200ms for one phase',
    group: CHECK,
  },
  ...NETWORK_FLAGS,
  timeout: {
    ...NETWORK_FLAGS.timeout,
    describe: 'how long reaching the peer may take; also the first byte of an answer, which has 30s by itself',
  },
  'idle-timeout': { ...CONVERSATION_FLAGS['idle-timeout'], default: '30s' },
  ...TLS_FLAGS,
  alpn: {
    ...TLS_FLAGS.alpn,
    describe: 'protocols to offer instead of http/1.1, comma separated; of those chosen only HTTP/1 is spoken',
  },
} as const satisfies Flags

export type RawHttpArguments = ArgumentsOf<typeof RAW_HTTP_FLAGS, typeof RAW_HTTP_WORDS>
