import { MECHANISMS, QUIT_AFTER } from '../../../protocol/smtp/index.js'
import { type Flags, REACH_FLAGS, TLS_FLAGS } from '../../args/flags/shared.js'

const WHERE = 'Where to'
const SECURITY = 'TLS and login'
const MESSAGE = 'The mail'
const DIALOGUE = 'The dialogue'

export const SMTP_SEND_FLAGS: Flags = {
  server: {
    kind: 'value',
    alias: 's',
    metavar: 'HOST[:PORT]',
    describe: 'mail server, or unix:PATH (port 25; with --tls 465, with --lmtp 24)',
    group: WHERE,
  },
  mx: { kind: 'switch', describe: "the mail servers of the recipients' domain, in order", group: WHERE },
  'dns-server': {
    kind: 'values',
    metavar: 'ADDR[:port],...',
    describe: 'with --mx: name servers to ask, as resolve --server has them',
    group: WHERE,
  },
  lmtp: { kind: 'switch', describe: 'LMTP (RFC 2033): one answer for each recipient', group: WHERE },
  helo: { kind: 'value', metavar: 'NAME', describe: "what to call ourselves (this machine's name)", group: WHERE },

  tls: { kind: 'switch', describe: 'TLS from the first byte on', group: SECURITY },
  starttls: {
    kind: 'value',
    metavar: 'WHEN',
    describe: 'auto: where offered; always: not without; never (auto)',
    group: SECURITY,
  },
  auth: {
    kind: 'value',
    metavar: 'USER',
    describe: 'log in; the password is asked for, or comes from one of the next two',
    group: SECURITY,
  },
  'password-env': { kind: 'value', metavar: 'VAR', describe: 'environment variable with it', group: SECURITY },
  'password-file': { kind: 'file', metavar: 'FILE', describe: 'file whose first line it is', group: SECURITY },
  'auth-mechanism': {
    kind: 'value',
    metavar: 'NAME',
    describe: `the one to use: ${MECHANISMS.join(', ')}; the last two take a token as password (the strongest offered)`,
    group: SECURITY,
  },
  'auth-insecure': { kind: 'switch', describe: 'log in without TLS too', group: SECURITY },

  from: {
    kind: 'value',
    alias: 'f',
    metavar: 'ADDR',
    describe: 'sender: a@b.c or "Name <a@b.c>"; <> is the null sender',
    group: MESSAGE,
  },
  to: { kind: 'values', alias: 't', metavar: 'ADDR', describe: 'recipient; again for more', group: MESSAGE },
  cc: { kind: 'values', metavar: 'ADDR', describe: 'recipient of a copy', group: MESSAGE },
  bcc: { kind: 'values', metavar: 'ADDR', describe: 'recipient whom the header does not name', group: MESSAGE },
  subject: { kind: 'value', metavar: 'TEXT', describe: 'subject', group: MESSAGE },
  body: { kind: 'value', alias: 'b', metavar: 'TEXT|@FILE|-', describe: 'text; - is stdin', group: MESSAGE },
  html: { kind: 'value', metavar: 'TEXT|@FILE', describe: 'the same as HTML', group: MESSAGE },
  attach: {
    kind: 'values',
    metavar: 'FILE[;type=T/S]',
    describe: 'attachment; its type goes by the extension',
    group: MESSAGE,
  },
  header: {
    kind: 'values',
    alias: 'H',
    metavar: '"NAME: TEXT"',
    describe: 'header field, or another value for one',
    group: MESSAGE,
  },
  data: {
    kind: 'value',
    metavar: 'FILE|-',
    describe: 'a whole message, sent as it is but for CRLF at line ends',
    group: MESSAGE,
  },

  'quit-after': {
    kind: 'value',
    metavar: 'STAGE',
    describe: `stop there, and send no mail: ${QUIT_AFTER.join(', ')}`,
    group: DIALOGUE,
  },
  'expect-reply': {
    kind: 'values',
    metavar: 'STAGE=CODE',
    describe: 'exit 1 unless the replies there bear it: rcpt=550, mail=5xx, rcpt=5.1.1',
    group: DIALOGUE,
  },
  repeat: { kind: 'value', metavar: 'N', describe: 'send it N times on one connection', group: DIALOGUE },
  'dsn-notify': {
    kind: 'value',
    metavar: 'LIST',
    describe: 'report on success,failure,delay or never',
    group: DIALOGUE,
  },
  'dsn-return': { kind: 'value', metavar: 'WHAT', describe: 'reports bring back full or hdrs', group: DIALOGUE },
  'envelope-id': { kind: 'value', metavar: 'ID', describe: 'reports name this', group: DIALOGUE },
  'no-pipelining': { kind: 'switch', describe: 'one command at a time', group: DIALOGUE },
  ...REACH_FLAGS,
  timeout: {
    kind: 'value',
    alias: 'w',
    metavar: 'D',
    describe:
      'for reaching the server (5s), and for each reply (RFC 5321: 5m; DATA, the message and QUIT in proportion)',
    group: 'Everywhere',
  },
  ...TLS_FLAGS,
}
