import { listenEvents, listenResult } from '../../../operations/listen/events.js'
import { type ListenEvent, type ListenSummary, listen as operation } from '../../../operations/listen/index.js'
import { CONVERSATION_FLAGS } from '../../args/flags.js'
import type { Command } from '../../command.js'
import { type ListenCommandOptions, readListenOptions } from './options.js'
import { LISTEN_SMTP_FLAGS } from './smtp-options.js'
import { listenView } from './view.js'

const ANSWERS = 'What it answers'
const WHO = 'Who may come, and for how long'
const WHERE = 'Where it listens'

export const listen: Command<ListenCommandOptions, ListenEvent, ListenSummary> = {
  name: 'listen',
  summary: 'a server for tests and talks: shows who comes and what they send, answers as you say',
  positionals: [{ name: 'port', describe: '8080, 0 for a free one, ADDRESS:PORT, or unix:PATH', required: true }],
  flags: {
    echo: { kind: 'switch', describe: 'send back what comes', group: ANSWERS },
    reply: {
      kind: 'data',
      metavar: 'TEXT|@FILE',
      describe: 'send this to each peer (\\n, \\x00), then end',
      group: ANSWERS,
    },
    chat: { kind: 'switch', describe: 'all peers and this terminal in one room', group: ANSWERS },
    discard: { kind: 'switch', describe: 'read and drop, and tell how fast', group: ANSWERS },
    http: { kind: 'switch', describe: 'show each HTTP request in full, and answer it', group: ANSWERS },
    status: { kind: 'value', metavar: 'N', describe: 'with --http: status code (200)', group: ANSWERS },
    header: {
      kind: 'values',
      metavar: "'N: V'",
      describe: 'with --http: a field of the answer, repeatable',
      group: ANSWERS,
    },
    body: { kind: 'data', metavar: 'TEXT|@FILE', describe: 'with --http: body of the answer', group: ANSWERS },
    delay: {
      kind: 'value',
      metavar: 'D',
      describe: 'with --http, --smtp: wait before each answer; mail=1s,message=5s at those stages',
      group: ANSWERS,
    },
    serve: { kind: 'value', metavar: 'DIR', describe: 'static files over HTTP', group: ANSWERS },
    dotfiles: { kind: 'switch', describe: 'with --serve: names that begin with a dot too', group: ANSWERS },
    smtp: { kind: 'switch', describe: 'take mails and show them; deliver nothing', group: ANSWERS },
    exec: {
      kind: 'value',
      alias: 'e',
      metavar: 'COMMAND',
      describe: 'run this for each peer, its input and output',
      group: ANSWERS,
    },
    shell: { kind: 'switch', describe: 'with --exec: let a shell read COMMAND', group: ANSWERS },
    replay: { kind: 'file', metavar: 'FILE', describe: 'play back what connect --record wrote', group: ANSWERS },
    fault: {
      kind: 'value',
      metavar: 'FAULT',
      describe: 'misbehave: reset, close or stall (@N: after N bytes), slow:RATE, garbage@N',
      group: ANSWERS,
    },
    ...LISTEN_SMTP_FLAGS,
    host: {
      kind: 'value',
      metavar: 'ADDR',
      describe: 'address to bind (127.0.0.1); 0.0.0.0 or :: opens it to others',
      group: WHERE,
    },
    udp: { kind: 'switch', alias: 'u', describe: 'datagrams; each sender is a peer', group: WHERE },
    tls: { kind: 'switch', describe: 'TLS, with a self-signed certificate unless one is given', group: WHERE },
    cert: { kind: 'file', metavar: 'FILE', describe: 'with --tls: certificate chain, PEM', group: WHERE },
    key: { kind: 'file', metavar: 'FILE', describe: 'with --tls: its private key, PEM', group: WHERE },
    alpn: { kind: 'value', metavar: 'LIST', describe: 'with --tls: protocols to agree on', group: WHERE },
    'dual-stack': { kind: 'switch', describe: 'with --host ::, IPv4 too on the one socket', group: WHERE },
    'ipv6-only': { kind: 'switch', describe: 'with an IPv6 --host, no IPv4', group: WHERE },
    'reuse-port': { kind: 'switch', describe: 'share the port with others that do (SO_REUSEPORT)', group: WHERE },
    backlog: { kind: 'value', metavar: 'N', describe: 'queue of connections not yet accepted (511)', group: WHERE },
    force: { kind: 'switch', describe: 'with unix:PATH, remove a stale socket', group: WHERE },
    once: { kind: 'switch', describe: 'end with the first conversation; its failure is ours', group: WHO },
    count: { kind: 'value', alias: 'c', metavar: 'N', describe: 'end after N conversations', group: WHO },
    'max-connections': { kind: 'value', metavar: 'N', describe: 'at most N at once', group: WHO },
    allow: {
      kind: 'values',
      metavar: 'LIST',
      describe: 'only these may connect: addresses, CIDR blocks, ranges',
      group: WHO,
    },
    deny: {
      kind: 'values',
      metavar: 'LIST',
      describe: 'these may not; they are reset before a byte is read',
      group: WHO,
    },
    hex: { kind: 'switch', alias: 'x', describe: 'show bytes as hexdump -C does' },
    raw: { kind: 'switch', describe: 'bytes as they come, on a terminal too' },
    ...CONVERSATION_FLAGS,
  },
  examples: [
    ['netkit listen 8080', 'show what comes, type back; piped, it is nc -l'],
    ['netkit listen 8080 --http --status 503', 'see what a client asks, and how it bears the answer'],
    ['netkit listen 8080 --serve public', 'a folder in the browser'],
    ['netkit listen 0 --once | tar x', 'take what one peer sends, on a free port'],
    ['netkit listen 8443 --tls --echo', 'TLS with a certificate made on the spot'],
    ['netkit listen 2525 --smtp --save mails', 'take mails from whatever sends some, and keep them'],
    ['netkit listen 9000 --fault reset@100 --reply @page', 'break off after 100 bytes'],
  ],
  events: listenEvents,
  result: listenResult,
  run: operation,
  toOptions: readListenOptions,
  view: listenView,
}
