import { HALF_CLOSES, STARTTLS_PROTOCOLS } from '../../../operations/connect/index.js'
import type { ArgumentsOf } from '../../args/arguments.js'
import type { Flags } from '../../args/flag.js'
import { CONVERSATION_FLAGS, NETWORK_FLAGS } from '../../args/flags/network.js'
import { TLS_FLAGS } from '../../args/flags/tls.js'
import { readInteger } from '../../args/read-value.js'
import type { Positional } from '../../command.js'

const MODE = 'mode'
const SESSION = 'Session'
const MAX_COUNT = 1_000_000_000

export const CONNECT_WORDS = [
  {
    name: 'endpoint',
    describe:
      'host port, or host:port, [v6]:port, tcp://, tls://, udp://host:port, unix:PATH; several with -z or --wait',
    required: true,
    variadic: true,
  },
] as const satisfies readonly Positional[]

/** Only a conversation has a use for these. */
export const SESSION_FLAGS = {
  send: {
    kind: 'texts',
    metavar: 'TEXT',
    describe: 'say TEXT, with \\r \\n \\t \\0 \\e \\xHH \\\\, instead of stdin, and read on',
    group: SESSION,
  },
  expect: {
    kind: 'texts',
    metavar: 'REGEX',
    describe: 'wait up to --timeout for REGEX, or exit 1; taken in turn with --send, as given',
    group: SESSION,
  },
  'half-close': {
    kind: 'choice',
    choices: HALF_CLOSES,
    metavar: 'WHEN',
    describe:
      'say that we are done (FIN) at the end of the input: always, never before the peer does, or auto: when it has answered',
    group: SESSION,
    excludes: { udp: 'which has no end to say' },
  },
  linger: {
    kind: 'duration',
    orZero: true,
    metavar: 'D',
    describe: 'how long auto waits for an answer to begin (2s; for that of an HTTP request, until it comes)',
    group: SESSION,
    excludes: { udp: 'which has no end to say' },
  },
  'send-only': {
    kind: 'switch',
    describe: 'drop what comes; over UDP, wait for no answer',
    group: SESSION,
    oneOf: 'direction',
    excludes: { expect: 'which looks at what comes', output: 'which keeps what comes' },
  },
  'recv-only': {
    kind: 'switch',
    describe: 'send nothing, read no input',
    group: SESSION,
    oneOf: 'direction',
    excludes: { send: 'which sends', udp: 'where nobody knows of us before we send' },
  },
  crlf: { kind: 'switch', alias: 'C', describe: 'send LF as CRLF; CRLF stays', group: SESSION },
  hex: {
    kind: 'switch',
    alias: 'x',
    describe: 'show both directions as hexdump -C does',
    group: SESSION,
    excludes: { raw: '' },
  },
  raw: { kind: 'switch', describe: 'bytes as they are, on a terminal too', group: SESSION },
  output: { kind: 'text', alias: 'o', metavar: 'FILE', describe: 'what comes goes to FILE', group: SESSION },
  record: {
    kind: 'text',
    metavar: 'FILE',
    describe: 'both directions as JSON Lines, which listen --replay plays back',
    group: SESSION,
  },
  udp: { kind: 'switch', alias: 'u', describe: 'datagrams: one for each line or piece of stdin', group: SESSION },
  tls: { kind: 'switch', describe: 'speak TLS', group: SESSION },
  starttls: {
    kind: 'choice',
    choices: STARTTLS_PROTOCOLS,
    metavar: 'PROTO',
    describe: `begin in the clear, then TLS: ${STARTTLS_PROTOCOLS.join(', ')}`,
    group: SESSION,
  },
  proxy: {
    kind: 'text',
    metavar: 'URL',
    describe: 'socks5://[user@]host[:port] or http://[user@]host:port, which resolves names itself',
    group: SESSION,
  },
  'proxy-password-env': {
    kind: 'text',
    goesWith: ['proxy'],
    metavar: 'NAME',
    describe: "environment variable with the proxy user's password",
    group: SESSION,
  },
} as const satisfies Flags

export const CONNECT_FLAGS = {
  probe: { kind: 'switch', oneOf: MODE, alias: 'z', describe: 'one attempt for each address, then close' },
  count: {
    kind: 'text',
    parse: readCount,
    oneOf: MODE,
    alias: 'c',
    metavar: 'N',
    describe: 'connect N times, or inf; sums up loss and times',
  },
  interval: {
    kind: 'duration',
    orZero: true,
    default: '1s',
    goesWith: ['count'],
    alias: 'i',
    metavar: 'D',
    describe: 'with --count: from one try to the next',
  },
  wait: {
    kind: 'duration',
    oneOf: MODE,
    metavar: 'D',
    describe: 'try until all can be reached; exit 4 when D is over',
  },
  ...SESSION_FLAGS,
  ...TLS_FLAGS,
  ...NETWORK_FLAGS,
  ...CONVERSATION_FLAGS,
} as const satisfies Flags

export type ConnectArguments = ArgumentsOf<typeof CONNECT_FLAGS, typeof CONNECT_WORDS>

/** A number of tries, or no end of them. */
function readCount(text: string, argument: string): number {
  return text === 'inf' ? Number.POSITIVE_INFINITY : readInteger(text, argument, { min: 1, max: MAX_COUNT })
}
