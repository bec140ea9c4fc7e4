import {
  encodeEnvelopeId,
  encodeNotify,
  encodeReturn,
  MECHANISMS,
  parseHeloName,
  parseMechanism,
  QUIT_AFTER,
} from '../../../protocol/smtp/index.js'
import type { ArgumentsOf } from '../../args/arguments.js'
import type { Flags } from '../../args/flag.js'
import { NETWORK_FLAGS } from '../../args/flags/network.js'
import { TLS_FLAGS } from '../../args/flags/tls.js'
import {
  checked,
  readAttachment,
  readExpectation,
  readMailHeader,
  readRecipient,
  readSender,
  readSubject,
} from './values.js'

const WHERE = 'Where to'
const SECURITY = 'TLS and login'
const MESSAGE = 'The mail'
const DIALOGUE = 'The dialogue'
const WHOLE = { data: 'that message is whole' } as const

export const SMTP_SEND_FLAGS = {
  server: {
    kind: 'text',
    alias: 's',
    metavar: 'HOST[:PORT]',
    describe: 'mail server, or unix:PATH (port 25; with --tls 465, with --lmtp 24)',
    group: WHERE,
  },
  mx: {
    kind: 'switch',
    excludes: { server: 'choose one', lmtp: 'LMTP is for a known server' },
    describe: "the mail servers of the recipients' domain, in order",
    group: WHERE,
  },
  'dns-server': {
    kind: 'texts',
    goesWith: ['mx'],
    metavar: 'ADDR[:port],...',
    describe: 'with --mx: name servers to ask, as resolve --server has them',
    group: WHERE,
  },
  lmtp: { kind: 'switch', option: true, describe: 'LMTP (RFC 2033): one answer for each recipient', group: WHERE },
  helo: {
    kind: 'text',
    parse: parseHeloName,
    option: true,
    metavar: 'NAME',
    describe: "what to call ourselves (this machine's name)",
    group: WHERE,
  },

  tls: {
    kind: 'switch',
    excludes: { starttls: 'TLS begins once' },
    describe: 'TLS from the first byte on',
    group: SECURITY,
  },
  starttls: {
    kind: 'choice',
    choices: ['auto', 'always', 'never'],
    default: 'auto',
    metavar: 'WHEN',
    describe: 'auto: where offered; always: not without; never',
    group: SECURITY,
  },
  auth: {
    kind: 'text',
    metavar: 'USER',
    describe: 'log in; the password is asked for, or comes from one of the next two',
    group: SECURITY,
  },
  'password-env': {
    kind: 'text',
    excludes: { 'password-file': '' },
    goesWith: ['auth'],
    metavar: 'VAR',
    describe: 'environment variable with it',
    group: SECURITY,
  },
  'password-file': {
    kind: 'file',
    goesWith: ['auth'],
    metavar: 'FILE',
    describe: 'file whose first line it is',
    group: SECURITY,
  },
  'auth-mechanism': {
    kind: 'text',
    parse: parseMechanism,
    goesWith: ['auth'],
    metavar: 'NAME',
    describe: `the one to use: ${MECHANISMS.join(', ')}; the last two take a token as password (the strongest offered)`,
    group: SECURITY,
  },
  'auth-insecure': { kind: 'switch', goesWith: ['auth'], describe: 'log in without TLS too', group: SECURITY },

  from: {
    kind: 'text',
    parse: readSender,
    alias: 'f',
    metavar: 'ADDR',
    describe: 'sender: a@b.c or "Name <a@b.c>"; <> is the null sender',
    group: MESSAGE,
  },
  to: {
    kind: 'texts',
    parse: readRecipient,
    alias: 't',
    metavar: 'ADDR',
    describe: 'recipient; again for more',
    group: MESSAGE,
  },
  cc: { kind: 'texts', parse: readRecipient, metavar: 'ADDR', describe: 'recipient of a copy', group: MESSAGE },
  bcc: {
    kind: 'texts',
    parse: readRecipient,
    metavar: 'ADDR',
    describe: 'recipient whom the header does not name',
    group: MESSAGE,
  },
  subject: { kind: 'text', parse: readSubject, excludes: WHOLE, metavar: 'TEXT', describe: 'subject', group: MESSAGE },
  body: {
    kind: 'text',
    excludes: WHOLE,
    alias: 'b',
    metavar: 'TEXT|@FILE|-',
    describe: 'text; - is stdin',
    group: MESSAGE,
  },
  html: { kind: 'text', excludes: WHOLE, metavar: 'TEXT|@FILE', describe: 'the same as HTML', group: MESSAGE },
  attach: {
    kind: 'texts',
    parse: readAttachment,
    excludes: WHOLE,
    metavar: 'FILE[;type=T/S]',
    describe: 'attachment; its type goes by the extension',
    group: MESSAGE,
  },
  header: {
    kind: 'texts',
    parse: readMailHeader,
    excludes: WHOLE,
    alias: 'H',
    metavar: '"NAME: TEXT"',
    describe: 'header field, or another value for one',
    group: MESSAGE,
  },
  data: {
    kind: 'text',
    metavar: 'FILE|-',
    describe: 'a whole message, sent as it is but for CRLF at line ends',
    group: MESSAGE,
  },

  'quit-after': {
    kind: 'choice',
    choices: QUIT_AFTER,
    option: true,
    metavar: 'STAGE',
    describe: `stop there, and send no mail: ${QUIT_AFTER.join(', ')}`,
    group: DIALOGUE,
  },
  'expect-reply': {
    kind: 'texts',
    parse: readExpectation,
    option: true,
    metavar: 'STAGE=CODE',
    describe: 'exit 1 unless the replies there bear it: rcpt=550, mail=5xx, rcpt=5.1.1',
    group: DIALOGUE,
  },
  repeat: {
    kind: 'integer',
    min: 1,
    max: 1_000_000,
    default: '1',
    option: true,
    excludes: { 'quit-after': '' },
    metavar: 'N',
    describe: 'send it N times on one connection',
    group: DIALOGUE,
  },
  'dsn-notify': {
    kind: 'text',
    parse: checked(encodeNotify),
    metavar: 'LIST',
    describe: 'report on success,failure,delay or never',
    group: DIALOGUE,
  },
  'dsn-return': {
    kind: 'text',
    parse: checked(encodeReturn),
    metavar: 'WHAT',
    describe: 'reports bring back full or hdrs',
    group: DIALOGUE,
  },
  'envelope-id': {
    kind: 'text',
    parse: checked(encodeEnvelopeId),
    metavar: 'ID',
    describe: 'reports name this',
    group: DIALOGUE,
  },
  'no-pipelining': { kind: 'switch', describe: 'one command at a time', group: DIALOGUE },
  ...NETWORK_FLAGS,
  timeout: {
    kind: 'duration',
    alias: 'w',
    metavar: 'D',
    describe:
      'for reaching the server (5s), and for each reply (RFC 5321: 5m; DATA, the message and QUIT in proportion)',
    group: 'Everywhere',
  },
  ...TLS_FLAGS,
} as const satisfies Flags

export type SmtpSendArguments = ArgumentsOf<typeof SMTP_SEND_FLAGS>
