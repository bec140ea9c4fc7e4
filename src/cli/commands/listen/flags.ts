import type { ArgumentsOf } from '../../args/arguments.js'
import type { Flags } from '../../args/flag.js'
import { CONVERSATION_FLAGS } from '../../args/flags/network.js'
import type { Positional } from '../../command.js'
import { SMTP_FLAGS } from './smtp-flags.js'
import { readAnswerHeader, readFault } from './values.js'

const ANSWERS = 'What it answers'
const WHO = 'Who may come, and for how long'
const WHERE = 'Where it listens'

const MODE = 'mode'
const NEEDS_STREAM = { udp: 'it needs a stream' } as const
const MAX_COUNT = 1_000_000_000

export const LISTEN_WORDS = [
  { name: 'port', describe: '8080, 0 for a free one, ADDRESS:PORT, or unix:PATH', required: true },
] as const satisfies readonly Positional[]

export const LISTEN_FLAGS = {
  echo: { kind: 'switch', oneOf: MODE, describe: 'send back what comes', group: ANSWERS },
  reply: {
    kind: 'data',
    escapes: true,
    oneOf: MODE,
    metavar: 'TEXT|@FILE',
    describe: 'send this to each peer (\\n, \\x00), then end',
    group: ANSWERS,
  },
  chat: { kind: 'switch', oneOf: MODE, describe: 'all peers and this terminal in one room', group: ANSWERS },
  discard: { kind: 'switch', oneOf: MODE, describe: 'read and drop, and tell how fast', group: ANSWERS },
  http: {
    kind: 'switch',
    excludes: NEEDS_STREAM,
    oneOf: MODE,
    describe: 'show each HTTP request in full, and answer it',
    group: ANSWERS,
  },
  status: {
    kind: 'integer',
    min: 200,
    max: 999,
    default: '200',
    goesWith: ['http'],
    metavar: 'N',
    describe: 'with --http: status code',
    group: ANSWERS,
  },
  header: {
    kind: 'texts',
    parse: readAnswerHeader,
    goesWith: ['http'],
    metavar: "'N: V'",
    describe: 'with --http: a field of the answer, repeatable',
    group: ANSWERS,
  },
  body: {
    kind: 'data',
    escapes: true,
    goesWith: ['http'],
    metavar: 'TEXT|@FILE',
    describe: 'with --http: body of the answer',
    group: ANSWERS,
  },
  delay: {
    kind: 'text',
    goesWith: ['http', 'smtp'],
    metavar: 'D',
    describe: 'with --http, --smtp: wait before each answer; mail=1s,message=5s at those stages',
    group: ANSWERS,
  },
  serve: {
    kind: 'text',
    excludes: NEEDS_STREAM,
    oneOf: MODE,
    metavar: 'DIR',
    describe: 'static files over HTTP',
    group: ANSWERS,
  },
  dotfiles: {
    kind: 'switch',
    goesWith: ['serve'],
    describe: 'with --serve: names that begin with a dot too',
    group: ANSWERS,
  },
  smtp: {
    kind: 'switch',
    excludes: NEEDS_STREAM,
    oneOf: MODE,
    describe: 'take mails and show them; deliver nothing',
    group: ANSWERS,
  },
  exec: {
    kind: 'text',
    excludes: NEEDS_STREAM,
    oneOf: MODE,
    alias: 'e',
    metavar: 'COMMAND',
    describe: 'run this for each peer, its input and output',
    group: ANSWERS,
  },
  shell: { kind: 'switch', goesWith: ['exec'], describe: 'with --exec: let a shell read COMMAND', group: ANSWERS },
  replay: {
    kind: 'file',
    oneOf: MODE,
    metavar: 'FILE',
    describe: 'play back what connect --record wrote',
    group: ANSWERS,
  },
  fault: {
    kind: 'text',
    parse: readFault,
    option: true,
    excludes: NEEDS_STREAM,
    metavar: 'FAULT',
    describe: 'misbehave: reset, close or stall (@N: after N bytes), slow:RATE, garbage@N',
    group: ANSWERS,
  },
  ...SMTP_FLAGS,
  host: {
    kind: 'text',
    metavar: 'ADDR',
    describe: 'address to bind (127.0.0.1); 0.0.0.0 or :: opens it to others',
    group: WHERE,
  },
  udp: { kind: 'switch', alias: 'u', describe: 'datagrams; each sender is a peer', group: WHERE },
  tls: {
    kind: 'switch',
    excludes: { ...NEEDS_STREAM, starttls: '' },
    describe: 'TLS, with a self-signed certificate unless one is given',
    group: WHERE,
  },
  cert: {
    kind: 'file',
    goesWith: ['tls', 'starttls'],
    metavar: 'FILE',
    describe: 'with --tls: certificate chain, PEM',
    group: WHERE,
  },
  key: {
    kind: 'file',
    goesWith: ['tls', 'starttls'],
    metavar: 'FILE',
    describe: 'with --tls: its private key, PEM',
    group: WHERE,
  },
  alpn: {
    kind: 'text',
    goesWith: ['tls'],
    metavar: 'LIST',
    describe: 'with --tls: protocols to agree on',
    group: WHERE,
  },
  'dual-stack': { kind: 'switch', describe: 'with --host ::, IPv4 too on the one socket', group: WHERE },
  'ipv6-only': { kind: 'switch', describe: 'with an IPv6 --host, no IPv4', group: WHERE },
  'reuse-port': { kind: 'switch', describe: 'share the port with others that do (SO_REUSEPORT)', group: WHERE },
  backlog: {
    kind: 'integer',
    min: 1,
    max: 65_535,
    excludes: NEEDS_STREAM,
    metavar: 'N',
    describe: 'queue of connections not yet accepted (511)',
    group: WHERE,
  },
  force: { kind: 'switch', describe: 'with unix:PATH, remove a stale socket', group: WHERE },
  once: {
    kind: 'switch',
    excludes: { count: '--once is --count 1' },
    describe: 'end with the first conversation (over UDP: datagram); its failure is ours',
    group: WHO,
  },
  count: {
    kind: 'integer',
    min: 1,
    max: MAX_COUNT,
    alias: 'c',
    metavar: 'N',
    describe: 'end after N conversations, over UDP datagrams',
    group: WHO,
  },
  'max-connections': {
    kind: 'integer',
    min: 1,
    max: MAX_COUNT,
    metavar: 'N',
    describe: 'at most N at once',
    group: WHO,
  },
  allow: {
    kind: 'texts',
    metavar: 'LIST',
    describe: 'only these may connect: addresses, CIDR blocks, ranges',
    group: WHO,
  },
  deny: {
    kind: 'texts',
    metavar: 'LIST',
    describe: 'these may not; they are reset before a byte is read',
    group: WHO,
  },
  hex: { kind: 'switch', option: true, alias: 'x', describe: 'show bytes as hexdump -C does' },
  raw: { kind: 'switch', option: true, describe: 'bytes as they come, on a terminal too' },
  ...CONVERSATION_FLAGS,
} as const satisfies Flags

export type ListenArguments = ArgumentsOf<typeof LISTEN_FLAGS, typeof LISTEN_WORDS>
